"""One file played through the decider by hand, act by act, and the shortest way to any turn."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.calendar_book import CalendarBook
from domain.deadline import next_wake
from domain.decide import decide
from domain.decision import Fact, Rules
from domain.organisation import Organisation
from domain.plan import superior_of
from domain.process import ENDS, Process, Turn
from domain.timeline import WorkingDays, advance, opened
from schemas.code import (
    Act,
    Role,
)
from schemas.error import Refusal
from schemas.file import Context, FileState, SuperiorPlan
from schemas.identifier import FileKey
from schemas.period import Period
from tests.builders import (
    AGREED,
    CALENDAR,
    MARCH,
    RULES,
    SET,
    SET_AT,
    Cast,
    command,
    context,
    file_key,
    organisation,
    wib,
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
    book: CalendarBook = field(default_factory=lambda: CalendarBook(CALENDAR))
    taken: int = 0
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
        known = self.book.at(at)
        city, rules = self.city.under(self.city.rules, known), self.rules.by(known.of("dinas"))
        made = context(city, self.key, at, actor, rules, unit_predicate=found)
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
        days = WorkingDays(self.book, "dinas", self.taken, self.facts[-1].happened_at)
        rules, gate = self.rules, self.gate_opens
        for step in advance(self.state, [], until, self.resolve, rules, gate, days):
            self.facts += step.facts
            self.state = step.facts[-1].after
        self.taken, self.rules = days.taken, rules.by(days.calendar)
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
