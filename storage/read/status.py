"""How much there is, of what, and how much of it waits."""

from datetime import datetime

from schemas.code import End, Stage
from storage.query import queries
from storage.read.row import Database, Row


class Waiting(Row):
    """How much waits in the whole organisation."""

    open_files: int
    overdue: int
    closed_files: int
    undecided: int
    oldest: datetime | None


class StageCount(Row):
    """So many files in a stage, or ended so."""

    stage: Stage
    ended: End | None
    files: int


class RosterCount(Row):
    """So many people opened, or left out for a reason."""

    excluded_because: str | None
    people: int


async def what_waits(database: Database, org: str, now: datetime) -> Waiting:
    """How much waits now."""
    return Waiting.model_validate(
        dict(await queries("read").what_waits(database, org=org, now=now))
    )


async def count_stages(
    database: Database, org: str, period: str | None = None, kind: str | None = None
) -> list[StageCount]:
    """Files by stage and end."""
    rows = await queries("read").count_stages(database, org=org, period=period, kind=kind)
    return [StageCount.model_validate(dict(r)) for r in rows]


async def count_roster(
    database: Database, org: str, period: str, kind: str | None = None
) -> list[RosterCount]:
    """A period's roster; empty for a period that nobody opened."""
    rows = await queries("read").count_roster(database, org=org, period=period, kind=kind)
    return [RosterCount.model_validate(dict(r)) for r in rows]
