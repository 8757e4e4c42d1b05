"""What other streams say that decisions about a file go by, as it was read with the file."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from domain.decision import Rules
from domain.plan import AnnualPlan, PlanVersion, binding, superior_of
from domain.unit import Step, first_set, in_force
from schemas.file import Context, FileState
from schemas.identifier import FileKey
from storage.clock import Connection
from storage.query import queries
from storage.succession import Death, read_deaths


class DecideFirst(Exception):
    """The file stands before a gate, and a command of the stream that opens it is undecided.

    It may have been received before what the file is asked about now, so it goes first.
    """

    def __init__(self, stream: str, command_id: UUID) -> None:
        super().__init__("a command of another stream is to be decided first")
        self.stream = stream
        self.command_id = command_id


class MissingSuperior(LookupError):
    """A decision needs to know how a superior's plan stands; read it and begin again."""

    def __init__(self, file: FileKey) -> None:
        super().__init__("the plan of a superior has not been read")
        self.file = file


@dataclass(frozen=True, slots=True)
class Outside:
    """What one file's decisions go by.

    Attributes:
        unit: the steps of its unit.
        plans: the versions of its person's annual plan.
        superiors: how the plans of those stand whom it may have to wait for, as far as read.
        deaths: what is on record of its person's death.
    """

    unit: Sequence[Step]
    plans: Sequence[PlanVersion]
    superiors: dict[UUID, AnnualPlan] = field(default_factory=dict)
    deaths: Sequence[Death] = ()

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Outside":
        """What was read with a file, or with the roster row it is opened from."""
        steps, plans = unit_steps(row["unit_steps"]), plan_versions(row["plans"])
        return cls(steps, plans, deaths=read_deaths(row["deaths"]))

    def add_to(
        self, context: Context, file: FileKey, before: FileState | None, at: datetime, rules: Rules
    ) -> Context:
        """A context with what was said by an instant, for a decision on the file as it was before.

        Raises:
            MissingSuperior: if it has to know of a plan that has not been read.
        """
        plan = binding(self.plans, file, at, rules.calendar)
        person = superior_of(rules.process, before, context.chain)
        above = None if person is None else self._superior(file, person).awaited(person, at)
        told = {
            "unit_predicate": in_force(self.unit, at),
            "plan": None if plan is None else plan.cited,
            "superior_plan": above,
        }
        return context.model_copy(update=told)

    def gate_opens(self, state: FileState) -> datetime | None:
        """Since when the fact is there that the gate of a state waits for.

        Raises:
            MissingSuperior: if that is a plan which has not been read.
        """
        if state.turn != "superior_plan":
            return first_set(self.unit)
        if state.superior_plan is None:
            return None
        return self._superior(state.file, state.superior_plan.person).stands_since

    def _superior(self, file: FileKey, person: UUID) -> AnnualPlan:
        if person not in self.superiors:
            raise MissingSuperior(file.model_copy(update={"person": person}))
        return self.superiors[person]


def unit_steps(rows: Sequence[Mapping[str, Any]]) -> list[Step]:
    """The steps of a unit's stream."""
    return [_STEP.validate_python(dict(r)) for r in rows]


def plan_versions(rows: Sequence[Mapping[str, Any]]) -> list[PlanVersion]:
    """The versions of somebody's annual plan."""
    return [_VERSION.validate_python(dict(r)) for r in rows]


async def read_superior(
    connection: Connection, file: FileKey, under_way: Collection[str] = ()
) -> AnnualPlan:
    """How the plan of an annual file stands, once everything is decided that was stored on it.

    Whoever is just storing something holds the stream's lock, and has stamped it: so what is read
    here is all that was received before.

    Args:
        connection: inside the caller's transaction.
        file: whose plan somebody waits for.
        under_way: streams that are being decided already, and wait for this answer.

    Raises:
        DecideFirst: if a command waits there that may open the gate.
    """
    q = queries("ledger")
    await q.lock_stream(connection, stream=file.stream)
    command_id = await q.read_newest_undecided(connection, stream=file.stream)
    if command_id is not None and file.stream not in under_way:
        raise DecideFirst(file.stream, command_id)
    row = await q.read_superior(
        connection, org=file.org, period=file.period, kind=file.kind, person=file.person
    )
    if row is None:
        return AnnualPlan()
    return AnnualPlan(True, plan_versions(row["plans"]), row["ended_at"])


_STEP = TypeAdapter(Step)
_VERSION = TypeAdapter(PlanVersion)
