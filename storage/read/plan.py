"""Annual plans as people look at them: which version a file is bound to, and since when."""

from datetime import datetime

from domain.plan import PlanVersion, binding, year_of
from domain.working_calendar import WorkingCalendar
from schemas.file import FileState
from storage.outside import plan_versions
from storage.query import queries
from storage.read.row import Database


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
