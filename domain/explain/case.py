"""What is asked about: a file, its story, and everything its decisions depend on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue

from domain.citation import cite, cite_recorded
from domain.decision import Fact, Rules
from domain.definition import rules_named
from domain.fold import evolve
from domain.organisation import Organisation
from domain.plan import PlanVersion
from domain.regulation import Rulebook
from schemas.code import Act, EventKind
from schemas.error import Refusal
from schemas.event import Event
from schemas.explanation import Citation, Reason
from schemas.file import Context, FileState
from schemas.instant import stamp
from schemas.organisation import Seat

Value = str | int | date | datetime | UUID | None


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a file, with the state before and after it."""

    kind: EventKind
    at: datetime
    before: FileState | None
    after: FileState
    seat: Seat | None
    on_behalf_of: UUID | None
    data: dict[str, JsonValue]


def told(events: Iterable[Event]) -> tuple[Happening, ...]:
    """The story that a file's recorded events tell, from the first one on, in their order."""
    return tuple(_folded(events))


def _folded(events: Iterable[Event]) -> Iterator[Happening]:
    state = None
    for event in events:
        changed = event.data["set"]
        assert isinstance(changed, dict), "a file's event carries what it changes"  # noqa: S101
        before, state = state, evolve(state, changed)
        yield Happening(
            event.kind,
            event.happened_at,
            before,
            state,
            _seat(event),
            event.on_behalf_of,
            event.data,
        )


def _seat(event: Event) -> Seat | None:
    if event.actor is None or event.capacity is None:
        return None
    return Seat(person=event.actor, **event.capacity.model_dump())


def decided(facts: Iterable[Fact]) -> tuple[Happening, ...]:
    """The same story, from facts that are not recorded yet."""
    return tuple(
        Happening(f.kind, f.happened_at, f.before, f.after, f.seat, f.on_behalf_of, f.data)
        for f in facts
    )


@dataclass(frozen=True, slots=True)
class Tried:
    """An act that was refused, as it is recorded; ``rules`` by id and version."""

    act: Act
    person: UUID | None
    at: datetime
    refusal: Refusal
    rules: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Case:
    """One file at one instant, as somebody asks about it.

    ``context`` is that of ``at``, resolved for ``person`` where one is given. ``organisation``
    lets the posts be named that were passed over on the way up; without it they are not. ``plan``
    is the version of the annual plan that a periodic file is bound to; ``tried`` are the acts that
    were refused so far. ``linked`` is the version of the superior's plan that an annual file which
    no longer waited for it is linked to since.
    """

    state: FileState
    history: tuple[Happening, ...]
    context: Context
    rules: Rules
    rulebook: Rulebook
    at: datetime
    person: UUID | None = None
    organisation: Organisation | None = None
    plan: PlanVersion | None = None
    tried: tuple[Tried, ...] = ()
    linked: PlanVersion | None = None

    @property
    def today(self) -> date:
        """The day in WIB on which it is asked."""
        return self.rules.calendar.local_date(self.at)

    def reason(
        self,
        code: str,
        ids: tuple[str, ...] = (),
        of: Happening | date | datetime | None = None,
        /,
        **params: Value,
    ) -> Reason:
        """A reason that cites rules; empty params are left out.

        Those of an event as they are recorded with it, else those of a day, today's if none.
        """
        if isinstance(of, Happening):
            kept = of.data.get("rules")
            rules = cite_recorded(ids, kept if isinstance(kept, dict) else {}, self.rulebook)
            return Reason(code=code, params=_filled(params), rules=rules)
        day = self.rules.calendar.local_date(of) if isinstance(of, datetime) else of or self.today
        return Reason(code=code, params=_filled(params), rules=self.cite(ids, day))

    def cite(self, ids: tuple[str, ...], day: date) -> tuple[Citation, ...]:
        """The rules as this file goes by them on a day.

        Those that its definition takes numbers from are those that it began with.
        """
        key, first = self.state.process, self.state.file.parsed_period.starts_on
        begun, kept = self.rulebook.known(key.rules), rules_named(key)
        found = (
            cite((id,), first, begun) if id in kept else cite((id,), day, self.rulebook)
            for id in dict.fromkeys(ids)
        )
        return tuple(each for citations in found for each in citations)


def _filled(params: Mapping[str, Value]) -> dict[str, str | int]:
    return {name: _plain(value) for name, value in params.items() if value is not None}


def acting(seat: Seat, on_behalf_of: UUID | None = None) -> dict[str, Value]:
    """The parameters that say who acted, from where and by what; ``{who}`` is made of them."""
    return {
        "person": seat.person,
        "post": seat.post,
        "capacity": seat.capacity.value,
        "decree": seat.decree or "-",
        "other": on_behalf_of,
    }


def _plain(value: str | int | date | datetime | UUID) -> str | int:
    if isinstance(value, datetime):
        return stamp(value)
    return value if isinstance(value, int) else str(value)
