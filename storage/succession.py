"""When the organisation changes next for whom a file waits, or that it ends by a death."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from domain.organisation import Organisation
from domain.owner import owner_of
from domain.rulebook import Rulebook
from domain.succession import Move
from domain.working_calendar import WorkingCalendar
from schemas.code import Role
from schemas.file import Chain, FileState
from storage.organisation import Eras

ChainOn = Callable[[Organisation, date], Chain]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Death:
    """Since when a death is on record, and until when it was, if it was taken back."""

    since: datetime
    gone: datetime | None = None

    def from_on(self, at: datetime) -> datetime | None:
        """The instant, not before another, from which it counts; None if it was gone by then."""
        first = max(self.since, at)
        return None if self.gone is not None and self.gone <= first else first


@dataclass(frozen=True, slots=True)
class Span:
    """From when on, and until which wake-up of the file, a change is looked for."""

    begun: datetime
    until: datetime | None


def read_deaths(rows: Sequence[Mapping[str, Any]]) -> list[Death]:
    """What is on record of the death of a file's person."""
    return [_DEATH.validate_python(dict(r)) for r in rows]


def next_move(
    state: FileState,
    span: Span,
    eras: Eras,
    deaths: Sequence[Death],
    calendar: WorkingCalendar,
    chain_on: ChainOn,
) -> Move | None:
    """The first change for an open file, in the order of time.

    Raises:
        MissingVersion: if it depends on a snapshot that has not been read.
    """
    died = min((at for d in deaths if (at := d.from_on(span.begun)) is not None), default=None)
    found = _another_owner(state, span, eras, calendar, chain_on)
    if died is None or (found is not None and found.at < died):
        return found
    return Move(died, has_come=True)


def _another_owner(
    state: FileState, span: Span, eras: Eras, calendar: WorkingCalendar, chain_on: ChainOn
) -> Move | None:
    """When somebody else has the awaited role than the one who was told so."""
    if state.awaits is Role.EMPLOYEE or state.turn == "superior_plan":
        return None  # no change of posts makes another of him
    for at, has_come in _instants(span, eras, calendar):
        chain = chain_on(eras.at(at), calendar.local_date(at))
        if owner_of(state, chain) != state.owner:
            return Move(at, has_come)
    return None


def _instants(span: Span, eras: Eras, calendar: WorkingCalendar) -> Iterator[tuple[datetime, bool]]:
    """Every instant at which it may have changed, and whether it has certainly come.

    Each act on the organisation or its rules, and between them each day on which a row begins or
    ends; after the last act, those days that come before the file wakes up anyway.
    """
    known = {v.since for v in eras.versions} | {rule.since for rule in _overrides(eras.rules)}
    acts = [span.begun, *sorted(at for at in known if at > span.begun)]
    for number, at in enumerate(acts):
        yield at, True
        is_last = number + 1 == len(acts)
        end = span.until if is_last else acts[number + 1]
        for day in _days(eras, at, calendar):
            midnight = calendar.end_of_day(day - _DAY)
            if end is not None and midnight >= end:
                break
            if midnight > at:
                yield midnight, not is_last


def _days(eras: Eras, at: datetime, calendar: WorkingCalendar) -> Iterator[date]:
    """The days after an instant on which something begins or ends, as known then."""
    organisation, today = eras.at(at), calendar.local_date(at)
    days = organisation.turning_days()
    later = days[bisect_right(days, today) :]
    own = {rule.from_on for rule in _overrides(organisation.rules) if rule.from_on > today}
    yield from sorted({*later, *own}) if own else later


def _overrides(rules: Rulebook) -> Iterator[Any]:
    """What an organisation has set of the rules, the newest first."""
    here: Rulebook | None = rules
    while here is not None and here.override is not None:
        yield here.override
        here = here.before


_DEATH = TypeAdapter(Death)
