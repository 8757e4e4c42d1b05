"""A suggestion for the rating of work result, from the ratings of the single results.

A project decision throughout. The supervisor always sets the rating; who decides otherwise than
suggested gives a reason. A main result (hasil kerja utama) weighs as much as any other one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from domain.rules.parameters import Parameters
from domain.rules.predicate import RATING_CODES
from schemas.code import Rating


class RatingSuggestion(Parameters):
    """What a suggestion heeds besides the mean."""

    RULE: ClassVar[str] = "hasil.usulan"

    ties_to: Rating
    """Where a mean goes that lies halfway between two ratings, if that is one of them."""
    caps_with_main_below: Rating
    """The best suggestion as long as any main result is below expectations."""
    additional_lifts: bool
    """Whether additional results may lift a suggestion that no main result holds down."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The suggested rating and the mean of the SIASN codes (1 best, 3 worst) it comes from."""

    rating: Rating
    mean: Fraction


def suggest(
    main: Sequence[Rating], additional: Sequence[Rating], rule: RatingSuggestion
) -> Suggestion | None:
    """The nearest rating to the mean of the main results; None without a main result.

    Additional results (tambahan) never lower it, and never rescue: they count only when no main
    result is below expectations, and only if they make it better.
    """
    if not main:
        return None
    found = _nearest(_mean(main), rule)
    if Rating.BELOW in main:
        return Suggestion(max(found, rule.caps_with_main_below, key=_code), _mean(main))
    if additional and rule.additional_lifts:
        mean = _mean([*main, *additional])
        lifted = _nearest(mean, rule)
        if _code(lifted) < _code(found):
            return Suggestion(lifted, mean)
    return Suggestion(found, _mean(main))


def needs_reason(decided: Rating, suggested: Suggestion | None) -> bool:
    """Whether the supervisor has to say why; without a suggestion there is nothing to differ from."""
    return suggested is not None and decided is not suggested.rating


def _code(rating: Rating) -> int:
    return RATING_CODES[rating]


def _mean(ratings: Sequence[Rating]) -> Fraction:
    return Fraction(sum(map(_code, ratings)), len(ratings))


def _nearest(mean: Fraction, rule: RatingSuggestion) -> Rating:
    """The rating whose code is nearest; of two the one ties go to, else the worse."""

    def distance(rating: Rating) -> tuple[Fraction, bool, int]:
        return abs(_code(rating) - mean), rating is not rule.ties_to, -_code(rating)

    return min(Rating, key=distance)
