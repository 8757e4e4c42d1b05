"""The predicates of units that files wait for: whom each waits for, and who may propose it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.organisation import Organisation
from domain.unit import officials
from domain.working_calendar import ZONE
from schemas.code import OrganisationPredicate, UnitAct
from schemas.organisation import Seat
from storage.query import queries
from storage.read.row import Database, Row


class UnitTask(Row):
    """The predicate of a unit in a period as somebody's task: to set it, or to propose one.

    Attributes:
        unit: the unit's name.
        period: the one that its files are of.
        act: what he can do about it; proposing is his right, not his duty.
        seat: from where he does it.
        files: how many files wait for it.
        since: when the first of them began to wait.
        due_at: when it is due for the first of them.
        is_overdue: whether that has passed.
        proposed: what the unit's head proposed last, if he did.
    """

    unit: str
    period: str
    act: UnitAct
    seat: Seat
    files: int
    since: datetime
    due_at: datetime | None
    is_overdue: bool
    proposed: OrganisationPredicate | None


async def units_of(
    database: Database, organisation: Organisation, org: str, person: UUID, at: datetime
) -> list[UnitTask]:
    """The predicates that one person is to set or may propose, the most urgent first."""
    found = await units_waiting(database, organisation, org, at)
    return [task for who, task in found if who == person]


async def units_waiting(
    database: Database, organisation: Organisation, org: str, at: datetime
) -> list[tuple[UUID, UnitTask]]:
    """Every predicate that files of an organisation wait for, with whom it waits for.

    One query for all units. Who is who is resolved for the day of ``at``, as the ledger would
    decide it: the official above sets it; while nothing is proposed, the head may propose.
    """
    rows = await queries("unit").units_waiting(database, org=org)
    return [found for row in rows for found in _tasks(row, organisation, at)]


def _tasks(
    row: Any,  # noqa: ANN401
    organisation: Organisation,
    at: datetime,
) -> Iterator[tuple[UUID, UnitTask]]:
    head, above = officials(organisation, row["unit"], at.astimezone(ZONE).date())
    if above is not None:
        yield above.person, _task(row, UnitAct.SET_PREDICATE, above, at)
    is_another = head is not None and (above is None or head.person != above.person)
    if head is not None and is_another and row["proposed"] is None:
        yield head.person, _task(row, UnitAct.PROPOSE_PREDICATE, head, at)


def _task(row: Any, act: UnitAct, seat: Seat, at: datetime) -> UnitTask:  # noqa: ANN401
    is_overdue = row["due_at"] is not None and row["due_at"] <= at
    return UnitTask(act=act, seat=seat, is_overdue=is_overdue, **dict(row))
