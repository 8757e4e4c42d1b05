"""Small units, looked at together with the unit above them before the distribution guide.

A project decision: in a handful of people every share of the circular is a matter of one person.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from domain.rules.distribution import Counts, DistributionGuide
from schemas.code import Predicate


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit with the people whose predicate is set in it itself, without the units below."""

    id: str
    parent: str | None
    counts: Counts


@dataclass(frozen=True, slots=True)
class Pool:
    """Units looked at as one, under the predicate of ``unit``, which is one of ``members``."""

    unit: str
    members: tuple[str, ...]
    counts: Counts


def pool(units: Iterable[Unit], rule: DistributionGuide) -> tuple[Pool, ...]:
    """Every person once, in the nearest pool that is large enough; in the order of ``units``.

    A unit with fewer than ``pool_below`` people, those that came up from below included, is
    looked at with its parent. A unit at the top keeps what it has, however few. A unit without
    anybody is in no pool.

    Raises:
        ValueError: an id appears twice, a parent is no unit, or units are above each other.
    """
    given = tuple(units)
    known = {u.id: u for u in given}
    if len(known) != len(given):
        raise ValueError("a unit appears twice")
    depth = {u.id: _depth(u, known) for u in given}
    counts = {u.id: Counter({p: n for p, n in u.counts.items() if n}) for u in given}
    members = {u.id: [u.id] if counts[u.id] else [] for u in given}
    for unit in sorted(given, key=lambda u: -depth[u.id]):
        if unit.parent is not None and counts[unit.id].total() < rule.pool_below:
            counts[unit.parent].update(counts.pop(unit.id))
            members[unit.parent] += members.pop(unit.id)
    order = {u.id: number for number, u in enumerate(given)}
    return tuple(_pool(u.id, members[u.id], counts[u.id], order) for u in given if counts.get(u.id))


def _pool(unit: str, members: list[str], counts: Counter[Predicate], order: dict[str, int]) -> Pool:
    whole = sorted({unit, *members}, key=order.__getitem__)
    return Pool(unit, tuple(whole), {p: counts[p] for p in Predicate})


def _depth(unit: Unit, known: dict[str, Unit]) -> int:
    depth, seen = 0, {unit.id}
    while unit.parent is not None:
        if unit.parent not in known:
            raise ValueError("the parent of a unit is no unit")
        if unit.parent in seen:
            raise ValueError("units are above each other in a circle")
        unit = known[unit.parent]
        seen.add(unit.id)
        depth += 1
    return depth
