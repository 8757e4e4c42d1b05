"""I4: everybody who acted had the role and the capacity at that moment.

Derived from the stored context without the decider: the act, the turn and the definition say
which role it takes, the chain of posts says who had it. And the context must be what the posts,
holdings and mandates say that were known then, in a version that was in force.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import product
from typing import Any, Protocol
from uuid import UUID

from audit.fold import Moment, find_turn
from audit.history import History
from audit.page import Calendars, Row
from audit.report import Tally
from domain.definition import process_of
from domain.distribution import spread_in
from domain.organisation import Organisation
from domain.packs import rules_version
from domain.plan import superior_of
from domain.process import AFTER_THE_END, ASIDE, EVERYWHERE, InvalidProcess, Process
from domain.rulebook import Rulebook
from domain.succession import is_by_organisation
from domain.working_calendar import WorkingCalendar
from schemas.code import Act, Capacity, EventKind, Role, Stage
from schemas.error import Refusal
from schemas.event import EventCapacity
from schemas.file import Chain, Context, FileState, PlanInForce, SuperiorPlan, UnitPredicate
from schemas.identifier import FileKey
from schemas.organisation import Seat
from storage.ledger import context_at


class Predicates(Protocol):
    """What is known of the predicates of units."""

    def possible(
        self, unit: str, period: str, at: datetime, recorded_at: datetime
    ) -> list[UnitPredicate | None]:
        """What a decision about an instant may have gone by."""


class AnnualPlans(Protocol):
    """What is known of people's annual plans."""

    def possible(
        self, file: FileKey, at: datetime, recorded_at: datetime, calendar: WorkingCalendar
    ) -> list[PlanInForce | None]:
        """Which version a decision about an instant may have gone by."""

    def awaited(
        self, file: FileKey, person: UUID | None, at: datetime, recorded_at: datetime
    ) -> list[SuperiorPlan | None]:
        """What a decision about an instant may have known of the plan of somebody above."""


def check_actor(moment: Moment, rules: Rulebook, tally: Tally) -> None:
    """Whether the actor of an event had the role that the act took, in the capacity stated."""
    event, context, before = moment.event, moment.link.context, moment.before
    if not moment.is_known or context is None or before is None or event.act is None:
        return
    if event.kind is EventKind.DELIVERED:
        return  # nobody's act, but what a signature brings about
    tally.count()
    if event.actor is None or event.capacity is None:
        tally.problem(f"{event.act} by nobody", moment.where)
        return
    try:
        roles = _roles(Act(event.act), moment, process_of(before, rules))
    except (InvalidProcess, ValueError):
        return  # the path (I3) is what is wrong
    if not roles:
        return
    seats = [found for role in roles for found in _seats(role, before, context)]
    mine = [(seat, behalf) for seat, behalf in seats if seat.person == event.actor]
    if not mine:
        wanted = " or ".join(roles)
        tally.problem(f"{event.actor} was not {wanted} on that day", moment.where)
    elif not any(_sits(seat, event.capacity) for seat, _ in mine):
        tally.problem(f"{event.actor} did not act from {event.capacity.post}", moment.where)
    elif not any(
        behalf == event.on_behalf_of for seat, behalf in mine if _sits(seat, event.capacity)
    ):
        tally.problem("it is recorded as done on behalf of somebody else", moment.where)


def _sits(seat: Seat, capacity: EventCapacity) -> bool:
    return (seat.post, seat.capacity, seat.decree) == (
        capacity.post,
        capacity.capacity,
        capacity.decree,
    )


def _roles(act: Act, moment: Moment, process: Process) -> list[Role]:
    """The roles that may do the act in the state before it; none if it was not possible (I3)."""
    before = moment.before
    assert before is not None, "an act has a state before it"  # noqa: S101
    turn = find_turn(process, before)
    if act in AFTER_THE_END:
        return [AFTER_THE_END[act]]
    if turn is None:
        return []
    roles = [turn.awaits] if act in turn.acts else []
    roles += [s.by for s in turn.standing(act, is_overdue=True)]
    roles += [process.always[act].by] if act in process.always else []
    awaited = [
        Role.SUPERIOR if role is Role.SUPERVISOR and before.is_delegated else role for role in roles
    ]
    return [*awaited, *EVERYWHERE.get(act, ()), *([ASIDE[act]] if act in ASIDE else [])]


def _seats(role: Role, state: FileState, context: Context) -> Iterator[tuple[Seat, UUID | None]]:
    """Everybody who has a role, with the seat and whom he stands in for; never on his own file."""
    chain, person = context.chain, state.file.person
    if role is Role.EMPLOYEE:
        stand_in = Seat(person=person, post=state.post, capacity=Capacity.DEFINITIVE)
        yield chain.employee or stand_in, None
        return
    found: list[tuple[Seat | None, UUID | None]] = []
    if role is Role.SUPERVISOR:
        found = [(chain.supervisor, None)]
        if chain.supervisor is not None:
            found += [(seat, chain.supervisor.person) for seat in chain.mandated]
    elif role is Role.SUPERIOR:
        found = [(_superior(state, chain), None)]
    elif role is Role.HR:
        found = [(context.hr_actor, None)]
    elif role is Role.FORMER_SUPERVISOR and context.former is not None:
        found = [(context.former.seat, None)]
    yield from ((seat, behalf) for seat, behalf in found if seat and seat.person != person)


def _superior(state: FileState, chain: Chain) -> Seat | None:
    """The superior; of an objection to what he has signed as appraiser, whoever stands above him."""
    seat = chain.superior if chain.superior is not None else chain.supervisor
    signed = state.supervisor_signature
    is_his = seat is not None and signed is not None and signed.person == seat.person
    if state.stage is Stage.OBJECTION and is_his and chain.superior_boss is not None:
        return chain.superior_boss
    return seat


class ContextCheck:
    """Compares contexts with the organisation as it was known then."""

    def __init__(
        self,
        history: History,
        predicates: Predicates,
        plans: AnnualPlans,
        calendars: Calendars,
        tally: Tally,
    ) -> None:
        self._history = history
        self._predicates = predicates
        self._plans = plans
        self._calendars = calendars
        self._tally = tally
        # A day's context is the same for everything that one person does on it to one file.
        self._file: FileKey | None = None
        self._known: dict[tuple[str, date, UUID | None, str, int, int, int], Context] = {}

    @property
    def rules(self) -> Rulebook:
        """The organisation's rules as they are known by now."""
        return self._history.rules

    def compare(self, moment: Moment, command: Row | None) -> None:
        """The context of one event, which the actor of its command, or an outgoing owner, is part of."""
        context = moment.link.context
        if not moment.is_known or context is None:
            return
        calendar = self._calendars.find(context.calendar)
        if calendar is None:
            return
        asker, at = _asker(moment, command), moment.event.happened_at
        recorded_at = moment.link.row["recorded_at"]
        self._tally.count()
        possible = self._history.in_force(at, recorded_at)
        if context.moved is not None:  # one change after the other, however late
            taken = self._history.calendars.known(context.moved.version)
            possible = [o.under(o.rules, taken) for o in possible]
        used = _used(context, possible)
        if isinstance(used, str):
            self._tally.problem(used, moment.where)
            return
        if not self._history.is_calendar(context.calendar, used.calendars, moment.after.unit):
            self._tally.problem("its calendar is not the one known then", moment.where)
            return
        wanted = self.by(used, moment.after, at, asker, calendar)
        facts = list(
            self._facts(moment.before, wanted.chain, moment.after, at, recorded_at, calendar)
        )
        kept = {name: getattr(context, name) for name in facts[0]}
        if kept not in facts:
            names = [n for n, value in kept.items() if value not in [f[n] for f in facts]]
            what = f"its context is not what was said by then: {', '.join(names)}"
            self._tally.problem(what, moment.where)
            return
        kept |= {"distribution": context.distribution, "moved": context.moved}
        wanted = wanted.model_copy(update=kept)
        if wanted != context:
            what = f"its context is not what the posts of that day say: {_differs(wanted, context)}"
            self._tally.problem(what, moment.where)

    def at(
        self,
        state: FileState,
        at: datetime,
        recorded_at: datetime,
        actor: UUID | None,
        refusal: Refusal | None = None,
    ) -> Iterator[tuple[Context, WorkingCalendar]]:
        """The contexts that a decision about an instant may have had, each with its calendar.

        A spread of predicates is that of the refusal it led to, which names it.
        """
        spread = {"distribution": spread_in(refusal)}
        for organisation in self._history.in_force(at, recorded_at):
            calendar = organisation.calendars.of(state.unit)
            found = self.by(organisation, state, at, actor, calendar)
            for each in self._facts(state, found.chain, state, at, recorded_at, calendar):
                yield found.model_copy(update=each | spread), calendar

    def _facts(
        self,
        before: FileState | None,
        chain: Chain,
        state: FileState,
        at: datetime,
        recorded_at: datetime,
        calendar: WorkingCalendar,
    ) -> Iterator[dict[str, Any]]:
        """What other streams may have said to a decision about an instant, as a context has it."""
        units = self._predicates.possible(state.unit, state.file.period, at, recorded_at)
        plans = self._plans.possible(state.file, at, recorded_at, calendar)
        person = superior_of(process_of(state, self.rules), before, chain)
        above = self._plans.awaited(state.file, person, at, recorded_at)
        for unit, plan, superior in product(units, plans, above):
            yield {"unit_predicate": unit, "plan": plan, "superior_plan": superior}

    def by(
        self,
        organisation: Organisation,
        state: FileState,
        at: datetime,
        actor: UUID | None,
        calendar: WorkingCalendar,
    ) -> Context:
        """The context of an instant by the posts, holdings and mandates of one version."""
        if self._file != state.file:
            self._file, self._known = state.file, {}
        on = calendar.local_date(at)
        key = (
            *(state.post, on, actor, calendar.version),
            *(organisation.version, organisation.rules.version, organisation.calendars.version),
        )
        if key not in self._known:
            self._known[key] = context_at(organisation, calendar, state.file, state.post, at, actor)
        return self._known[key]


def _asker(moment: Moment, command: Row | None) -> UUID | None:
    """Whose seats a context has besides: the actor's, or those of whom a change takes a task from."""
    if command is not None:
        actor: UUID | None = command["actor"]
        return actor
    is_change = is_by_organisation(moment.event.kind)
    return moment.before.owner if is_change and moment.before is not None else None


def _used(context: Context, possible: Sequence[Organisation]) -> Organisation | str:
    """What a context says it comes from, or that this was not in force."""
    version = rules_version(context.rules)
    found = [o for o in possible if o.version == context.organisation]
    if not found:
        return f"version {context.organisation} of the organisation was not in force"
    found = [o for o in found if o.rules.version == version]
    if not found:
        return f"rules {context.rules} were not in force"
    changes = context.calendar_changes
    used = next((o for o in found if o.calendars.version == changes), None)
    return f"change {changes} of the calendar was not the last one" if used is None else used


def _differs(wanted: Context, context: Context) -> str:
    names = [
        name
        for name in type(context.chain).model_fields
        if getattr(wanted.chain, name) != getattr(context.chain, name)
    ]
    rest = ("hr_actor", "former", "away", "died_on")
    names += [name for name in rest if getattr(wanted, name) != getattr(context, name)]
    return ", ".join(names)
