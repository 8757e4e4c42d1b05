"""People, their names and their posts."""

from datetime import date
from uuid import UUID

from schemas.code import Capacity, PersonKind
from storage.query import queries
from storage.read.row import Database, Row


class ListedPerson(Row):
    """Somebody and a post held on that day."""

    id: UUID
    name: str
    kind: PersonKind
    post: str | None
    capacity: Capacity | None
    unit: str | None


async def list_people(
    database: Database, org: str, unit: str | None, on: date
) -> list[ListedPerson]:
    """People with the posts they hold on a day."""
    rows = await queries("read").list_people(database, org=org, unit=unit, on_day=on)
    return [ListedPerson.model_validate(dict(r)) for r in rows]


async def name_of(database: Database, person: UUID | None) -> str | None:
    """Somebody's name, for the screen; nobody's for nobody."""
    rows = [] if person is None else await queries("read").names(database, ids=[person])
    return rows[0]["name"] if rows else None
