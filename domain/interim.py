"""The note of an outgoing supervisor for his days: who may give it, until when, and what it is.

Both sides of a change of supervisor give their word, and the present one decides (project decision,
domain.md 2.4). So the note changes nothing in the file and is never taken as the successor's.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from pydantic import JsonValue

from domain.organisation import Organisation
from domain.rulebook import Rulebook
from domain.rules.gate import InterimNote
from domain.working_calendar import WorkingCalendar
from schemas.error import ErrorType, Refusal
from schemas.file import FileState, Former
from schemas.file_body import RecordInterim
from schemas.identifier import FileKey

_DAY = timedelta(days=1)
NOTE_UNTIL = "note_until"
"""What a handover says of the last day for the outgoing supervisor's note, if he may leave one."""


def former_of(org: Organisation, file: FileKey, post: str, person: UUID, on: date) -> Former | None:
    """From where and until when somebody was the supervisor who is so no more on a day.

    The last time counts, and only if it reached into the file's period. None for whoever has died.
    """
    period = file.parsed_period
    if person == file.person or on <= period.starts_on or org.died_on(person, on) is not None:
        return None
    found: Former | None = None
    for first, last in _spans(org, period.starts_on, on):
        own = org.own_post(file.person, first)
        seat = org.appraiser(own.post if own else post, file.person, first)
        is_his = seat is not None and seat.person == person
        if seat is None or not is_his:
            continue
        if last >= on:
            return None
        begun = found.first if found is not None and found.last + _DAY == first else first
        if begun <= period.ends_on:
            found = Former(seat=seat, first=begun, last=last)
    return found


def _spans(org: Organisation, first: date, on: date) -> Iterator[tuple[date, date]]:
    """The spans of days, up to a day, in which nothing begins or ends."""
    begins = [first, *(day for day in org.turning_days() if first < day <= on)]
    ends = [*(day - _DAY for day in begins[1:]), on]
    yield from zip(begins, ends, strict=True)


def refuse_interim(
    state: FileState,
    note: RecordInterim,
    former: Former,
    on: date,
    book: Rulebook,
    calendar: WorkingCalendar,
) -> Refusal | None:
    """Whether it comes too late, or is half a rating."""
    refusal = _too_late(state, former, on, book, calendar)
    if refusal is not None:
        return refusal
    if (note.work_result is None) != (note.behaviour is None):
        missing = "work_result" if note.work_result is None else "behaviour"
        return Refusal(type=ErrorType.INVALID, rule="interim.half_rating", field=missing)
    return None


def note_until(
    state: FileState,
    former: Former | None,
    on: date,
    book: Rulebook,
    calendar: WorkingCalendar,
) -> date | None:
    """Until which day an outgoing supervisor may leave his note; None if he is none, or may not."""
    if former is None or _too_late(state, former, on, book, calendar) is not None:
        return None
    return _last_day(former, on, book, calendar)


def _too_late(
    state: FileState, former: Former, on: date, book: Rulebook, calendar: WorkingCalendar
) -> Refusal | None:
    """Why no note is taken any more."""
    if state.supervisor_signature is not None:
        return Refusal(type=ErrorType.NOT_NOW, rule="interim.signed")
    until = _last_day(former, on, book, calendar)
    if on <= until:
        return None
    params: dict[str, str | int] = {"last": str(former.last), "until": str(until)}
    return Refusal(type=ErrorType.DEADLINE_PASSED, rule="interim.late", params=params)


def _last_day(former: Former, on: date, book: Rulebook, calendar: WorkingCalendar) -> date:
    days = book.parameters_on(InterimNote, on).working_days
    return calendar.add_working_days(former.last, days)


def interim_data(note: RecordInterim, former: Former) -> dict[str, JsonValue]:
    """What is kept of it beside its text: for which days, and the ratings if there are any."""
    days = {"first": former.first.isoformat(), "last": former.last.isoformat()}
    ratings = {"work_result": note.work_result, "behaviour": note.behaviour}
    return {**days, **{name: r.value for name, r in ratings.items() if r is not None}}
