"""The suggested rating: a mean that main results can hold down and additional ones only lift."""

from datetime import date
from fractions import Fraction

import pytest

from domain.regulation import load
from domain.rules.suggestion import RatingSuggestion, needs_reason, suggest
from schemas.code import Rating

RULE = load().on(date(2026, 3, 1)).parameters(RatingSuggestion)
LETTERS = {"a": Rating.ABOVE, "m": Rating.MEETS, "b": Rating.BELOW}


def suggested(main: str, additional: str = "") -> str | None:
    found = suggest([LETTERS[x] for x in main], [LETTERS[x] for x in additional], RULE)
    return None if found is None else found.rating.value[0]


class TestSuggest:
    @pytest.mark.parametrize(
        ("main", "additional", "expected"),
        [
            ("", "aaa", None),
            ("a", "", "a"),
            ("m", "", "m"),
            ("b", "", "b"),
            ("aam", "", "a"),
            ("am", "", "m"),
            ("mb", "", "m"),
            ("mbb", "", "b"),
            ("aaaaaaab", "", "m"),
            ("aaaab", "aaaa", "m"),
            ("am", "a", "a"),
            ("mm", "a", "m"),
            ("aa", "bbb", "a"),
            ("mm", "bbb", "m"),
            ("bb", "aaaaaa", "b"),
        ],
    )
    def test_follows_the_main_results(self, main, additional, expected) -> None:
        assert suggested(main, additional) == expected

    def test_the_mean_is_exact(self) -> None:
        found = suggest([Rating.ABOVE, Rating.MEETS, Rating.MEETS], [], RULE)
        assert found is not None
        assert found.mean == Fraction(5, 3)

    @pytest.mark.parametrize(
        ("main", "additional", "mean"),
        [
            ("aab", "", Fraction(5, 3)),
            ("am", "a", Fraction(4, 3)),
            ("mm", "a", Fraction(2)),
            ("aa", "bbb", Fraction(1)),
        ],
    )
    def test_the_mean_is_that_of_the_results_that_counted(self, main, additional, mean) -> None:
        given = [[LETTERS[x] for x in text] for text in (main, additional)]
        found = suggest(given[0], given[1], RULE)
        assert found is not None
        assert found.mean == mean

    def test_a_mean_halfway_goes_to_the_worse_where_the_rule_names_neither(self) -> None:
        rule = RULE.model_copy(
            update={"ties_to": Rating.ABOVE, "caps_with_main_below": Rating.ABOVE}
        )
        found = suggest([Rating.MEETS, Rating.BELOW], [], rule)
        assert found is not None
        assert found.rating is Rating.BELOW

    def test_an_organisation_may_leave_additional_results_out(self) -> None:
        rule = RULE.model_copy(update={"additional_lifts": False})
        found = suggest([Rating.ABOVE, Rating.MEETS], [Rating.ABOVE], rule)
        assert found is not None
        assert found.rating is Rating.MEETS


class TestNeedsReason:
    def test_only_when_the_decision_differs(self) -> None:
        suggestion = suggest([Rating.MEETS], [], RULE)
        assert not needs_reason(Rating.MEETS, suggestion)
        assert needs_reason(Rating.ABOVE, suggestion)
        assert needs_reason(Rating.BELOW, suggestion)

    def test_never_without_a_suggestion(self) -> None:
        assert not needs_reason(Rating.ABOVE, suggest([], [Rating.BELOW], RULE))
