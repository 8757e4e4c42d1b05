"""What is measured: a running stack with an opened month of a generated city."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from uuid import uuid4

import asyncpg
from pydantic import JsonValue
from temporalio.client import Client

from benchmarks import measure
from benchmarks.lane import Prepared
from domain.authority import resolve_chain
from domain.working_calendar import WorkingCalendar
from gateway.door import Gateway
from gateway.sweep import Sweep
from runtime.clock import Clock
from runtime.embedded.stack import Stack
from schemas.code import OrganisationAct, Via
from schemas.identifier import FileKey
from schemas.period import BULANAN, Period
from simulation.city import generate
from simulation.units import set_every_unit
from storage.organisation import read_organisation

SETTLE_SECONDS = 3
# People at the top have nobody to appraise them, so a city must be a little larger than needed.
_SPARE = 60


@dataclass(slots=True)
class House:
    """What the lanes need of the running stack."""

    stack: Stack
    client: Client
    owner: "asyncpg.Pool[asyncpg.Record]"
    web: "asyncpg.Pool[asyncpg.Record]"
    worker: "asyncpg.Pool[asyncpg.Record]"
    clock: Clock
    calendar: WorkingCalendar
    org: str

    @property
    def gateway(self) -> Gateway:
        return Gateway(self.web, self.client, self.clock, self.calendar, self.org)


class Spent:
    """Seconds, CPU by process and the rest of the machine since this was made."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._cpu, self._busy = measure.cpu_seconds(stack), measure.busy_seconds()
        self._began = perf_counter()

    def so_far(self, pieces: int) -> tuple[float, dict[str, float], float]:
        """Seconds; CPU milliseconds a piece by process; cores that others used meanwhile."""
        seconds = perf_counter() - self._began
        used = measure.differences(self._cpu, measure.cpu_seconds(self._stack))
        other = (measure.busy_seconds() - self._busy - sum(used.values())) / seconds
        return seconds, {name: cpu * 1000 / pieces for name, cpu in used.items()}, other


async def open_month(house: House, count: int) -> str:
    """Import a city with so many people to spare and open this month; nothing is started yet."""
    now = datetime.now(UTC)
    period = str(Period(year=now.year, month=now.month))
    rows: list[JsonValue] = [r.model_dump(mode="json") for r in generate(count + _SPARE, seed=7)]
    orders: list[tuple[OrganisationAct, JsonValue]] = [
        (OrganisationAct.IMPORT_ORGANISATION, {"rows": rows}),
        (OrganisationAct.OPEN_PERIOD, {"period": period, "kind": BULANAN}),
    ]
    for act, said in orders:
        await house.gateway.organisation_act(
            act, said, actor=None, command_id=uuid4(), via=Via.SHELL, os_user=None, seconds=60
        )
    today = house.calendar.local_date(house.clock.now())
    await set_every_unit(house.gateway, house.owner, house.org, period, today)
    return period


async def start_files(house: House, period: str) -> int:
    """Start everybody's workflow and wait until the ledger has opened all files; their number."""
    wanted = "SELECT count(*) FROM roster WHERE excluded_because IS NULL"
    expected = int(await house.owner.fetchval(wanted))
    await Sweep(house.owner, house.client, house.org).open_files(period)
    while await house.owner.fetchval("SELECT count(*) FROM file") < expected:  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    return expected


async def prepared_files(house: House, count: int) -> list[Prepared]:
    """So many files whose two people can act.

    Raises:
        ValueError: if the city has fewer.
    """
    async with house.owner.acquire() as connection:
        organisation = await read_organisation(connection, house.org)
    found, today = [], house.calendar.local_date(house.clock.now())
    query = "SELECT stream, unit, state ->> 'post' AS post FROM file ORDER BY id"
    for row in await house.owner.fetch(query):
        key = FileKey.of_stream(row["stream"])
        chain = resolve_chain(organisation, key, row["post"], today) if key else None
        if key and chain and chain.supervisor:
            found.append(Prepared(key, row["unit"], chain.supervisor.person))
    if len(found) < count:
        raise ValueError(f"{count} files are needed and {len(found)} have a supervisor")
    return found[:count]
