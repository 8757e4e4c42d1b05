"""Rules of the performance year: who must do what until when, and how the year is judged.

Sources: PP 30/2019 as practised, and project decisions; the pack ``tahunan.toml`` says which.
"""

from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

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


class AnnualWindows(Parameters):
    """The steps of an annual file in working days.

    ``plan`` counts in the year's first month, the others in the month after the year; ``revision``
    counts from the day on which a new wording was proposed; ``fresh`` is what whoever gets a plan
    has at least.
    """

    RULE: ClassVar[str] = "tahunan.jendela"

    plan: int = Field(ge=1)
    report: int = Field(ge=1)
    scoring: int = Field(ge=1)
    response: int = Field(ge=1)
    calibration: int = Field(ge=1)
    organisation: int = Field(ge=1)
    revision: int = Field(ge=1)
    fresh: int = Field(ge=1)

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        days = [self.report, self.scoring, self.response, self.calibration, self.organisation]
        if days != sorted(days):
            raise ValueError("a step is due before the one it follows")
        return self


class AnnualDeadline(Parameters):
    """The last day on which the predicate of the year is set and delivered."""

    RULE: ClassVar[str] = "tahunan.batas"

    until: DayOfYear


class AnnualMethod(Parameters):
    """How the predicate of the year comes about; periodic ones are evidence, never averaged."""

    RULE: ClassVar[str] = "tahunan.metode"

    method: Literal["penilai_menetapkan"]
