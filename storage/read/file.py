"""One file with everything about it."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from domain.authority import roles_of
from domain.deadline import next_wake
from domain.decide import decide, unreadable
from domain.decision import Rules
from domain.definition import process_of
from domain.fold import evolve
from domain.organisation import Organisation
from domain.owner import owner_of
from domain.plan import PlanVersion
from schemas.code import Act, EventKind, Role, Via
from schemas.command import StoredCommand
from schemas.cycle import Outcome, WakeUp
from schemas.event import Event
from schemas.file import Context, FileState
from schemas.organisation import Seat
from storage.ledger import context_at
from storage.query import queries
from storage.read.person import name_of
from storage.read.plan import read_binding
from storage.read.row import Database, Row, is_overdue


class TimelineEvent(Row):
    """One event as it is shown, with the actor's name and the content where it still exists."""

    number: int
    kind: EventKind
    happened_at: datetime
    recorded_at: datetime
    name: str | None
    event: Event
    content: JsonValue = None


class Attempt(Row):
    """A command that is undecided, or was refused."""

    id: UUID
    act: str
    actor: UUID | None
    received_at: datetime
    name: str | None
    outcome: Outcome | None


class Standing(Row):
    """What one person is to a file on a day, and may do with it at that instant."""

    roles: tuple[Role, ...]
    acts: tuple[Act, ...]


class ShownFile(Row):
    """One file with everything about it. ``wake`` is what time will do next if nobody acts.

    ``is_provisional``: the due date lies in a year whose holidays are not known yet. ``plan`` is
    the version of the annual plan that a periodic file is bound to.
    """

    id: UUID
    name: str
    unit: str
    period: str
    stream: str
    state: FileState
    is_overdue: bool
    is_provisional: bool
    wake: WakeUp | None
    plan: PlanVersion | None
    awaited: Seat | None
    awaited_name: str | None
    standing: Standing | None
    timeline: tuple[TimelineEvent, ...]
    attempts: tuple[Attempt, ...]


def standing(
    state: FileState, person: UUID, context: Context, rules: Rules, at: datetime
) -> Standing:
    """What somebody is to a file, and which acts would be taken from him at that instant.

    The decider itself is asked, with a body that never fits: an act that fails on its body alone
    passed every other question.
    """
    allowed = []
    for act in Act:
        command = StoredCommand(
            id=state.file.file_id,
            stream=state.file.stream,
            act=act,
            actor=person,
            body=None,
            expected_version=None,
            via=Via.SHELL,
            os_user=None,
            received_at=at,
        )
        if decide(state, command, context, rules) == unreadable():
            allowed.append(act)
    return Standing(roles=tuple(roles_of(person, state, context)), acts=tuple(allowed))


async def show_file(
    database: Database,
    organisation: Organisation,
    file_id: UUID,
    at: datetime,
    person: UUID | None = None,
) -> ShownFile:
    """One file with its timeline, who is awaited at that instant, and what was refused.

    With a person also what he is to the file, and what he may do.
    """
    q = queries("read")
    row = await q.read_file(database, id=file_id)
    state, at = evolve(None, row["state"]), max(at, row["last_at"])
    calendar = organisation.calendars.of(state.unit)
    rules = Rules(process_of(state, organisation.rules), calendar, organisation.rules)
    context = context_at(organisation, calendar, state.file, state.post, at, person)
    seat = context.chain.holder_for(state.awaits, state) if state.awaits else None
    return ShownFile(
        id=row["id"],
        name=row["name"],
        unit=row["unit"],
        period=row["period"],
        stream=row["stream"],
        state=state,
        is_overdue=is_overdue(state, at),
        is_provisional=state.due_at is not None
        and calendar.is_provisional(calendar.local_date(state.due_at).year),
        wake=next_wake(state, rules.process, calendar),
        plan=await read_binding(database, state, at, calendar),
        awaited=seat,
        awaited_name=await name_of(database, owner_of(state, context.chain)),
        standing=None if person is None else standing(state, person, context, rules, at),
        timeline=tuple(_event(r) for r in await q.read_timeline(database, stream=row["stream"])),
        attempts=await read_attempts(database, row["stream"]),
    )


async def read_attempts(database: Database, stream: str) -> tuple[Attempt, ...]:
    """The commands of a file that are undecided or were refused, in the order received."""
    rows = await queries("read").read_attempts(database, stream=stream)
    return tuple(_attempt(row) for row in rows)


def _event(row: Any) -> TimelineEvent:  # noqa: ANN401
    content = row["content"]
    return TimelineEvent(
        number=row["number"],
        kind=row["kind"],
        happened_at=row["happened_at"],
        recorded_at=row["recorded_at"],
        name=row["name"],
        event=Event.model_validate_json(row["canonical"]),
        content=None if content is None else json.loads(content),
    )


def _attempt(row: Any) -> Attempt:  # noqa: ANN401
    outcome = None if row["outcome"] is None else Outcome.model_validate(row["outcome"])
    return Attempt(**{**dict(row), "outcome": outcome})
