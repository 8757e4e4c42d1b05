"""Lists of files."""

from datetime import datetime
from uuid import UUID

from schemas.code import End, Role, Stage
from storage.query import queries
from storage.read.row import Database, Row


class ListedFile(Row):
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


async def list_files(database: Database, **wanted: object) -> list[ListedFile]:
    """Files, the most urgent first; see the query for the filters."""
    rows = await queries("read").list_files(database, **wanted)
    return [ListedFile.model_validate(dict(r)) for r in rows]
