"""Makers of valid things: a test names only what matters to it, the rest is random.

Randomness comes from :mod:`random`, which the test runner seeds anew for each test and prints.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue

from domain.authority import resolve_chain
from domain.deadline import next_wake
from domain.decide import decide
from domain.decision import Fact, Rules
from domain.definition import definition
from domain.organisation import Organisation
from domain.plan import superior_of
from domain.process import ENDS, MONTHLY, Process, Turn
from domain.rating import rules_text
from domain.regulation import load as load_rules
from domain.timeline import advance, opened
from domain.working_calendar import ZONE
from domain.working_calendar import load as load_calendar
from schemas.code import (
    Act,
    Capacity,
    Level,
    Office,
    OrganisationPredicate,
    Rating,
    Role,
    Via,
)
from schemas.command import StoredCommand
from schemas.error import Refusal
from schemas.file import Context, FileState, PlanInForce, SuperiorPlan, UnitPredicate
from schemas.identifier import FileKey
from schemas.organisation import Holding, Mandate, Post
from schemas.period import BULANAN, Period, PeriodKind

START = date(2020, 1, 1)
ORG = "kota-contoh"
MARCH = "2026-03"
RULES = Rules(definition(MONTHLY, MARCH, load_rules()), load_calendar())
CALENDAR = RULES.calendar

# The unit has had its predicate for ever, so that files pass their gate; tests of it say otherwise.
SET = UnitPredicate(predicate=OrganisationPredicate.GOOD, number=0)
AGREED = PlanInForce(version=1, number=3)
SET_AT = datetime(2020, 1, 1, tzinfo=UTC)

TURNS = tuple(t.name for t in RULES.process.turn)


def uuid() -> UUID:
    """A random id, from the test's own seed."""
    return UUID(int=random.getrandbits(128), version=4)


def unique_cast() -> "Cast":
    """People nobody else has met: for tests that share a server with others of the same seed."""
    return Cast(*(uuid4() for _ in fields(Cast)))


def wib(month: int, day: int, hour: int = 9, minute: int = 0, second: int = 0) -> datetime:
    """An instant of 2026 as a clock on a wall in Pangkalpinang shows it, in UTC."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=ZONE).astimezone(UTC)


def words() -> str:
    """A text somebody might have written."""
    return " ".join(random.choices(["rapi", "tepat", "baik", "data", "warga", "jalan"], k=4))  # noqa: S311


@dataclass(frozen=True)
class Cast:
    """The people round one file, from the employee up to the Sekda, and the HR office."""

    employee: UUID = field(default_factory=uuid)
    supervisor: UUID = field(default_factory=uuid)
    superior: UUID = field(default_factory=uuid)
    unit_head: UUID = field(default_factory=uuid)
    sekda: UUID = field(default_factory=uuid)
    mayor: UUID = field(default_factory=uuid)
    hr_head: UUID = field(default_factory=uuid)
    hr: UUID = field(default_factory=uuid)
    stranger: UUID = field(default_factory=uuid)

    def people(self) -> list[UUID]:
        """Everybody, in no special order."""
        return list(vars(self).values())

    def acting_for(self, state: FileState) -> UUID:
        """Whoever the file waits for."""
        assert state.awaits is not None, "a closed file waits for nobody"
        return self.in_role(state.awaits)

    def in_role(self, role: Role) -> UUID:
        """Who has a role."""
        match role:
            case Role.EMPLOYEE:
                return self.employee
            case Role.SUPERVISOR:
                return self.supervisor
            case Role.SUPERIOR:
                return self.superior
            case Role.HR:
                return self.hr
            case Role.UNIT_HEAD:
                return self.unit_head
            case Role.UNIT_SUPERIOR:
                return self.sekda


POSTS = (
    Post(id="mayor", unit="kota", superior=None, level=Level.REGIONAL_HEAD, office=None, from_on=START),
    Post(id="sekda", unit="setda", superior="mayor", level=Level.JPT, office=Office.SEKDA, from_on=START),
    Post(id="head", unit="dinas", superior="sekda", level=Level.JPT, office=None, from_on=START),
    Post(id="chief", unit="dinas", superior="head", level=Level.ADMINISTRATOR, office=None, from_on=START),
    Post(id="boss", unit="dinas", superior="chief", level=Level.SUPERVISOR, office=None, from_on=START),
    Post(id="staff", unit="dinas", superior="boss", level=Level.STAFF, office=None, from_on=START),
    Post(id="other", unit="dinas", superior="boss", level=Level.STAFF, office=None, from_on=START),
    Post(id="hr head", unit="bkpsdmd", superior="sekda", level=Level.JPT, office=None, from_on=START),
    Post(id="hr clerk", unit="bkpsdmd", superior="hr head", level=Level.STAFF, office=Office.HR, from_on=START),
)  # fmt: skip


def holding(
    person: UUID,
    post: str,
    capacity: Capacity = Capacity.DEFINITIVE,
    from_on: date = START,
    to_on: date | None = None,
) -> Holding:
    """Somebody in a post."""
    decree = None if capacity is Capacity.DEFINITIVE else "SK 1"
    return Holding(
        person=person, post=post, capacity=capacity, decree=decree, from_on=from_on, to_on=to_on
    )


def mandate(
    person: UUID, post: str = "boss", from_on: date = START, to_on: date | None = None
) -> Mandate:
    """An order that lets somebody act for a post."""
    return Mandate(person=person, post=post, decree="SK 9", from_on=from_on, to_on=to_on)


def holdings(cast: Cast, vacant: tuple[str, ...] = ()) -> list[Holding]:
    """Everybody of the cast in his post, but for the vacant ones."""
    held = {
        "mayor": cast.mayor,
        "sekda": cast.sekda,
        "head": cast.unit_head,
        "chief": cast.superior,
        "boss": cast.supervisor,
        "staff": cast.employee,
        "other": cast.stranger,
        "hr head": cast.hr_head,
        "hr clerk": cast.hr,
    }
    return [holding(person, post) for post, person in held.items() if post not in vacant]


def organisation(
    cast: Cast,
    *more: Holding,
    vacant: tuple[str, ...] = (),
    mandates: tuple[Mandate, ...] = (),
) -> Organisation:
    """A small city: mayor, Sekda, one department of four levels, and the HR office."""
    return Organisation.of(POSTS, [*holdings(cast, vacant), *more], mandates, version=1)


def file_key(
    cast: Cast, period: str = MARCH, org: str = ORG, kind: PeriodKind = BULANAN
) -> FileKey:
    """The employee's file, of a month unless another kind is asked for."""
    return FileKey(org=org, period=period, kind=kind, person=cast.employee)


def context(
    organisation: Organisation,
    file: FileKey,
    at: datetime,
    actor: UUID | None = None,
    rules: Rules = RULES,
    post: str = "staff",
    unit_predicate: UnitPredicate | None = SET,
    superior_plan: SuperiorPlan | None = None,
) -> Context:
    """Who is who to a file at an instant; its unit has a predicate unless told otherwise.

    Nobody above owes a plan unless told otherwise.
    """
    on = rules.calendar.local_date(at)
    return Context(
        chain=resolve_chain(organisation, file, post, on),
        hr_actor=organisation.hr_seat(actor, on) if actor else None,
        organisation=organisation.version,
        unit_predicate=unit_predicate,
        superior_plan=superior_plan,
        calendar=rules.calendar.version,
        rules=rules_text(organisation.rules.version),
    )


def rating() -> Rating:
    """Any rating."""
    return random.choice(list(Rating))  # noqa: S311


def _other_ratings(state: FileState) -> tuple[Rating, Rating]:
    pairs = [(w, b) for w in Rating for b in Rating]
    return random.choice([p for p in pairs if p != (state.work_result, state.behaviour)])  # noqa: S311


def _upheld(state: FileState) -> dict[str, JsonValue]:
    work_result, behaviour = _other_ratings(state)
    return {
        "outcome": "upheld",
        "reasons": words(),
        "work_result": work_result,
        "behaviour": behaviour,
    }


_BODIES: dict[Act, Callable[[FileState], JsonValue]] = {
    Act.SUBMIT_PLAN: lambda state: {
        "results": [
            {"id": f"r{n}", "result": words(), "indicator": words(), "target": words()}
            for n in range(random.randint(1, 4))  # noqa: S311
        ]
    },
    Act.RETURN_PLAN: lambda state: {"reason": words()},
    Act.AGREE_PLAN: lambda state: {},
    Act.REVISE_PLAN: lambda state: {
        **_BODIES[Act.SUBMIT_PLAN](state),  # type: ignore[dict-item]
        "cause": "budget",
        "reason": words(),
    },
    Act.SUBMIT_REPORT: lambda state: {
        "results": [
            {"id": result, "realisation": words(), "evidence": words()}
            for result in state.planned or ("x1",)
        ]
    },
    Act.RETURN_REPORT: lambda state: {"reason": words()},
    Act.SCORE: lambda state: {
        "work_result": rating(),
        "work_result_reason": words(),
        "behaviour": rating(),
        "behaviour_reason": words(),
    },
    Act.GIVE_FEEDBACK: lambda state: {
        "strengths": words(),
        "improvements": words(),
        "agreed_actions": words(),
    },
    Act.RESPOND_TO_FEEDBACK: lambda state: {"response": words()},
    Act.RECORD_MEETING: lambda state: {
        "held_on": state.file.parsed_period.starts_on.isoformat(),
        "attendance": ["employee", "supervisor"],
        "minutes": words(),
    },
    Act.SIGN: lambda state: {},
    Act.OBJECT: lambda state: {"reasons": words()},
    Act.DECIDE_OBJECTION: _upheld,
    Act.WITHDRAW: lambda state: {"cause": "death", "reason": words()},
}


def body(act: Act, state: FileState, **changed: JsonValue) -> JsonValue:
    """A complete body of an act, fit for the file as it stands."""
    made = _BODIES[act](state)
    assert isinstance(made, dict), "every body is an object"
    return {**made, **changed}


def command(
    state: FileState,
    act: Act,
    actor: UUID | None,
    at: datetime,
    *,
    version: int | None = None,
    command_id: UUID | None = None,
    said: JsonValue = None,
    **changed: JsonValue,
) -> StoredCommand:
    """A stored command; ``said`` replaces its body, ``changed`` some of its fields."""
    return StoredCommand(
        id=command_id or uuid(),
        stream=state.file.stream,
        act=act,
        actor=actor,
        body=said if said is not None else body(act, state, **changed),
        expected_version=version,
        via=Via.SHELL,
        os_user="tester",
        received_at=at,
    )


Leg = tuple[Act, Role | None] | None  # an act, by whom if not by the awaited; or time


def is_gate(process: Process, name: str) -> bool:
    """Whether a turn is one that opens by itself."""
    return name not in ENDS and process.find(name).opens is not None


def _legs(turn: Turn) -> Iterator[tuple[Leg, str]]:
    yield from (((act, None), to) for act, to in turn.acts.items())
    yield from (((act, beside.by), beside.to) for act, beside in turn.beside.items())
    if turn.expires is not None:
        yield None, turn.expires.to


def way(process: Process, here: str, there: str) -> list[Leg]:
    """The fewest acts and expiries that take a file from one turn to another; acts go first.

    Gates are open, unless the way leads to one.
    """
    ways: dict[str, list[Leg]] = {here: []}
    todo = [here]
    for waits in (False, True):
        todo = list(ways)
        while there not in ways and todo:
            turn = todo.pop(0)
            for leg, onward in () if turn in ENDS else _legs(process.find(turn)):
                to = onward
                if is_gate(process, onward) and onward != there:
                    gate = process.find(onward).opens
                    assert gate is not None
                    to = gate.to
                if to not in ways and (waits or leg is not None):
                    ways[to] = [*ways[turn], leg]
                    todo.append(to)
    return ways[there]


@dataclass
class Story:
    """One file played through the decider by hand, act by act; nothing but pure functions."""

    cast: Cast = field(default_factory=Cast)
    rules: Rules = RULES
    period: str = ""
    at: datetime = field(default_factory=lambda: wib(3, 2))
    city: Organisation | None = None
    unit_set_at: datetime | None = SET_AT
    superior_agreed_at: datetime | None = SET_AT
    state: FileState = field(init=False)
    facts: list[Fact] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.city = self.city or organisation(self.cast)
        months = self.rules.process.cadence.months
        self.period = self.period or str(Period.containing(Period.parse(MARCH).starts_on, months))
        self._open()

    def _open(self) -> None:
        self.state, self.facts = None, []  # type: ignore[assignment]  # nothing is there before it
        resolved = self.resolve(self.at, None)
        fact = opened(self.key, "dinas", "staff", self.at, resolved, self.rules)
        self.facts.append(fact)
        self.state = fact.after

    @property
    def key(self) -> FileKey:
        """The file."""
        return file_key(self.cast, self.period, kind=self.rules.process.id)

    def resolve(self, at: datetime, actor: UUID | None) -> Context:
        """Who is who at an instant."""
        assert self.city is not None, "a story has a city"
        is_set = self.unit_set_at is not None and self.unit_set_at <= at
        found = SET if is_set else None
        made = context(self.city, self.key, at, actor, self.rules, unit_predicate=found)
        person = superior_of(self.rules.process, self.state, made.chain)
        if person is None:
            return made
        since = self.superior_agreed_at
        above = SuperiorPlan(person=person, agreed=AGREED if since and since <= at else None)
        return made.model_copy(update={"superior_plan": above})

    def gate_opens(self, state: FileState) -> datetime | None:
        """Since when the fact is there that a gate waits for."""
        return self.superior_agreed_at if state.turn == "superior_plan" else self.unit_set_at

    def decide(
        self, act: Act, actor: UUID | None = None, at: datetime | None = None, **options: Any
    ) -> tuple[Fact, ...] | Refusal:
        """What the decider says; the file stays as it is. The actor is whoever is awaited."""
        if actor is None:
            actor = self.cast.acting_for(self.state)
        at = at or self.at
        made = command(self.state, act, actor, at, **options)
        return decide(self.state, made, self.resolve(at, actor), self.rules)

    def act(
        self, act: Act, actor: UUID | None = None, at: datetime | None = None, **options: Any
    ) -> FileState:
        """Do it, and have the file go on from there."""
        self.at = at or self.at + timedelta(minutes=1)
        decided = self.decide(act, actor, self.at, **options)
        assert not isinstance(decided, Refusal), decided
        self.facts += decided
        self.state = decided[-1].after
        return self.state

    def wait(self, until: datetime) -> "Story":
        """Let time pass, and do to the file whatever it does."""
        for step in advance(self.state, [], until, self.resolve, self.rules, self.gate_opens):
            self.facts += step.facts
            self.state = step.facts[-1].after
        self.at = max(self.at, until)
        return self

    def until(self, turn: str) -> "Story":
        """Take the shortest way to a turn, or to an end that acts lead to."""
        if is_gate(self.rules.process, turn):
            self.unit_set_at = self.superior_agreed_at = None
            if turn == self.rules.process.first:
                self._open()
        for leg in way(self.rules.process, self.state.turn, turn):
            if leg is None:
                self._let_it_expire()
            else:
                act, by = leg
                self.act(act, None if by is None else self.cast.in_role(by))
        return self

    def _let_it_expire(self) -> None:
        here = self.state.visit
        while self.state.visit == here:
            wake = next_wake(self.state, self.rules.process, self.rules.calendar)
            assert wake is not None, "an open turn expires"
            self.wait(wake.at)


def story_at(turn: str, **options: Any) -> Story:
    """A file that has just come to a turn."""
    return Story(**options).until(turn)
