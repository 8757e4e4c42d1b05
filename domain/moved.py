"""The decider of a changed calendar: what it does to the dates of a file that is open.

A decree that adds free days moves dates forward only. One that takes free days back may also bring
dates nearer, but never nearer than the next working day after it became known (ADR 0020).
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from domain.calendar_book import CalendarChange
from domain.cited import cited
from domain.deadline import EXPIRE, HORIZON, OVERDUE, Wake, due_at, wakes
from domain.decision import Fact, Rules, next_task
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind, Topic
from schemas.file import CalendarMove, Context, FileState, Postponed, RungTime
from schemas.instant import stamp

AT_MIDNIGHT = frozenset({OVERDUE, EXPIRE, HORIZON})
"""Wake-ups at the end of a day; all others are at eight in the morning."""
_TICK = timedelta(microseconds=1)


def move_of(change: CalendarChange, before: WorkingCalendar) -> CalendarMove:
    """What the context of a decision says of the change that it takes in."""
    return CalendarMove(
        version=change.version, before=before.version, may_go_back=change.may_go_back
    )


def concerns(
    state: FileState, rules: Rules, before: WorkingCalendar, after: WorkingCalendar
) -> bool:
    """Whether a change of the calendar gives the present visit of a file any other date."""
    if state.is_closed or before == after:
        return False
    is_put_off_to_free_day = _postponed(state, after) != state.postponed
    return is_put_off_to_free_day or _by(state, rules, before) != _by(state, rules, after)


def _postponed(state: FileState, calendar: WorkingCalendar) -> tuple[Postponed, ...]:
    """The rungs that were put off, those of a day that has become free on the next working day.

    The day was chosen by what was known then: the first working day after somebody's leave.
    """
    return tuple(
        each
        if each.rung in state.done_rungs
        else each.model_copy(update={"at": _kept(each.rung, each.at, calendar)})
        for each in state.postponed
    )


def moved_due(
    state: FileState,
    at: datetime,
    rules: Rules,
    before: WorkingCalendar,
    change: CalendarChange,
) -> datetime | None:
    """Where a change would move the due date of an open file; None where it stays as it is."""
    if not concerns(state, rules, before, rules.calendar) or state.due_at is None:
        return None
    shift = _Shift(at, rules.calendar, may_go_back=change.may_go_back)
    due = shift.of(OVERDUE, state.due_at, _due_at(state, rules, rules.calendar))
    return None if due == state.due_at else due


def _by(state: FileState, rules: Rules, calendar: WorkingCalendar) -> tuple[datetime, list[Wake]]:
    """The dates as a calendar alone would have them."""
    due = _due_at(state, rules, calendar)
    return due, _wakes(state, due, rules, calendar)


def _due_at(state: FileState, rules: Rules, calendar: WorkingCalendar) -> datetime:
    turn = rules.process.find(state.turn)
    return due_at(turn, state.file.parsed_period, state.entered_at, calendar)


def _wakes(state: FileState, due: datetime, rules: Rules, calendar: WorkingCalendar) -> list[Wake]:
    plain = state.model_copy(update={"due_at": due, "times": None})
    return wakes(plain, rules.process, calendar)


def decide_move(
    state: FileState, at: datetime, context: Context, rules: Rules, before: WorkingCalendar
) -> tuple[Fact, ...]:
    """The fact of one change of the calendar that concerns a file, at the instant it takes it in.

    Pure, like every decider. From then on the coming wake-ups of the visit stand in the state, so
    that no later calendar moves them unsaid.

    Args:
        state: the file before it.
        at: when the change became known, not before what the file's record holds.
        context: names the change.
        rules: with the calendar after the change.
        before: the calendar without it.
    """
    move = context.moved
    assert move is not None, "the context of a move names the change"  # noqa: S101
    assert state.due_at is not None, "an open turn has a due date"  # noqa: S101
    shift = _Shift(at, rules.calendar, may_go_back=move.may_go_back)
    due = shift.of(OVERDUE, state.due_at, _due_at(state, rules, rules.calendar))
    put_off = state.model_copy(update={"postponed": _postponed(state, rules.calendar)})
    times = _times(state, put_off, due, rules, before, shift)
    after = put_off.model_copy(update={"due_at": due, "times": times})
    is_moved = due != state.due_at
    fact = Fact(
        kind=EventKind.DUE_MOVED if is_moved else EventKind.CALENDAR_NOTED,
        happened_at=at,
        before=state,
        after=after,
        cause=f"calendar:{move.version}",
        data={
            "change": move.version,
            "calendar_from": move.before,
            "calendar_to": context.calendar,
            "due_from": stamp(state.due_at),
            "due_to": stamp(due),
        },
        notices=next_task(after, context, Topic.DUE_MOVED) if is_moved else (),
    )
    return cited((fact,), context, rules)


def _times(
    state: FileState,
    put_off: FileState,
    due: datetime,
    rules: Rules,
    before: WorkingCalendar,
    shift: "_Shift",
) -> tuple[RungTime, ...]:
    """The coming wake-ups of the visit, each moved as the rule of the change has it."""
    old = {w.rung: w for w in wakes(state, rules.process, before)}
    new = {w.rung: w for w in _wakes(put_off, due, rules, rules.calendar)}
    found = []
    for rung, wake in (new | old).items():
        if rung not in old:  # it lay before the turn began; now it has its place
            if wake.at > shift.at:
                found.append(wake)
            continue
        asked = new[rung].at if rung in new else state.entered_at
        moved = due if rung == OVERDUE else shift.of(rung, wake.at, asked)
        found.append(replace(wake, at=moved))
    ordered = sorted(found, key=lambda w: (w.at, w.order))
    return tuple(RungTime(rung=w.rung, at=w.at) for w in ordered)


class _Shift:
    """How far one change of the calendar moves an instant."""

    def __init__(self, at: datetime, calendar: WorkingCalendar, *, may_go_back: bool) -> None:
        self.at = at
        self._calendar = calendar
        self._may_go_back = may_go_back
        self._next = calendar.add_working_days(calendar.local_date(at), 1)

    def of(self, rung: str, was: datetime, asked: datetime) -> datetime:
        """Where a wake-up comes to lie that was at one instant and is asked for at another."""
        if asked >= was:
            return asked
        if not self._may_go_back:
            return _kept(rung, was, self._calendar)
        nearest = max(asked, _on(rung, self._next, self._calendar))
        return _kept(rung, min(was, nearest), self._calendar)


def _on(rung: str, day: date, calendar: WorkingCalendar) -> datetime:
    return calendar.end_of_day(day) if rung in AT_MIDNIGHT else calendar.at_eight(day)


def _kept(rung: str, at: datetime, calendar: WorkingCalendar) -> datetime:
    """The instant; on a day that has become free, that of the next working day."""
    day = calendar.local_date(at - _TICK)
    if calendar.is_working_day(day):
        return at
    return _on(rung, calendar.add_working_days(day, 1), calendar)
