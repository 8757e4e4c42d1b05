"""Annual plans as people look at them: which version a file is bound to, and who waits for whom."""

from datetime import datetime
from uuid import UUID

from domain.deadline import expires_at
from domain.definition import process_of
from domain.fold import evolve
from domain.plan import PlanVersion, binding, year_of
from domain.rulebook import Rulebook
from domain.working_calendar import WorkingCalendar
from schemas.file import FileState
from storage.outside import plan_versions
from storage.query import queries
from storage.read.row import Database, Row


class WaitingPlan(Row):
    """Somebody who may not submit his plan yet, for whose plan he waits, and until when.

    ``superior_turn`` is where the file of the one above stands; None while it is not open.
    """

    file: UUID
    name: str
    unit: str
    superior: UUID
    superior_name: str
    superior_turn: str | None
    superior_due_at: datetime | None
    since: datetime
    until: datetime | None


async def list_waiting(
    database: Database, org: str, year: str, rules: Rulebook, calendar: WorkingCalendar
) -> list[WaitingPlan]:
    """Everybody who waits for the plan of somebody above, by whom they wait for."""
    found = []
    for row in await queries("plan").list_waiting(database, org=org, year=year):
        shown = dict(row)
        state = evolve(None, shown.pop("state"))
        turn = process_of(state, rules).find(state.turn)
        until = expires_at(state, turn, calendar)
        found.append(WaitingPlan(**shown, since=state.entered_at, until=until))
    return found


async def read_link(database: Database, state: FileState) -> PlanVersion | None:
    """The first version of the superior's plan, for a file that went on without waiting for it.

    None for a file that waited until it was agreed, and while it is not agreed yet.
    """
    above = state.superior_plan
    if above is None or above.agreed is not None or "superior_plan" not in state.passed_over:
        return None
    rows = await queries("plan").read_versions(
        database, org=state.file.org, person=above.person, year=year_of(state.file)
    )
    return next(iter(plan_versions(rows)), None)


async def read_binding(
    database: Database, state: FileState, at: datetime, calendar: WorkingCalendar
) -> PlanVersion | None:
    """The version of its person's plan that a periodic file is bound to at an instant.

    A file that has ended stays bound to the one it ended with; None for an annual file.
    """
    file = state.file
    rows = await queries("plan").read_versions(
        database, org=file.org, person=file.person, year=year_of(file)
    )
    return binding(plan_versions(rows), file, min(at, state.ended_at or at), calendar)
