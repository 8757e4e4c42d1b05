"""The sweep: knocks for whatever was stored and has no outcome, and for whatever overslept.

It is what makes "stored" a promise: after a restart of anything, also after Temporal's database
was lost, every stored command is decided and every lost timer rings.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar
from uuid import UUID

import asyncpg
import structlog
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from gateway import knock
from gateway.handover import Handover
from schemas.cycle import CycleInput
from schemas.identifier import FileKey
from storage.pool import DATABASE_AWAY
from storage.query import queries

UNDECIDED_AFTER_SECONDS = 6.0
UNTOLD_AFTER_SECONDS = 10.0
OVERSLEPT_AFTER_SECONDS = 15.0
# A stream that does not answer is knocked at again after this, and then ever more rarely: each
# knock is an entry in a history that may hold ten thousand.
AGAIN_AFTER_SECONDS = 10.0
AGAIN_AT_LONGEST_SECONDS = 600.0
PAGE = 500
AT_ONCE = 16
AWAY_AFTER = 5

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)
_NOBODY = UUID(int=0)


class Sweep:
    """Follows up on commands, timers and rosters; safe to run many times and in many places."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        client: Client,
        org: str,
        handover: Handover | None = None,
    ) -> None:
        self._handover = handover
        self._pool = pool
        self._client = client
        self._org = org
        self._woken: dict[str, tuple[float, float]] = {}

    async def run(self, every_seconds: float) -> None:
        """Sweep for ever; whatever is unreachable is tried again next time."""
        while True:
            try:
                await self.round()
            except (*DATABASE_AWAY, asyncpg.PostgresError, RPCError) as error:
                _log.warning("sweep_failed", error=type(error).__name__)
            await asyncio.sleep(every_seconds)

    async def round(self) -> int:
        """Knock once for everything that needs it; the number of knocks."""
        undecided = await self._follow_up()
        refreshed = await self._refresh_quiet() + await self._restore_if_lost()
        opened = await self.open_files()
        if not opened:
            await queries("gateway").mark_complete(self._pool, org=self._org)
        if undecided or refreshed or opened:
            _log.info("swept", undecided=undecided, refreshed=refreshed, opened=opened)
        return undecided + refreshed + opened

    async def _follow_up(self) -> int:
        """Knock for commands without outcome: once a stream, with its newest command."""
        q = queries("gateway")
        rows = await q.claim_undecided(
            self._pool,
            org=self._org,
            after_seconds=UNDECIDED_AFTER_SECONDS,
            again_seconds=AGAIN_AFTER_SECONDS,
            longest_seconds=AGAIN_AT_LONGEST_SECONDS,
            page=PAGE,
        )
        in_order = sorted(rows, key=lambda r: (r["received_at"], r["id"]))
        newest = {r["stream"]: r["id"] for r in in_order}
        knocks = await Round(self._decide).of(newest.items())
        if knocks.failed:
            await q.release(self._pool, streams=[stream for stream, _ in knocks.failed])
        knocks.require_there()
        return len(rows)

    async def _refresh_quiet(self) -> int:
        """Refresh files whose workflow may be behind: an outcome untold, a wake-up overslept.

        And files that wait before a gate which is open by now, or whose people have moved.
        """
        q = queries("gateway")
        untold = await q.read_untold(self._pool, org=self._org, after_seconds=UNTOLD_AFTER_SECONDS)
        rows = await q.read_overslept(
            self._pool, org=self._org, after_seconds=OVERSLEPT_AFTER_SECONDS
        )
        gates = await q.read_before_gate(self._pool, org=self._org)
        moved = set() if self._handover is None else await self._handover.moved()
        late = {r["stream"] for r in rows} | {r["stream"] for r in gates} | moved
        streams = {r["stream"] for r in untold} | self._not_woken_yet(late)
        knocks = await Round(self._refresh).of(sorted(streams))
        for stream in knocks.failed:
            self._woken.pop(stream, None)
        told = [r["id"] for r in untold if r["stream"] not in knocks.failed]
        if told:
            await q.mark_refreshed(self._pool, ids=told)
        knocks.require_there()
        return len(streams)

    def _not_woken_yet(self, overslept: set[str]) -> set[str]:
        """Those whose turn it is again: knocking faster only adds to a backlog."""
        now = monotonic()
        self._woken = {s: seen for s, seen in self._woken.items() if s in overslept}
        due = {s for s in overslept if s not in self._woken or now >= self._woken[s][0]}
        for stream in due:
            wait = self._woken[stream][1] * 2 if stream in self._woken else AGAIN_AFTER_SECONDS
            wait = min(wait, AGAIN_AT_LONGEST_SECONDS)
            self._woken[stream] = (now + wait, wait)
        return due

    async def _restore_if_lost(self) -> int:
        """Look whether any one open file still has its workflow; if it has none, restore all.

        Temporal's database is lost as a whole, also while the rest runs: a file that cannot be
        read is put aside. A lost workflow would otherwise only be missed when it is to wake up.
        """
        stream = await queries("gateway").read_any_open(self._pool, org=self._org)
        file = None if stream is None else FileKey.of_stream(stream)
        if file is None or await knock.is_known(self._client, file):
            return 0
        return await self.restore()

    async def restore(self) -> int:
        """Give every open file its workflow back, after Temporal's database was lost.

        Raises:
            RPCError: if Temporal does not answer; whoever asked asks again.
        """
        after, count, knocks = "", 0, Round(self._refresh)
        while True:
            rows = await queries("gateway").read_open(
                self._pool, org=self._org, after=after, page=PAGE
            )
            if not rows:
                break
            (await knocks.of(r["stream"] for r in rows)).require_there()
            after, count = rows[-1]["stream"], count + len(rows)
        if count:
            _log.info("restored", files=count - len(knocks.failed), failed=len(knocks.failed))
        return count - len(knocks.failed)

    async def open_files(self, period: str | None = None) -> int:
        """Start a workflow for everybody in an opened roster who has no file yet."""
        after, count = ("", "", _NOBODY), 0
        while True:
            rows = await queries("gateway").read_unopened(
                self._pool,
                org=self._org,
                after_period=after[0],
                after_kind=after[1],
                after_person=after[2],
                page=PAGE,
            )
            if not rows:
                return count
            wanted = [_cycle(r) for r in rows if period in (None, r["period"])]
            (await Round(self._start).of(wanted)).require_there()
            after = (rows[-1]["period"], rows[-1]["kind"], rows[-1]["person"])
            count += len(wanted)

    async def _start(self, cycle: CycleInput) -> None:
        await knock.start(self._client, cycle)

    async def _refresh(self, stream: str) -> bool:
        file = FileKey.of_stream(stream)
        if file is None:
            return False
        unit = await queries("gateway").read_unit(self._pool, stream=stream)
        return await knock.start_or_refresh(self._client, CycleInput(file=file, unit=unit or ""))

    async def _decide(self, undecided: tuple[str, UUID]) -> None:
        stream, command_id = undecided
        if not await self._refresh(stream):
            await knock.start_deciding(self._client, stream, command_id)


def _cycle(row: asyncpg.Record) -> CycleInput:
    key = FileKey(org=row["org"], period=row["period"], kind=row["kind"], person=row["person"])
    return CycleInput(file=key, unit=row["unit"])


@dataclass(slots=True)
class Round(Generic[_T]):
    """Knocks at many streams: one that fails keeps nobody else waiting, and is logged.

    ``failed`` are those where it failed. After some failures in a row because nobody answers, the
    rest is not tried: ``away`` is the last of them.
    """

    knock_at: Callable[[_T], Awaitable[object]]
    failed: list[_T] = field(default_factory=list)
    away: Exception | None = None
    _in_a_row: int = 0

    async def of(self, items: Iterable[_T]) -> "Round[_T]":
        """Knock at each, so many at a time."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(item: _T) -> None:
            async with gate:
                await self._one(item)

        await asyncio.gather(*(one(item) for item in items))
        return self

    async def _one(self, item: _T) -> None:
        if self.away is not None:
            self.failed.append(item)
            return
        try:
            await self.knock_at(item)
        except Exception as error:  # noqa: BLE001  (whatever is wrong with this one)
            _log.warning("knock_failed", error=type(error).__name__)
            self.failed.append(item)
            self._in_a_row += _is_away(error)
            self.away = error if self._in_a_row >= AWAY_AFTER else None
        else:
            self._in_a_row = 0

    def require_there(self) -> None:
        """Raise what says that nobody answers, if so."""
        if self.away is not None:
            raise self.away


def _is_away(error: Exception) -> bool:
    if isinstance(error, RPCError):
        return error.status in (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED)
    return isinstance(error, (RuntimeError, *DATABASE_AWAY))
