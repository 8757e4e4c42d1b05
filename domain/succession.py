"""What a change of the organisation does to an open file by itself: it never refuses.

The employee's death ends the file. Another person in the awaited role becomes the owner of the
task and is told, once; deadlines and ladder stay as they are (project decision, domain.md 2.4).
Whoever hands the task over as the outgoing supervisor is told until when he may leave his note.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from domain.cited import cited
from domain.decision import Fact, Notice, Rules, entered
from domain.interim import NOTE_UNTIL, note_until
from domain.owner import owner_of
from schemas.code import End, EventKind, Topic
from schemas.file import Context, FileState
from schemas.file_body import WithdrawalCause


@dataclass(frozen=True, slots=True)
class Move:
    """When the organisation changes something for a file.

    ``has_come``: the act that does it is on record, or so is a later one. Otherwise it is a day
    that begins, which comes as a wake-up does.
    """

    at: datetime
    has_come: bool


def is_by_organisation(kind: EventKind) -> bool:
    """Whether an event that nobody asked for comes of a change of the organisation."""
    return kind in (EventKind.HANDED_OVER, EventKind.WITHDRAWN)


def is_moved(state: FileState, context: Context) -> bool:
    """Whether the organisation has changed something for an open file."""
    return context.died_on is not None or owner_of(state, context.chain) != state.owner


def decide_succession(
    state: FileState, at: datetime, context: Context, rules: Rules
) -> tuple[Fact, ...]:
    """The fact of a change of the organisation, at its own instant."""
    assert is_moved(state, context), "it comes because something has changed"  # noqa: S101
    if context.died_on is not None:
        return cited((_ended_by_death(state, at, context, rules),), context, rules)
    return cited((_handed_over(state, at, context, rules),), context, rules)


def _ended_by_death(state: FileState, at: datetime, context: Context, rules: Rules) -> Fact:
    """Tasks go with the file; nobody is told, for nobody has anything left to do."""
    died = {"withdrawal": WithdrawalCause.DEATH}
    return Fact(
        kind=EventKind.WITHDRAWN,
        happened_at=at,
        before=state,
        after=entered(state, End.WITHDRAWN.value, at, context, rules, died),
        cause="fact:death",
        data={"died_on": str(context.died_on)},
    )


def _handed_over(state: FileState, at: datetime, context: Context, rules: Rules) -> Fact:
    owner, on = owner_of(state, context.chain), rules.calendar.local_date(at)
    until = note_until(state, context.former, on, rules.known(context), rules.calendar)
    note = {} if until is None else {NOTE_UNTIL: until.isoformat()}
    return Fact(
        kind=EventKind.HANDED_OVER,
        happened_at=at,
        before=state,
        after=state.model_copy(update={"owner": owner}),
        cause="fact:organisation",
        data={
            "from": None if state.owner is None else str(state.owner),
            "to": None if owner is None else str(owner),
            **note,
        },
        notices=tuple(_told(state, context, until)),
    )


def _told(state: FileState, context: Context, until: date | None) -> Iterator[Notice]:
    """The new owner; where there is none the HR office, which has to name one.

    And the outgoing supervisor, if he may leave a note until some day.
    """
    owner, office = owner_of(state, context.chain), context.chain.hr_head
    if owner is not None:
        yield Notice(Topic.TASK, owner)
    elif office is not None:
        yield Notice(Topic.VACANT, office.person)
    if until is not None and context.former is not None:
        yield Notice(Topic.INTERIM, context.former.seat.person)
