"""One order of events for a file, however late and in whatever order its causes were noticed.

Commands and wake-ups are merged by their own instants: before a wake-up at *t* every command
received up to *t* is decided, and before a command received at *t* every wake-up before *t*. So
the outcome depends on what was received when, never on when a worker got to it. A change of the
working calendar is merged likewise, by the instant it was received, before all else of that instant.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.calendar_book import CalendarBook
from domain.cited import cited, refused_by
from domain.deadline import MOVE, next_wake
from domain.decide import decide
from domain.decision import Fact, Rules, entered, next_task
from domain.moved import concerns, decide_move, move_of
from domain.owner import owner_of
from domain.succession import Move, decide_succession
from domain.wake import decide_wake, open_gate
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind
from schemas.command import StoredCommand
from schemas.cycle import Agenda, WakeUp
from schemas.error import Refusal
from schemas.file import Context, FileState
from schemas.identifier import FileKey

Resolve = Callable[[datetime, UUID | None], Context]
GateOpens = Callable[[FileState], datetime | None]
Moves = Callable[[FileState], Move | None]


@dataclass(frozen=True, slots=True)
class Step:
    """One decided cause: a command (accepted or refused) or a wake-up.

    ``rules`` are those behind a refusal; facts carry theirs themselves.
    """

    context: Context
    facts: tuple[Fact, ...]
    command: StoredCommand | None = None
    refusal: Refusal | None = None
    rules: Mapping[str, int] = field(default_factory=dict)


def _never(state: FileState) -> None:
    """No fact is there that a gate could wait for."""


@dataclass(slots=True)
class WorkingDays:
    """The calendars that a file goes by, and how far it has followed their changes.

    Attributes:
        book: the organisation's calendars, with every change that is known by now.
        unit: the file's.
        taken: how many changes the file has taken in; ``advance`` counts on.
        last_at: when the file's last event happened; ``advance`` goes on with its own.
    """

    book: CalendarBook
    unit: str
    taken: int
    last_at: datetime

    @property
    def calendar(self) -> WorkingCalendar:
        """The calendar with the changes taken in."""
        return self.book.known(self.taken).of(self.unit)

    @property
    def next_at(self) -> datetime | None:
        """When the file takes in the next change, which is never before its last event."""
        if self.taken >= self.book.version:
            return None
        return max(self.book.changes[self.taken].since, self.last_at)


def opened(
    file: FileKey, unit: str, post: str, at: datetime, context: Context, rules: Rules
) -> Fact:
    """The first fact of a file: it exists and waits in its first turn, or past an open gate."""
    turn = rules.process.find(rules.process.first)
    blank = FileState(
        file=file,
        unit=unit,
        post=post,
        process=rules.process.key,
        stage=turn.stage,
        turn=turn.name,
        visit=0,
        version=0,
        awaits=turn.awaits,
        entered_at=at,
        due_at=None,
    )
    state = entered(blank, turn.name, at, context, rules, {})
    fact = Fact(
        kind=EventKind.FILE_OPENED,
        happened_at=at,
        before=None,
        after=state,
        cause="period:opened",
        notices=next_task(state, context),
    )
    return cited((fact,), context, rules)[0]


def advance(
    state: FileState,
    commands: Sequence[StoredCommand],
    until: datetime | None,
    resolve: Resolve,
    rules: Rules,
    gate_opens: GateOpens = _never,
    days: WorkingDays | None = None,
    moves: Moves = _never,
) -> Iterator[Step]:
    """Decide all that is stored or has become known, and the wake-ups before it or up to ``until``.

    That is every command, every open gate, every change of the calendar, and every change of the
    organisation for the file.

    Args:
        state: the file as recorded.
        commands: all of its commands without outcome, ordered by (``received_at``, id).
        until: the instant of a wake-up that has come, if time itself is asking.
        resolve: the context of an instant, for an actor, for an outgoing owner, or for time.
        rules: the file's process definition and the calendar in force.
        gate_opens: since when the fact is there that the gate of a state waits for, not before
            what the file's record already holds.
        days: the calendars over time; without them the one of the rules holds for ever.
        moves: when the organisation changes next whom the file waits for, or that it goes on.
    """
    days = days or WorkingDays(CalendarBook(rules.calendar), state.unit, 0, state.entered_at)
    waiting = list(commands)
    while True:
        rules = rules.by(days.calendar)
        wake = next_wake(state, rules.process, rules.calendar)
        opening, changing = _opening(state, gate_opens, rules), days.next_at
        move = None if state.is_closed else moves(state)
        moved = move.at if move is not None and move.has_come else None
        asked = waiting[0].received_at if waiting else None
        causes = (asked, moved, opening, changing)
        first = min((at for at in causes if at is not None), default=None)
        day = move.at if move is not None and not move.has_come else None
        is_wake_next = wake is not None and (day is None or wake.at <= day)
        if wake is not None and is_wake_next and _comes(wake.at, first, until):
            step = _wake_step(state, wake, resolve, rules)
        elif day is not None and not is_wake_next and _comes(day, first, until):
            step = _move_step(state, day, resolve, rules)
        elif first is None:
            return
        elif first == changing:
            step = _change_step(state, first, resolve, rules, days)
        elif first == asked:
            step = _command_step(state, waiting.pop(0), resolve, rules)
        elif first == moved:
            step = _move_step(state, first, resolve, rules)
        else:
            step = _gate_step(state, first, resolve, rules)
        if step.facts:
            state = step.facts[-1].after
            days.last_at = step.facts[-1].happened_at
        if step.facts or step.command:
            yield step


def _comes(wake_at: datetime, first: datetime | None, until: datetime | None) -> bool:
    """Whether a wake-up goes before the first other cause, or up to the time that is asking."""
    if first is not None:
        return wake_at < first
    return until is not None and wake_at <= until


def _opening(state: FileState, gate_opens: GateOpens, rules: Rules) -> datetime | None:
    if state.is_closed or rules.process.find(state.turn).opens is None:
        return None
    at = gate_opens(state)
    return None if at is None else max(at, state.entered_at)


def _gate_step(state: FileState, at: datetime, resolve: Resolve, rules: Rules) -> Step:
    context = resolve(at, None)
    return Step(context, open_gate(state, at, context, rules))


def _change_step(
    state: FileState, at: datetime, resolve: Resolve, rules: Rules, days: WorkingDays
) -> Step:
    """Take in the next change of the calendar; without facts where it concerns no date."""
    before, change = days.calendar, days.book.changes[days.taken]
    days.taken += 1
    context = resolve(at, None)
    if not concerns(state, rules, before, days.calendar):
        return Step(context, ())
    update = {
        "calendar": days.calendar.version,
        "calendar_changes": change.version,
        "moved": move_of(change, before),
    }
    context = context.model_copy(update=update)
    return Step(context, decide_move(state, at, context, rules.by(days.calendar), before))


def _move_step(state: FileState, at: datetime, resolve: Resolve, rules: Rules) -> Step:
    """A change of the organisation; its context says what the outgoing owner was to the file."""
    context = resolve(at, state.owner)
    return Step(context, decide_succession(state, at, context, rules))


def _command_step(state: FileState, command: StoredCommand, resolve: Resolve, rules: Rules) -> Step:
    context = resolve(command.received_at, command.actor)
    decided = decide(state, command, context, rules)
    if isinstance(decided, Refusal):
        named = refused_by(decided, state, command, context, rules)
        return Step(context, (), command, decided, named)
    return Step(context, decided, command)


def _wake_step(state: FileState, wake: WakeUp, resolve: Resolve, rules: Rules) -> Step:
    context = resolve(wake.at, None)
    return Step(context, decide_wake(state, wake.rung, wake.at, context, rules))


def agenda(
    state: FileState, number: int, context: Context, rules: Rules, move: Move | None = None
) -> Agenda:
    """What the file waits for now: stage, version, who, until when, and the next wake-up.

    That is the day on which the organisation gives the task to somebody else, if it comes first.
    """
    wake = next_wake(state, rules.process, rules.calendar)
    if move is not None and (wake is None or move.at < wake.at):
        wake = WakeUp(visit=state.visit, rung=MOVE, at=move.at)
    return Agenda(
        number=number,
        version=state.version,
        stage=state.stage,
        turn=state.turn,
        visit=state.visit,
        awaits=state.awaits,
        awaited_person=owner_of(state, context.chain),
        due_at=state.due_at,
        wake=wake,
        end=state.end,
    )
