"""What a person is mailed about on a day: pure choices over what waits and what was told.

A digest is sent when something is new or due; what merely waits is in the inbox. Legal notices
reach also those who stopped their digests (project decision; product.md 3).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from domain.organisation import Organisation
from domain.process import GateFact
from domain.working_calendar import WorkingCalendar
from schemas.code import End, Topic

DUE_SOON = 2  # working days; as the first rung of the ladder
REMEMBERED = timedelta(days=14)  # what is older was said, or nobody wanted to read it

Kind = Literal["digest", "notice"]
_SAID_BY_THE_TASK = (Topic.TASK, Topic.REMINDER, Topic.OVERDUE)
# What says nothing any more once its file waits for somebody else.
_ABOUT_WHAT_WAITS = (Topic.TASK, Topic.REMINDER, Topic.NUDGE, Topic.DUE_MOVED)
# What says of every file of a unit the same, where they wait for the unit's predicate.
_ABOUT_THE_TURN = (*_ABOUT_WHAT_WAITS, Topic.OVERDUE, Topic.ESCALATION, Topic.VACANT)
UNIT_TURN: GateFact = "unit_predicate"


@dataclass(frozen=True, slots=True)
class Item:
    """One line: a task (no topic) or a notice that was not told yet (``outbox`` names it).

    A task is about a file, or about the predicate of a unit, which ``waiting`` files wait for; a
    notice may be about the organisation itself. ``unit`` is that of the predicate, or of a notice's
    file; ``until`` the last day for what a notice offers.
    """

    file: UUID | None
    name: str | None
    period: str | None
    turn: str
    since: datetime
    due_at: datetime | None = None
    topic: Topic | None = None
    end: End | None = None
    outbox: int | None = None
    until: date | None = None
    unit: str | None = None
    waiting: int = 0

    @property
    def about(self) -> UUID | tuple[str, str] | None:
        """The file, or the unit and period whose predicate it is about."""
        is_units = self.turn == UNIT_TURN and (self.topic is None or self.topic in _ABOUT_THE_TURN)
        if is_units and self.unit is not None and self.period is not None:
            return self.unit, self.period
        return self.file

    def is_late(self, at: datetime) -> bool:
        """Whether it should have been done by an instant."""
        return self.topic is None and self.due_at is not None and self.due_at <= at

    @property
    def is_objection(self) -> bool:
        """Whether it tells that an objection was decided, or ran out undecided."""
        return self.topic is Topic.CLOSED and self.end in (End.DECIDED, End.UNDECIDED)

    @property
    def is_legal(self) -> bool:
        """Whether it is told in any case: results, delegated tasks, decisions on objections."""
        return self.topic in (Topic.RESULT, Topic.DELEGATION) or self.is_objection


@dataclass(frozen=True, slots=True)
class Letter:
    """What one mail tells: tasks, the most urgent first, then what is new.

    ``told`` are the notices that it tells, also those that say no more than a task does, and those
    of tasks that wait for the person no longer, and of each file where one line tells of a unit.
    """

    kind: Kind
    tasks: tuple[Item, ...]
    news: tuple[Item, ...]
    told: tuple[int, ...]


def gets_digest_on(organisation: Organisation, person: UUID, on: date) -> bool:
    """Whether somebody works for the organisation on a day.

    Whoever holds no post then does not, nor whoever is on leave or serves elsewhere: what waits
    for him is in the first digest after it.
    """
    if any(organisation.absent(person, on)):
        return False
    return organisation.own_post(person, on) is not None or any(
        h.from_on <= on and (h.to_on is None or on <= h.to_on)
        for h in organisation.by_person.get(person, ())
    )


def letter(
    tasks: Sequence[Item],
    news: Sequence[Item],
    at: datetime,
    calendar: WorkingCalendar,
    *,
    wants_digest: bool,
) -> Letter | None:
    """The mail of a day; None where there is nothing to say.

    Args:
        tasks: what waits for the person.
        news: what was delivered and no mail has told.
        at: eight o'clock of the day.
        calendar: what "soon" is counted by.
        wants_digest: without it, only what has to be told is.
    """
    news = sorted(news, key=lambda item: (not item.is_legal, item.since, item.outbox or 0))
    if not wants_digest:
        legal = tuple(item for item in news if item.is_legal)
        return Letter("notice", (), legal, _told(legal)) if legal else None
    soon = calendar.end_of_day(calendar.add_working_days(calendar.local_date(at), DUE_SOON))
    is_due = any(item.due_at is not None and item.due_at <= soon for item in tasks)
    waits = {item.about for item in tasks}
    current = [i for i in news if i.about in waits or i.topic not in _ABOUT_WHAT_WAITS]
    if not (current or is_due):
        return None
    other = (i for i in current if i.topic not in _SAID_BY_THE_TASK or i.about not in waits)
    return Letter("digest", tuple(sorted(tasks, key=_urgency)), tuple(_lines(other)), _told(news))


def _lines(news: Iterable[Item]) -> Iterator[Item]:
    """What is new, each once: what is told of a unit's predicate for every file is one line."""
    seen: set[tuple[Topic | None, tuple[str, str]]] = set()
    for item in news:
        about = item.about
        if not isinstance(about, tuple):
            yield item
        elif (item.topic, about) not in seen:
            seen.add((item.topic, about))
            yield replace(item, file=None, name=None)


def _told(news: Sequence[Item]) -> tuple[int, ...]:
    return tuple(item.outbox for item in news if item.outbox is not None)


def _urgency(item: Item) -> tuple[bool, datetime, str]:
    return item.due_at is None, item.due_at or item.since, str(item.about)
