"""Rules of the performance year: who must do what until when, and how the year is judged.

Sources: PP 30/2019 as practised, and project decisions; the pack ``tahunan.toml`` says which.
"""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.rules.parameters import Parameters
from domain.rules.plan import DayOfYear


class AnnualStep(BaseModel):
    """One window of the year; both of its edges count."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str
    who: str
    starts: DayOfYear
    ends: DayOfYear


class AnnualFrame(Parameters):
    """The windows of a performance year in their order."""

    RULE: ClassVar[str] = "tahunan.kerangka"

    steps: tuple[AnnualStep, ...] = Field(min_length=1)


class AnnualDeadline(Parameters):
    """The last day on which the predicate of the year is set and delivered."""

    RULE: ClassVar[str] = "tahunan.batas"

    until: DayOfYear


class AnnualMethod(Parameters):
    """How the predicate of the year comes about; periodic ones are evidence, never averaged."""

    RULE: ClassVar[str] = "tahunan.metode"

    method: Literal["penilai_menetapkan"]
