"""The state of a file and the context of a decision: codes, counts and instants, never a text."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from schemas.code import End, OrganisationPredicate, Predicate, Rating, Role, Stage
from schemas.file_body import ObjectionOutcome, WithdrawalCause
from schemas.identifier import FileKey
from schemas.instant import Instant
from schemas.organisation import Seat


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProcessId(_Frozen):
    """A process definition and its version; a file keeps the one it began with.

    ``rules`` is the version of the organisation's rules (how many it had set for itself) that the
    definition's numbers come from: the one of the instant at which the period was opened.
    """

    id: str
    version: int
    rules: int = 0

    def __str__(self) -> str:
        return f"{self.id}/{self.version}/{self.rules}"


class Owed(_Frozen):
    """What was still owed when a file ended without a rating, and by whom."""

    turn: str
    role: Role
    person: UUID | None


class UnitPredicate(_Frozen):
    """What a unit's predicate is, and by which event of its stream."""

    predicate: OrganisationPredicate
    number: int


class Distribution(_Frozen):
    """How predicates are spread where a file belongs, itself included.

    ``organisation`` is the predicate of the unit that they are looked at under; ``units`` are
    those looked at together (a small one with its parent).
    """

    organisation: OrganisationPredicate
    units: tuple[str, ...]
    counts: dict[Predicate, int]


class PlanInForce(_Frozen):
    """Which version of an annual plan (SKP) holds, and by which event of the annual file's stream."""

    version: int
    number: int


class SuperiorPlan(_Frozen):
    """Whose annual plan others wait for, and the version of it that is agreed; None until then."""

    person: UUID
    agreed: PlanInForce | None = None


class RungTime(_Frozen):
    """When one coming wake-up of a visit is due, where a changed calendar has moved it."""

    rung: str
    at: Instant


class Postponed(_Frozen):
    """A rung that is given later, because whom it would tell is on leave."""

    rung: str
    at: Instant


class CalendarMove(_Frozen):
    """A change of the calendar that a decision takes in: its number, and the calendar without it.

    ``may_go_back`` if it adds working days, so that dates may come earlier.
    """

    version: int
    before: str
    may_go_back: bool


class FileState(_Frozen):
    """Everything a decision about a file may depend on, besides its context.

    It is the fold of the file's events; ``siklus check`` compares the two. ``version`` rises only
    when stage, awaited role or content changes, so it is what a form carries; ``visit`` rises
    whenever the turn or the awaited role changes and gives reminders their identity.

    ``proposed`` are the results of a plan that waits for agreement, ``planned`` those of the plan
    that both have agreed, which is the one in force; ``plan_version`` counts the latter.
    ``superior_plan`` is the plan that this one waits or waited for, with the version it was let
    through by; without a version it went on alone once it no longer waited. ``times`` are the coming
    wake-ups of the present visit, once a changed calendar has moved them; until then they follow
    from the calendar alone.

    ``owner`` is whom the file waits for and who has been told so; None where nobody has the role.
    """

    file: FileKey
    unit: str
    post: str
    process: ProcessId
    stage: Stage
    turn: str
    visit: int
    version: int
    awaits: Role | None
    owner: UUID | None = None
    entered_at: Instant
    due_at: Instant | None
    times: tuple[RungTime, ...] | None = None
    done_rungs: tuple[str, ...] = ()
    postponed: tuple[Postponed, ...] = ()
    told: tuple[UUID, ...] = ()
    is_delegated: bool = False
    passed_over: tuple[str, ...] = ()
    expired_turn: str | None = None
    expired_at: Instant | None = None
    plan_version: int = 0
    proposed: tuple[str, ...] = ()
    planned: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()
    work_result: Rating | None = None
    behaviour: Rating | None = None
    predicate: Predicate | None = None
    supervisor_signature: Seat | None = None
    employee_signature: Seat | None = None
    delivered_at: Instant | None = None
    unit_predicate: UnitPredicate | None = None
    superior_plan: SuperiorPlan | None = None
    objected_at: Instant | None = None
    objection: ObjectionOutcome | None = None
    is_suspended: bool = False
    withdrawal: WithdrawalCause | None = None
    owed: Owed | None = None
    end: End | None = None
    ended_at: Instant | None = None

    @property
    def is_closed(self) -> bool:
        """The file has ended; nothing can change it any more."""
        return self.end is not None


class Chain(_Frozen):
    """Who is who to one file on one day, resolved from posts, holdings and mandates."""

    employee: Seat | None
    supervisor: Seat | None
    superior: Seat | None
    superior_boss: Seat | None
    unit_head: Seat | None
    unit_superior: Seat | None
    hr_head: Seat | None
    sekda: Seat | None
    mandated: tuple[Seat, ...] = ()

    def holder_for(self, role: Role, state: FileState) -> Seat | None:
        """Who has a role for a file as it stands; see :meth:`holder`."""
        return self.holder(role, state.stage, state.supervisor_signature)

    def holder(self, role: Role, stage: Stage, signed: Seat | None) -> Seat | None:
        """Who has a role in a stage. Where nobody stands above, the supervisor is his own superior.

        ``signed`` is who has signed the file's result as its appraiser.
        """
        match role:
            case Role.EMPLOYEE:
                return self.employee
            case Role.SUPERVISOR:
                return self.supervisor
            case Role.SUPERIOR if stage is Stage.OBJECTION:
                return self._decider(signed)
            case Role.SUPERIOR:
                return self.superior or self.supervisor
            case Role.HR:
                return self.hr_head
            case Role.UNIT_HEAD:
                return self.unit_head
            case Role.UNIT_SUPERIOR:
                return self.unit_superior or self.unit_head
            case Role.FORMER_SUPERVISOR:
                return None  # of a context, and of nobody's day

    def _decider(self, signed: Seat | None) -> Seat | None:
        """Who decides on an objection: the superior of whoever signed the result as its appraiser.

        Where the superior has appraised himself, as after a delegation, that is whoever stands
        above him; where nobody does, he himself (PP 30/2019 article 59; ADR 0026).
        """
        if self.superior is None or signed is None or signed.person != self.superior.person:
            return self.superior or self.supervisor
        return self.superior_boss or self.superior


class Away(_Frozen):
    """Somebody of a chain who is on leave that day, and the last day of it."""

    person: UUID
    until: date


class Former(_Frozen):
    """From where somebody was the supervisor, and on which days the last time."""

    seat: Seat
    first: date
    last: date


class Context(_Frozen):
    """What a decision needs from outside the file; stored by value, so it can be taken again.

    ``hr_actor`` is the seat of a command's actor in the HR office, where there is one; ``former``
    the one from which he was the supervisor, if he is so no more; where a change of the
    organisation is what is decided, both are those of the owner whom it takes the task from;
    ``organisation`` the version of posts, holdings and mandates that all of it comes from;
    ``unit_predicate`` is that of the file's unit in its period, once it is set; ``plan`` the
    version of the person's annual plan that a periodic file is bound to, once there is one.
    ``superior_plan`` is there where the file is before a gate that waits for it, and somebody owes
    it or has it agreed; ``distribution`` where an act is weighed against the spread of predicates.
    ``calendar_changes`` is how many changes the organisation had made to its calendar, ``moved``
    the one that the decision is about, if it is about one.
    ``away`` are those of the chain who are on leave; ``died_on`` is the day of the employee's death.
    """

    chain: Chain
    hr_actor: Seat | None = None
    former: Former | None = None
    organisation: int
    unit_predicate: UnitPredicate | None = None
    distribution: Distribution | None = None
    plan: PlanInForce | None = None
    superior_plan: SuperiorPlan | None = None
    away: tuple[Away, ...] = ()
    died_on: date | None = None
    calendar: str
    calendar_changes: int = 0
    moved: CalendarMove | None = None
    rules: str
