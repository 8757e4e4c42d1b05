"""Why a file's turn is due when it is: the anchor, the days counted, and those that were free."""

from collections.abc import Iterator
from datetime import date, timedelta

from domain.citation import END_OF_DAY, FREE_DAYS, of_turn
from domain.deadline import due_on
from domain.explain.case import Case, Happening, Value
from domain.process import Due, Turn
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind
from schemas.explanation import Reason
from schemas.period import Period

_DAY = timedelta(days=1)
_LONG_BEFORE = timedelta(days=366)
Span = tuple[date, date]


def why_deadline(case: Case) -> tuple[Reason, ...]:
    """Why the present turn is due on its day; of a closed file, why nothing is.

    A day counted by another calendar than today's stays as it was recorded, and is called so.
    """
    state = case.state
    if state.due_at is None:
        code = "deadline.none"
        return (case.reason(code, end=state.end, at=state.ended_at),)
    return tuple(_reasons(case, case.rules.process.find(state.turn)))


def _reasons(case: Case, turn: Turn) -> Iterator[Reason]:
    state, calendar = case.state, case.rules.calendar
    assert state.due_at is not None, "an open turn has a due date"  # noqa: S101
    begun = calendar.local_date(state.entered_at)
    recorded = calendar.local_date(state.due_at - timedelta(microseconds=1))
    period = state.file.parsed_period
    ids = of_turn(case.rules.process, turn) + END_OF_DAY
    last = due_on(turn.due, period, begun, calendar)
    moved = [told for told in case.history if _moves(told, state.visit)]
    for told in moved:
        yield why_moved(case, "deadline.moved", told)
    if moved and last != recorded:
        return
    if last != recorded:
        yield case.reason(
            "deadline.other_calendar", ids, begun, turn=turn.name, on=recorded, base=last
        )
        return
    reasons, counted = _counted(case, turn, begun, ids)
    yield from reasons
    yield from _free(case, counted)
    if calendar.is_provisional(last.year):
        yield case.reason("deadline.provisional", FREE_DAYS, year=last.year)
    if case.at >= state.due_at:
        yield case.reason("deadline.passed", due_at=state.due_at)


def _moves(told: Happening, visit: int) -> bool:
    """Whether a changed calendar has moved the due date of the visit."""
    return told.kind is EventKind.DUE_MOVED and told.after.visit == visit


def why_moved(case: Case, code: str, told: Happening) -> Reason:
    """What a changed calendar did to the due date, and by which decree."""
    number = int(str(told.data["change"]))
    changes = () if case.organisation is None else case.organisation.calendars.changes
    source = changes[number - 1].source if number <= len(changes) else "-"
    due = {"from_at": told.data["due_from"], "due_at": told.data["due_to"]}
    params: dict[str, Value] = {name: str(value) for name, value in due.items()}
    turn = told.after.turn
    return case.reason(
        code, FREE_DAYS, told, turn=turn, number=number, decree=source, at=told.at, **params
    )


def _counted(
    case: Case, turn: Turn, begun: date, ids: tuple[str, ...]
) -> tuple[list[Reason], Span]:
    """How the last day was found, and the span of days in which free days moved it."""
    due, period, calendar = turn.due, case.state.file.parsed_period, case.rules.calendar
    if due.anchor == "entered":
        return _from_beginning(case, turn, begun, ids)
    base = due_on(due, period, period.starts_on - _LONG_BEFORE, calendar)
    month = _month(due, period)
    if due.working_days is None:
        code, span = "deadline.month_end", (base, month.ends_on)
    else:
        code, span = "deadline.nth", (month.starts_on, base)
    reasons = [
        case.reason(
            code,
            ids,
            begun,
            turn=turn.name,
            number=due.working_days,
            first=month.starts_on,
            on=base,
        )
    ]
    last = due_on(due, period, begun, calendar)
    if last > base:
        span = (begun + _DAY, last)
        fresh: dict[str, Value] = {"begun_on": begun, "number": due.at_least, "on": last}
        reasons.append(case.reason("deadline.fresh_clock", (), begun, turn=turn.name, **fresh))
    return reasons, span


def _month(due: Due, period: Period) -> Period:
    return (
        period.model_copy(update={"months": 1})
        if due.anchor == "period_start"
        else period.month_after(1)
    )


def _from_beginning(
    case: Case, turn: Turn, begun: date, ids: tuple[str, ...]
) -> tuple[list[Reason], Span]:
    due, calendar = turn.due, case.rules.calendar
    last = due_on(due, case.state.file.parsed_period, begun, calendar)
    shared: dict[str, Value] = {"turn": turn.name, "begun_on": begun}
    if due.working_days is not None:
        code, span = "deadline.working_days_from", (begun + _DAY, last)
        return [case.reason(code, ids, begun, number=due.working_days, on=last, **shared)], span
    counted = begun + timedelta(days=due.calendar_days or 0)
    code = "deadline.calendar_days_from"
    reasons = [case.reason(code, ids, begun, number=due.calendar_days, on=counted, **shared)]
    if last != counted:
        reasons.append(case.reason("deadline.rolled", ids, begun, first=counted, on=last))
    return reasons, (counted, last)


def _free(case: Case, span: Span) -> Iterator[Reason]:
    """The free days of the working week that were not counted."""
    days = free_weekdays(case.rules.calendar, *span)
    if days:
        listed = ",".join(day.isoformat() for day in days)
        yield case.reason("deadline.free_days", FREE_DAYS, span[1], number=len(days), days=listed)


def free_weekdays(calendar: WorkingCalendar, first: date, last: date) -> list[date]:
    """The days of the working week between two days, both included, that are free."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [d for d in days if calendar.is_in_week(d) and d in calendar.free_days]
