"""I8: deciding again from what was stored gives the same bytes.

Each step of a file is decided anew: the state is the fold of the events before it, the command is
its row, context and calendar come by value, the process by its version. What is compared is the
whole canonical event; the only part taken over is the salted hash of the content, which cannot be
known twice, and is compared with the command's body instead where the salt is still kept.

A refused command leaves no event, so its place among the events is not written down. It follows
from what was decided together: either everything recorded before it (``decided_at`` beside
``recorded_at``), or, where one call of the ledger decided several things, everything that happened
before it was received; at one and the same instant, any order. The refusal must be the same at one
of these places, in a context by what was known of the organisation then.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol

from pydantic import ValidationError

from audit.authority import ContextCheck
from audit.chain import Link
from audit.encoding import has_salted_digest, is_canonical
from audit.fold import Moment, find_turn
from audit.once import rung_of
from audit.page import Calendars, Dossier, Row, read_command
from audit.report import Tally
from domain.cited import refused_by
from domain.deadline import next_wake
from domain.decide import decide
from domain.decision import Fact, Rules
from domain.definition import process_of
from domain.gate import is_open
from domain.moved import decide_move
from domain.process import InvalidProcess
from domain.succession import decide_succession, is_by_organisation, is_moved
from domain.timeline import opened
from domain.wake import decide_wake, open_gate
from schemas.code import EventKind
from schemas.cycle import Outcome, Verdict
from schemas.error import Refusal
from schemas.event import Event
from schemas.file import Context, FileState
from storage.ledger import parse_process
from storage.record import file_event


class Notices(Protocol):
    """Whoever wants to know which facts have come out as they were recorded."""

    def due(self, fact: Fact, number: int) -> None:
        """One fact, and the number of its event."""


class RecomputeCheck:
    """Decides the steps of files again."""

    def __init__(
        self,
        calendars: Calendars,
        contexts: ContextCheck,
        tally: Tally,
    ) -> None:
        self._calendars = calendars
        self._contexts = contexts
        self._tally = tally

    def check(self, dossier: Dossier, moments: Sequence[Moment], notices: Notices) -> None:
        """Every step of one file, and every command of it that was refused."""
        for _, run in groupby(moments, key=_cause):
            step = list(run)
            if all(moment.is_known for moment in step):
                self._check_step(dossier, step, notices)
        for row in dossier.commands:
            self._check_request(row)
            outcome = None if row["outcome"] is None else Outcome.model_validate(row["outcome"])
            if outcome is not None and outcome.verdict is Verdict.REFUSED:
                self._check_refusal(row, outcome, moments)

    def _check_step(self, dossier: Dossier, step: Sequence[Moment], notices: Notices) -> None:
        first = step[0]
        context, event = first.link.context, first.event
        command = dossier.command(event.command_id)
        if context is None or (event.command_id is not None and command is None):
            return  # reported where the context or the command is looked for
        self._tally.count(len(step))
        decided = self._decide(dossier, first, context, command)
        if isinstance(decided, str):
            self._tally.problem(decided, first.where)
            return
        if len(decided) != len(step):
            what = f"decided anew it is {len(decided)} events, not {len(step)}"
            self._tally.problem(what, first.where)
        for fact, moment in zip(decided, step, strict=False):
            if self._is_same(fact, moment, context, command):
                notices.due(fact, moment.link.number)
        if command is not None:
            self._check_outcome(command, decided[0], first)

    def _decide(
        self, dossier: Dossier, first: Moment, context: Context, command: Row | None
    ) -> tuple[Fact, ...] | str:
        calendar = self._calendars.find(context.calendar)
        if calendar is None:
            return "its calendar is not there, so it cannot be decided anew"
        try:
            rules = Rules(
                process_of(first.after, self._contexts.rules), calendar, self._contexts.rules
            )
        except InvalidProcess as error:
            return str(error)
        if first.before is None:
            return _opened(dossier, first, context, rules)
        if not (first.before.is_closed or find_turn(rules.process, first.before)):
            return f"the definition has no turn {first.before.turn}"
        at = first.event.happened_at
        if context.moved is not None:
            return self._moved(first.before, at, context, rules)
        wake = next_wake(first.before, rules.process, rules.calendar)
        if first.event.kind is EventKind.GATE_OPENED:
            if wake is not None and wake.at < at:
                return f"{wake.rung} at {wake.at:%Y-%m-%d %H:%M} UTC should have gone before it"
            return _opened_gate(first.before, at, context, rules)
        if command is None and is_by_organisation(first.event.kind):
            if wake is not None and wake.at < at:
                return f"{wake.rung} at {wake.at:%Y-%m-%d %H:%M} UTC should have gone before it"
            if not is_moved(first.before, context):
                return "nothing had changed in the organisation for this file"
            return decide_succession(first.before, at, context, rules)
        if command is None:
            gate = rules.process.find(first.before.turn).opens
            if gate is not None and is_open(gate.when, context):
                return "the gate was open, and yet the file waited before it"
            if wake is None or (wake.rung, wake.at) != (_rung(first.event), at):
                next_one = f"{wake.rung} at {wake.at:%Y-%m-%d %H:%M} UTC" if wake else "nothing"
                return f"what time does next is {next_one}"
            return decide_wake(first.before, wake.rung, wake.at, context, rules)
        if wake is not None and wake.at < command["received_at"]:
            return f"{wake.rung} at {wake.at:%Y-%m-%d %H:%M} UTC should have gone before it"
        return _decided(first.before, command, context, rules)

    def _moved(
        self, before: FileState, at: datetime, context: Context, rules: Rules
    ) -> tuple[Fact, ...] | str:
        """What a change of the calendar did to a file."""
        assert context.moved is not None, "asked about moves"  # noqa: S101
        calendar = self._calendars.find(context.moved.before)
        if calendar is None:
            return "the calendar before the change is not there, so it cannot be decided anew"
        if before.is_closed:
            return "the file had ended when the calendar changed"
        wake = next_wake(before, rules.process, calendar)
        if wake is not None and wake.at < at:
            return f"{wake.rung} at {wake.at:%Y-%m-%d %H:%M} UTC should have gone before it"
        return decide_move(before, at, context, rules, calendar)

    def _is_same(self, fact: Fact, moment: Moment, context: Context, command: Row | None) -> bool:
        link, event = moment.link, moment.event
        assert event.context_hash is not None, "a moment with a context names it"  # noqa: S101
        stored = read_command(command) if command else None
        again = file_event(fact, context, event.context_hash, stored).model_copy(
            update={
                "number": link.number,
                "previous": event.previous,
                "content_hash": event.content_hash,
            }
        )
        if fact.has_content != (event.content_hash is not None):
            self._tally.problem("content was added or left out", link.where)
            return False
        if command is not None and fact.has_content and not _has_body(link, command):
            self._tally.problem("its content is not the body of its command", link.where)
        if is_canonical(again, link.row["canonical"]):
            return True
        self._tally.problem(f"decided anew it differs: {_difference(again, event)}", link.where)
        return False

    def _check_outcome(self, command: Row, fact: Fact, moment: Moment) -> None:
        outcome = command["outcome"]
        version = None if outcome is None else Outcome.model_validate(outcome).version
        if outcome is not None and version != fact.after.version:
            what = f"command {command['id']} was answered with version {version}, it made {fact.after.version}"
            self._tally.problem(what, moment.where)

    def _check_request(self, row: Row) -> None:
        self._tally.count()
        if not is_as_received(row):
            self._tally.problem("it is not the request that was received", f"command {row['id']}")

    def _check_refusal(self, row: Row, outcome: Outcome, moments: Sequence[Moment]) -> None:
        states = list(_states_at(row, moments))
        if not states:
            return
        self._tally.count()
        again = [found for state in states for found in self._refusals(state, row, outcome.refusal)]
        if (outcome.refusal, outcome.rules, outcome.version) not in again:
            said = outcome.refusal.rule if outcome.refusal else "nothing"
            other = next((r.rule for r, *_ in again if r is not None), "accepted")
            what = f"refused because of {said}; decided anew: {other}"
            self._tally.problem(what, f"command {row['id']} of {row['stream']}")

    def _refusals(
        self, state: FileState, row: Row, refusal: Refusal | None
    ) -> Iterator[tuple[Refusal | None, dict[str, int], int]]:
        process, command = process_of(state, self._contexts.rules), read_command(row)
        for context, calendar in self._contexts.at(
            state, row["received_at"], row["decided_at"], row["actor"], refusal
        ):
            rules = Rules(process, calendar, self._contexts.rules)
            decided = decide(state, command, context, rules)
            if isinstance(decided, Refusal):
                named = refused_by(decided, state, command, context, rules)
                yield decided, named, state.version
            else:
                yield None, {}, state.version


def _rung(event: Event) -> str | None:
    """The rung that an event of time is about, also one that was put off."""
    if event.kind is EventKind.RUNG_POSTPONED:
        return str(event.data.get("rung"))
    return rung_of(event)


def _cause(moment: Moment) -> tuple[Any, ...]:
    """What keeps the events of one step together: its command, or the one wake-up."""
    command_id = moment.event.command_id
    return (command_id,) if command_id is not None else (None, moment.link.number)


def _opened(
    dossier: Dossier, first: Moment, context: Context, rules: Rules
) -> tuple[Fact, ...] | str:
    file = dossier.file
    if file is None or file["process"] is None:
        return "the file is in no roster of an opened period"
    if str(rules.process.key) != str(parse_process(file["process"])):
        return f"the period was opened with {file['process']}"
    key, unit, post = first.after.file, file["roster_unit"], file["roster_post"]
    return (opened(key, unit, post, file["opened_at"], context, rules),)


def _opened_gate(
    before: FileState, at: datetime, context: Context, rules: Rules
) -> tuple[Fact, ...] | str:
    gate = rules.process.find(before.turn).opens
    if gate is None or not is_open(gate.when, context):
        return "there is no gate that could have opened"
    return open_gate(before, at, context, rules)


def _decided(
    before: FileState, command: Row, context: Context, rules: Rules
) -> tuple[Fact, ...] | str:
    try:
        decided = decide(before, read_command(command), context, rules)
    except (ValidationError, ValueError):
        return f"command {command['id']} cannot be read"
    if isinstance(decided, Refusal):
        return f"decided anew it is refused: {decided.rule}"
    return decided


def _has_body(link: Link, command: Row) -> bool:
    """Whether the content is the command's body; it cannot be known once the salt is purged."""
    salt = link.row["salt"]
    if salt is None or link.event is None or link.event.content_hash is None:
        return True
    return has_salted_digest(command["body"], salt, link.event.content_hash)


def is_as_received(row: Row) -> bool:
    """Whether a command's row is the request whose hash was stored with it (see ``Request``)."""
    said = [row["stream"], row["act"], str(row["actor"]), row["body"], row["expected_version"]]
    return has_salted_digest(said, row["salt"], row["request_hash"].hex())


def _states_at(row: Row, moments: Sequence[Moment]) -> Iterator[FileState]:
    """The states a refused command may have met, as far as they are certain."""
    by_record = _state_before(moments, row["decided_at"], "recorded_at")
    by_receipt = _state_before(moments, row["received_at"], "happened_at")
    for state in (by_record, by_receipt):
        if state is not None:
            yield state
    for moment in moments:
        if moment.is_known and moment.event.happened_at == row["received_at"]:
            yield moment.after


def _state_before(moments: Sequence[Moment], at: datetime, column: str) -> FileState | None:
    found = [moment for moment in moments if moment.link.row[column] < at]
    if not found:
        return None
    position = len(found)
    is_known = moments[position].is_known if position < len(moments) else found[-1].is_known
    return found[-1].after if is_known else None


def _difference(again: Event, event: Event) -> str:
    new, old = (x.model_dump(mode="json", exclude_none=True) for x in (again, event))
    keys = [k for k in sorted(new.keys() | old.keys()) if new.get(k) != old.get(k)]
    if "data" not in keys:
        return ", ".join(keys)
    rest = [k for k in keys if k not in ("data", "state_hash")]
    return ", ".join([*rest, *_data_difference(new["data"], old["data"])])


def _data_difference(new: dict[str, Any], old: dict[str, Any]) -> list[str]:
    sets = new.get("set", {}), old.get("set", {})
    names = [
        f"data.set.{k}"
        for k in sorted(sets[0].keys() | sets[1].keys())
        if sets[0].get(k) != sets[1].get(k)
    ]
    rest = sorted((new.keys() | old.keys()) - {"set"})
    return names + [f"data.{k}" for k in rest if new.get(k) != old.get(k)]
