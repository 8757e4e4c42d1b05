"""One order of events for a file, however late and in whatever order its causes were noticed.

Commands and wake-ups are merged by their own instants: before a wake-up at *t* every command
received up to *t* is decided, and before a command received at *t* every wake-up before *t*. So
the outcome depends on what was received when, never on when a worker got to it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.cited import cited, refused_by
from domain.deadline import next_wake
from domain.decide import decide
from domain.decision import Fact, Rules, entered, next_task
from domain.wake import decide_wake, open_gate
from schemas.code import EventKind
from schemas.command import StoredCommand
from schemas.cycle import Agenda, WakeUp
from schemas.error import Refusal
from schemas.file import Context, FileState
from schemas.identifier import FileKey

Resolve = Callable[[datetime, UUID | None], Context]
GateOpens = Callable[[FileState], datetime | None]


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
) -> Iterator[Step]:
    """Decide every stored command, every open gate, and the wake-ups before them or up to ``until``.

    Args:
        state: the file as recorded.
        commands: all of its commands without outcome, ordered by (``received_at``, id).
        until: the instant of a wake-up that has come, if time itself is asking.
        resolve: the context of an instant, for an actor or for time.
        rules: the file's process definition and the calendar in force.
        gate_opens: since when the fact is there that the gate of a state waits for, not before
            what the file's record already holds.
    """
    waiting = list(commands)
    while True:
        wake = next_wake(state, rules.process, rules.calendar)
        opening = _opening(state, gate_opens, rules)
        asked = waiting[0].received_at if waiting else None
        first = min((at for at in (asked, opening) if at is not None), default=None)
        if wake is not None and _comes(wake.at, first, until):
            step = _wake_step(state, wake, resolve, rules)
        elif first is None:
            return
        elif first == asked:
            step = _command_step(state, waiting.pop(0), resolve, rules)
        else:
            step = _gate_step(state, first, resolve, rules)
        if step.facts:
            state = step.facts[-1].after
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


def agenda(state: FileState, number: int, context: Context, rules: Rules) -> Agenda:
    """What the file waits for now: stage, version, who, until when, and the next wake-up."""
    holder = context.chain.holder(state.awaits) if state.awaits else None
    return Agenda(
        number=number,
        version=state.version,
        stage=state.stage,
        turn=state.turn,
        visit=state.visit,
        awaits=state.awaits,
        awaited_person=holder.person if holder else None,
        due_at=state.due_at,
        wake=next_wake(state, rules.process, rules.calendar),
        end=state.end,
    )
