"""What a decision yields: facts, each with the changes it makes and the people it tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from domain.deadline import due_at
from domain.gate import is_open, kept
from domain.owner import awaited
from domain.packs import rules_version
from domain.process import ENDS, Process
from domain.regulation import Rulebook, load
from domain.working_calendar import WorkingCalendar
from schemas.code import End, EventKind, Role, Stage, Topic
from schemas.file import Context, FileState
from schemas.file_body import WithdrawalCause
from schemas.organisation import Seat


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one person: a topic and codes; the words come from the text catalogue."""

    topic: Topic
    recipient: UUID


@dataclass(frozen=True, slots=True)
class Fact:
    """One event to be, not yet chained: what happened, what it changes, whom it concerns.

    ``seat`` is from where the actor acted and ``on_behalf_of`` for whom; both are empty when
    time acted. ``rung`` is set for a wake-up's facts.
    """

    kind: EventKind
    happened_at: datetime
    before: FileState | None
    after: FileState
    cause: str
    seat: Seat | None = None
    on_behalf_of: UUID | None = None
    rung: str | None = None
    has_content: bool = False
    data: dict[str, JsonValue] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules a file is decided by: its process definition, the calendar in force, and the packs.

    ``book`` has at least the overrides that the file began with and those that a context names.
    """

    process: Process
    calendar: WorkingCalendar
    book: Rulebook = field(default_factory=load)

    def by(self, calendar: WorkingCalendar) -> "Rules":
        """The same rules under another calendar."""
        return self if calendar is self.calendar else replace(self, calendar=calendar)

    def known(self, context: Context) -> Rulebook:
        """The packs with the overrides that a context was made by."""
        return self.book.known(rules_version(context.rules) or 0)


def effective_role(role: Role, *, is_delegated: bool) -> Role:
    """A delegated file's supervisor tasks are the superior's until the file ends.

    Project decision: a penilai who let one task run out does not get the next one back, or a
    file could meet its horizon through his delays alone (domain.md 12.2: the employee must not
    suffer from them).
    """
    return Role.SUPERIOR if role is Role.SUPERVISOR and is_delegated else role


def entered(
    state: FileState,
    target: str,
    at: datetime,
    context: Context,
    rules: Rules,
    changed: Mapping[str, Any],
) -> FileState:
    """The state after a change has taken the file to another turn, or to its end.

    It goes straight through a gate that is open.
    """
    visit = {"visit": state.visit + 1, "entered_at": at, **_NO_RUNGS}
    changes = {**changed, **visit, "version": state.version + 1}
    if target in ENDS:
        return state.model_copy(update={**changes, **_ended(End(target), at)})
    turn = rules.process.find(target)
    if turn.opens is not None:
        changes |= kept(turn.opens.when, context)
        if is_open(turn.opens.when, context):
            turn = rules.process.find(turn.opens.to)
    is_delegated = changes.get("is_delegated", state.is_delegated)
    role = effective_role(turn.awaits, is_delegated=is_delegated)
    above = changes.get("superior_plan", state.superior_plan)
    changes |= {
        "stage": turn.stage,
        "turn": turn.name,
        "awaits": role,
        "owner": awaited(state, turn.stage, turn.name, role, above, context.chain),
        "due_at": due_at(turn, state.file.parsed_period, at, rules.calendar),
    }
    return state.model_copy(update=changes)


# What reminders of the last visit have left behind.
_NO_RUNGS: Mapping[str, Any] = {"times": None, "done_rungs": (), "postponed": (), "told": ()}


def _ended(end: End, at: datetime) -> dict[str, Any]:
    return {
        "stage": Stage.CLOSED,
        "turn": end.value,
        "awaits": None,
        "owner": None,
        "due_at": None,
        "end": end,
        "ended_at": at,
    }


def next_task(state: FileState, context: Context, topic: Topic = Topic.TASK) -> tuple[Notice, ...]:
    """The notice for whoever is awaited now; for a file that ended, for its employee, if he lives."""
    if state.is_closed:
        is_dead = state.withdrawal is WithdrawalCause.DEATH
        return () if is_dead else (Notice(Topic.CLOSED, state.file.person),)
    return (Notice(topic, state.owner),) if state.owner else ()
