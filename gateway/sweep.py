"""The sweep: knocks for whatever was stored and has no outcome, and for whatever overslept.

It is what makes "stored" a promise: after a restart of anything, also after Temporal's database
was lost, every stored command is decided and every lost timer rings.
"""

import asyncio
from collections.abc import Iterable
from time import monotonic
from uuid import UUID

import asyncpg
import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from gateway import knock
from schemas.cycle import CycleInput
from schemas.identifier import FileKey
from schemas.period import PeriodKind
from storage.pool import DATABASE_AWAY
from storage.query import queries

UNDECIDED_AFTER_SECONDS = 6.0
UNTOLD_AFTER_SECONDS = 10.0
AGAIN_AFTER_SECONDS = 10.0
OVERSLEPT_AFTER_SECONDS = 15.0
PAGE = 500
AT_ONCE = 16

_log = structlog.get_logger(__name__)
_NOBODY = UUID(int=0)


class Sweep:
    """Follows up on commands, timers and rosters; safe to run many times and in many places."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", client: Client, org: str) -> None:
        self._pool = pool
        self._client = client
        self._org = org
        self._woken: dict[str, float] = {}

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
        q = queries("gateway")
        undecided = await q.claim_undecided(
            self._pool, after_seconds=UNDECIDED_AFTER_SECONDS, again_seconds=AGAIN_AFTER_SECONDS
        )
        await _bounded(
            self._decide(s, i) for s, i in {r["stream"]: r["id"] for r in undecided}.items()
        )
        refreshed = await self._refresh_quiet() + await self._restore_if_lost()
        opened = await self.open_files()
        if not opened:
            await q.mark_complete(self._pool, org=self._org)
        if undecided or refreshed or opened:
            _log.info("swept", undecided=len(undecided), refreshed=refreshed, opened=opened)
        return len(undecided) + refreshed + opened

    async def _refresh_quiet(self) -> int:
        """Refresh files whose workflow may be behind: an outcome untold, a wake-up overslept."""
        q = queries("gateway")
        untold = await q.read_untold(self._pool, after_seconds=UNTOLD_AFTER_SECONDS)
        rows = await q.read_overslept(self._pool, after_seconds=OVERSLEPT_AFTER_SECONDS)
        streams = {r["stream"] for r in untold} | self._not_woken_yet({r["stream"] for r in rows})
        await _bounded(self._refresh(s) for s in sorted(streams))
        if untold:
            await q.mark_refreshed(self._pool, ids=[r["id"] for r in untold])
        return len(streams)

    def _not_woken_yet(self, overslept: set[str]) -> set[str]:
        """Those that were not refreshed a moment ago: knocking faster only adds to a backlog."""
        now = monotonic()
        self._woken = {
            s: at
            for s, at in self._woken.items()
            if s in overslept and now < at + AGAIN_AFTER_SECONDS
        }
        fresh = overslept - self._woken.keys()
        self._woken |= dict.fromkeys(fresh, now)
        return fresh

    async def _restore_if_lost(self) -> int:
        """Look whether any one open file still has its workflow; if it has none, restore all.

        Temporal's database is lost as a whole, also while the rest runs: a file that cannot be
        read is put aside. A lost workflow would otherwise only be missed when it is to wake up.
        """
        stream = await queries("gateway").read_any_open(self._pool)
        file = None if stream is None else FileKey.of_stream(stream)
        if file is None or await knock.is_known(self._client, file):
            return 0
        return await self.restore()

    async def restore(self) -> int:
        """Give every open file its workflow back, after Temporal's database was lost."""
        after, count = "", 0
        while True:
            rows = await queries("gateway").read_open(self._pool, after=after, page=PAGE)
            if not rows:
                break
            await _bounded(self._refresh(r["stream"]) for r in rows)
            after, count = rows[-1]["stream"], count + len(rows)
        if count:
            _log.info("restored", files=count)
        return count

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
            wanted = [r for r in rows if period in (None, r["period"])]
            await _bounded(knock.start(self._client, _cycle(r)) for r in wanted)
            after = (rows[-1]["period"], rows[-1]["kind"], rows[-1]["person"])
            count += len(wanted)

    async def _refresh(self, stream: str) -> bool:
        file = FileKey.of_stream(stream)
        if file is None:
            return False
        unit = await queries("gateway").read_unit(self._pool, stream=stream)
        return await knock.start_or_refresh(self._client, CycleInput(file=file, unit=unit or ""))

    async def _decide(self, stream: str, command_id: UUID) -> None:
        if not await self._refresh(stream):
            await knock.have_decided(self._client, stream, command_id, seconds=1.0)


def _cycle(row: asyncpg.Record) -> CycleInput:
    key = FileKey(
        org=row["org"], period=row["period"], kind=PeriodKind(row["kind"]), person=row["person"]
    )
    return CycleInput(file=key, unit=row["unit"])


async def _bounded(work: Iterable[object]) -> None:
    """Run coroutines, so many at a time; the first error is raised after all have ended."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(job: object) -> None:
        async with gate:
            await job  # type: ignore[misc]

    results = await asyncio.gather(*(one(job) for job in work), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
