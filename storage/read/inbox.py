"""What waits for one person, and what one person was told."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.authority import roles_of
from domain.decision import Rules
from domain.definition import process_of
from domain.fold import evolve
from domain.organisation import Organisation
from domain.owner import owner_of
from domain.working_calendar import ZONE, WorkingCalendar
from schemas.code import Act, End, Role, Stage, Topic
from schemas.file import Context, FileState
from schemas.organisation import Seat
from storage.ledger import context_at
from storage.query import queries
from storage.read.row import Database, Row, is_overdue


class Task(Row):
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


class Notice(Row):
    """A message that was delivered.

    ``turn`` is the one it was about, if it was about a file, whatever the file has come to since;
    ``until`` the last day for what it offers, if it offers something.
    """

    topic: Topic
    created_at: datetime
    file: UUID | None
    period: str | None
    name: str | None
    turn: str
    ended: End | None
    until: date | None


async def tasks_of(
    database: Database,
    organisation: Organisation,
    org: str,
    person: UUID,
    at: datetime,
) -> list[Task]:
    """What waits for a person, the most urgent first.

    Resolved for the day of ``at``, so that a mandate that begins today shows today. Whoever may
    act for the awaited role sees the file, by post or by mandate. What waits for a unit's predicate
    is nobody's file to act on; see ``units_of``.
    """
    found = []
    for row in await queries("read").open_files(database, org=org):
        state = evolve(None, row["state"])
        calendar = organisation.calendars.of(state.unit)
        context = context_at(organisation, calendar, state.file, state.post, at, person)
        task = _task(row, state, context, person, organisation, calendar, at)
        found += [] if task is None else [task]
    return found


def tasks_in(
    rows: Sequence[Any], organisation: Organisation, at: datetime
) -> Iterator[tuple[UUID, Task]]:
    """What waits in some open files, with whom it waits for: to all of them what ``tasks_of`` says.

    For a whole organisation in one pass: who is who is resolved once a file.
    """
    for row in rows:
        state = evolve(None, row["state"])
        calendar = organisation.calendars.of(state.unit)
        context = context_at(organisation, calendar, state.file, state.post, at, None)
        for person in _awaited(state, context):
            if task := _task(row, state, context, person, organisation, calendar, at):
                yield person, task


def _awaited(state: FileState, context: Context) -> set[UUID]:
    """Whoever may have the role that is awaited: its owner, and by mandate."""
    owner = owner_of(state, context.chain)
    mandated = context.chain.mandated if state.awaits is Role.SUPERVISOR else ()
    return {seat.person for seat in mandated} | ({owner} if owner else set())


def _seat(
    state: FileState, context: Context, person: UUID, organisation: Organisation, at: datetime
) -> Seat | None:
    """From where somebody is awaited; None if the file does not wait for him.

    What waits for the plan above waits for its author alone, whoever is the supervisor by now.
    """
    if state.awaits is None:
        return None
    author = state.superior_plan
    if author is None or state.turn != "superior_plan":
        found = roles_of(person, state, context).get(state.awaits)
        return None if found is None else found[0]
    held = None
    if author.person == person:
        held = organisation.own_post(person, at.astimezone(ZONE).date())
    if held is None:
        return None
    return Seat(person=person, post=held.post, capacity=held.capacity, decree=held.decree)


def _task(
    row: Any,  # noqa: ANN401
    state: FileState,
    context: Context,
    person: UUID,
    organisation: Organisation,
    calendar: WorkingCalendar,
    at: datetime,
) -> Task | None:
    """What a file wants of a person, if it waits for him."""
    seat = _seat(state, context, person, organisation, at)
    if seat is None or state.awaits is None:
        return None
    rules = Rules(process_of(state, organisation.rules), calendar, organisation.rules)
    return Task(
        file=row["id"],
        name=row["name"],
        period=row["period"],
        unit=row["unit"],
        role=state.awaits,
        seat=seat,
        stage=state.stage,
        turn=state.turn,
        version=state.version,
        acts=tuple(rules.process.find(state.turn).acts),
        since=state.entered_at,
        due_at=state.due_at,
        is_overdue=is_overdue(state, at),
    )


async def notices_of(database: Database, person: UUID, page: int) -> list[Notice]:
    """What was delivered to a person, newest first."""
    rows = await queries("read").read_notices(database, recipient=person, page=page)
    return [as_notice(r) for r in rows]


def as_notice(row: Any) -> Notice:  # noqa: ANN401
    """A delivered message as it is shown."""
    known = ("topic", "created_at", "file", "period", "name", "ended", "until")
    return Notice(**{k: row[k] for k in known}, turn=row["turn"] or "")
