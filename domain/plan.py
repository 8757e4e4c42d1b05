"""Annual plans (SKP) as versioned records: which version holds when, and which one binds whom.

The annual file owns the plan: every agreement on it makes a version. Periodic files cite it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind
from schemas.file import FileState, PlanInForce
from schemas.identifier import FileKey


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """One agreed version of a plan: its event on the annual file's stream, and its results' ids."""

    version: int
    number: int
    since: datetime
    results: tuple[str, ...]

    @property
    def cited(self) -> PlanInForce:
        """How a decision refers to it."""
        return PlanInForce(version=self.version, number=self.number)


def is_annual(file: FileKey) -> bool:
    """Whether a file is about a whole year, so that it owns the plan which the others cite."""
    return file.parsed_period.months == 12


def year_of(file: FileKey) -> str:
    """The year whose plan a file is about, as periods of a year are written."""
    return f"{file.parsed_period.year:04d}"


def agreed(kind: str, number: int, at: datetime, after: FileState) -> PlanVersion | None:
    """The version that an event makes; None for any but an agreement on an annual file."""
    if kind != EventKind.PLAN_AGREED or not is_annual(after.file):
        return None
    return PlanVersion(after.plan_version, number, at, after.planned)


def in_force(versions: Sequence[PlanVersion], at: datetime) -> PlanVersion | None:
    """The newest of a plan's versions, given in their order, that was agreed by an instant."""
    return next((v for v in reversed(versions) if v.since <= at), None)


def binding(
    versions: Sequence[PlanVersion], file: FileKey, at: datetime, calendar: WorkingCalendar
) -> PlanVersion | None:
    """The version of its person's plan that a periodic file goes by at an instant; None for none.

    After the end of the file's period it stays the one that was in force then, whatever is revised
    later (rule skp.versi_mengikat). An annual file is bound to none: it is where plans are agreed.
    """
    if is_annual(file):
        return None
    end = calendar.end_of_day(file.parsed_period.ends_on)
    return in_force([v for v in versions if v.since < end], at)
