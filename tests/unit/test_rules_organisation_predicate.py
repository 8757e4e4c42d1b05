"""Spellings of an organisation's predicate, its leader's rating, and the periodic proposal."""

from datetime import date

import pytest
from pydantic import ValidationError

from domain.regulation import load
from domain.rules.organisation_predicate import (
    ORGANISATION_NAMES,
    LeaderRating,
    PeriodicOrganisation,
    Progress,
    leader_rating,
    read_organisation_predicate,
    suggest_periodic,
)
from domain.rules.spelling import UnknownLabel
from schemas.code import OrganisationPredicate, Rating

RULES = load().on(date(2026, 3, 1))
LEADER = RULES.parameters(LeaderRating)
PERIODIC = RULES.parameters(PeriodicOrganisation)


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


class TestSuggestPeriodic:
    @pytest.mark.parametrize(
        ("progress", "expected"),
        [
            ((0, 0, 0, 0), None),
            ((6, 4, 0, 0), "Istimewa"),
            ((5, 5, 0, 0), "Baik"),
            ((0, 10, 0, 0), "Baik"),
            ((9, 0, 1, 0), "Butuh Perbaikan"),
            ((0, 5, 3, 2), "Butuh Perbaikan"),
            ((0, 4, 6, 0), "Kurang"),
            ((0, 4, 1, 5), "Kurang"),
            ((0, 4, 0, 6), "Sangat Kurang"),
        ],
    )
    def test_follows_where_most_actions_stand(self, progress, expected) -> None:
        found = suggest_periodic(Progress(*progress), PERIODIC)
        assert (ORGANISATION_NAMES[found] if found else None) == expected

    @pytest.mark.parametrize("place", range(4))
    def test_a_negative_number_is_an_error(self, place) -> None:
        numbers = [2, 2, 2, 2]
        numbers[place] = -1
        with pytest.raises(ValueError, match=r"^a number of actions is not negative$"):
            Progress(*numbers)
