"""How predicates are spread over the units of a period, read where a signature is weighed by it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.distribution import Given
from domain.unit import in_force
from schemas.code import Act, Predicate
from schemas.identifier import FileKey
from storage.clock import Connection
from storage.outside import unit_steps
from storage.query import queries

Row = Mapping[str, Any]


async def read_spread(connection: Connection, key: FileKey, commands: Sequence[Row]) -> Row | None:
    """What the other files of the period amount to, if a signature waits to be decided."""
    if not any(c["act"] == Act.SIGN and c["outcome"] is None for c in commands):
        return None
    row: Row = await queries("ledger").read_spread(
        connection, org=key.org, period=key.period, id=key.file_id
    )
    return row


def given(spread: Row, at: datetime) -> Given:
    """What those files amount to, and the units' predicates of an instant."""
    people: dict[str, dict[Predicate, int]] = {}
    for row in spread["counts"]:
        people.setdefault(row["unit"], {})[Predicate(row["predicate"])] = row["people"]
    by_unit: dict[str, list[Row]] = {}
    for row in spread["steps"]:
        by_unit.setdefault(row["unit"], []).append(
            {name: value for name, value in row.items() if name != "unit"}
        )
    found = {unit: in_force(unit_steps(own), at) for unit, own in by_unit.items()}
    return Given(people, {unit: p.predicate for unit, p in found.items() if p is not None})
