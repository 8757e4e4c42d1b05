"""A polite nudge: a word to whoever is awaited, from somebody who waits for him. It moves nothing.

At most one for a file and a visit in so many working days (rule ``sapaan.sopan``), whoever
sends it. What is sent on a free day counts for the next working day.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from domain.decision import Fact, Notice, Rules
from domain.rules.window import Nudging
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind, Topic
from schemas.error import ErrorType, Refusal
from schemas.file import Context, FileState
from schemas.instant import stamp
from schemas.organisation import Seat

RUNG = "nudge/"


def nudge(
    state: FileState,
    at: datetime,
    acting: tuple[Seat, UUID | None],
    context: Context,
    rules: Rules,
) -> Fact | Refusal:
    """The nudge of somebody who may, or why it is not sent.

    Args:
        state: the file, which is open.
        at: when it was received.
        acting: from where he acts, and for whom.
        context: who is who.
        rules: with the calendar, and the rule in force.
    """
    awaited = context.chain.holder_for(state.awaits, state) if state.awaits else None
    seat, on_behalf_of = acting
    if awaited is None:
        who: dict[str, str | int] = {"awaits": str(state.awaits)}
        return Refusal(type=ErrorType.NOT_NOW, rule="nudge.nobody", params=who)
    if awaited.person in (seat.person, on_behalf_of):
        return Refusal(type=ErrorType.NOT_NOW, rule="nudge.oneself", params={"turn": state.turn})
    calendar, known = rules.calendar, rules.known(context)
    limit = known.parameters_on(Nudging, calendar.local_date(at)).working_days
    again = _again(state, limit, calendar)
    if again is not None and at < again:
        params: dict[str, str | int] = {"number": limit, "turn": state.turn, "at": stamp(again)}
        return Refusal(type=ErrorType.NOT_NOW, rule="nudge.again", params=params)
    rung = f"{RUNG}{_day(at, calendar)}"
    return Fact(
        kind=EventKind.NUDGED,
        happened_at=at,
        before=state,
        after=state.model_copy(update={"done_rungs": (*state.done_rungs, rung)}),
        cause="act:nudge",
        seat=seat,
        on_behalf_of=on_behalf_of,
        rung=rung,
        data={"rung": rung, "visit": state.visit, "to": str(awaited.person)},
        notices=(Notice(Topic.NUDGE, awaited.person),),
    )


def _day(at: datetime, calendar: WorkingCalendar) -> date:
    """The working day that a nudge counts for."""
    on = calendar.local_date(at)
    return on if calendar.is_working_day(on) else calendar.add_working_days(on, 1)


def _again(state: FileState, limit: int, calendar: WorkingCalendar) -> datetime | None:
    """From when on the awaited one may be nudged again in this visit; None if he never was."""
    days = [rung.removeprefix(RUNG) for rung in state.done_rungs if rung.startswith(RUNG)]
    if not days:
        return None
    last = date.fromisoformat(max(days))
    return calendar.end_of_day(calendar.add_working_days(last, limit) - timedelta(days=1))
