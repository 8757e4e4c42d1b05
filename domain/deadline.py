"""From a turn to instants: when it is due, and everything time will do to the file meanwhile."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.process import Due, Process, Turn
from domain.working_calendar import WorkingCalendar
from schemas.cycle import WakeUp
from schemas.file import FileState
from schemas.period import Period

HORIZON = "horizon"
EXPIRE = "expire"
DELEGATE = "delegate"
OVERDUE = "overdue"
MOVE = "handover"  # the day on which somebody else gets the task: no rung of a ladder


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
            if due.working_days is not None:
                return calendar.add_working_days(entered_on, due.working_days)
            last = entered_on + timedelta(days=due.calendar_days or 0)
            if not due.rolls_forward:
                return last
            return calendar.add_working_days(last - timedelta(days=1), 1)
        case "period_start":
            month = period
        case "period_end":
            month = period.month_after(1)
    if due.working_days is None:
        return max(fresh, calendar.last_working_day(month.year, month.month))
    return max(fresh, calendar.nth_working_day(month.year, month.month, due.working_days))


def due_at(turn: Turn, period: Period, entered_at: datetime, calendar: WorkingCalendar) -> datetime:
    """The first instant that is too late: midnight WIB after the last day."""
    entered_on = calendar.local_date(entered_at)
    return calendar.end_of_day(due_on(turn.due, period, entered_on, calendar))


def horizon_at(process: Process, period: Period, calendar: WorkingCalendar) -> datetime:
    """The instant at which an open file of the period ends."""
    month = period.month_after(process.horizon.months_after)
    return calendar.end_of_day(calendar.last_working_day(month.year, month.month))


def _last_day(state: FileState, calendar: WorkingCalendar) -> date:
    assert state.due_at is not None, "an open turn has a due date"  # noqa: S101
    return calendar.local_date(state.due_at - timedelta(microseconds=1))


def expires_at(state: FileState, turn: Turn, calendar: WorkingCalendar) -> datetime | None:
    """When the turn a file is in ends by itself; None for one that does not."""
    if state.times is not None:
        return next((time.at for time in state.times if time.rung == EXPIRE), None)
    if turn.expires is None:
        return None
    if turn.expires.at == "period_end":
        return calendar.end_of_day(state.file.parsed_period.ends_on)
    days = turn.expires.working_days
    return calendar.end_of_day(calendar.add_working_days(_last_day(state, calendar), days))


def _ladder(
    state: FileState, process: Process, turn: Turn, calendar: WorkingCalendar
) -> list[Wake]:
    last_day, found = _last_day(state, calendar), []
    later = {postponed.rung: postponed.at for postponed in state.postponed}
    for order, rung in enumerate(process.ladder_of(turn).rungs, start=3):
        if rung.name in later:
            at = later[rung.name]
        elif rung.name == OVERDUE:
            at = state.due_at or state.entered_at
        else:
            at = calendar.at_eight(calendar.add_working_days(last_day, rung.working_days))
        if at > state.entered_at:
            found.append(Wake(at, order, rung.name))
    return found


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
    turn = process.find(state.turn)
    found = _ladder(state, process, turn, calendar)
    if not turn.horizon_exempt:
        found.append(Wake(horizon_at(process, state.file.parsed_period, calendar), 0, HORIZON))
    expiry = expires_at(state, turn, calendar)
    if expiry is not None:
        found.append(Wake(expiry, 1, EXPIRE))
    if turn.delegate_after is not None and not state.is_delegated:
        day = calendar.add_working_days(_last_day(state, calendar), turn.delegate_after)
        found.append(Wake(calendar.at_eight(day), 2, DELEGATE))
    began = state.entered_at
    coming = [
        w if w.at >= began else replace(w, at=began)
        for w in found
        if w.rung not in state.done_rungs
    ]
    return sorted(coming, key=lambda w: (w.at, w.order))


def _moved(state: FileState, process: Process) -> list[Wake]:
    """The coming wake-ups as the state holds them; one that was put off since, at its later time."""
    rungs = [rung.name for rung in process.ladder_of(process.find(state.turn)).rungs]
    order = {name: place for place, name in enumerate((HORIZON, EXPIRE, DELEGATE, *rungs))}
    later = {postponed.rung: postponed.at for postponed in state.postponed}
    coming = [time for time in state.times or () if time.rung not in state.done_rungs]
    found = [Wake(later.get(t.rung, t.at), order[t.rung], t.rung) for t in coming]
    return sorted(found, key=lambda w: (w.at, w.order))


def next_wake(state: FileState, process: Process, calendar: WorkingCalendar) -> WakeUp | None:
    """The next thing time will do, or nothing for a closed file."""
    coming = wakes(state, process, calendar)
    return WakeUp(visit=state.visit, rung=coming[0].rung, at=coming[0].at) if coming else None
