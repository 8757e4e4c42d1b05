"""What runs by itself: every schedule, declared here and nowhere else.

A schedule is created or brought up to date on the Temporal server at each start; what somebody has
paused stays paused. Its timetable is kept in the record, too, so that whoever judges the
occurrences knows what was to be expected. A demonstration has none: its clock is faster than the
server's.

Missed times are made up for within the catch-up window, each for its own nominal time. Opening and
closing are for another period each time, so they may overlap; what is for the present only is
buffered once.
"""

from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from domain.period_plan import closing_months
from domain.working_calendar import ZONE
from schemas.identifier import schedule_id
from schemas.occurrence import Occurrence
from schemas.schedule import Timing
from schemas.task_queue import DISPATCH, NOTIFY
from storage.query import queries
from storage.read.schedule import read_spans

_ALL, _ONE = ScheduleOverlapPolicy.ALLOW_ALL, ScheduleOverlapPolicy.BUFFER_ONE
# Free days are left to the workflow, which knows the calendar.
_AT_EIGHT = Timing(minute=0, hours=(8,), weekdays=(1, 2, 3, 4, 5))
_HOURLY = Timing(minute=15)
_HOUR, _DAY, _YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Declared:
    """One schedule: what it starts where and when, and what becomes of times that were missed."""

    name: str
    workflow: str
    task_queue: str
    timing: Timing
    overlap: ScheduleOverlapPolicy
    catchup_window: timedelta
    execution_timeout: timedelta

    def schedule(self, org: str) -> Schedule:
        """The schedule as the server keeps it."""
        return Schedule(
            action=ScheduleActionStartWorkflow(
                self.workflow,
                Occurrence(org=org, schedule=self.name),
                id=f"schedule/{schedule_id(org, self.name)}",
                task_queue=self.task_queue,
                execution_timeout=self.execution_timeout,
            ),
            spec=ScheduleSpec(calendars=[_calendar(self.timing)], time_zone_name=ZONE.key),
            policy=SchedulePolicy(overlap=self.overlap, catchup_window=self.catchup_window),
            state=ScheduleState(),
        )


def _opens(name: str, months: tuple[int, ...] | None) -> Declared:
    timing = Timing(minute=5, hours=(0,), days=(1,), months=months)
    return Declared(name, "OpenPeriods", DISPATCH, timing, _ALL, _YEAR, _DAY)


def _closes(name: str, months: int) -> Declared:
    """Objections outlive the horizon by up to five weeks; a run waits for them, and some more."""
    timing = Timing(minute=30, hours=(0,), days=(1,), months=closing_months(months))
    return Declared(name, "ClosePeriods", DISPATCH, timing, _ALL, _YEAR, timedelta(days=90))


HOUSEKEEPING = Declared(
    "housekeeping", "Housekeeping", DISPATCH, Timing(minute=0, hours=(2,)), _ONE, 12 * _HOUR, _HOUR
)
DECLARED: tuple[Declared, ...] = (
    _opens("open-month", None),
    _opens("open-quarter", (1, 4, 7, 10)),
    _opens("open-year", (1,)),
    _closes("close-month", 1),
    _closes("close-quarter", 3),
    _closes("close-year", 12),
    HOUSEKEEPING,
    # A mail of the morning is still one after lunch; what is later is told by the next day's.
    Declared("send-digests", "SendDigests", NOTIFY, _AT_EIGHT, _ONE, 6 * _HOUR, 4 * _HOUR),
    Declared("reconcile", "Reconcile", DISPATCH, _HOURLY, _ONE, _HOUR, 2 * _HOUR),
)


def declared(name: str) -> Declared:
    """The schedule of that name.

    Raises:
        KeyError: naming those there are.
    """
    found = next((each for each in DECLARED if each.name == name), None)
    if found is None:
        raise KeyError(f"there is no schedule {name}; there are {', '.join(names())}")
    return found


def names() -> list[str]:
    """The names of the declared schedules."""
    return [each.name for each in DECLARED]


async def declare(client: Client, org: str) -> None:
    """Make the server's schedules the declared ones; what is declared no more is deleted.

    May be repeated, and done by several at once. A pause and its note are kept.

    Raises:
        RPCError: if the server does not take it.
    """
    for each in DECLARED:
        wanted, handle = each.schedule(org), client.get_schedule_handle(schedule_id(org, each.name))
        try:
            await client.create_schedule(handle.id, wanted)
        except ScheduleAlreadyRunningError:
            await handle.update(lambda found, wanted=wanted: _updated(found, wanted))  # type: ignore[misc]
    wanted_ids = {schedule_id(org, name) for name in names()}
    async for listed in await client.list_schedules():
        if listed.id.startswith(schedule_id(org, "")) and listed.id not in wanted_ids:
            await client.get_schedule_handle(listed.id).delete()


def _updated(found: ScheduleUpdateInput, wanted: Schedule) -> ScheduleUpdate:
    wanted.state = found.description.schedule.state
    return ScheduleUpdate(schedule=wanted)


async def keep_timetables(pool: "asyncpg.Pool[asyncpg.Record]", org: str) -> None:
    """Keep in the record since when something runs by itself, and when."""
    async with pool.acquire() as connection, connection.transaction():
        await queries("ledger").lock_stream(connection, stream=f"schedule/{org}")
        kept = {span.name: span.timing for span in await read_spans(connection, org)}
        wanted = {each.name: each.timing for each in DECLARED}
        for name in sorted(kept.keys() | wanted.keys()):
            timing = wanted.get(name)
            if timing != kept.get(name):
                value = None if timing is None else timing.model_dump(mode="json")
                await queries("schedule").insert_timing(
                    connection, org=org, name=name, timing=value
                )


def _calendar(timing: Timing) -> ScheduleCalendarSpec:
    weekdays = None if timing.weekdays is None else tuple(day % 7 for day in timing.weekdays)
    return ScheduleCalendarSpec(
        minute=_ranges((timing.minute,), 0, 59),
        hour=_ranges(timing.hours, 0, 23),
        day_of_month=_ranges(timing.days, 1, 31),
        month=_ranges(timing.months, 1, 12),
        day_of_week=_ranges(weekdays, 0, 6),
    )


def _ranges(wanted: tuple[int, ...] | None, first: int, last: int) -> tuple[ScheduleRange, ...]:
    """The values as the server keeps them: a range for all, else one for each."""
    if wanted is None:
        return (ScheduleRange(first, last),)
    return tuple(ScheduleRange(value) for value in sorted(wanted))
