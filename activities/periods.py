"""What the workflows that open and close periods ask of Postgres and Temporal."""

from datetime import timedelta

import asyncpg
import structlog
from pydantic import JsonValue
from temporalio import activity
from temporalio.client import Client
from typing_extensions import override

from activities.contracts import Periods
from activities.ledger import PostgresLedger
from activities.occurrences import look_after
from activities.opening import FIRST, Pace, start_missing
from activities.round import Round
from domain.deadline import horizon_at
from domain.definition import definition
from domain.period_plan import opening
from runtime.clock import Clock
from schemas.code import Via
from schemas.cycle import StreamAct
from schemas.identifier import FileKey, PeriodKey, organisation_stream
from schemas.occurrence import Occurrence
from schemas.period import Period
from schemas.period_run import Order, Pages, Standing
from schemas.schedule import Due
from storage.command import Request, store
from storage.ledger import parse_process
from storage.organisation import read_organisation
from storage.period_closing import NOBODY, read_behind, up_to
from storage.query import queries

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_log = structlog.get_logger(__name__)


class PostgresPeriods(Periods):
    """Plans, starts and settles; every order it gives is a command that the ledger decides."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        client: Client,
        ledger: PostgresLedger,
        clock: Clock,
        starts_per_second: float = 0,
    ) -> None:
        self._pool = pool
        self._client = client
        self._ledger = ledger
        self._clock = clock
        self._starts_per_second = starts_per_second

    @override
    @activity.defn(name="plan_periods")
    async def plan_periods(self, due: Due) -> list[PeriodKey]:
        """See the contract. A closing is planned for every period that has passed its horizon."""
        what, months = read_name(due.occurrence)
        org = due.occurrence.org
        async with self._pool.acquire() as connection:
            known = await read_organisation(connection, org)
            rules, calendar = known.rules, known.calendars.at(due.nominal).everyones()
            if what == "open":
                return [
                    PeriodKey(org=org, period=str(period), kind=kind)
                    for period, kind in opening(months, due.nominal, rules)
                ]
            unclosed = await queries("period").read_unclosed(connection, org=org)
        keys = []
        for run in unclosed:
            process = definition(parse_process(run["process"]), run["period"], rules)
            period = Period.parse(run["period"])
            is_over = horizon_at(process, period, calendar) <= due.nominal
            if is_over and period.months == months:
                keys.append(PeriodKey(org=org, period=run["period"], kind=run["kind"]))
        return keys

    @override
    @activity.defn(name="store_order")
    async def store_order(self, order: Order) -> StreamAct:
        """See the contract."""
        key, due = order.key, order.due
        command_id = key.command_id(due.occurrence.schedule, due.nominal)
        stream = organisation_stream(key.org)
        body: JsonValue = {"period": key.period, "kind": key.kind}
        request = Request(command_id, key.org, stream, order.act, None, body, None, Via.TIMER, None)
        async with self._pool.acquire() as connection:
            await store(connection, request, self._clock)
        return StreamAct(stream=stream, command_id=command_id)

    @override
    @activity.defn(name="start_files")
    async def start_files(self, key: PeriodKey) -> int:
        """See the contract. A try that died is gone on with from its last complete page."""
        details = activity.info().heartbeat_details
        begin = Pages.model_validate(details[0]) if details else FIRST

        async def on_page(pages: Pages) -> None:
            activity.heartbeat(pages.model_dump())
            await queries("period").tend(self._pool, **key.model_dump())

        await on_page(begin)
        pace = Pace(self._starts_per_second)
        new = await start_missing(self._pool, self._client, key, begin, pace, on_page)
        _log.info("files_started", period=key.period, kind=key.kind, started=new)
        return new

    @override
    @activity.defn(name="read_standing")
    async def read_standing(self, key: PeriodKey) -> Standing:
        """See the contract."""
        row = await queries("period").read_standing(self._pool, **key.model_dump())
        return Standing.model_validate(dict(row))

    @override
    @activity.defn(name="settle_files")
    async def settle_files(self, key: PeriodKey) -> int:
        """See the contract. One file that cannot be decided keeps nobody else waiting."""
        at, after, done = self._clock.now(), NOBODY, 0

        async def settle(file: FileKey) -> None:
            await self._ledger.advance_file(up_to(file, at))

        while True:
            activity.heartbeat(done)
            async with self._pool.acquire() as connection:
                behind = await read_behind(connection, key, at, after)
            if not behind:
                break
            (await Round(settle).of(behind)).require_there()
            after, done = str(behind[-1].person), done + len(behind)
        files: int = await queries("period").count_open(self._pool, **key.model_dump(), at=at)
        return files

    @override
    @activity.defn(name="look_after_occurrences")
    async def look_after_occurrences(self, due: Due) -> int:
        """See the contract. What is younger than an hour may still be on its way."""
        until = due.nominal - timedelta(hours=1)
        async with self._pool.acquire() as connection:
            return await look_after(connection, self._client, due.occurrence.org, until)


def read_name(occurrence: Occurrence) -> tuple[str, int]:
    """What a schedule does, and with periods of how many months: ``open-month`` and the like.

    Raises:
        ValueError: for a name that is none of them.
    """
    what, _, length = occurrence.schedule.partition("-")
    if what not in ("open", "close") or length not in _MONTHS:
        raise ValueError(f"{occurrence.schedule!r} neither opens nor closes periods")
    return what, _MONTHS[length]
