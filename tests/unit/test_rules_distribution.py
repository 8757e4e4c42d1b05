"""Oracle O-2, line by line, the findings in both languages, and the pooling of small units."""

from collections import Counter
from datetime import date
from fractions import Fraction
from itertools import combinations_with_replacement, permutations

import pytest
from pydantic import ValidationError

from domain.regulation import load
from domain.rules.distribution import (
    Bound,
    DistributionGuide,
    FindingCode,
    Guide,
    Severity,
    check,
    is_kept,
    is_satisfiable,
    needs_reason,
    sentence_en,
    sentence_id,
)
from domain.rules.organisation_predicate import read_organisation_predicate
from domain.rules.pooling import Pool, Unit, pool
from schemas.code import OrganisationPredicate, Predicate

RULE = load().on(date(2026, 3, 1)).parameters(DistributionGuide)
SB, B, BP, K, SK = Predicate


def spread(text: str) -> dict[Predicate, int]:
    return dict(zip(Predicate, map(int, text.split("/")), strict=True))


def warnings(organisation: str, counts: str) -> list[tuple[str, list[Predicate], int, int]]:
    found = check(read_organisation_predicate(organisation), spread(counts), RULE)
    return [
        (f.code.value, list(f.predicates), f.count, f.limit)
        for f in found
        if f.severity is Severity.WARNING
    ]


class TestCheck:
    @pytest.mark.parametrize(
        ("organisation", "counts"),
        [
            ("Istimewa", "7/3/0/0/0"),
            ("Baik", "2/7/1/0/0"),
            ("Butuh Perbaikan", "2/4/12/2/0"),
            ("Kurang", "0/6/2/12/0"),
            ("Sangat Kurang", "0/3/0/1/6"),
            ("Baik", "0/2/1/0/0"),
            ("Istimewa", "0/0/0/0/0"),
            ("Sangat Kurang", "0/0/0/0/0"),
        ],
    )
    def test_finds_nothing(self, organisation, counts) -> None:
        assert check(read_organisation_predicate(organisation), spread(counts), RULE) == ()

    @pytest.mark.parametrize(
        ("organisation", "counts", "expected"),
        [
            ("Istimewa", "8/2/0/0/0", [("above_maximum", [SB], 8, 7)]),
            (
                "Baik",
                "1/9/0/0/0",
                [("above_maximum", [B], 9, 7), ("below_minimum", [BP, K], 0, 1)],
            ),
            ("Baik", "3/7/0/0/0", [("below_minimum", [BP, K], 0, 1)]),
            ("Baik", "0/2/0/0/0", [("above_maximum", [B], 2, 1), ("below_minimum", [BP, K], 0, 1)]),
            ("Cukup", "3/5/12/0/0", [("above_maximum", [SB], 3, 2)]),
            ("Cukup", "2/7/11/0/0", [("below_minimum", [BP], 11, 12)]),
            ("Kurang", "0/7/1/12/0", [("below_minimum", [BP], 1, 2)]),
            (
                "Sangat Kurang",
                "1/3/0/0/6",
                [("below_minimum", [K, BP], 0, 1), ("above_maximum", [SB], 1, 0)],
            ),
        ],
    )
    def test_warns(self, organisation, counts, expected) -> None:
        assert warnings(organisation, counts) == expected
        found = check(read_organisation_predicate(organisation), spread(counts), RULE)
        assert needs_reason(found)
        assert not is_kept(found)

    @pytest.mark.parametrize(
        ("organisation", "counts"),
        [
            ("Baik", "0/1/0/0/0"),
            ("Istimewa", "1/0/0/0/0"),
            ("Kurang", "0/0/0/2/0"),
            ("Kurang", "0/0/0/1/0"),
            ("Sangat Kurang", "0/0/0/1/1"),
        ],
    )
    def test_leaves_too_few_people_to_the_parent(self, organisation, counts) -> None:
        (found,) = check(read_organisation_predicate(organisation), spread(counts), RULE)
        assert (found.code, found.severity) == (FindingCode.UNSATISFIABLE_SMALL_N, Severity.INFO)
        assert not needs_reason((found,))
        assert not is_kept((found,))

    def test_says_when_the_dominant_predicate_is_not_the_most_frequent(self) -> None:
        (found,) = check(OrganisationPredicate.OUTSTANDING, spread("4/6/0/0/0"), RULE)
        assert (found.code, found.severity) == (FindingCode.NOT_DOMINANT, Severity.INFO)
        assert is_kept((found,))
        assert check(OrganisationPredicate.OUTSTANDING, spread("5/5/0/0/0"), RULE) == ()

    @pytest.mark.parametrize("total", [10, 20, 90, 170, 180, 10_000])
    def test_seventy_percent_are_allowed_exactly(self, total) -> None:
        seven = total // 10 * 7
        assert warnings("Istimewa", f"{seven}/{total - seven}/0/0/0") == []
        assert len(warnings("Istimewa", f"{seven + 1}/{total - seven - 1}/0/0/0")) == 1

    def test_a_negative_number_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="negative"):
            check(OrganisationPredicate.GOOD, {Predicate.GOOD: -1}, RULE)

    def test_speaks_both_languages(self) -> None:
        of = OrganisationPredicate.OUTSTANDING
        (found,) = check(of, spread("8/2/0/0/0"), RULE)
        assert sentence_id(found, of) == (
            "8 dari 10 pegawai berpredikat Sangat Baik; "
            "pada organisasi Istimewa paling banyak 7 (70%)."
        )
        assert sentence_en(found, of) == (
            "8 of 10 have Sangat Baik; at most 7 (70%) may in an organisation rated Istimewa."
        )

    @pytest.mark.parametrize(
        ("organisation", "counts", "indonesian", "english"),
        [
            (
                "Istimewa",
                "4/6/0/0/0",
                (
                    "4 dari 10 pegawai berpredikat Sangat Baik, padahal pada organisasi Istimewa "
                    "predikat itu sebagian besar."
                ),
                (
                    "4 of 10 have Sangat Baik, which should be the most frequent in an organisation "
                    "rated Istimewa."
                ),
            ),
            (
                "Cukup",
                "2/7/11/0/0",
                (
                    "11 dari 20 pegawai berpredikat Butuh Perbaikan; pada organisasi Butuh Perbaikan "
                    "paling sedikit 12 (60%)."
                ),
                (
                    "11 of 20 have Butuh Perbaikan; at least 12 (60%) should in an organisation rated "
                    "Butuh Perbaikan."
                ),
            ),
            (
                "Baik",
                "3/7/0/0/0",
                (
                    "0 dari 10 pegawai berpredikat Butuh Perbaikan dan/atau Kurang; pada organisasi "
                    "Baik paling sedikit 1."
                ),
                (
                    "0 of 10 have Butuh Perbaikan or Kurang; at least 1 should in an organisation rated "
                    "Baik."
                ),
            ),
            (
                "Baik",
                "0/1/0/0/0",
                (
                    "Pedoman organisasi Baik tidak dapat dipenuhi oleh 1 pegawai; gabungkan dengan "
                    "unit induk."
                ),
                (
                    "1 people cannot keep the guide of an organisation rated Baik; look at them with "
                    "the parent unit."
                ),
            ),
        ],
    )
    def test_says_what_was_found_and_what_the_guide_is(
        self, organisation, counts, indonesian, english
    ) -> None:
        of = read_organisation_predicate(organisation)
        (found,) = check(of, spread(counts), RULE)
        assert (sentence_id(found, of), sentence_en(found, of)) == (indonesian, english)

    def test_what_is_too_small_is_measured_by_where_pooling_begins(self) -> None:
        (found,) = check(OrganisationPredicate.GOOD, {B: 1}, RULE)
        assert (found.predicates, found.count, found.limit, found.total) == ((B,), 1, 5, 1)

    def test_what_is_not_dominant_is_measured_by_the_most_frequent(self) -> None:
        (found,) = check(OrganisationPredicate.OUTSTANDING, {SB: 4, BP: 6}, RULE)
        assert (found.predicates, found.count, found.limit, found.total) == ((SB,), 4, 6, 10)

    def test_an_absent_predicate_has_nobody(self) -> None:
        for organisation in OrganisationPredicate:
            sparse = check(organisation, {K: 10}, RULE)
            assert sparse == check(organisation, spread("0/0/0/10/0"), RULE)

    def test_no_number_of_people_may_be_negative(self) -> None:
        with pytest.raises(ValueError, match=r"^a number of people is not negative$"):
            check(OrganisationPredicate.GOOD, spread("3/7/1/-1/0"), RULE)

    @pytest.mark.parametrize("organisation", OrganisationPredicate)
    @pytest.mark.parametrize("counts", ["1/0/0/0/0", "0/0/0/1/0", "5/5/0/0/0", "1/2/3/4/0"])
    def test_every_finding_has_its_sentences(self, organisation, counts) -> None:
        for found in check(organisation, spread(counts), RULE):
            assert str(found.total) in sentence_id(found, organisation)
            assert sentence_id(found, organisation) != sentence_en(found, organisation)


class TestIsSatisfiable:
    @pytest.mark.parametrize("organisation", OrganisationPredicate)
    def test_is_what_trying_every_group_of_people_says(self, organisation) -> None:
        guide = RULE.of(organisation)

        def keeps(group: Counter[Predicate]) -> bool:
            total = group.total()
            for bound in guide.bounds:
                count = sum(group[p] for p in bound.predicates)
                share = (
                    bound.people if bound.percent is None else Fraction(bound.percent * total, 100)
                )
                assert share is not None
                if count > share if bound.kind == "at_most" else count < share:
                    return False
            return group[guide.dominant] == max(group.values())

        for total in range(1, 13):
            groups = combinations_with_replacement(Predicate, total)
            assert is_satisfiable(guide, total) == any(keeps(Counter(g)) for g in groups), total

    def test_counts_the_people_of_every_predicate(self) -> None:
        for predicate in Predicate:
            everybody = Bound(predicates=(predicate,), kind="at_least", percent=100)
            guide = Guide(
                organisation=OrganisationPredicate.GOOD, dominant=predicate, bounds=(everybody,)
            )
            assert all(is_satisfiable(guide, total) for total in range(1, 10))
            one_more = Bound(predicates=(predicate,), kind="at_least", people=4)
            more = guide.model_copy(update={"bounds": (one_more,)})
            assert [n for n in range(1, 10) if is_satisfiable(more, n)] == [4, 5, 6, 7, 8, 9]


class TestParameters:
    def test_a_bound_is_a_share_or_a_number(self) -> None:
        with pytest.raises(ValidationError, match="percentage or a number"):
            Bound(predicates=(SB,), kind="at_most")

    def test_no_guide_is_missing(self) -> None:
        with pytest.raises(ValidationError, match="one guide"):
            DistributionGuide(pool_below=5, guides=RULE.guides[1:])


CIRCLE = "units are above each other in a circle"


class TestPool:
    def test_joins_small_units_to_their_parent(self) -> None:
        units = [
            Unit("dinas", None, {B: 2}),
            Unit("bidang", "dinas", {B: 6}),
            Unit("seksi-1", "bidang", {B: 4}),
            Unit("seksi-2", "bidang", {SB: 5}),
            Unit("upt", "dinas", {K: 1}),
        ]
        assert [(p.unit, p.members, +Counter(p.counts)) for p in pool(units, RULE)] == [
            ("dinas", ("dinas", "upt"), {B: 2, K: 1}),
            ("bidang", ("bidang", "seksi-1"), {B: 10}),
            ("seksi-2", ("seksi-2",), {SB: 5}),
        ]

    def test_goes_up_until_there_are_enough(self) -> None:
        units = [
            Unit("seksi", "bidang", {B: 2}),
            Unit("bidang", "dinas", {B: 2}),
            Unit("dinas", None, {SB: 1}),
        ]
        (found,) = pool(units, RULE)
        assert (found.unit, found.members) == ("dinas", ("seksi", "bidang", "dinas"))
        assert sum(found.counts.values()) == 5

    def test_goes_up_from_the_lowest_in_whatever_order_the_units_are_given(self) -> None:
        chain = [
            Unit("dinas", None, {SB: 1}),
            Unit("bidang", "dinas", {B: 2}),
            Unit("seksi", "bidang", {BP: 2}),
            Unit("subseksi", "seksi", {K: 3}),
        ]
        for units in permutations(chain):
            first, second = pool(units, RULE)
            by_unit = {first.unit: first, second.unit: second}
            assert by_unit["seksi"].counts == spread("0/0/2/3/0")
            assert set(by_unit["seksi"].members) == {"seksi", "subseksi"}
            assert by_unit["dinas"].counts == spread("1/2/0/0/0")
            assert set(by_unit["dinas"].members) == {"dinas", "bidang"}
            assert [p.unit for p in (first, second)] == [
                u.id for u in units if u.id in ("seksi", "dinas")
            ]

    def test_five_people_are_enough_and_four_are_not(self) -> None:
        units = [
            Unit("dinas", None, {SB: 9}),
            Unit("a", "dinas", {B: 5}),
            Unit("b", "dinas", {B: 4}),
        ]
        assert [(p.unit, p.members) for p in pool(units, RULE)] == [
            ("dinas", ("dinas", "b")),
            ("a", ("a",)),
        ]

    def test_the_top_keeps_what_it_has_however_few(self) -> None:
        assert [p.unit for p in pool([Unit("dinas", None, {B: 1})], RULE)] == ["dinas"]

    def test_an_empty_unit_is_in_no_pool_of_its_own(self) -> None:
        units = [Unit("dinas", None, {}), Unit("bidang", "dinas", {B: 0})]
        assert pool(units, RULE) == ()
        assert pool([*units, Unit("seksi", "bidang", {B: 1})], RULE) == (
            Pool("dinas", ("dinas", "seksi"), spread("0/1/0/0/0")),
        )

    @pytest.mark.parametrize(
        ("units", "said"),
        [
            ([Unit("a", None, {}), Unit("a", None, {})], "a unit appears twice"),
            ([Unit("a", "b", {})], "the parent of a unit is no unit"),
            ([Unit("a", "b", {}), Unit("b", "a", {})], CIRCLE),
            ([Unit("a", "a", {})], CIRCLE),
            ([Unit("a", "b", {}), Unit("b", "c", {}), Unit("c", "b", {})], CIRCLE),
        ],
    )
    def test_refuses_what_is_no_tree(self, units, said) -> None:
        with pytest.raises(ValueError, match=f"^{said}$"):
            pool(units, RULE)
