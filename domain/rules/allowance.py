"""What a predicate would do to the performance part of the allowance (TPP); nothing by default.

There is no national table. The factors are a pattern of one ministry, switched off until a
regulation of the city (Perwako) is loaded. Nothing is paid here.
"""

from decimal import Decimal
from typing import ClassVar, Self

from pydantic import model_validator

from domain.rules.parameters import Parameters
from schemas.code import Predicate


class AllowanceFactor(Parameters):
    """Percent of the performance part, by predicate, and whether the table applies at all."""

    RULE: ClassVar[str] = "tpp.faktor"

    applies: bool
    percent: dict[Predicate, int]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if set(self.percent) != set(Predicate):
            raise ValueError("give every predicate its percentage")
        if not all(0 <= percent <= 100 for percent in self.percent.values()):
            raise ValueError("a percentage is 0 to 100")
        return self


def factor(predicate: Predicate, rule: AllowanceFactor) -> Decimal | None:
    """The factor, ``Decimal("0.85")`` for 85 percent; None while no table applies."""
    if not rule.applies:
        return None
    return Decimal(rule.percent[predicate]).scaleb(-2)
