"""The numeric scale before 2022, to read historical results: a score becomes a predicate.

Source: PP 30/2019 articles 39 to 41; the bounds below 70 are general knowledge. ``Cukup`` of the
scale is today's ``Butuh Perbaikan``. No result of today is ever a number.
"""

from decimal import Decimal
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.rules.parameters import Parameters
from schemas.code import Predicate


class Step(BaseModel):
    """A predicate with the lowest score that earns it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    predicate: Predicate
    name: str
    """What the scale of its time calls the predicate."""
    at_least: Decimal
    needs_new_idea: bool = False


class LegacyScale(Parameters):
    """The steps, the best first; the last one takes every score that is left."""

    RULE: ClassVar[str] = "legasi.skala"

    highest: Decimal
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _goes_down(self) -> Self:
        bounds = [step.at_least for step in self.steps]
        if bounds != sorted(set(bounds), reverse=True) or bounds[-1] != 0:
            raise ValueError("the steps go down to 0, each below the one before")
        if self.steps[-1].needs_new_idea:
            raise ValueError("the last step takes every score that is left")
        return self


class LegacyWeights(Parameters):
    """Percent of the work plan (SKP) in a score; behaviour has the rest."""

    RULE: ClassVar[str] = "legasi.bobot"

    plan_percent: int = Field(ge=0, le=100)
    plan_percent_with_peers: int = Field(ge=0, le=100)


def legacy_step(score: Decimal, *, new_idea: bool, rule: LegacyScale) -> Step:
    """The step of a score from 0 to the highest, compared exactly.

    ``new_idea`` says whether an idea or method of benefit was shown: Sangat Baik needs it.

    Raises:
        ValueError: the score is no number or lies outside the scale.
    """
    if not score.is_finite() or not 0 <= score <= rule.highest:
        raise ValueError(f"a score is a number from 0 to {rule.highest}")
    return next(
        step
        for step in rule.steps
        if score >= step.at_least and (new_idea or not step.needs_new_idea)
    )


def weighted(
    plan: Decimal, behaviour: Decimal, *, with_peers: bool, rule: LegacyWeights
) -> Decimal:
    """The exact score of a year from the two parts; ``with_peers`` if peers and subordinates rated."""
    percent = rule.plan_percent_with_peers if with_peers else rule.plan_percent
    return (plan * percent + behaviour * (100 - percent)).scaleb(-2)
