"""I3: every file has taken a path of its process definition.

Derived from the definition alone, without the decider: which turns an act, an expiry, a
delegation or the horizon may lead to, and what may change meanwhile.
"""

from audit.fold import Moment, find_turn
from audit.once import rung_of
from audit.report import Tally
from domain.definition import process_of
from domain.fold import dump
from domain.gate import is_open
from domain.process import ENDS, InvalidProcess, Process, Turn
from domain.rulebook import Rulebook
from schemas.code import Act, End, EventKind, Role, Stage
from schemas.file import FileState

_STAYS: dict[EventKind, frozenset[str]] = {
    EventKind.DELIVERED: frozenset({"delivered_at"}),
    EventKind.REMINDED: frozenset({"done_rungs", "told"}),
    EventKind.BECAME_OVERDUE: frozenset({"done_rungs", "told"}),
    EventKind.ESCALATED: frozenset({"done_rungs", "told"}),
    EventKind.RUNG_SKIPPED: frozenset({"done_rungs"}),
    EventKind.LATE_RECORDED: frozenset(),
    EventKind.DUE_MOVED: frozenset({"due_at", "times", "postponed"}),
    EventKind.CALENDAR_NOTED: frozenset({"times", "postponed"}),
    EventKind.NUDGED: frozenset({"done_rungs"}),
    EventKind.RUNG_POSTPONED: frozenset({"postponed"}),
    EventKind.HANDED_OVER: frozenset({"owner"}),
    EventKind.INTERIM_RECORDED: frozenset(),
}


def check_step(moment: Moment, rules: Rulebook, tally: Tally) -> None:
    """Whether one event may lead from the state before it to the state after it."""
    if not moment.is_known:
        return
    tally.count()
    try:
        process = process_of(moment.after, rules)
    except InvalidProcess as error:
        tally.problem(str(error), moment.where)
        return
    problem = _first(moment, process) if moment.before is None else _next(moment, process)
    if problem is not None:
        tally.problem(problem, moment.where)


def _first(moment: Moment, process: Process) -> str | None:
    if moment.event.kind is not EventKind.FILE_OPENED:
        return f"a file begins with {moment.event.kind}"
    state, turn = moment.after, process.find(process.first)
    found = (state.turn, state.stage, state.awaits, state.visit, state.version, state.end)
    if turn.opens is not None and is_open(turn.opens.when, state):
        turn = process.find(turn.opens.to)
    if found != (turn.name, turn.stage, turn.awaits, 1, 1, None):
        return f"a file begins in {state.turn} instead of {turn.name}"
    return None


def _next(moment: Moment, process: Process) -> str | None:
    before, after, event = moment.before, moment.after, moment.event
    assert before is not None, "only the first event has no state before it"  # noqa: S101
    if before.end is End.UNRATEABLE and event.kind is EventKind.LATE_RECORDED:
        return _stays(event.kind, before, after)
    if before.is_closed:
        return f"{event.kind} after the file had ended"
    if (event.stage_from, event.stage_to) != (before.stage, after.stage):
        return "its stages are not those of the states before and after it"
    if (before.file, before.process) != (after.file, after.process):
        return "it changes what the file is or the definition it follows"
    if event.kind in _STAYS and event.kind is not EventKind.LATE_RECORDED:
        return _stays(event.kind, before, after)
    turn = find_turn(process, before)
    targets = [] if turn is None else _targets(before, turn, moment, process)
    if not targets:
        return f"{event.act or event.cause} is not possible in {before.turn}"
    return _enters(targets, before, after, moment, process)


def _stays(kind: EventKind, before: FileState, after: FileState) -> str | None:
    old, new = dump(before), dump(after)
    stray = sorted(k for k in new if old[k] != new[k] and k not in _STAYS[kind])
    return f"{kind} changes {', '.join(stray)}" if stray else None


def _targets(before: FileState, turn: Turn, moment: Moment, process: Process) -> list[str]:
    """The turns or ends that the event may lead to; none if it may not happen here at all."""
    event = moment.event
    match rung_of(event):
        case None if event.kind is EventKind.GATE_OPENED:
            return [turn.opens.to] if turn.opens else []
        case None if event.kind is EventKind.WITHDRAWN and event.act is None:
            return [End.WITHDRAWN.value]
        case None:
            return _targets_of_act(before, turn, moment, process)
        case "horizon" if event.kind is EventKind.FILE_EXPIRED:
            return [] if turn.horizon_exempt else [process.horizon.end.value]
        case "expire" if event.kind is EventKind.TURN_EXPIRED:
            return [turn.expires.to] if turn.expires else []
        case "delegate" if event.kind is EventKind.DELEGATED:
            return [turn.name] if turn.delegate_after and not before.is_delegated else []
        case _:
            return []


def _targets_of_act(before: FileState, turn: Turn, moment: Moment, process: Process) -> list[str]:
    try:
        act = Act(moment.event.act or "")
    except ValueError:
        return []
    is_overdue = before.due_at is not None and moment.event.happened_at >= before.due_at
    found = [turn.acts[act]] if act in turn.acts else []
    found += [s.to for s in turn.standing(act, is_overdue=is_overdue)]
    return found + ([process.always[act].to] if act in process.always else [])


def _enters(
    targets: list[str], before: FileState, after: FileState, moment: Moment, process: Process
) -> str | None:
    target = after.turn
    gates = {t.name: t.opens for t in process.turn if t.opens}
    targets += [gates[to].to for to in targets if to in gates and is_open(gates[to].when, after)]
    if target not in targets:
        cause = moment.event.act or moment.event.cause
        return f"{cause} in {before.turn} leads to {' or '.join(targets)}, not to {target}"
    if (after.visit, after.version) != (before.visit + 1, before.version + 1):
        return "visit and version must rise by one each"
    if after.entered_at != moment.event.happened_at:
        return "the turn did not begin when the event happened"
    if target in ENDS:
        ended = (after.stage, after.awaits, after.end, after.ended_at)
        wanted = (Stage.CLOSED, None, target, moment.event.happened_at)
        return None if ended == wanted else f"the file did not end as {target}"
    turn = process.find(target)
    awaits = turn.awaits
    if after.is_delegated and awaits is Role.SUPERVISOR:
        awaits = Role.SUPERIOR
    if (after.stage, after.awaits, after.end) != (turn.stage, awaits, None):
        return f"{target} waits for {awaits} in stage {turn.stage}"
    if after.is_delegated != before.is_delegated and moment.event.kind is not EventKind.DELEGATED:
        return f"{moment.event.kind} delegates"
    return None
