"""Spellings of an organisation's predicate, and its leader's rating."""

from datetime import date

import pytest
from pydantic import ValidationError

from domain.regulation import load
from domain.rules.organisation_predicate import (
    ORGANISATION_NAMES,
    LeaderRating,
    leader_rating,
    read_organisation_predicate,
)
from domain.rules.spelling import UnknownLabel
from schemas.code import OrganisationPredicate, Rating

RULES = load().on(date(2026, 3, 1))
LEADER = RULES.parameters(LeaderRating)


class TestLabels:
    @pytest.mark.parametrize("predicate", OrganisationPredicate)
    def test_names_read_back(self, predicate) -> None:
        name = ORGANISATION_NAMES[predicate]
        for written in (name, name.upper(), name.replace(" ", "-"), predicate.value):
            assert read_organisation_predicate(written) is predicate

    def test_cukup_is_butuh_perbaikan(self) -> None:
        assert read_organisation_predicate(" CUKUP ") is OrganisationPredicate.NEEDS_IMPROVEMENT

    @pytest.mark.parametrize("written", ["Sangat Baik", "Sedang", "", "1", 1, True, None])
    def test_anything_else_is_an_error(self, written) -> None:
        with pytest.raises(UnknownLabel):
            read_organisation_predicate(written)


class TestLeaderRating:
    @pytest.mark.parametrize(
        ("organisation", "rating"),
        [
            ("Istimewa", Rating.ABOVE),
            ("Baik", Rating.MEETS),
            ("Cukup", Rating.BELOW),
            ("Kurang", Rating.BELOW),
            ("Sangat Kurang", Rating.BELOW),
        ],
    )
    def test_is_the_organisation_s(self, organisation, rating) -> None:
        assert leader_rating(read_organisation_predicate(organisation), LEADER) is rating

    def test_no_predicate_is_without_a_rating(self) -> None:
        with pytest.raises(ValidationError, match="every predicate"):
            LeaderRating(ratings={OrganisationPredicate.GOOD: Rating.MEETS})
