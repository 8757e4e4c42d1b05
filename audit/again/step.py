"""One recorded decision taken again by the domain that took it."""

from dataclasses import dataclass
from typing import NamedTuple

from audit.again.asked import Asked
from audit.again.definition import rules_of
from audit.again.difference import Kind
from audit.again.read import Row
from audit.fold import find_turn
from audit.page import Calendars
from domain.deadline import Wake, first_wake
from domain.decide import decide
from domain.decision import Fact, Rules
from domain.gate import is_open
from domain.moved import decide_move
from domain.packs import PACKS, rules_version
from domain.process import InvalidProcess
from domain.rulebook import Rulebook
from domain.succession import decide_succession, is_by_organisation, is_moved
from domain.timeline import opened
from domain.wake import decide_wake, open_gate
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind
from schemas.error import Refusal
from schemas.file import Context, FileState, ProcessId
from schemas.identifier import FileKey
from storage.ledger import parse_process


class Finding(NamedTuple):
    """A difference, before it is known where."""

    kind: Kind
    field: str
    what: str


@dataclass(slots=True)
class Cause:
    """What a decision was made from, besides the state: one row of an event, and its inputs.

    Attributes:
        key: the file; None where its stream is not that of one.
        file: its row with roster and period; None for none.
        row: the first event of the decision.
        asked: its command; None when time acted.
        context: who was who.
        context_hash: what that is kept under.
    """

    key: FileKey | None
    file: Row | None
    row: Row
    asked: Asked | None
    context: Context
    context_hash: str


def rules_by(
    before: FileState | None, cause: Cause, calendars: Calendars, own: Rulebook
) -> Rules | Finding:
    """The rules that a decision was made by; or which of them are not there.

    Args:
        before: the state it was made on; None for the opening.
        cause: everything else it was made from.
        calendars: those by value.
        own: the organisation's rules, with everything it has set for itself by now.
    """
    context = cause.context
    version = rules_version(context.rules)
    if version is None:
        what = f"decided by rules {context.rules}, this version has {PACKS}"
        return Finding(Kind.RULE, "rules", what)
    if version > own.version:
        what = f"override {own.version + 1} of the rules is not there, or was changed"
        return Finding(Kind.INPUT, "rules", what)
    calendar = calendars.find(context.calendar)
    if calendar is None:
        what = f"calendar {context.calendar} is not there, or was changed"
        return Finding(Kind.INPUT, "calendar", what)
    file = before.file if before is not None else cause.key
    key = before.process if before is not None else _process_of(cause)
    if isinstance(key, Finding):
        return key
    if file is None:
        return Finding(Kind.RESULT, "stream", "it is not the stream of a file")
    try:
        return rules_of(key, file.period, calendar, own)
    except InvalidProcess as error:
        return Finding(Kind.RULE, "process", str(error))


def decide_again(
    before: FileState | None, cause: Cause, calendars: Calendars, rules: Rules
) -> tuple[Fact, ...] | Finding:
    """The facts of a decision, taken again by its rules; or why it comes out quite otherwise."""
    context = cause.context
    if before is None:
        return _opened(cause, rules)
    if context.moved is not None:
        without = calendars.find(context.moved.before)
        if without is None:
            what = f"calendar {context.moved.before} is not there, or was changed"
            return Finding(Kind.INPUT, "calendar", what)
        return _moved(before, cause, rules, without)
    return _decided(before, cause, rules)


def _moved(
    before: FileState, cause: Cause, rules: Rules, without: WorkingCalendar
) -> tuple[Fact, ...] | Finding:
    """What a change of the calendar did to the file."""
    at, turn = cause.row["happened_at"], find_turn(rules.process, before)
    if before.is_closed or turn is None or before.due_at is None:
        return Finding(Kind.RESULT, "kind", "there is no date that could have moved")
    wake = first_wake(before, rules.process, without)
    if wake is not None and wake.at < at:
        return Finding(Kind.RESULT, "order", f"{_said(wake)} should have gone before it")
    return decide_move(before, at, cause.context, rules, without)


def _process_of(cause: Cause) -> ProcessId | Finding:
    if cause.file is None or cause.file["process"] is None:
        return Finding(Kind.INPUT, "roster", "the file is in no roster of an opened period")
    try:
        return parse_process(cause.file["process"])
    except ValueError:
        return Finding(Kind.RULE, "process", "the period names no process definition")


def _opened(cause: Cause, rules: Rules) -> tuple[Fact, ...]:
    key, file = cause.key, cause.file
    assert key is not None, "its rules were found by it"  # noqa: S101
    assert file is not None, "its process was read from it"  # noqa: S101
    unit, post, at = file["roster_unit"], file["roster_post"], file["opened_at"]
    return (opened(key, unit, post, at, cause.context, rules),)


def _decided(before: FileState, cause: Cause, rules: Rules) -> tuple[Fact, ...] | Finding:
    row, asked, context = cause.row, cause.asked, cause.context
    if not (before.is_closed or find_turn(rules.process, before)):
        return Finding(Kind.RULE, "process", f"the definition has no turn {before.turn}")
    if row["kind"] == EventKind.GATE_OPENED:
        gate = None if before.is_closed else rules.process.find(before.turn).opens
        if gate is None:
            return Finding(Kind.RESULT, "kind", "there is no gate that could have opened")
        if not is_open(gate.when, context):
            return Finding(Kind.INPUT, "context", "what its gate waits for is not in it")
        return open_gate(before, row["happened_at"], context, rules)
    if asked is None and is_by_organisation(EventKind(row["kind"])):
        if before.is_closed or not is_moved(before, context):
            return Finding(Kind.RESULT, "kind", "nothing had changed in the organisation for it")
        return decide_succession(before, row["happened_at"], context, rules)
    wake = first_wake(before, rules.process, rules.calendar)
    if asked is None:
        if wake is None or wake.at != row["happened_at"]:
            return Finding(Kind.RESULT, "happened_at", f"what time does next is {_said(wake)}")
        return decide_wake(before, wake.rung, wake.at, context, rules)
    if asked.stored is None:
        return Finding(Kind.INPUT, "command", "the command cannot be read")
    if wake is not None and wake.at < asked.stored.received_at:
        return Finding(Kind.RESULT, "order", f"{_said(wake)} should have gone before it")
    found = decide(before, asked.stored, context, rules)
    if isinstance(found, Refusal):
        return Finding(Kind.RESULT, "verdict", f"decided again it is refused: {found.rule}")
    return found


def _said(wake: Wake | None) -> str:
    return "nothing" if wake is None else f"{wake.rung} at {wake.at:%Y-%m-%d %H:%M} UTC"
