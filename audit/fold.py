"""Folding events into states, and comparing a file's row with what they amount to.

The state after each event must have the hash that the event gives for it (I6); the last state
must be the file's row (fold).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from audit.chain import Link
from audit.encoding import has_digest
from audit.page import Calendars, Row
from audit.report import Tally
from domain.deadline import next_wake
from domain.definition import process_of
from domain.fold import dump, evolve
from domain.process import InvalidProcess, Process, Turn
from domain.rulebook import Rulebook
from runtime.clock import Clock
from schemas.event import Event
from schemas.file import FileState


def find_turn(process: Process, state: FileState) -> Turn | None:
    """The turn a file is in; None once it has ended, and for a turn that the definition lacks."""
    return next((t for t in process.turn if t.name == state.turn), None)


@dataclass(frozen=True, slots=True)
class Moment:
    """One event between two states.

    Attributes:
        link: the event.
        event: what it says.
        before: the state it was decided on; None for the first event.
        after: the state it led to.
        is_known: ``before`` is certain, so the event can be judged. After damage it is not,
            until a state has its hash again: one fault is reported once, and later faults are
            still found.
    """

    link: Link
    event: Event
    before: FileState | None
    after: FileState
    is_known: bool

    @property
    def where(self) -> str:
        """What to call it."""
        return self.link.where


def fold(links: Sequence[Link], chain: Tally) -> tuple[list[Moment], FileState | None]:
    """The moments of a chain, and its last state; None when that is not certain."""
    moments: list[Moment] = []
    state: FileState | None = None
    is_certain, expected = True, 0
    for link in links:
        is_certain = is_certain and link.number == expected
        expected = link.number + 1
        after = _after(state, link)
        if link.event is None or after is None:
            if is_certain and link.is_intact:
                chain.problem("its changes cannot be applied to the state before it", link.where)
            is_certain = False
            continue
        is_known = is_certain and link.is_intact
        is_certain = has_digest(dump(after), link.event.state_hash or "")
        if is_known and not is_certain:
            chain.problem("the state after it does not have the hash it gives", link.where)
        moments.append(Moment(link, link.event, state, after, is_known))
        state = after
    return moments, state if is_certain else None


def _after(state: FileState | None, link: Link) -> FileState | None:
    changed: Any = link.event.data.get("set") if link.event else None
    if not isinstance(changed, dict):
        return None
    try:
        return evolve(state, changed)
    except ValidationError:
        return None


class RowCheck:
    """Compares the rows of files with the folds of their events."""

    def __init__(self, calendars: Calendars, clock: Clock, tally: Tally) -> None:
        self._calendars = calendars
        self._clock = clock
        self._tally = tally

    def compare(self, file: Row, state: FileState, last: Link, rules: Rulebook) -> None:
        """Every column of the row; the wake-up's real instant where this clock has set it."""
        self._tally.count()
        if file["state"] != dump(state):
            self._tally.problem(_difference(file["state"], dump(state)), state.file.stream)
        for name, value in self._columns(state, last, rules):
            if file[name] != value:
                what = f"column {name} says {file[name]}, the events amount to {value}"
                self._tally.problem(what, state.file.stream)

    def _columns(self, state: FileState, last: Link, rules: Rulebook) -> Iterator[tuple[str, Any]]:
        key = state.file
        yield from (("id", key.file_id), ("org", key.org), ("period", key.period))
        yield from (("kind", key.kind), ("person", key.person), ("stream", key.stream))
        for name in ("unit", "stage", "turn", "visit", "version", "awaits", "due_at"):
            yield name, getattr(state, name)
        yield "ended", state.end
        yield "last_at", last.row["happened_at"]
        yield from self._wake(state, last, rules)

    def _wake(self, state: FileState, last: Link, rules: Rulebook) -> Iterator[tuple[str, Any]]:
        calendar = self._calendars.find(last.event.calendar if last.event else None)
        try:
            process = process_of(state, rules)
        except InvalidProcess:
            return
        if calendar is None or not (state.is_closed or find_turn(process, state)):
            return
        wake = next_wake(state, process, calendar)
        yield "wake_at", wake.at if wake else None
        if last.row["recorded_at"] >= self._clock.origin_real:
            yield "wake_real_at", self._clock.to_real(wake.at) if wake else None


def _difference(row: Any, state: dict[str, Any]) -> str:  # noqa: ANN401  (whatever is stored)
    if not isinstance(row, dict):
        return "the row's state is no state"
    keys = sorted(k for k in row.keys() | state.keys() if row.get(k) != state.get(k))
    return f"the row's state is not the fold of its events: {', '.join(keys)}"
