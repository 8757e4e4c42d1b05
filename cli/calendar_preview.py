"""What an order on the calendar would do, before it is given."""

from datetime import datetime
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, JsonValue

from cli.session import Session, os_user
from domain.calendar_act import Decided, decide_calendar
from domain.decision import Rules
from domain.definition import process_of
from domain.fold import evolve
from domain.moved import moved_due
from schemas.code import CalendarAct, Via
from schemas.command import StoredCommand
from schemas.error import Refusal
from schemas.identifier import calendar_stream
from schemas.instant import Instant
from storage.organisation import read_organisation
from storage.query import queries


class Moved(BaseModel):
    """A file whose due date would move."""

    model_config = ConfigDict(frozen=True)

    file: UUID
    name: str
    unit: str
    period: str
    due_from: Instant
    due_to: Instant


async def decide_now(
    session: Session, act: CalendarAct, actor: UUID | None, body: JsonValue
) -> Decided | Refusal:
    """What the order would be answered with if it were received now."""
    now, org = session.clock.now(), session.settings.org
    async with session.pool.acquire() as connection:
        organisation = await read_organisation(connection, org)
    command = StoredCommand(
        id=uuid4(),
        stream=calendar_stream(org),
        act=act,
        actor=actor,
        body=body,
        expected_version=None,
        via=Via.SHELL,
        os_user=os_user(),
        received_at=now,
    )
    on = session.calendar.local_date(now)
    return decide_calendar(command, organisation, organisation.calendars, on)


async def read_moved(session: Session, decided: Decided) -> list[Moved]:
    """Every open file whose due date the change would move, the most urgent first."""
    org, at = session.settings.org, decided.change.since
    async with session.pool.acquire() as connection:
        organisation = await read_organisation(connection, org)
        rows = await queries("read").open_files(connection, org=org)
    found = []
    for row in rows:
        state = evolve(None, row["state"])
        before = organisation.calendars.of(state.unit)
        after = decided.book.of(state.unit)
        rules = Rules(process_of(state, organisation.rules), after, organisation.rules)
        due: datetime | None = moved_due(state, at, rules, before, decided.change)
        if due is not None and state.due_at is not None:
            found.append(
                Moved(
                    file=row["id"],
                    name=row["name"],
                    unit=row["unit"],
                    period=row["period"],
                    due_from=state.due_at,
                    due_to=due,
                )
            )
    return found
