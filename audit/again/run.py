"""The whole of deciding again: stretches of files, handed to worker processes."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter

from pydantic import BaseModel, ConfigDict, computed_field

from audit.again import worker
from audit.again.difference import Count, Difference, Kind
from audit.again.override import check_overrides
from audit.again.read import Stretch
from runtime.addresses import DatabaseAccess
from storage.clock import Connection
from storage.pool import open_pool
from storage.query import queries

PAGE = 200
OnProgress = Callable[[int, int], None]


class Again(BaseModel):
    """What deciding again amounts to; its fields are those of ``siklus recompute --json``.

    Attributes:
        period: None for all.
        files: streams of files.
        events: events whose bytes were made again.
        steps: decisions that made them.
        refusals: refused commands that were decided again.
        total: differences of every kind; 0 means that everything came out as recorded.
        by_kind: how many of each kind.
        differences: the first thousand of them, by file and event.
        workers: processes that decided.
        seconds: from the first statement to the last.
        peak_memory_bytes: the sum of what every process had at most, this one included.
    """

    model_config = ConfigDict(frozen=True)

    org: str
    period: str | None
    files: int
    events: int
    steps: int
    refusals: int
    total: int
    by_kind: dict[Kind, int]
    differences: tuple[Difference, ...]
    workers: int
    seconds: float
    peak_memory_bytes: int

    @computed_field  # type: ignore[prop-decorator]  # https://github.com/python/mypy/issues/1362
    @property
    def files_a_second(self) -> float:
        """How fast it went."""
        return self.files / self.seconds if self.seconds else 0.0


def _silent(done: int, total: int) -> None:
    """Nobody watches."""


async def recompute(
    access: DatabaseAccess,
    org: str,
    period: str | None = None,
    workers: int = 2,
    on_progress: OnProgress = _silent,
) -> Again:
    """Decide every recorded step of an organisation's files again; writes nothing.

    Args:
        access: the web's rights suffice; each worker process opens one connection.
        org: the organisation.
        period: only the files of this period.
        workers: how many processes decide.
        on_progress: told how many of how many files have been decided again.

    Raises:
        OSError: if the database does not answer.
        concurrent.futures.BrokenExecutor: if a worker process was killed.
    """
    began = perf_counter()
    async with open_pool(access, 1) as pool, pool.acquire() as connection:
        prefix = f"file/{org}/" if period is None else f"file/{org}/{period}/"
        stretches, total = await split(connection, prefix)
        overrides = await check_overrides(connection, org)
    count, peaks = Count(), {0: worker.peak_bytes()}
    count.differ(overrides)
    executor = ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=worker.begin, initargs=(access, org)
    )
    try:
        futures = [asyncio.wrap_future(executor.submit(worker.check, s)) for s in stretches]
        for future in asyncio.as_completed(futures):
            done = await future
            count.add(done.count)
            peaks[done.process] = done.peak_bytes
            on_progress(count.files, max(total, count.files))
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
    return Again(
        org=org,
        period=period,
        files=count.files,
        events=count.events,
        steps=count.steps,
        refusals=count.refusals,
        total=count.total,
        by_kind=count.by_kind,
        differences=tuple(sorted(count.differences, key=_place)),
        workers=workers,
        seconds=perf_counter() - began,
        peak_memory_bytes=sum(peaks.values()),
    )


def _place(difference: Difference) -> tuple[str, int, str]:
    number = -1 if difference.number is None else difference.number
    return difference.file, number, difference.field


async def split(connection: Connection, prefix: str) -> tuple[Sequence[Stretch], int]:
    """The stretches of a prefix, and how many files there are.

    They are cut where files are, but leave nothing out: a stream that has no file lies in one of
    them, too.
    """
    q = queries("recompute")
    rows = await q.read_ends(connection, prefix=prefix, page=PAGE)
    total = await q.count_files(connection, prefix=prefix)
    # Behind the last file comes whatever a name may begin with.
    ends = [row["stream"] for row in rows] + [f"{prefix}zzzz"]
    return [
        Stretch(prefix, after, upto) for after, upto in zip([prefix, *ends], ends, strict=False)
    ], total
