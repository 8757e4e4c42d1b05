"""Which units a spread of predicates was looked at together in: worked out again from the files.

A unit goes with the one above it while it has too few people, so what is together follows from how
many people each unit below had. Nobody can say that to the instant while files were being rated;
then every number that it may have been is tried, as long as those are few.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import product
from math import prod

from audit.history import OVERLAP
from domain.distribution import tree
from domain.organisation import Organisation
from domain.rules.distribution import DistributionGuide
from domain.rules.pooling import Unit, pool
from schemas.code import Predicate
from schemas.file import Distribution

TRIED = 1_024  # ways in which people may have been spread over units; more are not told apart

Course = list[tuple[datetime, Predicate | None]]
"""What one file counts as, from each instant of its record on."""
Parents = Mapping[str, str | None]


class People:
    """How many people each unit of one period had with a predicate, over time."""

    def __init__(self, courses: Mapping[str, Sequence[Course]]) -> None:
        self.units = sorted(courses)
        self._begun: dict[str, list[datetime]] = defaultdict(list)
        self._ended: dict[str, list[datetime]] = defaultdict(list)
        for unit, own in courses.items():
            for course in own:
                begun = next((at for at, predicate in course if predicate is not None), None)
                if begun is None:
                    continue
                self._begun[unit].append(begun)
                if course[-1][1] is None:  # whoever ends so never counts again
                    last = max(i for i, (_, predicate) in enumerate(course) if predicate)
                    self._ended[unit].append(course[last + 1][0])
            self._begun[unit].sort()
            self._ended[unit].sort()

    def about(self, unit: str, at: datetime) -> range:
        """How many it may have been about an instant."""
        begun, ended = self._begun.get(unit, []), self._ended.get(unit, [])
        least = bisect_left(begun, at - OVERLAP) - bisect_right(ended, at + OVERLAP)
        most = bisect_right(begun, at + OVERLAP) - bisect_left(ended, at - OVERLAP)
        return range(max(least, 0), most + 1)


class Pools:
    """Units that go together, by the people in them and the posts of a day.

    Args:
        people: those of each period that is asked about; each has some unit.
    """

    def __init__(self, people: Mapping[str, People]) -> None:
        self._people = people
        self._parents: dict[tuple[int, date, str], Parents] = {}

    def top(
        self, spread: Distribution, organisation: Organisation, on: date, period: str
    ) -> str | None:
        """The uppermost unit of a spread; None if they do not all stand below one of them."""
        parents = self._parents_of(organisation, on, period)
        for unit in spread.units:
            if unit in parents and all(unit in _upwards(each, parents) for each in spread.units):
                return unit
        return None

    def is_possible(
        self,
        spread: Distribution,
        own: str,
        organisation: Organisation,
        on: date,
        period: str,
        at: datetime,
    ) -> bool | None:
        """Whether a file's unit went together with these units and no others; None if unknown.

        Args:
            spread: as a decision had it.
            own: the unit of the file that was decided on, which is in it.
            organisation: by which posts.
            on: on which day.
            period: of the file.
            at: when it was recorded.
        """
        top = self.top(spread, organisation, on, period)
        if top is None:
            return False
        parents = self._parents_of(organisation, on, period)
        below = sorted(unit for unit in parents if top in _upwards(unit, parents))
        ranges = [self._people[period].about(unit, at) for unit in below]
        index = below.index(own) if own in below else -1
        if index >= 0:  # the file itself has a predicate
            ranges[index] = range(max(ranges[index].start, 1), max(ranges[index].stop, 2))
        if prod(len(each) for each in ranges) > TRIED:
            return None
        guide = organisation.rules.parameters_on(DistributionGuide, on)
        above = parents[top]
        return any(
            _is_pool(spread, own, dict(zip(below, numbers, strict=True)), parents, above, guide)
            for numbers in product(*ranges)
        )

    def _parents_of(self, organisation: Organisation, on: date, period: str) -> Parents:
        key = (organisation.version, on, period)
        if key not in self._parents:
            units = self._people[period].units
            found = tree(units[0], {unit: {} for unit in units}, organisation, on)
            self._parents[key] = {unit.id: unit.parent for unit in found}
        return self._parents[key]


def _upwards(unit: str, parents: Parents) -> Iterator[str]:
    """A unit and those above it; a tree has no circle."""
    here: str | None = unit
    while here is not None:
        yield here
        here = parents.get(here)


def _is_pool(
    spread: Distribution,
    own: str,
    people: Mapping[str, int],
    parents: Parents,
    above: str | None,
    guide: DistributionGuide,
) -> bool:
    """Whether so many people in each unit make this pool, with as many people in it."""
    units = [Unit(id, parents[id], {Predicate.GOOD: n}) for id, n in people.items()]
    if above is not None:  # where the pool would go if it were too small
        units.append(Unit(above, None, {}))
    return any(
        own in found.members
        and found.members == spread.units
        and sum(found.counts.values()) == sum(spread.counts.values())
        for found in pool(units, guide)
    )


def with_whole_names(spread: Distribution, known: Container[str]) -> Distribution:
    """A spread as a refusal names it, in one text: a unit may have a comma in its name."""
    found, rest = list[str](), list(spread.units)
    while rest:
        lengths = range(len(rest), 0, -1)
        size = next((n for n in lengths if ", ".join(rest[:n]) in known), 1)
        found.append(", ".join(rest[:size]))
        rest = rest[size:]
    return spread.model_copy(update={"units": tuple(found)})


def people_of(courses: Iterable[tuple[tuple[str, str], Sequence[Course]]]) -> dict[str, People]:
    """How many people there were, by period, from courses by period and unit."""
    found: dict[str, dict[str, Sequence[Course]]] = defaultdict(dict)
    for (period, unit), own in courses:
        found[period][unit] = own
    return {period: People(own) for period, own in found.items()}
