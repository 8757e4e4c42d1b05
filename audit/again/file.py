"""One file decided again, from its opening to its last event."""

import json
from collections.abc import Sequence
from uuid import UUID

from pydantic import ValidationError

from audit.again.asked import Asked, asked
from audit.again.difference import Count, Difference, Kind
from audit.again.name import differing, name, other_columns
from audit.again.read import CONTENT, CONTEXT, PREVIOUS, Contexts, Row, Sheet, named_hash, steps
from audit.again.refusal import Moment, Refusals, is_refused
from audit.again.step import Cause, Finding, decide_again, rules_by
from audit.again.write import Place, Written, event_bytes, fast, written
from audit.encoding import has_digest
from audit.page import Calendars
from audit.plan import Plans, file_of
from domain.decision import Fact, Rules
from domain.fold import dump, evolve
from domain.plan import superior_of
from domain.regulation import load
from domain.rulebook import Rulebook
from schemas.cycle import Outcome, Verdict
from schemas.file import Context, FileState
from storage.chain import digest, genesis

_ACCEPTED = Outcome(verdict=Verdict.ACCEPTED).model_dump(mode="json")


class FileAgain:
    """Decides files again, one after the other; holds counters and nothing of any file.

    Attributes:
        rules: the organisation's rules, with everything it has set for itself by now.
        count: what the files so far amount to.
        proven: kinds of event that were written in both ways, alike.
    """

    def __init__(self, calendars: Calendars, refusals: Refusals, plans: Plans) -> None:
        self.calendars = calendars
        self.plans = plans
        self.refusals = refusals
        self.rules: Rulebook = load()
        self.count = Count()
        self.proven: set[str] = set()

    def is_proven(self, kind: str) -> bool:
        """Whether an event of this kind was written both ways."""
        return kind in self.proven

    def take_count(self) -> Count:
        """What the files since the last time amount to."""
        count, self.count = self.count, Count()
        return count

    def check(self, sheet: Sheet, contexts: Contexts) -> None:
        """Decide one file again. Nothing that is stored, however damaged, ends it."""
        self.count.files += 1
        one = _One(self, sheet, contexts)
        try:
            one.check()
        except Exception as error:  # noqa: BLE001  (a record may be damaged in any way)
            what = f"it could not be decided to the end: {type(error).__name__}"
            one.note(Finding(Kind.RESULT, "file", what))
        self.count.differ(one.found)


class _One:
    """One file on its way: the state as recorded so far, and what was found.

    Once a difference is named, what follows is judged by the recorded state if that has the hash
    its event gives; if not, nothing is judged until a state has its hash again. So a fault is
    named once, and later ones are still found.
    """

    def __init__(self, whole: FileAgain, sheet: Sheet, contexts: Contexts) -> None:
        self.whole, self.sheet, self.contexts = whole, sheet, contexts
        self.key = file_of(sheet.stream)
        self.found: list[Difference] = []
        self.commands: dict[UUID, Asked] = {}
        self.moments: list[Moment] = []
        self.named: set[UUID] = set()  # commands whose changed body was named
        self.last: Written | None = None
        self.is_certain = True
        self.previous: str | None = genesis(sheet.stream)
        self.number = 0

    def note(self, finding: Finding, row: Row | None = None, command: UUID | None = None) -> None:
        """Keep a difference, with its place."""
        self.found.append(
            Difference(
                file=self.sheet.stream,
                number=None if row is None else row["number"],
                command=command if row is None else row["command_id"],
                kind=finding.kind,
                field=finding.field,
                what=finding.what,
            )
        )

    def check(self) -> None:
        """Everything of the file, in order."""
        for row in self.sheet.commands:
            self.commands[row["id"]] = asked(row)
        for step in steps(self.sheet.events):
            self.step(step)
        self.check_commands()
        self.check_row()
        self.check_plans()

    def step(self, step: Sequence[Row]) -> None:
        """The events of one decision."""
        self.whole.count.steps += 1
        self.whole.count.events += len(step)
        self.follow(step[0])
        cause = self.cause(step[0]) if self.is_certain else None
        facts = () if cause is None else self.decide(step, cause)
        for index, row in enumerate(step):
            after = None
            if cause is not None and index < len(facts):
                after = self.compare(row, facts[index], cause)
            facts = facts if after is not None else ()
            self.go_on(row, after)

    def follow(self, row: Row) -> None:
        """Whether an event stands where it says."""
        if row["number"] != self.number:
            self.note(Finding(Kind.RESULT, "number", "an event before it is missing"), row)
            self.is_certain, self.previous = False, None

    def cause(self, row: Row) -> Cause | None:
        """The inputs of a decision; None, and a difference, if one of them is not there."""
        command = None
        if row["command_id"] is not None:
            command = self.commands.get(row["command_id"])
            if command is None:
                self.note(Finding(Kind.INPUT, "command", "the command is not there"), row)
                return None
        context_hash = named_hash(row["canonical"], CONTEXT) or ""
        context = self.contexts.find(context_hash)
        if not isinstance(context, Context):
            self.note(Finding(Kind.INPUT, "context", context), row)
            return None
        return Cause(self.key, self.sheet.file, row, command, context, context_hash)

    def decide(self, step: Sequence[Row], cause: Cause) -> Sequence[Fact]:
        """The facts of a decision taken again; none, and a difference, where that fails."""
        before = None if self.last is None else self.last.state
        calendars = self.whole.calendars
        rules = rules_by(before, cause, calendars, self.whole.rules)
        if isinstance(rules, Finding):
            self.note(rules, step[0])
            return ()
        facts = decide_again(before, cause, calendars, rules)
        if isinstance(facts, Finding):
            self.note(facts, step[0])
            return ()
        self.check_plan_cited(before, rules, cause)
        if len(facts) != len(step):
            what = f"decided again it is {len(facts)} events, not {len(step)}"
            self.note(Finding(Kind.RESULT, "events", what), step[0])
        if cause.asked is not None:
            self.check_outcome(cause.asked, facts[0], step[0])
        return facts

    def check_plan_cited(self, before: FileState | None, rules: Rules, cause: Cause) -> None:
        """Whether a context has those versions of plans that the decision had to go by."""
        context, plans = cause.context, self.whole.plans
        if self.key is None:
            return  # said where the file is looked for
        at, recorded_at = cause.row["happened_at"], cause.row["recorded_at"]
        if context.plan not in plans.possible(self.key, at, recorded_at, rules.calendar):
            what = "the plan version in it is not the one that was in force"
            self.note(Finding(Kind.INPUT, "context.plan", what), cause.row)
        person = superior_of(rules.process, before, context.chain)
        if context.superior_plan not in plans.awaited(self.key, person, at, recorded_at):
            what = "what it says of the superior's plan is not how that stood"
            self.note(Finding(Kind.INPUT, "context.superior_plan", what), cause.row)

    def compare(self, row: Row, fact: Fact, cause: Cause) -> Written | None:
        """The state after an event whose bytes come out the same; None, and differences, if not."""
        data, after = row["canonical"], written(self.last, fact.after)
        previous = self.previous or named_hash(data, PREVIOUS) or ""
        command = None if cause.asked is None else cause.asked.stored
        content_hash = self.content_hash(row, fact, cause.asked)
        place = Place(
            self.number, previous, content_hash, cause.context_hash, cause.context, command
        )
        same = self.is_next(fact) and event_bytes(fact, after, place) == data
        if same:
            for finding in other_columns(row, fact, place):
                self.note(finding, row)
        if same and self.whole.is_proven(row["kind"]):
            return after
        found = name(fact, place, data)
        for finding in found:
            self.note(finding, row)
        if same and not found:
            self.whole.proven.add(row["kind"])
        return None if found else after

    def is_next(self, fact: Fact) -> bool:
        """Whether a fact was decided on the very state that was written last."""
        return fact.before is (None if self.last is None else self.last.state)

    def content_hash(self, row: Row, fact: Fact, command: Asked | None) -> str | None:
        """The hash of what an act said; it has to be that of its command's body."""
        if not fact.has_content or command is None:
            if row["kept_hash"] is not None:
                what = "content is kept that it does not speak of"
                self.note(Finding(Kind.INPUT, "content", what), row)
            return None
        if row["salt"] is None:  # purged: nobody can know
            said = named_hash(row["canonical"], CONTENT)
            if said is None:
                self.note(Finding(Kind.RESULT, "content_hash", "its content was left out"), row)
            return said
        right = digest(row["salt"] + command.body)
        if right == row["kept_hash"]:
            return right
        said = named_hash(row["canonical"], CONTENT)
        if said == row["kept_hash"]:
            self.named.add(row["command_id"])
            what = "the command's body is not what was said"
            self.note(Finding(Kind.INPUT, "command.body", what), row)
        elif said == right:
            self.note(Finding(Kind.INPUT, "content", "the content that is kept was changed"), row)
        else:
            what = "neither the content that is kept nor the command's body has this hash"
            self.note(Finding(Kind.RESULT, "content_hash", what), row)
        return said

    def go_on(self, row: Row, after: Written | None) -> None:
        """Take an event as recorded: where nothing differs that is what was decided."""
        data = row["canonical"]
        own = digest(data)
        if own != row["hash"]:
            self.note(Finding(Kind.RESULT, "hash", "its bytes do not have its hash"), row)
        if after is not None:
            self.last = after
        else:
            self.fold(data)
        self.previous = own if own == row["hash"] else None
        self.number = row["number"] + 1
        state = self.last.state if self.is_certain and self.last is not None else None
        self.moments.append(Moment(row, state))

    def fold(self, data: bytes) -> None:
        """Apply what an event says that it changed; certain if the state then has its hash."""
        try:
            event = json.loads(data)
            before = None if self.last is None else self.last.state
            self.last = written(None, evolve(before, event["data"]["set"]))
            self.is_certain = has_digest(dump(self.last.state), event["state_hash"])
        except (ValidationError, ValueError, KeyError, TypeError):
            self.is_certain = False

    def check_outcome(self, command: Asked, fact: Fact, row: Row) -> None:
        """Whether an accepted command was answered with the version that it made."""
        again = {**_ACCEPTED, "version": fact.after.version}
        if command.row["outcome"] == again:
            return
        for key in differing(command.row["outcome"], again):
            what = "it was answered with something else than what it made"
            self.note(Finding(Kind.RESULT, f"outcome.{key}", what), row)

    def check_commands(self) -> None:
        """Every command as it came in; those that left no event were refused, rightly."""
        done = {row["command_id"] for row in self.sheet.events}
        for key, command in self.commands.items():
            if not command.is_as_received and key not in self.named:
                what = "stream, act, actor, body or expected version is not what was received"
                self.note(Finding(Kind.INPUT, "command", what), command=key)
            if command.row["outcome"] is None:
                continue
            if is_refused(command.row):
                self.whole.count.refusals += 1
                finding = self.whole.refusals.check(command, self.moments)
                if finding is not None:
                    self.note(finding, command=key)
            elif key not in done:
                what = "it was accepted, and there is no event of it"
                self.note(Finding(Kind.RESULT, "events", what), command=key)

    def check_row(self) -> None:
        """Whether the file's row is where the chain ends."""
        file, events = self.sheet.file, self.sheet.events
        if file is None or not events:
            what = "it has no row of a file" if file is None else "the file has no events"
            self.note(Finding(Kind.RESULT, "file" if file is None else "events", what))
            return
        for key, value in (("number", events[-1]["number"]), ("head", events[-1]["hash"])):
            if file[key] != value:
                what = "the file's row does not name the last event"
                self.note(Finding(Kind.RESULT, f"file.{key}", what))
        if self.last is None or not self.is_certain:
            return
        if digest(fast(file["state"])) == self.last.hash or file["state"] == (
            state := dump(self.last.state)
        ):
            return
        for key in differing(file["state"], state):
            what = "the file's row is not what its events amount to"
            self.note(Finding(Kind.RESULT, f"file.state.{key}", what))

    def check_plans(self) -> None:
        """Whether the versions of a plan are the agreements on its annual file."""
        told = [(m.row, m.after) for m in self.moments if m.after is not None]
        if len(told) < len(self.moments):
            return  # it was said what is wrong
        if self.whole.plans.differ(self.sheet.stream, told):
            what = "the versions of its plan are not its agreements"
            self.note(Finding(Kind.RESULT, "plan_version", what))
