"""Makers of valid things: a test names only what matters to it, the rest is random.

Randomness comes from :mod:`random`, which the test runner seeds anew for each test and prints.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from pydantic import JsonValue

from domain.authority import away_of, resolve_chain
from domain.decision import Rules
from domain.definition import definition
from domain.interim import former_of
from domain.organisation import Organisation
from domain.packs import rules_text
from domain.process import MONTHLY
from domain.regulation import load as load_rules
from domain.working_calendar import ZONE
from domain.working_calendar import load as load_calendar
from schemas.code import (
    Act,
    Capacity,
    Change,
    Level,
    Office,
    OrganisationPredicate,
    Rating,
    Role,
    Stage,
    Via,
)
from schemas.command import StoredCommand
from schemas.file import Context, FileState, PlanInForce, SuperiorPlan, UnitPredicate
from schemas.identifier import FileKey
from schemas.organisation import DatedChange, Holding, Mandate, Post
from schemas.period import BULANAN, PeriodKind

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
        signed = state.supervisor_signature
        if state.awaits is Role.SUPERIOR and state.stage is Stage.OBJECTION and signed is not None:
            return self.unit_head if signed.person == self.superior else self.superior
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
            case Role.FORMER_SUPERVISOR:
                return self.stranger  # whoever has been it is for the test to say


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


def change(
    kind: Change,
    person: UUID,
    from_on: date,
    to_on: date | None = None,
    post: str | None = None,
    decree: str = "SK 77",
) -> DatedChange:
    """What a decree changes about somebody."""
    return DatedChange(
        change=kind, person=person, post=post, decree=decree, from_on=from_on, to_on=to_on
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
    chain = resolve_chain(organisation, file, post, on)
    return Context(
        chain=chain,
        away=away_of(organisation, chain, file, on),
        died_on=organisation.died_on(file.person, on),
        hr_actor=organisation.hr_seat(actor, on) if actor else None,
        former=former_of(organisation, file, post, actor, on) if actor else None,
        organisation=organisation.version,
        unit_predicate=unit_predicate,
        superior_plan=superior_plan,
        calendar=rules.calendar.version,
        calendar_changes=organisation.calendars.version,
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
    Act.NUDGE: lambda state: {},
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
    Act.RECORD_LATE: lambda state: {"what": words(), "reason": words()},
    Act.RECORD_INTERIM: lambda state: {"note": words()},
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
