"""What waits for one person, and what one person was told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.authority import roles_of
from domain.decision import Rules
from domain.definition import process_of
from domain.fold import evolve
from domain.organisation import Organisation
from schemas.code import Act, End, Role, Stage, Topic
from schemas.event import Event
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
    """A message that was delivered. ``turn`` is the one it was about, if it was about a file."""

    topic: Topic
    created_at: datetime
    file: UUID | None
    period: str | None
    name: str | None
    turn: str
    ended: End | None


async def tasks_of(
    database: Database,
    organisation: Organisation,
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
        calendar = organisation.calendars.of(state.unit)
        rules = Rules(process_of(state, organisation.rules), calendar, organisation.rules)
        context = context_at(organisation, calendar, state.file, state.post, at, person)
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
                is_overdue=is_overdue(state, at),
            )
        )
    return found


async def notices_of(database: Database, person: UUID, page: int) -> list[Notice]:
    """What was delivered to a person, newest first."""
    rows = await queries("read").read_notices(database, recipient=person, page=page)
    return [_notice(r) for r in rows]


def _notice(row: Any) -> Notice:  # noqa: ANN401
    told = Event.model_validate_json(row["canonical"])
    changed = told.data.get("set")
    turn = changed.get("turn") if isinstance(changed, dict) else None
    known = {k: row[k] for k in ("topic", "created_at", "file", "period", "name", "ended")}
    return Notice(**known, turn=str(turn or row["turn"] or ""))
