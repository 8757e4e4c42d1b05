"""Credit points (angka kredit) of a functional post, converted from the predicate of a year.

Source: PerBKN 3/2023 with PermenPANRB 1/2023; the coefficients are those of SIASN. The product is
exact and is rounded once, half up, to two decimals.
"""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.rules.parameters import Parameters
from domain.rules.spelling import Labels
from schemas.code import Predicate

MONTHS = 12


class FunctionalLevel(StrEnum):
    """Levels of a functional post (jenjang jabatan fungsional), the lowest first."""

    BEGINNER = "pemula"
    SKILLED = "terampil"
    PROFICIENT = "mahir"
    OVERSEER = "penyelia"
    FIRST_EXPERT = "ahli_pertama"
    JUNIOR_EXPERT = "ahli_muda"
    MIDDLE_EXPERT = "ahli_madya"
    PRINCIPAL_EXPERT = "ahli_utama"


LEVEL_NAMES = {level: level.value.replace("_", " ").title() for level in FunctionalLevel}

_LEVELS = Labels(
    "level of a functional post",
    {
        FunctionalLevel.BEGINNER: (),
        FunctionalLevel.SKILLED: (),
        FunctionalLevel.PROFICIENT: (),
        FunctionalLevel.OVERSEER: (),
        FunctionalLevel.FIRST_EXPERT: ("pertama",),
        FunctionalLevel.JUNIOR_EXPERT: ("muda",),
        FunctionalLevel.MIDDLE_EXPERT: ("madya",),
        FunctionalLevel.PRINCIPAL_EXPERT: ("utama",),
    },
    {},
)


class Coefficients(Parameters):
    """Credit points of a whole year with the predicate Baik, by level."""

    RULE: ClassVar[str] = "kredit.koefisien"

    yearly: dict[FunctionalLevel, Decimal]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if set(self.yearly) != set(FunctionalLevel):
            raise ValueError("give every level its coefficient")
        return self


class Conversion(Parameters):
    """The share of the coefficient that a predicate brings, in percent."""

    RULE: ClassVar[str] = "kredit.konversi"

    percent: dict[Predicate, int]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if set(self.percent) != set(Predicate):
            raise ValueError("give every predicate its percentage")
        return self


class Need(BaseModel):
    """Credit points to collect within a level; None where there is nothing to rise to."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    rank: Decimal | None = Field(default=None, gt=0)
    level: Decimal | None = Field(default=None, gt=0)


class CumulativeNeed(Parameters):
    """What the next rank (kenaikan pangkat) and the next level (kenaikan jenjang) need."""

    RULE: ClassVar[str] = "kredit.kebutuhan"

    needs: dict[FunctionalLevel, Need]


def read_level(value: object) -> FunctionalLevel:
    """The level that a label stands for: ``Ahli Muda``, ``ahli_muda`` and ``Muda`` are one.

    Raises:
        UnknownLabel: it stands for none.
    """
    return _LEVELS.read(value)


def credit(
    level: FunctionalLevel,
    predicate: Predicate,
    months: int,
    coefficients: Coefficients,
    conversion: Conversion,
) -> Decimal:
    """Credit points with two decimals, for so many months of one year.

    Raises:
        ValueError: the months are not 1 to 12.
    """
    if not 1 <= months <= MONTHS:
        raise ValueError("months are 1 to 12")
    whole = Fraction(coefficients.yearly[level]) * conversion.percent[predicate] / 100
    return _half_up(whole * months / MONTHS)


def is_enough(collected: Decimal, need: Decimal | None) -> bool:
    """Whether the points suffice; never, where there is nothing to rise to."""
    return need is not None and collected >= need


def _half_up(value: Fraction) -> Decimal:
    hundredths = (200 * value.numerator + value.denominator) // (2 * value.denominator)
    return Decimal(hundredths).scaleb(-2)
