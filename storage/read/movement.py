"""Whom open files wait for, and what changes of the organisation would make of that."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from domain.fold import evolve
from domain.organisation import Organisation
from domain.owner import owner_on
from schemas.code import Role
from schemas.file import FileState
from schemas.organisation import DatedChange
from storage.query import queries
from storage.read.row import Database, Row


class Owned(Row):
    """An open file, who owns its task on a day, and who was told so; None for nobody."""

    file: UUID
    name: str
    period: str
    unit: str
    turn: str
    awaits: Role
    due_at: datetime | None
    owner: UUID | None
    told: UUID | None


class Effect(Row):
    """What changes would make of an open file on a day: another owner, or its end (withdrawn).

    The deadline is the same before and after.
    """

    file: UUID
    name: str
    period: str
    turn: str
    due_at: datetime | None
    on: date
    owner_before: UUID | None
    owner_after: UUID | None
    is_withdrawn: bool


async def read_owners(
    database: Database, organisation: Organisation, org: str, on: date
) -> list[Owned]:
    """Every open file with its one owner of a day, the most urgent first."""
    found = []
    for row in await queries("read").open_files(database, org=org):
        state = evolve(None, row["state"])
        found.append(
            Owned(
                file=row["id"],
                name=row["name"],
                period=row["period"],
                unit=row["unit"],
                turn=state.turn,
                awaits=row["awaits"],
                due_at=state.due_at,
                owner=owner_on(organisation, state, on),
                told=state.owner,
            )
        )
    return found


async def read_effects(
    database: Database,
    org: str,
    before: Organisation,
    after: Organisation,
    changes: Sequence[DatedChange],
    today: date,
) -> list[Effect]:
    """Every open file that changes would concern, as it stands now, the most urgent first."""
    days, found = _days(changes, today), []
    for row in await queries("read").open_files(database, org=org):
        state = evolve(None, row["state"])
        for on, owner_before, owner_after in _differences(state, before, after, days):
            found.append(
                Effect(
                    file=row["id"],
                    name=row["name"],
                    period=row["period"],
                    turn=state.turn,
                    due_at=state.due_at,
                    on=on,
                    owner_before=owner_before,
                    owner_after=owner_after,
                    is_withdrawn=after.died_on(state.file.person, on) is not None,
                )
            )
    return found


def _days(changes: Sequence[DatedChange], today: date) -> list[date]:
    """The days, from today on, on which one of the changes begins or ends."""
    begin = {change.from_on for change in changes}
    end = {c.to_on + timedelta(days=1) for c in changes if c.to_on not in (None, date.max)}
    return sorted({max(on, today) for on in begin | end})


def _differences(
    state: FileState, before: Organisation, after: Organisation, days: Sequence[date]
) -> Iterator[tuple[date, UUID | None, UUID | None]]:
    """Each day on which another person than without the changes owns the task, or nobody does."""
    person, last = state.file.person, None
    for on in days:
        was = owner_on(before, state, on)
        if after.died_on(person, on) is not None:
            if before.died_on(person, on) is None:
                yield on, was, None
            return
        pair = was, owner_on(after, state, on)
        if pair[0] != pair[1] and pair != last:
            yield on, *pair
        last = pair
