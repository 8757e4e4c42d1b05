"""Rules of planning: when a plan (SKP) must stand, what it holds, and what it waits for.

Sources: PermenPANRB 6/2022 as practised, and project decisions; the pack ``skp.toml`` says which.
"""

from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.rules.parameters import Parameters


class DayOfYear(BaseModel):
    """A day of every year; ``year`` is counted from the performance year (-1 before, 1 after)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    year: Literal[-1, 0, 1] = 0
    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)

    @model_validator(mode="after")
    def _exists(self) -> "DayOfYear":
        date(2023, self.month, self.day)  # not a leap year: 29 February is no day of every year
        return self

    def of(self, year: int) -> date:
        """The day for one performance year."""
        return date(year + self.year, self.month, self.day)


class Aspect(StrEnum):
    """What an indicator measures."""

    QUANTITY = "kuantitas"
    QUALITY = "kualitas"
    TIME = "waktu"
    COST = "biaya"


class PlanPeriod(Parameters):
    """The span a plan covers."""

    RULE: ClassVar[str] = "skp.periode"

    starts: DayOfYear
    ends: DayOfYear


class PlanDeadline(Parameters):
    """The last day on which a plan is set (ditetapkan)."""

    RULE: ClassVar[str] = "skp.batas_tetap"

    until: DayOfYear


class NewcomerDeadline(Parameters):
    """The time of somebody who starts during the year, in calendar days from the first day."""

    RULE: ClassVar[str] = "skp.batas_pendatang"

    calendar_days: int = Field(ge=1)


class Aspects(Parameters):
    """Which aspects the indicators of a result use."""

    RULE: ClassVar[str] = "skp.aspek"

    required: frozenset[Aspect]
    optional: frozenset[Aspect]


class MainResults(Parameters):
    """How many main results (hasil kerja utama) a plan needs."""

    RULE: ClassVar[str] = "skp.min_utama"

    at_least: int = Field(ge=1)


class Approach(Parameters):
    """How targets are written unless the leader chooses otherwise."""

    RULE: ClassVar[str] = "skp.pendekatan"

    default: Literal["kuantitatif", "kualitatif"]


class SpecialExpectation(Parameters):
    """Whether every behaviour row needs a special expectation of the leader."""

    RULE: ClassVar[str] = "skp.ekspektasi_khusus_wajib"

    required: bool
    warns_if_all_are_empty: bool


class PlanGate(Parameters):
    """Whether a plan waits for the plan of the superior."""

    RULE: ClassVar[str] = "skp.gate_atasan"

    is_on: bool


class PlanBypass(Parameters):
    """After how many working days of the superior's delay a plan no longer waits."""

    RULE: ClassVar[str] = "skp.gate_lewat"

    working_days: int = Field(ge=1)


class BoundPlan(Parameters):
    """Which version of a plan an evaluation is bound to, for good."""

    RULE: ClassVar[str] = "skp.versi_mengikat"

    version_in_force_at: Literal["period_end"]


class Revision(Parameters):
    """For what a plan may be revised, and who signs the new version."""

    RULE: ClassVar[str] = "skp.revisi"

    reasons: frozenset[str]
    signed_by: frozenset[Literal["employee", "supervisor"]]
