"""From a turn to instants: when it is due, and everything time will do to the file meanwhile."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.process import Due, Process, Turn
from domain.rules.due_date import Unit, last_day
from domain.working_calendar import WorkingCalendar
from schemas.cycle import WakeUp
from schemas.file import FileState
from schemas.period import Period

HORIZON = "horizon"
EXPIRE = "expire"
DELEGATE = "delegate"
OVERDUE = "overdue"
MOVE = "handover"  # the day on which somebody else gets the task: no rung of a ladder
_RUNGS = 3  # the order of a ladder's first rung; what ends or hands over a turn goes before it


@dataclass(frozen=True, slots=True)
class Wake:
    """One thing time will do in the present visit. ``order`` settles ties at one instant."""

    at: datetime
    order: int
    rung: str


def due_on(due: Due, period: Period, entered_on: date, calendar: WorkingCalendar) -> date:
    """The last day of a turn that began on ``entered_on``."""
    fresh = calendar.add_working_days(entered_on, due.at_least)
    match due.anchor:
        case "entered":
            is_working = due.working_days is not None
            days = due.working_days if is_working else due.calendar_days
            unit = Unit.WORKING_DAYS if is_working else Unit.CALENDAR_DAYS
            return last_day(calendar, entered_on, days or 0, unit, rolls_forward=due.rolls_forward)
        case "period_start":
            month = period
        case "period_end":
            month = period.month_after(1)
    if due.working_days is None:
        return max(fresh, calendar.last_working_day(month.year, month.month))
    return max(fresh, calendar.nth_working_day(month.year, month.month, due.working_days))


def due_at(turn: Turn, period: Period, entered_at: datetime, calendar: WorkingCalendar) -> datetime:
    """The first instant that is too late: midnight WIB after the last day.

    Kept with the turn: many files come to it on the same day.
    """
    entered_on = calendar.local_date(entered_at)
    key = (period.year, period.month, period.months, entered_on, calendar.version)
    found: datetime | None = turn.worked_out.get(key)
    if found is None:
        found = calendar.end_of_day(due_on(turn.due, period, entered_on, calendar))
        turn.worked_out[key] = found
    return found


def horizon_at(process: Process, period: Period, calendar: WorkingCalendar) -> datetime:
    """The instant at which an open file of the period ends."""
    month = period.month_after(process.horizon.months_after)
    return calendar.end_of_day(calendar.last_working_day(month.year, month.month))


def _due(state: FileState) -> datetime:
    assert state.due_at is not None, "an open turn has a due date"  # noqa: S101
    return state.due_at


def _last_day(due_at: datetime, calendar: WorkingCalendar) -> date:
    return calendar.local_date(due_at - timedelta(microseconds=1))


def expires_at(state: FileState, turn: Turn, calendar: WorkingCalendar) -> datetime | None:
    """When the turn a file is in ends by itself; None for one that does not."""
    if state.times is not None:
        return next((time.at for time in state.times if time.rung == EXPIRE), None)
    return _expiry(turn, state.file.parsed_period, _due(state), calendar)


def _expiry(
    turn: Turn, period: Period, due_at: datetime, calendar: WorkingCalendar
) -> datetime | None:
    if turn.expires is None:
        return None
    if turn.expires.at == "period_end":
        return calendar.end_of_day(period.ends_on)
    days = turn.expires.working_days
    return calendar.end_of_day(calendar.add_working_days(_last_day(due_at, calendar), days))


def _ladder(
    process: Process, turn: Turn, due_at: datetime, calendar: WorkingCalendar
) -> Iterator[Wake]:
    last_day = _last_day(due_at, calendar)
    for order, rung in enumerate(process.ladder_of(turn).rungs, start=_RUNGS):
        eight = calendar.at_eight(calendar.add_working_days(last_day, rung.working_days))
        yield Wake(due_at if rung.name == OVERDUE else eight, order, rung.name)


def _course(state: FileState, process: Process, calendar: WorkingCalendar) -> tuple[Wake, ...]:
    """Everything time does in a turn that is due when this one is, in order.

    Kept with the definition: due dates are days, so many files have the same.
    """
    due_at = _due(state)
    key = (state.turn, state.file.period, due_at, calendar.version)
    found: tuple[Wake, ...] | None = process.worked_out.get(key)
    if found is None:
        turn, period = process.find(state.turn), state.file.parsed_period
        wakes = _turn_wakes(process, turn, period, due_at, calendar)
        found = process.worked_out[key] = tuple(sorted(wakes, key=_place))
    return found


def _turn_wakes(
    process: Process, turn: Turn, period: Period, due_at: datetime, calendar: WorkingCalendar
) -> Iterator[Wake]:
    yield from _ladder(process, turn, due_at, calendar)
    if not turn.horizon_exempt:
        yield Wake(horizon_at(process, period, calendar), 0, HORIZON)
    expiry = _expiry(turn, period, due_at, calendar)
    if expiry is not None:
        yield Wake(expiry, 1, EXPIRE)
    if turn.delegate_after is not None:
        day = calendar.add_working_days(_last_day(due_at, calendar), turn.delegate_after)
        yield Wake(calendar.at_eight(day), 2, DELEGATE)


def _place(wake: Wake) -> tuple[datetime, int]:
    return wake.at, wake.order


def wakes(state: FileState, process: Process, calendar: WorkingCalendar) -> list[Wake]:
    """Everything time will still do in this visit, in order. Empty for a closed file.

    Where a changed calendar has moved the visit's dates, they are those that the state holds.
    At one instant the end of a turn goes before its reminders, so a turn that ends at its due
    date is never called overdue. An end that was due before the turn began (a file that is opened
    late) comes when it begins: nothing is recorded of a time before the file existed.
    """
    if state.is_closed:
        return []
    if state.times is not None:
        return _moved(state, process)
    began, done = state.entered_at, state.done_rungs
    if state.is_delegated:
        done = (*done, DELEGATE)
    course = _put_off(state, _course(state, process, calendar))
    coming = [
        wake
        for wake in course
        if wake.rung not in done and (wake.order < _RUNGS or wake.at > began)
    ]
    if not coming or coming[0].at >= began:
        return coming
    return sorted((w if w.at >= began else replace(w, at=began) for w in coming), key=_place)


def _put_off(state: FileState, course: Sequence[Wake]) -> Sequence[Wake]:
    """The same wake-ups in order, with those that were put off at their later time."""
    if not state.postponed:
        return course
    later = {postponed.rung: postponed.at for postponed in state.postponed}
    return sorted((replace(w, at=later.get(w.rung, w.at)) for w in course), key=_place)


def _moved(state: FileState, process: Process) -> list[Wake]:
    """The coming wake-ups as the state holds them; one that was put off since, at its later time."""
    rungs = [rung.name for rung in process.ladder_of(process.find(state.turn)).rungs]
    order = {name: place for place, name in enumerate((HORIZON, EXPIRE, DELEGATE, *rungs))}
    coming = [time for time in state.times or () if time.rung not in state.done_rungs]
    return list(_put_off(state, [Wake(t.at, order[t.rung], t.rung) for t in coming]))


def next_wake(state: FileState, process: Process, calendar: WorkingCalendar) -> WakeUp | None:
    """The next thing time will do, or nothing for a closed file; as a workflow is told of it."""
    wake = first_wake(state, process, calendar)
    return None if wake is None else WakeUp(visit=state.visit, rung=wake.rung, at=wake.at)


def first_wake(state: FileState, process: Process, calendar: WorkingCalendar) -> Wake | None:
    """The next thing time will do, or nothing for a closed file."""
    return next(iter(wakes(state, process, calendar)), None)
