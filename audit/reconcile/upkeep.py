"""Keeping the whole organisation in order, as activities: Postgres on one side, Temporal on the other."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from temporalio import activity
from temporalio.client import Client
from typing_extensions import override

from activities.contracts import Upkeep
from audit.reconcile.run import reconcile
from gateway.sweep import Sweep
from runtime.clock import Clock
from schemas.upkeep import Reconciled

HEARTBEAT_SECONDS = 10.0


class PostgresUpkeep(Upkeep):
    """Looks at everything anew each time, so that whatever dies half-way is simply begun again."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", client: Client, clock: Clock) -> None:
        self._pool = pool
        self._client = client
        self._clock = clock

    @override
    @activity.defn(name="refresh_files")
    async def refresh_files(self, org: str) -> int:
        """See the contract."""
        async with _alive():
            return await Sweep(self._pool, self._client, org).refresh_behind()

    @override
    @activity.defn(name="reconcile")
    async def reconcile(self, org: str) -> Reconciled:
        """See the contract."""
        async with _alive():
            return Reconciled.of(await reconcile(self._pool, self._client, org, self._clock))


@asynccontextmanager
async def _alive() -> AsyncIterator[None]:
    """Tell Temporal every few seconds that the work goes on."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating
