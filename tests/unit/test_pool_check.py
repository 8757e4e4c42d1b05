"""How many people a unit may have had with a predicate, and so which units went together."""

from datetime import date, timedelta

import pytest

from audit.pool import TRIED, Course, Pools, people_of, with_whole_names
from domain.organisation import Organisation
from schemas.code import Level, OrganisationPredicate, Predicate
from schemas.file import Distribution
from schemas.organisation import Post
from tests.builders import wib

AT, DAY = wib(4, 9, 9), date(2026, 4, 9)
PERIOD = "2026-03"
LONG_BEFORE, JUST_BEFORE, AFTER = (AT + timedelta(minutes=m) for m in (-9, -0.3, 9))
BEGIN = AT - timedelta(days=9)


def rated(at) -> Course:
    return [(BEGIN, None), (at, Predicate.GOOD)]


def post(id: str, unit: str, superior: str | None, level: Level) -> Post:
    return Post(
        id=id, unit=unit, superior=superior, level=level, office=None, from_on=date(2026, 1, 1)
    )


CITY = Organisation.of(
    [
        post("wali", "Kota", None, Level.REGIONAL_HEAD),
        post("dinas", "Dinas", "wali", Level.JPT),
        post("seksi", "Seksi", "dinas", Level.SUPERVISOR),
        post("lain", "Lain", "wali", Level.JPT),
    ],
    [],
)


def pools(**courses: list[Course]) -> Pools:
    return Pools(people_of(((PERIOD, unit), own) for unit, own in courses.items()))


def spread(people: int, *units: str) -> Distribution:
    counts = dict.fromkeys(Predicate, 0) | {Predicate.GOOD: people}
    return Distribution(organisation=OrganisationPredicate.GOOD, units=units, counts=counts)


def judged(found: Pools, said: Distribution, own: str = "Seksi") -> bool | None:
    return found.is_possible(said, own, CITY, DAY, PERIOD, AT)


class TestPeople:
    @pytest.mark.parametrize(
        ("course", "wanted"),
        [
            (rated(LONG_BEFORE), range(1, 2)),
            (rated(AFTER), range(1)),
            (rated(JUST_BEFORE), range(2)),
            ([*rated(LONG_BEFORE), (AFTER, None)], range(1, 2)),
            ([*rated(LONG_BEFORE), (JUST_BEFORE, None)], range(2)),
            ([(BEGIN, None), (LONG_BEFORE, Predicate.GOOD), (LONG_BEFORE, None)], range(1)),
            ([(BEGIN, None)], range(1)),
        ],
    )
    def test_counts_who_certainly_was_and_who_may_have_been(self, course, wanted) -> None:
        assert people_of([((PERIOD, "Dinas"), [course])])[PERIOD].about("Dinas", AT) == wanted


def test_a_name_with_a_comma_is_one_name() -> None:
    names = ("Dinas Pangan, Tani dan Ikan", "Seksi", "Tani")
    said = spread(1, *", ".join(names).split(", "))
    assert len(said.units) == 4
    assert with_whole_names(said, {*names, "Dinas Pangan"}).units == names
    assert with_whole_names(said, set()).units == said.units


class TestPools:
    FEW = [rated(LONG_BEFORE)] * 2
    MANY = [rated(LONG_BEFORE)] * 6

    def test_a_small_unit_goes_with_the_one_above(self) -> None:
        found = pools(Seksi=self.FEW, Dinas=self.MANY)
        assert judged(found, spread(8, "Dinas", "Seksi")) is True
        assert judged(found, spread(2, "Seksi")) is False
        assert judged(found, spread(7, "Dinas", "Seksi")) is False

    def test_a_large_unit_stays_by_itself(self) -> None:
        found = pools(Seksi=self.MANY, Dinas=self.FEW, Lain=self.MANY)
        assert judged(found, spread(6, "Seksi")) is True
        assert judged(found, spread(8, "Dinas", "Seksi")) is False

    def test_what_is_too_small_goes_on_up(self) -> None:
        found = pools(Seksi=self.FEW, Dinas=self.FEW, Lain=self.MANY)
        assert judged(found, spread(4, "Dinas", "Seksi")) is False
        assert judged(found, spread(4, "Dinas", "Kota", "Seksi")) is True

    def test_whoever_may_have_been_rated_leaves_both_open(self) -> None:
        found = pools(Seksi=[*self.FEW, *self.FEW, rated(JUST_BEFORE)], Dinas=self.MANY)
        assert judged(found, spread(5, "Seksi")) is True
        assert judged(found, spread(10, "Dinas", "Seksi")) is True
        assert judged(found, spread(4, "Seksi")) is False

    def test_units_beside_each_other_are_no_pool(self) -> None:
        found = pools(Seksi=self.FEW, Lain=self.FEW)
        assert judged(found, spread(4, "Lain", "Seksi")) is False

    def test_a_unit_that_nobody_knows_is_no_pool(self) -> None:
        assert judged(pools(Seksi=self.MANY), spread(6, "Hantu"), "Hantu") is False

    def test_the_file_itself_has_a_predicate(self) -> None:
        found = pools(Seksi=[], Dinas=self.MANY)
        assert judged(found, spread(7, "Dinas", "Seksi")) is True
        assert judged(found, spread(6, "Dinas")) is False

    def test_too_many_possibilities_are_not_judged(self) -> None:
        found = pools(Seksi=[rated(JUST_BEFORE)] * 40, Dinas=[rated(JUST_BEFORE)] * 40)
        assert TRIED < 41 * 41
        assert judged(found, spread(9, "Seksi")) is True  # of one unit alone there are 40
        assert judged(found, spread(9, "Dinas", "Seksi")) is None
