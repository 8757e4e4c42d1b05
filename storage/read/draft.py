"""What people have begun to write for a file, and who may read it."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue

from domain.authority import roles_of
from domain.fold import evolve
from domain.organisation import Organisation
from domain.working_calendar import WorkingCalendar
from schemas.code import Act, Role
from storage.ledger import context_at
from storage.query import queries
from storage.read.row import Database, Row

# The present supervisor may have taken over from the author; the superior may have to act for him.
_READERS = frozenset({Role.SUPERVISOR, Role.SUPERIOR, Role.HR})


class Draft(Row):
    """A draft, which is its author's and never anybody else's."""

    author: UUID
    name: str
    act: Act
    body: JsonValue
    saved_at: datetime


async def list_drafts(
    database: Database,
    organisation: Organisation,
    calendar: WorkingCalendar,
    file_id: UUID,
    at: datetime,
    reader: UUID,
) -> list[Draft]:
    """The drafts of a file that somebody may read: his own, and as its supervisor or HR office all.

    The employee's own drafts are nobody's but his until he submits them.
    """
    q = queries("read")
    row = await q.read_file(database, id=file_id)
    state, at = evolve(None, row["state"]), max(at, row["last_at"])
    context = context_at(organisation, calendar, state.file, state.post, at, reader)
    may_read = not _READERS.isdisjoint(roles_of(reader, state, context))
    drafts = [Draft.model_validate(dict(r)) for r in await q.read_drafts(database, file=file_id)]
    return [d for d in drafts if d.author == reader or (may_read and d.author != row["person"])]
