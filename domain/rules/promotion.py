"""The performance condition of a promotion in rank (kenaikan pangkat).

Source: practice of PermenPANRB 6/2022, at least Baik two years running. Other conditions (time in
rank, credit points, discipline) are not looked at here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from domain.rules.parameters import Parameters
from domain.rules.predicate import is_at_least
from schemas.code import Predicate


class PromotionCondition(Parameters):
    """The predicate that each of the last years needs at least."""

    RULE: ClassVar[str] = "promosi.syarat"

    at_least: Predicate
    years: int = Field(ge=1)


@dataclass(frozen=True, slots=True)
class PromotionCheck:
    """Which of the years that count have no predicate, and which have too low a one."""

    missing: tuple[int, ...]
    too_low: tuple[int, ...]

    @property
    def is_met(self) -> bool:
        """Whether every year that counts has a sufficient predicate."""
        return not self.missing and not self.too_low


def check(
    annual: Mapping[int, Predicate], last_year: int, rule: PromotionCondition
) -> PromotionCheck:
    """Look at the annual predicates of so many years up to and with ``last_year``.

    Predicates of other years and of periods within a year never count.
    """
    years = range(last_year - rule.years + 1, last_year + 1)
    return PromotionCheck(
        missing=tuple(y for y in years if y not in annual),
        too_low=tuple(
            y for y in years if y in annual and not is_at_least(annual[y], rule.at_least)
        ),
    )
