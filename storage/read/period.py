"""A closed period: what it was frozen as, and what came later; and what keeps one from closing."""

from datetime import datetime
from uuid import UUID

from schemas.code import PeriodVerdict, Predicate, Role
from storage.query import queries
from storage.read.row import Database, Row


class Closing(Row):
    """When a kind of file of a period was closed; None while it is open."""

    kind: str
    closed_at: datetime | None


class Frozen(Row):
    """So many files of a unit with one verdict and predicate, as the period was closed."""

    kind: str
    unit: str
    verdict: PeriodVerdict
    predicate: Predicate | None
    files: int


class Unrateable(Row):
    """A file that ended without a result: who owed what, and how often late work was recorded."""

    file: UUID
    kind: str
    unit: str
    turn: str | None
    role: Role | None
    person: UUID | None
    late: int


async def read_closings(database: Database, org: str, period: str) -> list[Closing]:
    """When each kind of a period was closed."""
    rows = await queries("period").read_closings(database, org=org, period=period)
    return [Closing.model_validate(dict(row)) for row in rows]


async def read_frozen(database: Database, org: str, period: str) -> list[Frozen]:
    """The frozen summaries of a period."""
    rows = await queries("period").read_summary(database, org=org, period=period)
    return [Frozen.model_validate(dict(row)) for row in rows]


async def read_unrateable(database: Database, org: str, period: str) -> list[Unrateable]:
    """The files of a period that ended without a result."""
    rows = await queries("period").read_unrateable(database, org=org, period=period)
    return [Unrateable.model_validate(dict(row)) for row in rows]
