"""Ratings and predicates in every known spelling, and the matrix that joins them.

Source: PermenPANRB 6/2022 as e-Kinerja practises it; the codes are those of SIASN.
"""

from typing import ClassVar, Self

from pydantic import model_validator

from domain.rules.parameters import Parameters
from domain.rules.spelling import Labels
from schemas.code import Predicate, Rating

RATING_CODES = {Rating.ABOVE: 1, Rating.MEETS: 2, Rating.BELOW: 3}
"""SIASN ``hasilKinerjaNilai`` and ``perilakuKerjaNilai``."""

PREDICATE_CODES = {
    Predicate.VERY_GOOD: 1,
    Predicate.GOOD: 2,
    Predicate.NEEDS_IMPROVEMENT: 3,
    Predicate.POOR: 4,
    Predicate.VERY_POOR: 5,
}
"""SIASN ``kuadranKinerjaNilai``; the best first, so a smaller code is a better predicate."""

RATING_NAMES = {
    Rating.ABOVE: "di atas ekspektasi",
    Rating.MEETS: "sesuai ekspektasi",
    Rating.BELOW: "di bawah ekspektasi",
}

PREDICATE_NAMES = {
    Predicate.VERY_GOOD: "Sangat Baik",
    Predicate.GOOD: "Baik",
    Predicate.NEEDS_IMPROVEMENT: "Butuh Perbaikan",
    Predicate.POOR: "Kurang",
    Predicate.VERY_POOR: "Sangat Kurang",
}

_RATINGS = Labels(
    "rating",
    {
        Rating.ABOVE: ("di atas ekspektasi", "di atas", "atas", "above expectations"),
        Rating.MEETS: ("sesuai ekspektasi", "sesuai", "meets expectations"),
        Rating.BELOW: ("di bawah ekspektasi", "di bawah", "bawah", "below expectations"),
    },
    RATING_CODES,
)

_PREDICATES = Labels(
    "predicate",
    {
        Predicate.VERY_GOOD: ("very good",),
        Predicate.GOOD: ("good",),
        Predicate.NEEDS_IMPROVEMENT: ("perlu perbaikan", "needs improvement"),
        Predicate.POOR: ("kurang/misconduct", "kurang / misconduct", "poor"),
        Predicate.VERY_POOR: ("very poor",),
    },
    PREDICATE_CODES,
)


class PredicateMatrix(Parameters):
    """The predicate of each rating of the work result, by each rating of the behaviour."""

    RULE: ClassVar[str] = "predikat.matriks"

    matrix: dict[Rating, dict[Rating, Predicate]]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        pairs = {(work, behaviour) for work, row in self.matrix.items() for behaviour in row}
        if pairs != {(work, behaviour) for work in Rating for behaviour in Rating}:
            raise ValueError("give every pair of ratings its predicate")
        return self


def read_rating(value: object) -> Rating:
    """The rating of work result or behaviour that a label or a SIASN code stands for.

    Raises:
        UnknownLabel: it stands for none.
    """
    return _RATINGS.read(value)


def read_predicate(value: object) -> Predicate:
    """The predicate of a civil servant that a label or a SIASN code stands for.

    ``Cukup`` is none: it belongs to organisations and to the scale before 2022.

    Raises:
        UnknownLabel: it stands for none.
    """
    return _PREDICATES.read(value)


def is_at_least(found: Predicate, wanted: Predicate) -> bool:
    """Whether a predicate is the wanted one or better."""
    return PREDICATE_CODES[found] <= PREDICATE_CODES[wanted]


def join(work_result: Rating, behaviour: Rating, rule: PredicateMatrix) -> Predicate:
    """The predicate of two ratings."""
    return rule.matrix[work_result][behaviour]
