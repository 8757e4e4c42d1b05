"""The sweep: knocks for whatever was stored and has no outcome, and for whatever overslept.

It is what makes "stored" a promise: after a restart of anything, also after Temporal's database
was lost, every stored command is decided and every lost timer rings.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from activities.opening import start_missing
from activities.round import Round
from gateway import knock
from gateway.handover import Handover
from schemas.cycle import CycleInput
from schemas.identifier import FileKey, PeriodKey
from storage.pool import DATABASE_AWAY
from storage.query import queries

UNDECIDED_AFTER_SECONDS = 6.0
UNTOLD_AFTER_SECONDS = 10.0
OVERSLEPT_AFTER_SECONDS = 15.0
# A stream that does not answer is knocked at again after this, and then ever more rarely: each
# knock is an entry in a history that may hold ten thousand.
AGAIN_AFTER_SECONDS = 10.0
AGAIN_AT_LONGEST_SECONDS = 600.0
# Whoever opens a period's files says so at least so often, or has died.
UNTENDED_AFTER_SECONDS = 30.0
PAGE = 500

_log = structlog.get_logger(__name__)


def _unheard(last: str) -> None:
    """Nobody listens."""


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
        opened = await self.open_files(untended_seconds=UNTENDED_AFTER_SECONDS)
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
        knocks = await Round(self.decide).of(newest.items())
        if knocks.failed:
            await q.release(self._pool, streams=[stream for stream, _ in knocks.failed])
        knocks.require_there()
        return len(rows)

    async def _refresh_quiet(self) -> int:
        """Refresh files whose workflow may be behind: an outcome untold, a wake-up overslept.

        And files that wait before a gate which is open by now, are behind a changed calendar, or
        whose people have moved.
        """
        q = queries("gateway")
        untold = await q.read_untold(self._pool, org=self._org, after_seconds=UNTOLD_AFTER_SECONDS)
        rows = await q.read_overslept(
            self._pool, org=self._org, after_seconds=OVERSLEPT_AFTER_SECONDS
        )
        gates = await q.read_before_gate(self._pool, org=self._org)
        behind = await q.read_behind_calendar(self._pool, org=self._org, after="", page=PAGE)
        moved = set() if self._handover is None else await self._handover.moved()
        late = {r["stream"] for found in (rows, gates, behind) for r in found} | moved
        streams = {r["stream"] for r in untold} | self._not_woken_yet(late)
        knocks = await Round(self.refresh).of(sorted(streams))
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
        count = await self._refresh_all(queries("gateway").read_open)
        if count:
            _log.info("restored", files=count)
        return count

    async def refresh_behind(self, on_page: Callable[[str], None] = _unheard) -> int:
        """Have every file take in what has changed of the calendar; how many there were.

        Args:
            on_page: told the last stream of each page that is done.

        Raises:
            RPCError: if Temporal does not answer; whoever asked asks again.
        """
        return await self._refresh_all(queries("gateway").read_behind_calendar, on_page)

    async def _refresh_all(
        self, read: Callable[..., Awaitable[Any]], on_page: Callable[[str], None] = _unheard
    ) -> int:
        """Refresh all files of a paged query; how many could be."""
        after, count, knocks = "", 0, Round(self.refresh)
        while rows := await read(self._pool, org=self._org, after=after, page=PAGE):
            (await knocks.of(r["stream"] for r in rows)).require_there()
            after, count = rows[-1]["stream"], count + len(rows)
            on_page(after)
        if knocks.failed:
            _log.warning("not_refreshed", files=len(knocks.failed))
        return count - len(knocks.failed)

    async def open_files(self, period: str | None = None, untended_seconds: float = 0) -> int:
        """Start a workflow for everybody in an opened roster who has no file yet.

        Args:
            period: only in this one.
            untended_seconds: leave out openings that somebody was seen at within that time.
        """
        runs = await queries("period").read_runs(
            self._pool, org=self._org, untended_seconds=untended_seconds
        )
        keys = [PeriodKey(**dict(run)) for run in runs if period in (None, run["period"])]
        return sum([await start_missing(self._pool, self._client, key) for key in keys])

    async def refresh(self, stream: str) -> bool:
        """Have a file ask the ledger again, its workflow started if it was lost.

        Returns:
            False if it has completed, or it is the stream of no file.
        """
        file = FileKey.of_stream(stream)
        if file is None:
            return False
        unit = await queries("gateway").read_unit(self._pool, stream=stream)
        return await knock.start_or_refresh(self._client, CycleInput(file=file, unit=unit or ""))

    async def decide(self, undecided: tuple[str, UUID]) -> None:
        """Have what waits on a stream decided, up to its newest command."""
        stream, command_id = undecided
        if not await self.refresh(stream):
            await knock.start_deciding(self._client, stream, command_id)
