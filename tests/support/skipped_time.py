"""Siklus on the time-skipping server: real Postgres, real workers, and a clock that a test moves on."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import asyncpg
from temporalio import activity
from temporalio.api.testservice.v1 import UnlockTimeSkippingRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from typing_extensions import override

from activities.ledger import PostgresLedger
from activities.mail import Outgoing, PostgresMailing
from activities.occurrences import PostgresOccurrences
from activities.periods import PostgresPeriods
from audit.reconcile.upkeep import PostgresUpkeep
from domain.working_calendar import WorkingCalendar
from domain.working_calendar import load as load_calendar
from gateway.door import Gateway
from gateway.handover import Handover
from gateway.sweep import Sweep
from runtime.clock import Clock
from runtime.temporal_client import connect
from schemas.occurrence import Occurrence
from schemas.schedule import Run
from storage.pool import open_pool
from tests.support.database import FreshDatabase
from tests.support.mail_server import MailServer
from tests.support.time_skipping import time_skipping_server
from tests.support.waiting import eventually
from workers.cycle import build_worker
from workers.dispatch import build_dispatch_worker
from workers.notify import build_notify_worker
from workers.schedules import Declared

BASE = "https://siklus.contoh.example"
SENDER = "Siklus Kota Contoh <siklus@contoh.example>"
PATIENCE = 600.0  # seconds; on a busy machine two hundred files take long, and only a defect takes for ever
_TICK = timedelta(milliseconds=2)
_TOO_LONG = (RPCStatusCode.CANCELLED, RPCStatusCode.DEADLINE_EXCEEDED)


class SkippedTime:
    """The server's clock, readable without asking: it runs as fast as ours between two skips."""

    def __init__(self, environment: WorkflowEnvironment) -> None:
        self._environment = environment

    async def read(self) -> datetime:
        """Ask the server; to be done after each skip."""
        self._at, self._read = await self._environment.get_current_time(), monotonic()
        return self._at

    def now(self) -> datetime:
        """The server's time at this moment."""
        return self._at + timedelta(seconds=monotonic() - self._read)


class BusinessRuns(PostgresOccurrences):
    """Notes runs in business time, which in production is the server's own."""

    business: Clock

    @override
    @activity.defn(name="note_run")
    async def note_run(self, run: Run) -> None:
        ended = None if run.ended_at is None else self.business.to_business(run.ended_at)
        started = self.business.to_business(run.started_at)
        await super().note_run(run.model_copy(update={"started_at": started, "ended_at": ended}))


@dataclass
class SkippedHouse:
    """Everything of Siklus in this process. Workers can be stopped and started again."""

    environment: WorkflowEnvironment
    time: SkippedTime
    org: str
    database: FreshDatabase
    pool: "asyncpg.Pool[asyncpg.Record]"
    client: Client
    clock: Clock
    calendar: WorkingCalendar
    server: MailServer
    gateway: Gateway
    sweep: Sweep
    handover: Handover
    _working: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start_working(self) -> None:
        """One worker for each queue, as a worker process builds them."""
        ledger = PostgresLedger(self.pool, self.calendar, self.clock)
        await ledger.prepare()
        periods = PostgresPeriods(self.pool, self.client, ledger, self.clock)
        occurrences = BusinessRuns(self.pool)
        occurrences.business = self.clock
        outgoing = Outgoing(self.pool, self.server.access(), SENDER, BASE)
        upkeep = PostgresUpkeep(self.pool, self.client, self.clock)
        workers: list[Worker] = [
            build_worker(self.client, ledger),
            build_dispatch_worker(self.client, periods, upkeep, occurrences, ledger),
            build_notify_worker(
                self.client, PostgresMailing(self.pool, outgoing, BASE), occurrences
            ),
        ]
        for worker in workers:
            await self._working.enter_async_context(worker)

    async def stop_working(self) -> None:
        """Nobody works any more; what is under way is finished."""
        await self._working.aclose()

    async def skip_to(self, at: datetime) -> None:
        """Let time pass until a business instant; with workers, what is due by then is done."""
        while (left := at - self.clock.now()) > timedelta(0):
            before, began = await self.time.read(), monotonic()
            try:
                await self.environment.sleep(left + _TICK)
            except RPCError as error:  # a busy machine: much to do on the way, and not done yet
                if error.status not in _TOO_LONG:
                    raise
                if await self.time.read() - before < timedelta(seconds=2 * (monotonic() - began)):
                    await self._release(at)
            await self.time.read()
        await self.time.read()

    async def _release(self, at: datetime) -> None:
        """Let time pass where the server holds its clock for a task that has long been done.

        The test server counts what holds its clock. When a busy machine is late with a task it
        loses count by one, and from then on each sleep ends by the half minute that a call may
        take. Only where nothing has been left to do is that one hold given back.
        """
        undecided = "SELECT count(*) FROM command WHERE outcome IS NULL"
        if await self.database.owner.fetchval(undecided) or await self._due():
            return
        await self.environment.client.test_service.unlock_time_skipping(UnlockTimeSkippingRequest())

        async def has_passed() -> bool:
            await self.time.read()
            return self.clock.now() >= at

        await eventually(has_passed, PATIENCE, 0.01)

    async def _due(self) -> int:
        """How many files have not done what is due by now."""
        due = "SELECT count(*) FROM file WHERE ended IS NULL AND wake_real_at <= $1"
        found: int = await self.database.owner.fetchval(due, self.time.now())
        return found

    async def caught_up(self, seconds: float = PATIENCE) -> None:
        """Wait until all files have done what is due by now; the clock does not move."""

        async def nothing_is_due() -> bool:
            return not await self._due()

        await eventually(nothing_is_due, seconds, 0.01)

    async def look_after(self) -> None:
        """The rounds of the sweep, until there is nobody left to knock for."""
        await eventually(self._is_quiet, PATIENCE, 0.02)

    async def _is_quiet(self) -> bool:
        moved = await self.handover.moved()
        for stream in sorted(moved):
            await self.sweep.refresh(stream)
        return not (moved or await self.sweep.round())

    async def occur(self, each: Declared, nominal: datetime) -> WorkflowHandle[Any, Any]:
        """Start what a schedule starts at one of its times, as the Schedule would.

        Waiting for its result lets no time be skipped.
        """
        return await self.client.start_workflow(
            each.workflow,
            Occurrence(org=self.org, schedule=each.name, nominal=nominal),
            id=f"schedule/{self.org}/{each.name}-{nominal:%Y-%m-%dT%H:%M:%SZ}",
            task_queue=each.task_queue,
            execution_timeout=each.execution_timeout,
        )


@asynccontextmanager
async def skipped_house(
    database: FreshDatabase, org: str, begins: datetime
) -> AsyncIterator[SkippedHouse]:
    """A server of its own, whose time is the business time that begins at an instant."""
    calendar = load_calendar()
    async with (
        time_skipping_server() as environment,
        open_pool(database.databases.worker, 24) as pool,
        MailServer() as server,
    ):
        time = SkippedTime(environment)
        clock = Clock(begins, await time.read(), 1.0, time.now)
        # A client that skips no time while it waits for a result: only the test moves the clock.
        client = await connect(environment.client.service_client.config.target_host)
        gateway = Gateway(database.web, client, clock, calendar, org)
        handover = Handover(pool, org, calendar, clock)
        sweep = Sweep(pool, client, org)
        house = SkippedHouse(
            *(environment, time, org, database, pool, client, clock, calendar),
            *(server, gateway, sweep, handover),
        )
        await house.start_working()
        try:
            yield house
        finally:
            await house.stop_working()
