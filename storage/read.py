"""Read models: what people look at. Rows are typed; a test compares them with the schema."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue

from domain.authority import roles_of
from domain.deadline import next_wake
from domain.decide import decide, unreadable
from domain.decision import Rules
from domain.fold import evolve
from domain.organisation import Organisation
from domain.process import load
from domain.working_calendar import WorkingCalendar
from schemas.code import Act, Capacity, End, EventKind, PersonKind, Role, Stage, Topic, Via
from schemas.command import StoredCommand
from schemas.cycle import Outcome, WakeUp
from schemas.event import Event
from schemas.file import Context, FileState
from schemas.organisation import Seat
from storage.ledger import context_at
from storage.query import queries


class Database(Protocol):
    """A pool or a connection."""

    async def fetch(self, query: str, *args: object) -> Sequence[Any]:
        """Rows."""

    async def fetchrow(self, query: str, *args: object) -> Any:  # noqa: ANN401
        """One row or None."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ListedFile(_Row):
    """One line of a list of files."""

    id: UUID
    period: str
    unit: str
    stage: Stage
    turn: str
    version: int
    awaits: Role | None
    due_at: datetime | None
    ended: End | None
    name: str
    predicate: str | None


class TimelineEvent(_Row):
    """One event as it is shown, with the actor's name and the content where it still exists."""

    number: int
    kind: EventKind
    happened_at: datetime
    recorded_at: datetime
    name: str | None
    event: Event
    content: JsonValue = None


class Attempt(_Row):
    """A command that is undecided, or was refused."""

    id: UUID
    act: str
    received_at: datetime
    name: str | None
    outcome: Outcome | None


class Standing(_Row):
    """What one person is to a file on a day, and may do with it at that instant."""

    roles: tuple[Role, ...]
    acts: tuple[Act, ...]


class ShownFile(_Row):
    """One file with everything about it. ``wake`` is what time will do next if nobody acts.

    ``is_provisional``: the due date lies in a year whose holidays are not known yet.
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
    awaited: Seat | None
    awaited_name: str | None
    standing: Standing | None
    timeline: tuple[TimelineEvent, ...]
    attempts: tuple[Attempt, ...]


class Task(_Row):
    """A file that waits for somebody, from where he acts, and what he may do with it."""

    file: UUID
    name: str
    period: str
    unit: str
    role: Role
    seat: Seat
    stage: Stage
    turn: str
    version: int
    acts: tuple[Act, ...]
    since: datetime
    due_at: datetime | None
    is_overdue: bool


class Notice(_Row):
    """A message that was delivered. ``turn`` is the one it was about."""

    topic: Topic
    created_at: datetime
    file: UUID
    period: str
    name: str
    turn: str
    ended: End | None


class ListedPerson(_Row):
    """Somebody and a post held on that day."""

    id: UUID
    name: str
    kind: PersonKind
    post: str | None
    capacity: Capacity | None
    unit: str | None


class Waiting(_Row):
    """How much waits in the whole organisation."""

    open_files: int
    overdue: int
    closed_files: int
    undecided: int
    oldest: datetime | None


class StageCount(_Row):
    """So many files in a stage, or ended so."""

    stage: Stage
    ended: End | None
    files: int


class RosterCount(_Row):
    """So many people opened, or left out for a reason."""

    excluded_because: str | None
    people: int


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


async def tasks_of(
    database: Database,
    organisation: Organisation,
    calendar: WorkingCalendar,
    org: str,
    person: UUID,
    at: datetime,
) -> list[Task]:
    """What waits for a person, the most urgent first.

    Resolved for the day of ``at``, so that a mandate that begins today shows today. Whoever may
    act for the awaited role sees the file, by post or by mandate.
    """
    found = []
    for row in await queries("read").open_files(database, org=org):
        state = evolve(None, row["state"])
        rules = Rules(load(state.process), calendar)
        context = context_at(organisation, rules, state.file, state.post, at, person)
        acting = roles_of(person, state, context).get(state.awaits) if state.awaits else None
        if acting is None or state.awaits is None:
            continue
        turn = rules.process.find(state.turn)
        found.append(
            Task(
                file=row["id"],
                name=row["name"],
                period=row["period"],
                unit=row["unit"],
                role=state.awaits,
                seat=acting[0],
                stage=state.stage,
                turn=state.turn,
                version=state.version,
                acts=tuple(turn.acts),
                since=state.entered_at,
                due_at=state.due_at,
                is_overdue=_is_overdue(state, at),
            )
        )
    return found


async def show_file(
    database: Database,
    organisation: Organisation,
    calendar: WorkingCalendar,
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
    rules = Rules(load(state.process), calendar)
    context = context_at(organisation, rules, state.file, state.post, at, person)
    seat = context.chain.holder(state.awaits) if state.awaits else None
    return ShownFile(
        id=row["id"],
        name=row["name"],
        unit=row["unit"],
        period=row["period"],
        stream=row["stream"],
        state=state,
        is_overdue=_is_overdue(state, at),
        is_provisional=state.due_at is not None
        and calendar.is_provisional(calendar.local_date(state.due_at).year),
        wake=next_wake(state, rules.process, calendar),
        awaited=seat,
        awaited_name=await name_of(database, seat.person if seat else None),
        standing=None if person is None else standing(state, person, context, rules, at),
        timeline=tuple(_event(r) for r in await q.read_timeline(database, stream=row["stream"])),
        attempts=tuple(_attempt(r) for r in await q.read_attempts(database, stream=row["stream"])),
    )


def _is_overdue(state: FileState, at: datetime) -> bool:
    return state.due_at is not None and state.due_at <= at


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


async def name_of(database: Database, person: UUID | None) -> str | None:
    """Somebody's name, for the screen; nobody's for nobody."""
    rows = [] if person is None else await queries("read").names(database, ids=[person])
    return rows[0]["name"] if rows else None


async def notices_of(database: Database, person: UUID, page: int) -> list[Notice]:
    """What was delivered to a person, newest first."""
    rows = await queries("read").read_notices(database, recipient=person, page=page)
    return [_notice(r) for r in rows]


def _notice(row: Any) -> Notice:  # noqa: ANN401
    told = Event.model_validate_json(row["canonical"])
    changed = told.data.get("set")
    turn = changed.get("turn") if isinstance(changed, dict) else None
    known = {k: row[k] for k in ("topic", "created_at", "file", "period", "name", "ended")}
    return Notice(**known, turn=str(turn or row["turn"]))


async def list_files(database: Database, **wanted: object) -> list[ListedFile]:
    """Files, the most urgent first; see the query for the filters."""
    rows = await queries("read").list_files(database, **wanted)
    return [ListedFile.model_validate(dict(r)) for r in rows]


async def list_people(
    database: Database, org: str, unit: str | None, on: date
) -> list[ListedPerson]:
    """People with the posts they hold on a day."""
    rows = await queries("read").list_people(database, org=org, unit=unit, on_day=on)
    return [ListedPerson.model_validate(dict(r)) for r in rows]


async def what_waits(database: Database, org: str, now: datetime) -> Waiting:
    """How much waits now."""
    return Waiting.model_validate(
        dict(await queries("read").what_waits(database, org=org, now=now))
    )


async def count_stages(
    database: Database, org: str, period: str | None = None, kind: str | None = None
) -> list[StageCount]:
    """Files by stage and end."""
    rows = await queries("read").count_stages(database, org=org, period=period, kind=kind)
    return [StageCount.model_validate(dict(r)) for r in rows]


async def count_roster(
    database: Database, org: str, period: str, kind: str | None = None
) -> list[RosterCount]:
    """A period's roster; empty for a period that nobody opened."""
    rows = await queries("read").count_roster(database, org=org, period=period, kind=kind)
    return [RosterCount.model_validate(dict(r)) for r in rows]
