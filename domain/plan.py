"""Annual plans (SKP) as versioned records: which version holds when, and which one binds whom.

The annual file owns the plan: every agreement on it makes a version. Periodic files cite it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.process import Process
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind
from schemas.file import Chain, FileState, PlanInForce, SuperiorPlan
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


@dataclass(frozen=True, slots=True)
class AnnualPlan:
    """How somebody's plan of a year stands to those who may have to wait for it.

    Attributes:
        is_listed: the roster of the year has him, so there is a file that owes a plan, whether or
            not it has been opened yet.
        versions: what was agreed, in order.
        ended_at: since when his file has ended, if it has.
    """

    is_listed: bool = False
    versions: Sequence[PlanVersion] = ()
    ended_at: datetime | None = None

    def awaited(self, person: UUID, at: datetime) -> SuperiorPlan | None:
        """What a decision at an instant says of it; None if nobody owes it."""
        found = in_force(self.versions, at)
        has_ended = self.ended_at is not None and self.ended_at <= at
        if not self.is_listed or (found is None and has_ended):
            return None
        return SuperiorPlan(person=person, agreed=None if found is None else found.cited)

    @property
    def stands_since(self) -> datetime | None:
        """Since when nobody waits for it any more; None while somebody may."""
        first = [v.since for v in self.versions[:1]]
        return min([*first, *([] if self.ended_at is None else [self.ended_at])], default=None)


def superior_of(process: Process, before: FileState | None, chain: Chain) -> UUID | None:
    """Whose plan a decision has to know of; None if it has to know of nobody's.

    Of a file that waits, it is whoever was its employee's supervisor when it came to the gate; of
    one that may come to the gate, the supervisor of that day. Nobody waits for somebody who is
    below himself, as the supervisor of an official is who also acts for a post further up.

    Args:
        process: the definition that the file follows.
        before: the file before the decision; None for one that is being opened.
        chain: who is who to it.
    """
    turn = process.first if before is None else before.turn
    if "superior_plan" not in process.gates_at(turn):
        return None
    if before is not None and turn == "superior_plan" and before.superior_plan is not None:
        return before.superior_plan.person
    above = (chain.superior, chain.superior_boss)
    me = None if chain.employee is None else chain.employee.person
    if chain.supervisor is None or any(seat and seat.person == me for seat in above):
        return None
    return chain.supervisor.person


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
