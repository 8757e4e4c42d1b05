"""Rules of a cycle: its cadence, its windows in working days, and what lateness brings.

All are project decisions but the cadence codes (SIASN) and the quarters of part-time PPPK.
A window is the n-th working day of the month after the period; ``plan`` counts in the period.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.process import Recipient
from domain.rules.parameters import Parameters
from schemas.code import PersonKind

Cadence = Literal["bulanan", "triwulanan"]
_MONTHS: dict[str | None, int] = {"bulanan": 1, "triwulanan": 3}


class Cadences(Parameters):
    """How often each kind of civil servant is evaluated besides the year.

    Part-time PPPK exist since KepmenPANRB 16/2025; before it their cadence is None.
    """

    RULE: ClassVar[str] = "periode.jenis"

    pns: Cadence
    pppk: Cadence
    pppk_part_time: Literal["triwulanan"] | None = None

    def months_of(self, kind: PersonKind) -> int | None:
        """After how many months somebody is evaluated besides the year; None for never."""
        rhythm = {
            PersonKind.PNS: self.pns,
            PersonKind.PPPK: self.pppk,
            PersonKind.PPPK_PART_TIME: self.pppk_part_time,
        }
        return _MONTHS.get(rhythm.get(kind))


class _Windows(Parameters):
    """Working days in the order of the steps; a step is never due before the one it follows."""

    plan: int = Field(ge=1)
    report: int = Field(ge=1)
    organisation: int = Field(ge=1)
    scoring: int = Field(ge=1)
    calibration: int = Field(ge=1)
    delivery: int = Field(ge=1)
    final: int = Field(ge=1)

    @model_validator(mode="after")
    def _is_in_order(self) -> "_Windows":
        days = [
            self.report,
            self.organisation,
            self.scoring,
            self.calibration,
            self.delivery,
            self.final,
        ]
        if days != sorted(days):
            raise ValueError("a step is due before the one it follows")
        return self


class MonthlyWindows(_Windows):
    """The windows of a monthly period."""

    RULE: ClassVar[str] = "bulanan.jendela"


class QuarterlyWindows(_Windows):
    """The windows of a quarterly period; ``fresh`` is the time for a plan at least."""

    RULE: ClassVar[str] = "triwulanan.jendela"

    fresh: int = Field(ge=1)


class MonthlyOverrun(Parameters):
    """How many working days late a step of a monthly file is when it is waited for no longer."""

    RULE: ClassVar[str] = "bulanan.lewat"

    meeting: int = Field(ge=1)
    organisation: int = Field(ge=1)


class QuarterlyOverrun(MonthlyOverrun):
    """The same for a quarterly file."""

    RULE: ClassVar[str] = "triwulanan.lewat"


class AnnualOverrun(MonthlyOverrun):
    """The same for an annual file; ``revision`` is the answer to a new wording of the plan."""

    RULE: ClassVar[str] = "tahunan.lewat"

    revision: int = Field(ge=1)


class FileHorizon(Parameters):
    """After how many months a file of each length that is still open ends, on a last working day."""

    RULE: ClassVar[str] = "berkas.batas_akhir"

    monthly: int = Field(ge=1)
    quarterly: int = Field(ge=1)
    annual: int = Field(ge=1)


class LadderRung(BaseModel):
    """Whom to tell, so many working days after the due date (before it if negative)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[a-z_]{1,30}$")]
    working_days: int
    to: Recipient


class EscalationLadder(Parameters):
    """Reminder and escalation of every window that has no ladder of its own."""

    RULE: ClassVar[str] = "eskalasi.tangga"

    rungs: tuple[LadderRung, ...] = Field(min_length=1)


class ObjectionLadder(EscalationLadder):
    """Reminder and escalation of the decision on an objection."""

    RULE: ClassVar[str] = "eskalasi.tangga_keberatan"


class OrganisationLadder(EscalationLadder):
    """Reminder and escalation of the predicate of an organisation."""

    RULE: ClassVar[str] = "eskalasi.tangga_organisasi"


class Nudging(Parameters):
    """How often whoever is awaited may be nudged in one step of one file."""

    RULE: ClassVar[str] = "sapaan.sopan"

    working_days: int = Field(ge=1)


class Handover(Parameters):
    """When the work of a late supervisor passes to the superior; nothing is scored by itself."""

    RULE: ClassVar[str] = "eskalasi.pengalihan"

    working_days: int = Field(ge=1)
