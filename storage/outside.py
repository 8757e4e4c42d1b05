"""What other streams say that decisions about a file go by, as it was read with the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from domain.plan import PlanVersion, binding
from domain.unit import Step, in_force
from domain.working_calendar import WorkingCalendar
from schemas.identifier import FileKey


@dataclass(frozen=True, slots=True)
class Outside:
    """The steps of a file's unit, and the versions of its person's annual plan."""

    unit: Sequence[Step]
    plans: Sequence[PlanVersion]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Outside":
        """What was read with a file, or with the roster row it is opened from."""
        return cls(unit_steps(row["unit_steps"]), plan_versions(row["plans"]))

    def at(self, file: FileKey, at: datetime, calendar: WorkingCalendar) -> dict[str, Any]:
        """The fields of a context that hold what was said by an instant."""
        plan = binding(self.plans, file, at, calendar)
        return {
            "unit_predicate": in_force(self.unit, at),
            "plan": None if plan is None else plan.cited,
        }


def unit_steps(rows: Sequence[Mapping[str, Any]]) -> list[Step]:
    """The steps of a unit's stream."""
    return [_STEP.validate_python(dict(r)) for r in rows]


def plan_versions(rows: Sequence[Mapping[str, Any]]) -> list[PlanVersion]:
    """The versions of somebody's annual plan."""
    return [_VERSION.validate_python(dict(r)) for r in rows]


_STEP = TypeAdapter(Step)
_VERSION = TypeAdapter(PlanVersion)
