"""Rules of under-performance (rencana perbaikan): for whom, how long, when it is looked at.

Source: PP 30/2019 articles 56 to 58 for the six months; the rest are project decisions.
"""

from typing import ClassVar

from pydantic import Field

from domain.rules.parameters import Parameters
from schemas.code import Predicate


class ImprovementDuty(Parameters):
    """The predicates that require an improvement plan, and those for which one is advised."""

    RULE: ClassVar[str] = "perbaikan.wajib_untuk"

    required: frozenset[Predicate]
    advised: frozenset[Predicate]


class ImprovementTime(Parameters):
    """How many months somebody has to improve."""

    RULE: ClassVar[str] = "perbaikan.lama"

    months: int = Field(ge=1)


class ImprovementReviews(Parameters):
    """On which days from its start an improvement plan is reviewed."""

    RULE: ClassVar[str] = "perbaikan.tinjauan"

    calendar_days: tuple[int, ...] = Field(min_length=1)
