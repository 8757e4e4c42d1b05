"""Process definitions: the turns of a cycle as data, checked whole, frozen.

A definition says who is awaited for what, until when, and what time does if nobody acts. A new
cadence is a new file in ``domain/processes`` and no code; ``domain.definition`` reads them and
fills in the numbers that they leave to the rules.
"""

from collections.abc import Hashable, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import override

from schemas.code import Act, End, PersonKind, Role, Stage
from schemas.file import ProcessId
from schemas.period import PeriodKind

# What a gate may wait for; contexts and states hold each such fact under this name.
GateFact = Literal["unit_predicate", "superior_plan"]
Recipient = Literal["awaited", "boss", "superior", "unit_head", "unit_superior", "hr_head", "sekda"]


class InvalidProcess(ValueError):
    """A process definition that cannot be used; names the file and what is wrong with it."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Known(_Data):
    """What never changes and every decision asks: others keep with it what they make of it."""

    @override
    def __copy__(self) -> Self:
        """A copy of the fields alone: ``model_copy`` changes what the rest was worked out from."""
        copied = super().__copy__()
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied

    @cached_property
    def worked_out(self) -> dict[Hashable, Any]:
        """What others have worked out from this and the key; theirs to fill."""
        return {}


class Rung(_Data):
    """One step of a ladder: whom to tell, so many working days before or after the due date."""

    name: str
    working_days: int
    to: Recipient


class Ladder(_Data):
    """A named sequence of rungs."""

    id: str
    rungs: tuple[Rung, ...]


class Due(_Data):
    """When a turn is due: the n-th working day counted from an anchor, or a month's last one.

    ``period_start`` counts within the period's first month, ``period_end`` within the month after
    the period; without ``working_days`` it is that month's last working day. ``entered`` counts
    from the day the turn began, in working days or in calendar days; the latter never end on a
    free day but on the next working day, unless a rule says that they stay. Never before
    ``at_least`` working days after the turn began: a returned file gets a fresh clock.

    Where a rule says what a day is, a definition writes ``days`` and ``kind`` (``kerja`` or
    ``kalender``) instead of either number.
    """

    anchor: Literal["period_start", "period_end", "entered"]
    working_days: int | None = Field(default=None, ge=1)
    calendar_days: int | None = Field(default=None, ge=1)
    at_least: int = Field(default=1, ge=1)
    rolls_forward: bool = True

    @model_validator(mode="before")
    @classmethod
    def _by_kind(cls, data: Any) -> Any:  # noqa: ANN401  (whatever the file holds)
        name = _DAYS.get(str(data.get("kind"))) if isinstance(data, dict) else None
        if name is None:
            return data
        rest = {key: value for key, value in data.items() if key not in ("kind", "days")}
        return {**rest, name: data.get("days")}


_DAYS = {"kerja": "working_days", "kalender": "calendar_days"}


class Expiry(_Data):
    """When a turn ends by itself, and where the file goes then."""

    at: Literal["period_end", "due"]
    working_days: int = Field(default=0, ge=0)
    to: str


class Standing(_Data):
    """An act open to a role that the turn does not wait for."""

    by: Role
    to: str


class Opening(_Data):
    """A fact outside the file that ends a turn at once, such as that its unit has a predicate.

    ``is_on`` lets a rule take the gate away: nothing leads to it then, but to where it opens to.
    """

    when: GateFact
    to: str
    rule: str
    is_on: bool = True


class Horizon(_Data):
    """The last working day of a later month, after which an open file ends."""

    months_after: int = Field(ge=0)
    end: End


class Turn(_Known):
    """Who is awaited for what, until when, and what happens if time runs out.

    ``beside`` are acts open to somebody else meanwhile, ``after_due`` those open only once the
    turn is overdue. A turn that ``opens`` is a gate: a file that comes to it when the fact is
    there goes straight on. ``guards`` name the rule that an act of the turn is weighed by;
    ``is_open`` lets a rule close an act, and with it go the turns that nothing else leads to.
    """

    name: str
    stage: Stage
    awaits: Role
    acts: dict[Act, str] = {}
    is_open: dict[Act, bool] = {}
    due: Due
    expires: Expiry | None = None
    opens: Opening | None = None
    guards: dict[Act, Literal["distribusi.mode"]] = {}
    beside: dict[Act, Standing] = {}
    after_due: dict[Act, Standing] = {}
    delegate_after: int | None = Field(default=None, ge=1)
    ladder: str | None = None
    horizon_exempt: bool = False

    def standing(self, act: Act, *, is_overdue: bool) -> tuple[Standing, ...]:
        """What the turn offers of an act to those it does not wait for."""
        sources = (self.beside, self.after_due) if is_overdue else (self.beside,)
        return tuple(source[act] for source in sources if act in source)

    def targets(self) -> set[str]:
        """Every turn or end this turn can lead to."""
        standing = {s.to for s in (*self.beside.values(), *self.after_due.values())}
        by_itself = {x.to for x in (self.expires, self.opens) if x is not None}
        return {*self.acts.values(), *standing, *by_itself}


# What may still be done to a file that has ended, and by whom; no definition says otherwise.
AFTER_THE_END: Mapping[Act, Role] = {Act.RECORD_LATE: Role.HR}


class Cadence(_Data):
    """How many months a period has, and who is evaluated in it."""

    months: Literal[1, 3, 4, 6, 12]
    people: Annotated[tuple[PersonKind, ...], Field(min_length=1)]


class Process(_Known):
    """A whole definition; ``find`` and ``ladder_of`` never fail on a loaded one.

    ``rules`` is the version of the organisation's rules that its numbers come from.
    """

    id: PeriodKind
    version: int = Field(ge=1)
    rules: int = 0
    cadence: Cadence
    ladder: str
    first: str
    horizon: Horizon
    always: dict[Act, Standing]
    turn: tuple[Turn, ...]
    ladders: dict[str, Ladder] = {}

    @property
    def key(self) -> ProcessId:
        """Name, version and rules, as a file carries them."""
        return ProcessId(id=self.id, version=self.version, rules=self.rules)

    def find(self, name: str) -> Turn:
        """The turn of that name.

        Raises:
            KeyError: if there is none.
        """
        return self._turns[name]

    @cached_property
    def _turns(self) -> dict[str, Turn]:
        return {turn.name: turn for turn in reversed(self.turn)}  # of two, the first one

    def gates_at(self, turn: str) -> frozenset[GateFact]:
        """What is waited for by the gate that a turn is, and by those that it leads to."""
        return frozenset() if turn in ENDS else self._gates[turn]

    @cached_property
    def _gates(self) -> dict[str, frozenset[GateFact]]:
        found = {}
        for here in self.turn:
            near = (here, *(self.find(to) for to in here.targets() if to not in ENDS))
            found[here.name] = frozenset(t.opens.when for t in near if t.opens is not None)
        return found

    def rule_of(self, when: GateFact) -> str:
        """The rule that makes files wait for a fact; there is a gate for it."""
        return next(t.opens.rule for t in self.turn if t.opens and t.opens.when == when)

    def is_guarded(self, act: Act) -> bool:
        """Whether some turn weighs an act by a rule of its own."""
        return any(act in t.guards for t in self.turn)

    def ladder_of(self, turn: Turn) -> Ladder:
        """The ladder that a turn climbs."""
        return self.ladders[turn.ladder or self.ladder]

    def roles_for(self, act: Act) -> frozenset[Role]:
        """Every role that may do an act in some turn; who has none of them never may.

        A supervisor's act may also become the superior's, by delegation.
        """
        return self._roles[act]

    @cached_property
    def _roles(self) -> dict[Act, frozenset[Role]]:
        return {act: self._roles_for(act) for act in Act}

    def _roles_for(self, act: Act) -> frozenset[Role]:
        roles = {t.awaits for t in self.turn if act in t.acts} | set(EVERYWHERE.get(act, ()))
        roles |= {s.by for t in self.turn for s in t.standing(act, is_overdue=True)}
        roles |= {self.always[act].by} if act in self.always else set()
        roles |= {AFTER_THE_END[act]} if act in AFTER_THE_END else set()
        roles |= {ASIDE[act]} if act in ASIDE else set()
        return frozenset(roles | ({Role.SUPERIOR} if Role.SUPERVISOR in roles else set()))


# Acts that leave a file where it is: open in every turn of every definition, to these roles.
EVERYWHERE: Mapping[Act, tuple[Role, ...]] = {
    Act.NUDGE: (Role.EMPLOYEE, Role.SUPERVISOR, Role.SUPERIOR, Role.HR),
}

# Acts of every definition that are open in each of its turns and lead nowhere.
ASIDE: Mapping[Act, Role] = {Act.RECORD_INTERIM: Role.FORMER_SUPERVISOR}
# Anchored on the beginning of the turn; without calendar days; without working days.
_DUE_FORMS = frozenset(
    {(True, False, True), (True, True, False), (False, True, False), (False, True, True)}
)
ENDS = frozenset(e.value for e in End)
RESERVED = frozenset({"horizon", "expire", "delegate", "handover"})


def problems_of(process: Process) -> list[str]:
    """Everything that keeps a definition from being used."""
    names = [t.name for t in process.turn]
    known = {*names, *ENDS}
    found = [
        f"turn {n!r} is defined twice" for n in sorted({n for n in names if names.count(n) > 1})
    ]
    found += [f"turn name {n!r} is the name of an end" for n in names if n in ENDS]
    if process.first not in names:
        found.append(f"first = {process.first!r} is no turn")
        return found
    targets = {(t.name, x) for t in process.turn for x in t.targets()}
    targets |= {("always", s.to) for s in process.always.values()}
    found += [
        f"{where}: {to!r} is neither a turn nor an end"
        for where, to in sorted(targets)
        if to not in known
    ]
    used = {process.ladder, *(t.ladder for t in process.turn if t.ladder)}
    found += [f"ladder {name!r} does not exist" for name in sorted(used - process.ladders.keys())]
    found += [
        f"turn {t.name!r} never ends by itself: give it expires, or do not exempt it from the horizon"
        for t in process.turn
        if t.horizon_exempt and t.expires is None
    ]
    found += [
        f"turn {t.name!r} offers nothing to do"
        for t in process.turn
        if not t.acts and t.opens is None
    ]
    found += [
        f"turn {t.name!r}: a gate, and no other turn, is named after what it waits for"
        for t in process.turn
        if (t.opens.when if t.opens else None) != (t.name if t.name in get_args(GateFact) else None)
    ]
    found += [
        f"turn {t.name!r} waits for a plan of the year: give it to a cadence of 12 months"
        for t in process.turn
        if t.opens is not None and t.opens.when == "superior_plan" and process.cadence.months != 12
    ]
    found += [
        f"turn {t.name!r} guards {act}, which it does not offer"
        for t in process.turn
        for act in t.guards
        if act not in t.acts
    ]
    found += [
        f"turn {t.name!r} is a gate: give it expires, so that it never blocks for ever"
        for t in process.turn
        if t.opens is not None and t.expires is None
    ]
    found += [
        f"turn {t.name!r}: due from its beginning needs working_days or calendar_days, and only "
        "such a turn counts calendar_days"
        for t in process.turn
        if (t.due.anchor == "entered", t.due.calendar_days is None, t.due.working_days is None)
        not in _DUE_FORMS
    ]
    found += [
        f"turn {t.name!r}: is_open names {act.value}, which is no act of it"
        for t in process.turn
        for act in sorted(t.is_open.keys() - t.acts.keys())
    ]
    found += _ladder_problems(process)
    found += [
        f"turn {t.name!r} never ends by itself: time goes round in a circle"
        for t in process.turn
        if _is_circle(process, t)
    ]
    found += [f"turn {n!r} cannot be reached" for n in sorted(set(names) - reachable(process))]
    return found


def _ladder_problems(process: Process) -> list[str]:
    """A rung is known by its name within a visit, so one name stands for one thing."""
    found = []
    for ladder in process.ladders.values():
        names = [r.name for r in ladder.rungs]
        twice = {n for n in names if names.count(n) > 1}
        found += [f"ladder {ladder.id!r} has two rungs {n!r}" for n in sorted(twice)]
        taken = sorted(RESERVED & set(names))
        found += [f"ladder {ladder.id!r}: a rung cannot be named {n!r}" for n in taken]
    return found


def _is_circle(process: Process, turn: Turn) -> bool:
    """Whether a turn exempt from the horizon only ever expires into others like it."""
    turns, seen = {t.name: t for t in process.turn}, set[str]()
    while turn.horizon_exempt and turn.expires is not None and turn.expires.to in turns:
        if turn.name in seen:
            return True
        seen.add(turn.name)
        turn = turns[turn.expires.to]
    return False


def reachable(process: Process) -> set[str]:
    """The turns that a file can come to."""
    edges = {t.name: t.targets() & {x.name for x in process.turn} for t in process.turn}
    seen, todo = set[str](), {process.first}
    while todo:
        seen |= todo
        todo = {n for name in todo for n in edges[name]} - seen
    return seen


MONTHLY = ProcessId(id="bulanan", version=1)
