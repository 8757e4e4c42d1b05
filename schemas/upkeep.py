"""What keeping the whole organisation in order amounts to; counts only, as histories hold them."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Disagreement(StrEnum):
    """What may not agree between the record, its notices and Temporal."""

    LOST_WORKFLOW = "lost_workflow"
    AHEAD_OF_RECORD = "ahead_of_record"
    STRAY_WORKFLOW = "stray_workflow"
    UNOPENED = "unopened"
    UNDECIDED = "undecided"
    OVERSLEPT = "overslept"
    BEHIND_CALENDAR = "behind_calendar"
    MISSING_NOTICE = "missing_notice"
    ORPHAN = "orphan"


class Finding(BaseModel):
    """One disagreement: where it is, what was found, and what was done about it.

    ``done`` is None where nothing can be done without deciding something, or nothing was to be.
    """

    model_config = ConfigDict(frozen=True)

    kind: Disagreement
    where: str
    what: str
    done: str | None = None


class Reconciled(BaseModel):
    """How many disagreements of each kind were found, and how many of all are left."""

    model_config = ConfigDict(frozen=True)

    found: dict[Disagreement, int]
    left: int

    @classmethod
    def of(cls, findings: list[Finding]) -> "Reconciled":
        """The counts of these findings."""
        kinds = [finding.kind for finding in findings]
        return cls(
            found={kind: kinds.count(kind) for kind in Disagreement if kind in kinds},
            left=sum(finding.done is None for finding in findings),
        )
