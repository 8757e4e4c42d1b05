"""The 3x3 matrix, cell by cell (oracle O-1)."""

import pytest

from domain.rating import predicate
from schemas.code import Predicate, Rating

ABOVE, MEETS, BELOW = Rating.ABOVE, Rating.MEETS, Rating.BELOW

# SIASN codes: ratings 1 to 3, predicates 1 to 5.
RATING_CODE = {ABOVE: 1, MEETS: 2, BELOW: 3}
PREDICATE_CODE = {
    Predicate.VERY_GOOD: 1,
    Predicate.GOOD: 2,
    Predicate.NEEDS_IMPROVEMENT: 3,
    Predicate.POOR: 4,
    Predicate.VERY_POOR: 5,
}


class TestPredicate:
    @pytest.mark.parametrize(
        ("work_result", "behaviour", "expected"),
        [
            (ABOVE, ABOVE, Predicate.VERY_GOOD),
            (ABOVE, MEETS, Predicate.GOOD),
            (ABOVE, BELOW, Predicate.POOR),
            (MEETS, ABOVE, Predicate.GOOD),
            (MEETS, MEETS, Predicate.GOOD),
            (MEETS, BELOW, Predicate.POOR),
            (BELOW, ABOVE, Predicate.NEEDS_IMPROVEMENT),
            (BELOW, MEETS, Predicate.NEEDS_IMPROVEMENT),
            (BELOW, BELOW, Predicate.VERY_POOR),
        ],
    )
    def test_every_cell_is_as_published(self, work_result, behaviour, expected):
        assert predicate(work_result, behaviour) is expected

    def test_every_pair_of_ratings_has_a_predicate(self):
        assert {predicate(w, b) for w in Rating for b in Rating} == set(Predicate)

    @pytest.mark.parametrize("work_result", [ABOVE, MEETS])
    def test_the_larger_of_the_two_codes_is_not_the_predicate(self, work_result):
        """A mistake seen in the wild: max(1, 3) = 3, where the matrix says 4."""
        wrong = max(RATING_CODE[work_result], RATING_CODE[BELOW])
        assert PREDICATE_CODE[predicate(work_result, BELOW)] == 4 != wrong

    def test_one_rating_below_is_not_always_needs_improvement(self):
        """Another one: every single "below" taken for "needs improvement"."""
        assert predicate(MEETS, BELOW) is not Predicate.NEEDS_IMPROVEMENT
        assert predicate(BELOW, BELOW) is not Predicate.NEEDS_IMPROVEMENT

    @pytest.mark.parametrize("behaviour", list(Rating))
    def test_good_results_never_make_up_for_bad_behaviour(self, behaviour):
        codes = [PREDICATE_CODE[predicate(w, BELOW)] for w in (ABOVE, MEETS, BELOW)]
        assert min(codes) >= 4
        assert (
            PREDICATE_CODE[predicate(ABOVE, behaviour)]
            <= PREDICATE_CODE[predicate(BELOW, behaviour)]
        )

    @pytest.mark.parametrize("unknown", ["Luar Biasa", "", "ABOVE", "above ", "1"])
    def test_an_unknown_rating_is_an_error_and_no_default(self, unknown):
        with pytest.raises(ValueError, match="is not a valid Rating"):
            Rating(unknown)
        with pytest.raises(KeyError):
            predicate(unknown, MEETS)
