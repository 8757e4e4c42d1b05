"""The rules over all numbers, days and spellings, beside exact rationals and plain counting."""

import json
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain import identity_number, working_calendar
from domain.regulation import load
from domain.rules.batch.answer import HANDLERS, answer
from domain.rules.batch.request import ErrorCode
from domain.rules.credit import Coefficients, Conversion, FunctionalLevel, credit
from domain.rules.distribution import (
    Bound,
    DistributionGuide,
    FindingCode,
    check,
    is_satisfiable,
)
from domain.rules.due_date import Unit, due_date
from domain.rules.organisation_predicate import _LABELS as ORGANISATIONS
from domain.rules.pooling import Unit as OrganisationUnit
from domain.rules.pooling import pool
from domain.rules.predicate import _PREDICATES, _RATINGS
from domain.rules.spelling import Labels
from schemas.code import OrganisationPredicate, Predicate

RULES = load().on(date(2026, 3, 1))
GUIDE = RULES.parameters(DistributionGuide)
CALENDARS = [working_calendar.load(), working_calendar.load().with_week(6)]
TODAY = date(2026, 11, 24)

BOUNDS = [bound for guide in GUIDE.guides for bound in guide.bounds]
calendars = st.sampled_from(CALENDARS)
days = st.dates(date(2025, 6, 1), date(2027, 6, 30))
amounts = st.integers(0, 300)


def spreads(most: int) -> st.SearchStrategy[dict[Predicate, int]]:
    return st.fixed_dictionaries({p: st.integers(0, most) for p in Predicate})


class TestDistribution:
    @given(bound=st.sampled_from(BOUNDS), total=st.integers(1, 10_000), data=st.data())
    def test_bounds_agree_with_exact_rationals(self, bound: Bound, total: int, data) -> None:
        limit = bound.limit(total)
        near = st.integers(max(0, limit - 2), min(total, limit + 2))
        count = data.draw(st.one_of(near, st.integers(0, total)))
        if bound.percent is None:
            wanted = Fraction(bound.people or 0)
        else:
            wanted = Fraction(bound.percent, 100) * total
        holds = count <= wanted if bound.kind == "at_most" else count >= wanted
        assert bound.holds(count, total) is holds

    @given(organisation=st.sampled_from(OrganisationPredicate), counts=spreads(2_000))
    def test_findings_count_what_is_there(self, organisation, counts) -> None:
        for found in check(organisation, counts, GUIDE):
            assert found.total == sum(counts.values())
            assert found.count == sum(counts[p] for p in found.predicates)
            if found.code is FindingCode.ABOVE_MAXIMUM:
                assert found.count > found.limit
            elif found.code is not FindingCode.UNSATISFIABLE_SMALL_N:
                assert found.count < found.limit

    @given(organisation=st.sampled_from(OrganisationPredicate), total=st.integers(3, 9))
    def test_three_people_can_keep_every_guide(self, organisation, total) -> None:
        assert is_satisfiable(GUIDE.of(organisation), total)

    @given(
        st.lists(st.tuples(st.integers(0, 30), spreads(4)), min_size=1, max_size=15),
    )
    def test_a_pool_loses_nobody_and_is_large_enough(self, given_units) -> None:
        units = [
            OrganisationUnit(str(n), str(above % n) if n and above < 25 else None, counts)
            for n, (above, counts) in enumerate(given_units)
        ]
        tops = {u.id for u in units if u.parent is None}
        pools = pool(units, GUIDE)
        for p in Predicate:
            assert sum(found.counts[p] for found in pools) == sum(u.counts[p] for u in units)
        for found in pools:
            assert found.unit in found.members
            assert sum(found.counts.values()) >= GUIDE.pool_below or found.unit in tops
        named = [m for found in pools for m in found.members]
        assert len(named) == len(set(named))


class TestDeadline:
    @given(calendar=calendars, start=days, amount=amounts, unit=st.sampled_from(Unit))
    def test_ends_on_a_working_day_after_its_start(self, calendar, start, amount, unit) -> None:
        found = due_date(calendar, start, amount, unit).on
        assert calendar.is_working_day(found)
        assert found > start if amount else found >= start
        assert due_date(calendar, start, amount + 1, unit).on >= found

    @given(calendar=calendars, start=days, amount=st.integers(1, 300))
    def test_counts_every_working_day_once(self, calendar, start, amount) -> None:
        found = due_date(calendar, start, amount, Unit.WORKING_DAYS).on
        between = [start + timedelta(days=n) for n in range(1, (found - start).days + 1)]
        assert sum(calendar.is_working_day(day) for day in between) == amount

    @given(calendar=calendars, start=days, amount=amounts)
    def test_calendar_days_end_there_or_on_the_next_working_day(
        self, calendar, start, amount
    ) -> None:
        found = due_date(calendar, start, amount, Unit.CALENDAR_DAYS).on
        plain = start + timedelta(days=amount)
        assert found >= plain
        skipped = [plain + timedelta(days=n) for n in range((found - plain).days)]
        assert not any(calendar.is_working_day(day) for day in skipped)

    @given(
        calendar=calendars,
        start=days,
        amount=amounts,
        unit=st.sampled_from(Unit),
        more=st.sets(st.dates(date(2025, 6, 1), date(2027, 12, 31)), max_size=40),
    )
    def test_another_holiday_never_makes_it_earlier(
        self, calendar, start, amount, unit, more
    ) -> None:
        freer = replace(calendar, free_days=calendar.free_days | more)
        before = due_date(calendar, start, amount, unit).on
        assert due_date(freer, start, amount, unit).on >= before

    @given(start=days, amount=amounts, unit=st.sampled_from(Unit))
    def test_a_longer_week_never_makes_it_later(self, start, amount, unit) -> None:
        five, six = (due_date(calendar, start, amount, unit).on for calendar in CALENDARS)
        assert six <= five


class TestCredit:
    @given(
        level=st.sampled_from(FunctionalLevel),
        predicate=st.sampled_from(Predicate),
        months=st.integers(1, 12),
    )
    def test_is_the_nearest_hundredth_and_the_upper_of_two(self, level, predicate, months) -> None:
        coefficients, conversion = RULES.parameters(Coefficients), RULES.parameters(Conversion)
        exact = Fraction(coefficients.yearly[level]) * conversion.percent[predicate] * months / 1200
        found = Fraction(credit(level, predicate, months, coefficients, conversion))
        assert -Fraction(1, 200) < found - exact <= Fraction(1, 200)


class TestIdentityNumber:
    @given(
        born_on=st.dates(date(1900, 1, 1), date(2099, 12, 31)),
        year=st.integers(1900, 2099),
        code=st.sampled_from([*range(1, 13), *range(21, 30)]),
        gender=st.sampled_from("12"),
        serial=st.integers(1, 999),
        gap=st.sampled_from(["", " ", ".", "  "]),
    )
    def test_reads_back_what_was_written(self, born_on, year, code, gender, serial, gap) -> None:
        parts = [f"{born_on:%Y%m%d}", f"{year}{code:02}", gender, f"{serial:03}"]
        found = identity_number.parse(gap.join(parts))
        assert found.normalised == "".join(parts)
        assert (found.born_on, found.serial) == (born_on, serial)
        assert identity_number.parse(found.normalised) == replace(found)
        said = answer(
            json.dumps({"rule": "identity_number", "value": gap.join(parts)}).encode(), TODAY
        )
        assert (said["kind"] == "PNS") is (code <= 12)
        assert said["normalised"] == found.normalised


class TestLabels:
    @given(labels=st.sampled_from([_RATINGS, _PREDICATES, ORGANISATIONS]), data=st.data())
    def test_case_blanks_and_hyphens_change_no_meaning(self, labels: Labels[Any], data) -> None:
        spelling, meaning = data.draw(st.sampled_from(sorted(labels.spellings().items())))
        gaps = st.sampled_from([" ", "  ", "_", "-", " - ", "\t", "\u00a0", "\u2011"])
        words = [
            "".join(data.draw(st.sampled_from([c.lower(), c.upper()])) for c in word)
            for word in spelling.split(" ")
        ]
        written = words[0] + "".join(data.draw(gaps) + word for word in words[1:])
        assert labels.read(f" {written}\t") is meaning


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
        st.sampled_from(["2026-03-10", "Baik", "above", "tahunan", "working_days", "Mahir", "100"]),
        st.integers(0, 12),
        spreads(50),
    ),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below),
    max_leaves=5,
)
FIELDS = [
    *("work_result", "behaviour", "organisation", "counts", "from", "amount", "unit", "week"),
    *("value", "level", "predicate", "months", "score", "new_idea", "delivered_on", "kind"),
    *("period_kind", "performance", "potential", "date", "on"),
]


class TestBatch:
    @given(st.binary(max_size=200))
    def test_any_bytes_have_an_answer(self, line: bytes) -> None:
        assert set(answer(line, TODAY)) == {"error"}

    @given(
        rule=st.sampled_from(sorted(HANDLERS)),
        fields=st.dictionaries(st.sampled_from(FIELDS), values),
    )
    def test_any_request_has_an_answer(self, rule, fields) -> None:
        found: Any = answer(json.dumps({**fields, "rule": rule}).encode(), TODAY)
        json.dumps(found, ensure_ascii=False).encode()
        if "error" in found:
            assert found["error"]["code"] in set(ErrorCode) - {ErrorCode.DEFECT}
        else:
            assert {"rule", "source", "reason"} < set(found)
