"""Read models: what people look at. Rows are typed; a test compares them with the schema."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue

from domain.decision import Rules
from domain.fold import evolve
from domain.organisation import Organisation
from domain.process import load
from domain.working_calendar import WorkingCalendar
from schemas.code import Act, Capacity, End, EventKind, PersonKind, Role, Stage, Topic
from schemas.cycle import Outcome
from schemas.event import Event
from schemas.file import FileState
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


class ShownFile(_Row):
    """One file with everything about it."""

    id: UUID
    name: str
    unit: str
    period: str
    stream: str
    state: FileState
    wake_at: datetime | None
    awaited: Seat | None
    awaited_name: str | None
    timeline: tuple[TimelineEvent, ...]
    attempts: tuple[Attempt, ...]


class Task(_Row):
    """A file that waits for somebody, and what this person may do with it."""

    file: UUID
    name: str
    period: str
    unit: str
    role: Role
    stage: Stage
    turn: str
    version: int
    acts: tuple[Act, ...]
    since: datetime
    due_at: datetime | None


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


def awaited_seat(
    state: FileState, org: Organisation, calendar: WorkingCalendar, at: datetime
) -> Seat | None:
    """Who is awaited on the day of an instant, by the posts and mandates in force then."""
    if state.awaits is None:
        return None
    rules = Rules(load(state.process), calendar)
    return context_at(org, rules, state.file, state.post, at, None).chain.holder(state.awaits)


async def tasks_of(
    database: Database,
    organisation: Organisation,
    calendar: WorkingCalendar,
    org: str,
    person: UUID,
    at: datetime,
) -> list[Task]:
    """What waits for a person, the most urgent first.

    Resolved for the day of ``at``, so that a mandate that begins today shows today.
    """
    found = []
    for row in await queries("read").open_files(database, org=org):
        state = evolve(None, row["state"])
        seat = awaited_seat(state, organisation, calendar, at)
        if seat is None or seat.person != person or state.awaits is None:
            continue
        turn = load(state.process).find(state.turn)
        found.append(
            Task(
                file=row["id"],
                name=row["name"],
                period=row["period"],
                unit=row["unit"],
                role=state.awaits,
                stage=state.stage,
                turn=state.turn,
                version=state.version,
                acts=tuple(turn.acts),
                since=state.entered_at,
                due_at=state.due_at,
            )
        )
    return found


async def show_file(
    database: Database,
    organisation: Organisation,
    calendar: WorkingCalendar,
    file_id: UUID,
    at: datetime,
) -> ShownFile:
    """One file with its timeline, who is awaited at that instant, and what was refused."""
    q = queries("read")
    row = await q.read_file(database, id=file_id)
    state = evolve(None, row["state"])
    seat = awaited_seat(state, organisation, calendar, max(at, row["last_at"]))
    names = (
        {}
        if seat is None
        else {r["id"]: r["name"] for r in await q.names(database, ids=[seat.person])}
    )
    return ShownFile(
        id=row["id"],
        name=row["name"],
        unit=row["unit"],
        period=row["period"],
        stream=row["stream"],
        state=state,
        wake_at=row["wake_at"],
        awaited=seat,
        awaited_name=names.get(seat.person) if seat else None,
        timeline=tuple(_event(r) for r in await q.read_timeline(database, stream=row["stream"])),
        attempts=tuple(_attempt(r) for r in await q.read_attempts(database, stream=row["stream"])),
    )


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


async def count_stages(database: Database, org: str, period: str | None) -> list[StageCount]:
    """Files by stage and end."""
    rows = await queries("read").count_stages(database, org=org, period=period)
    return [StageCount.model_validate(dict(r)) for r in rows]


async def count_roster(database: Database, org: str, period: str) -> list[RosterCount]:
    """A period's roster; empty for a period that nobody opened."""
    rows = await queries("read").count_roster(database, org=org, period=period)
    return [RosterCount.model_validate(dict(r)) for r in rows]
