"""The demonstration: a synthetic city lives through one month of evaluations, a day a second."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from time import monotonic
from uuid import uuid4

import asyncpg
import structlog
from pydantic import JsonValue
from temporalio.client import Client
from temporalio.service import RPCError

from audit.acknowledged import read_log
from audit.check import check
from domain.working_calendar import ZONE, WorkingCalendar
from gateway.answer import Answer, Status, Unavailable
from gateway.door import Gateway
from gateway.sweep import Sweep
from runtime.addresses import StackAddresses
from runtime.clock import Clock
from runtime.errors import SiklusError
from runtime.settings import Settings
from schemas.code import OrganisationAct, Via
from schemas.organisation import HoldingRow
from schemas.period import BULANAN, Period
from simulation.acknowledgements import Acknowledgements
from simulation.cast import read_behaviour
from simulation.driver import Driver
from simulation.report import DemoResult, count_result
from simulation.units import Turn, UnitPlay, plan_units
from storage.clock import set_clock
from storage.organisation import read_organisation
from storage.pool import DATABASE_AWAY, open_pool
from storage.query import queries

_log = structlog.get_logger(__name__)

DAY_A_SECOND = 86_400.0
WORKERS = 2  # so that work goes on while one is being killed
OPENING = time(7)
ORDER_SECONDS = 60.0
DECIDE_SECONDS = 30.0
SECONDS_A_FILE = 0.02
MOST_DAYS_AHEAD = 10
LAST_WORKING_DAY = 8
START_SECONDS = 2.0  # what the workers and the import take, in real time


class DemoRefused(SiklusError):
    """What was asked for cannot be shown."""


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What is to be shown.

    Attributes:
        rows: the organisation.
        period: the month.
        seed: decides what everybody does, and what is killed when.
        speed: business seconds a real second.
    """

    rows: Sequence[HoldingRow]
    period: Period
    seed: int
    speed: float = DAY_A_SECOND


def opens_at(plan: DemoPlan, calendar: WorkingCalendar) -> datetime:
    """When the month is opened: early on its first working day, or some working days before.

    Opening a file and agreeing on its plan is work for this machine, and on a fast clock the
    days that it takes must not be the ones in which people are to act.
    """
    days = len(plan.rows) * SECONDS_A_FILE * plan.speed / DAY_A_SECOND
    first = calendar.nth_working_day(plan.period.year, plan.period.month, 1)
    day = calendar.add_working_days(first, -min(round(days), MOST_DAYS_AHEAD))
    return datetime.combine(day, OPENING, ZONE)


def require_known_calendar(period: Period, calendar: WorkingCalendar) -> None:
    """Make sure that the working days are known up to the horizon of the month.

    Raises:
        DemoRefused: naming the year whose decree is missing.
    """
    for year in sorted({period.year, period.month_after(1).year}):
        if calendar.is_provisional(year):
            known = ", ".join(str(y) for y in sorted(calendar.known_years))
            raise DemoRefused(
                f"{period} needs the working days of {year}, which are not known here "
                f"(only those of {known})"
            )


def demo_settings(settings: Settings) -> Settings:
    """A directory and servers of its own, whatever else is set: real data stays out of reach."""
    own = {
        "data": settings.data / "demo",
        "profile": "demo",
        "workers": max(WORKERS, settings.workers),
    }
    external = ("database_url", "worker_database_url", "web_database_url", "temporal_address")
    tls = {"temporal_tls": False, "temporal_api_key": None, "temporal_namespace": "default"}
    return settings.model_copy(update={**own, **tls, **dict.fromkeys(external)})


def start_clock(
    plan: DemoPlan, calendar: WorkingCalendar
) -> Callable[[StackAddresses], Awaitable[None]]:
    """What sets the business clock once the schema is current and before a worker reads it."""

    async def before_workers(addresses: StackAddresses) -> None:
        lead = timedelta(seconds=START_SECONDS * plan.speed)
        real = Clock.standard().now()
        clock = Clock(opens_at(plan, calendar) - lead, real, plan.speed)
        async with open_pool(addresses.owner, 1) as pool, pool.acquire() as connection:
            await set_clock(connection, clock)

    return before_workers


def seconds_of_work(plan: DemoPlan, calendar: WorkingCalendar) -> float:
    """Real seconds from the opening to the day on which the last result is to be signed."""
    after = plan.period.month_after(1)
    until = calendar.at_eight(calendar.nth_working_day(after.year, after.month, LAST_WORKING_DAY))
    return (until - opens_at(plan, calendar)).total_seconds() / plan.speed


class Demo:
    """One demonstration on a running stack: the organisation, the month, the people.

    Attributes:
        plan: what is shown.
        clock: the business clock.
        log: what people were told.
        driver: plays the people; known once the month is prepared.
    """

    def __init__(
        self,
        plan: DemoPlan,
        settings: Settings,
        pool: "asyncpg.Pool[asyncpg.Record]",
        client: Client,
        clock: Clock,
        calendar: WorkingCalendar,
    ) -> None:
        self.plan = plan
        self.clock = clock
        self.log = Acknowledgements(settings.data / "acknowledgements.jsonl")
        self._org = settings.org
        self._pool = pool
        self._client = client
        self._calendar = calendar
        self._gateway = Gateway(pool, client, clock, calendar, settings.org)
        self._period = str(plan.period)

    async def prepare(self) -> int:
        """Import, wait for the morning of the opening and open the month.

        Returns:
            How many files there will be.
        """
        await self._import()
        await self._sleep_until(opens_at(self.plan, self._calendar))
        await self._open()
        behaviour = await read_behaviour(
            self._pool, self._org, [self._period], self.plan.seed, self._calendar
        )
        self.driver = Driver(
            self._gateway,
            self._pool,
            self.clock,
            self._calendar,
            behaviour,
            self._org,
            self.log,
        )
        self._unit_turns = await self._plan_units()
        files = await queries("simulation").count_files(
            self._pool, org=self._org, periods=[self._period]
        )
        return int(files["included"])

    async def _plan_units(self) -> Sequence[Turn]:
        rows = await queries("simulation").read_units(
            self._pool, org=self._org, period=self._period
        )
        async with self._pool.acquire() as connection:
            organisation = await read_organisation(connection, self._org)
        units = [row["unit"] for row in rows]
        return plan_units(units, organisation, self.plan.period, self.plan.seed, self._calendar)

    async def play(self) -> None:
        """Play until every file is closed."""
        async with self.log, asyncio.TaskGroup() as group:
            units = UnitPlay(self._gateway, self.clock, self.plan.period, self.log)
            group.create_task(units.run(self._unit_turns))
            await self.driver.run([self._period])

    async def result(self, *, kills: int, began: float) -> DemoResult:
        """Count and check what has become of it; ``began`` is a reading of ``monotonic``."""
        await self._until_decided()
        report = await check(
            self._pool, self._client, self._org, self._calendar, read_log(self.log.path)
        )
        return await count_result(
            self._pool,
            self._org,
            self._period,
            self.log,
            report,
            kills=kills,
            seconds=monotonic() - began,
        )

    async def _until_decided(self) -> None:
        """Wait until the sweep has seen to every command that nobody got an answer to."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DECIDE_SECONDS):
                while await queries("simulation").count_undecided(self._pool, org=self._org):  # noqa: ASYNC110
                    await asyncio.sleep(0.2)

    async def _import(self) -> None:
        rows: list[JsonValue] = [row.model_dump(mode="json") for row in self.plan.rows]
        await self._order(OrganisationAct.IMPORT_ORGANISATION, {"rows": rows})

    async def _open(self) -> None:
        order: JsonValue = {"period": self._period, "kind": BULANAN}
        await self._order(OrganisationAct.OPEN_PERIOD, order)
        try:
            await Sweep(self._pool, self._client, self._org).open_files(self._period)
        except (*DATABASE_AWAY, asyncpg.PostgresError, RPCError):
            _log.info("opening_left_to_the_sweep")

    async def _order(self, act: OrganisationAct, body: JsonValue) -> None:
        """Have one act on the organisation done, with the same id until it is."""
        command_id = uuid4()
        while True:
            try:
                answer = await self._gateway.organisation_act(
                    act,
                    body,
                    actor=None,
                    command_id=command_id,
                    via=Via.SIMULATION,
                    os_user=None,
                    seconds=ORDER_SECONDS,
                )
            except Unavailable:
                await asyncio.sleep(0.2)
                continue
            if answer.status is not Status.STORED:
                return _require_done(act, answer)

    async def _sleep_until(self, business: datetime) -> None:
        seconds = (self.clock.to_real(business) - self.clock.real_now()).total_seconds()
        await asyncio.sleep(max(0.0, seconds))


def _require_done(act: OrganisationAct, answer: Answer) -> None:
    if answer.status is Status.REFUSED:
        rule = answer.refusal.rule if answer.refusal else "unknown"
        raise DemoRefused(f"{act} was refused: {rule}")
