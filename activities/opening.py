"""Starting the workflows of a period's files, page by page; what the opening and the sweep share."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

import asyncpg
from temporalio.client import Client

from activities.round import Round
from activities.start import start_cycle
from schemas.cycle import CycleInput
from schemas.identifier import FileKey, PeriodKey
from schemas.period_run import Pages
from storage.query import queries

PAGE = 200
FIRST = Pages(after=str(UUID(int=0)))
# A paced page takes no longer than this, so that whoever watches hears of it in time.
PAGE_SECONDS = 5.0

OnPage = Callable[[Pages], Awaitable[None]]


@dataclass(slots=True)
class Pace:
    """So many starts a second at most; 0 for as many as the server takes."""

    per_second: float = 0
    _next: float = 0

    @property
    def page(self) -> int:
        """How many to start before anybody is told."""
        if not self.per_second:
            return PAGE
        return max(1, min(PAGE, int(self.per_second * PAGE_SECONDS)))

    async def wait(self) -> None:
        """Until the next one may be started."""
        if not self.per_second:
            return
        now = monotonic()
        self._next = max(now, self._next) + 1 / self.per_second
        await asyncio.sleep(self._next - 1 / self.per_second - now)


async def _nobody_watches(_pages: Pages) -> None:
    """Nothing is to be done between two pages."""


async def start_missing(
    pool: "asyncpg.Pool[asyncpg.Record]",
    client: Client,
    key: PeriodKey,
    begin: Pages = FIRST,
    pace: Pace | None = None,
    on_page: OnPage = _nobody_watches,
) -> int:
    """Start a workflow for everybody in a roster who has no file; how many were new.

    May be interrupted anywhere and begun again: a workflow that is there already is left alone.

    Args:
        pool: reading suffices.
        client: where to start them.
        key: the opened period.
        begin: from where to go on.
        pace: how fast; as fast as possible without one.
        on_page: awaited after each page that is complete.

    Raises:
        RPCError: if Temporal does not answer.
    """
    pace, pages, new = pace or Pace(), begin, 0

    async def start(cycle: CycleInput) -> None:
        nonlocal new
        await pace.wait()
        new += await start_cycle(client, cycle)

    while True:
        rows = await queries("period").read_unopened(
            pool, **key.model_dump(), after=pages.after, page=pace.page
        )
        if not rows:
            return new
        (await Round(start).of(map(_cycle, rows))).require_there()
        pages = Pages(after=str(rows[-1]["person"]), done=pages.done + len(rows))
        await on_page(pages)


def _cycle(row: asyncpg.Record) -> CycleInput:
    key = FileKey(org=row["org"], period=row["period"], kind=row["kind"], person=row["person"])
    return CycleInput(file=key, unit=row["unit"])
