"""What an organisation has set of the rules for itself, and who did."""

from datetime import date, datetime
from typing import Any

from storage.query import queries
from storage.read.row import Database, Row


class ListedOverride(Row):
    """One accepted act on the rules; without a name it was the machine's administrator."""

    version: int
    rule: str
    values: dict[str, Any]
    from_on: date
    source: str
    since: datetime
    name: str | None
    os_user: str | None


async def list_overrides(database: Database, org: str) -> list[ListedOverride]:
    """Everything that was set, the first act first."""
    rows = await queries("rules").list_overrides(database, org=org)
    return [ListedOverride.model_validate(dict(row)) for row in rows]
