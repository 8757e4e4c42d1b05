"""The talent map of nine boxes (9-box): performance against potential.

Source: PermenPANRB 20/2025 for the two axes; scores, cuts and numbers of boxes are those of one
agency's practice and are to be confirmed by the HR office.
"""

from decimal import Decimal
from typing import ClassVar, Self

from pydantic import Field, model_validator

from domain.rules.parameters import Parameters
from schemas.code import Predicate

SCORES = (0, 100)
"""The lowest and the highest score of either axis."""

_GRADES = 3


class TalentMap(Parameters):
    """Cuts of both axes, the score of a predicate, and the number of each box."""

    RULE: ClassVar[str] = "talenta.kotak"

    middle_from: int = Field(gt=SCORES[0], lt=SCORES[1])
    high_from: int = Field(gt=SCORES[0], lt=SCORES[1])
    performance: dict[Predicate, int]
    boxes: tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]
    """Rows are performance and columns potential: low, middle, high."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.middle_from >= self.high_from:
            raise ValueError("the high cut lies above the middle one")
        if set(self.performance) != set(Predicate):
            raise ValueError("give every predicate its score")
        if sorted(box for row in self.boxes for box in row) != list(range(1, _GRADES**2 + 1)):
            raise ValueError("the boxes are 1 to 9, each once")
        return self


def box(performance: Decimal, potential: Decimal, rule: TalentMap) -> int:
    """The box, 1 to 9, of two scores from 0 to 100; a cut belongs to the grade above it.

    Raises:
        ValueError: a score is not a number from 0 to 100.
    """
    return rule.boxes[_grade(performance, rule)][_grade(potential, rule)]


def performance_score(predicate: Predicate, rule: TalentMap) -> int:
    """The score of performance that an annual predicate stands for."""
    return rule.performance[predicate]


def _grade(score: Decimal, rule: TalentMap) -> int:
    if not score.is_finite() or not SCORES[0] <= score <= SCORES[1]:
        raise ValueError("a score is a number from 0 to 100")
    return (score >= rule.middle_from) + (score >= rule.high_from)
