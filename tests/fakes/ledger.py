"""The ledger in memory: the same decider and the same bytes, but no database.

It passes the contract suite of the real one (``tests/contract/test_ledger.py``) and can be told
to fail as a real one does: before its commit, after it, or by never answering.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import Enum
from itertools import islice
from uuid import UUID

from temporalio import activity
from typing_extensions import override

from activities.contracts import Ledger
from domain.authority import resolve_chain
from domain.calendar_book import CalendarBook
from domain.deadline import next_wake
from domain.decision import Fact, Rules
from domain.definition import definition, process_of
from domain.organisation import Organisation
from domain.plan import AnnualPlan, PlanVersion, agreed, year_of
from domain.process import MONTHLY
from domain.succession import Move
from domain.timeline import Step, WorkingDays, agenda, opened
from domain.timeline import advance as decided
from domain.unit import Step as UnitStep
from domain.working_calendar import WorkingCalendar
from runtime.clock import Clock
from schemas.command import StoredCommand
from schemas.cycle import Advance, Agenda, Outcome, Progress, StreamAct, Verdict
from schemas.error import ErrorType, Refusal
from schemas.event import Event
from schemas.file import Chain, Context, FileState, ProcessId
from schemas.identifier import FileKey
from storage.chain import canonical, digest, event_bytes, genesis, salted
from storage.ledger import NotInRoster, context_at
from storage.organisation import Eras, Version
from storage.outside import Outside
from storage.record import context_row, file_event
from storage.succession import Death, Span, next_move
from tests.builders import SET, SET_AT

_SALT = bytes(16)
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)


class Fault(Enum):
    """How one call of the ledger goes wrong."""

    BEFORE_COMMIT = "nothing was written, and the caller gets an error"
    AFTER_COMMIT = "everything was written, and the caller gets an error"
    HANG_BEFORE = "nothing is written, and no answer comes"
    HANG_AFTER = "everything was written, and no answer comes"


class Unreachable(ConnectionError):
    """The database went away in the middle of a call."""


@dataclass(frozen=True)
class Enrolment:
    """A roster row, with what its period was opened with."""

    unit: str
    post: str
    opened_at: datetime
    process: ProcessId = MONTHLY


@dataclass(frozen=True)
class Record:
    """One file as recorded: state, chain, who was told what, and which rungs were climbed."""

    state: FileState
    events: tuple[Event, ...] = ()
    notices: tuple[tuple[str, str, UUID], ...] = ()
    rungs: tuple[tuple[int, str], ...] = ()
    plans: tuple[PlanVersion, ...] = ()
    calendar_taken: int = 0

    @property
    def head(self) -> str:
        """The hash of the last event."""
        return digest(event_bytes(self.events[-1])) if self.events else ""

    @property
    def last_at(self) -> datetime:
        """When the last event happened."""
        return self.events[-1].happened_at


@dataclass
class FakeLedger(Ledger):
    """Holds everything in dictionaries; a call replaces whole records, so it commits at once."""

    organisation: Organisation
    calendar: WorkingCalendar
    clock: Clock
    roster: dict[FileKey, Enrolment] = field(default_factory=dict)
    records: dict[FileKey, Record] = field(default_factory=dict)
    commands: dict[UUID, StoredCommand] = field(default_factory=dict)
    outcomes: dict[UUID, Outcome] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    is_away: bool = False
    unit_set_at: datetime | None = SET_AT
    changed: list[tuple[datetime, Organisation]] = field(default_factory=list)
    asked: list[Advance] = field(default_factory=list)
    contexts: dict[str, Context] = field(default_factory=dict)
    book: CalendarBook = field(init=False)

    def __post_init__(self) -> None:
        self.book = CalendarBook(self.calendar)

    def change(self, since: datetime, organisation: Organisation) -> None:
        """From an instant on this is known of the organisation: a version of its own."""
        self.changed.append((since, replace(organisation, version=self.newest.version + 1)))

    @property
    def newest(self) -> Organisation:
        """What is known of the organisation by now."""
        return self.changed[-1][1] if self.changed else self.organisation

    @property
    def _eras(self) -> Eras:
        known = [(_FIRST, self.organisation), *self.changed]
        versions = [Version(o.version, since, since) for since, o in known]
        snapshots = {o.version: o for _, o in known}
        return Eras("kota", versions, snapshots, self.organisation.rules, self.book)

    def _deaths(self, key: FileKey) -> list[Death]:
        """Since when it is on record that somebody has died."""
        on = date.max
        told = (since for since, o in self.changed if o.died_on(key.person, on) is not None)
        return [Death(since) for since in islice(told, 1)]

    def _move(self, record: Record, rules: Rules) -> Move | None:
        state, post = record.state, self.roster[record.state.file].post
        wake = next_wake(state, rules.process, rules.calendar)

        def chain(known: Organisation, on: date) -> Chain:
            return resolve_chain(known, state.file, post, on)

        span = Span(record.last_at, wake.at if wake else None)
        return next_move(state, span, self._eras, self._deaths(state.file), self.calendar, chain)

    def enrol(self, file: FileKey, enrolment: Enrolment) -> None:
        """Put a file into its period's roster."""
        self.roster[file] = enrolment

    def store(self, command: StoredCommand) -> None:
        """Take a command in, as the gateway does."""
        assert command.id not in self.commands, "the gateway stores an id once"
        self.commands[command.id] = command

    @override
    @activity.defn(name="advance_file")
    async def advance_file(self, request: Advance) -> Progress:
        """See the contract."""
        self.asked.append(request)
        return await self._answer(request)

    @override
    @activity.defn(name="decide_command")
    async def decide_command(self, request: StreamAct) -> Outcome:
        """See the contract; only the streams of files are faked."""
        file = FileKey.of_stream(request.stream)
        assert file is not None, "the fake keeps files only"
        progress = await self._answer(Advance(file=file, command_id=request.command_id))
        assert progress.outcome is not None, "a command that was asked about has an outcome"
        return progress.outcome

    async def _answer(self, request: Advance) -> Progress:
        if self.is_away:
            raise Unreachable("the database is away")
        fault = self.faults.popleft() if self.faults else None
        if fault is Fault.BEFORE_COMMIT:
            raise Unreachable("the connection was lost before the commit")
        if fault is Fault.HANG_BEFORE:
            await asyncio.Event().wait()
        progress = self.advance(request)
        if fault is Fault.AFTER_COMMIT:
            raise Unreachable("the connection was lost after the commit")
        if fault is Fault.HANG_AFTER:
            await asyncio.Event().wait()
        return progress

    def advance(self, request: Advance, under_way: frozenset[FileKey] = frozenset()) -> Progress:
        """The answer, and all it changes, without a fault and without waiting."""
        key = request.file
        record = self.records.get(key) or self._opened(key)
        self._decide_first(record.state, under_way | {key})
        days = self._days(record)
        rules = Rules(
            process_of(record.state, self.organisation.rules),
            days.calendar,
            self.organisation.rules,
        )
        until = request.wake.at if request.wake else None
        settled: dict[UUID, Outcome] = {}
        outside = self._outside(key)

        def opens(state: FileState) -> datetime | None:
            since = outside.gate_opens(state)
            return None if since is None else max(since, record.last_at)

        def resolve(at: datetime, actor: UUID | None) -> Context:
            return self._context(key, record.state, at, actor, rules)

        def moves(_state: FileState) -> Move | None:
            return self._move(record, rules.by(days.calendar))

        waiting = self._undecided(key)
        for step in decided(record.state, waiting, until, resolve, rules, opens, days, moves):
            record = _appended(record, step)
            if step.command is not None:
                settled[step.command.id] = _outcome(step, record.state)
        self.records[key] = record = replace(record, calendar_taken=days.taken)
        self.outcomes |= settled
        now = self._agenda(record, rules.by(days.calendar))
        return Progress(agenda=now, outcome=self._found(request))

    def _days(self, record: Record) -> WorkingDays:
        return WorkingDays(self.book, record.state.unit, record.calendar_taken, record.last_at)

    def _decide_first(self, state: FileState, under_way: frozenset[FileKey]) -> None:
        """What is stored for the file of the one above, whose plan the file waits for."""
        if state.turn != "superior_plan" or state.superior_plan is None:
            return
        above = state.file.model_copy(update={"person": state.superior_plan.person})
        if self._undecided(above) and above not in under_way:
            self.advance(Advance(file=above), under_way)

    def _outside(self, key: FileKey) -> Outside:
        """What the unit and everybody's annual plans say."""
        at = self.unit_set_at
        steps = [] if at is None else [UnitStep(SET.number, "set", SET.predicate, at)]
        year = [k for k in (*self.records, *self.roster) if k.period == year_of(key)]
        plans = {k.person: self._plan(k) for k in year}
        own = plans.get(key.person, AnnualPlan())
        above = {p: plans.get(p, AnnualPlan()) for p in self.organisation.by_person}
        return Outside(steps, own.versions, above)

    def _plan(self, key: FileKey) -> AnnualPlan:
        record = self.records.get(key)
        if record is None:
            return AnnualPlan(is_listed=True)
        return AnnualPlan(True, record.plans, record.state.ended_at)

    def _undecided(self, key: FileKey) -> list[StoredCommand]:
        waiting = [
            c
            for c in self.commands.values()
            if c.stream == key.stream and c.id not in self.outcomes
        ]
        return sorted(waiting, key=lambda c: (c.received_at, c.id))

    def _opened(self, key: FileKey) -> Record:
        if key not in self.roster:
            raise NotInRoster(f"no roster row for file {key.file_id}")
        row = self.roster[key]
        process = definition(row.process, key.period, self.organisation.rules)
        known = self.book.at(row.opened_at)
        rules = Rules(process, known.of(row.unit), self.organisation.rules)
        found = self._context(key, None, row.opened_at, None, rules)
        fact = opened(key, row.unit, row.post, row.opened_at, found, rules)
        record = Record(fact.after, calendar_taken=known.version)
        return _appended(record, Step(found, (fact,)))

    def _context(
        self, key: FileKey, before: FileState | None, at: datetime, actor: UUID | None, rules: Rules
    ) -> Context:
        post = self.roster[key].post
        known = self._eras.at(at)
        calendar = known.calendars.of(self.roster[key].unit)
        found = context_at(known, calendar, key, post, at, actor)
        made = self._outside(key).add_to(found, key, before, at, rules)
        self.contexts[context_row(made)[0]] = made
        return made

    def _agenda(self, record: Record, rules: Rules) -> Agenda:
        state, number = record.state, record.events[-1].number
        found = self._context(state.file, state, record.last_at, None, rules)
        move = None if state.is_closed else self._move(record, rules)
        now = agenda(state, number, found, rules, move)
        if now.wake is None:
            return now
        wake = now.wake.model_copy(update={"real_at": self.clock.to_real(now.wake.at)})
        return now.model_copy(update={"wake": wake})

    def _found(self, request: Advance) -> Outcome | None:
        if request.command_id is None:
            return None
        known = self.commands.get(request.command_id)
        if known is not None and known.stream == request.file.stream:
            return self.outcomes[request.command_id]
        unknown = Refusal(type=ErrorType.NOT_FOUND, rule="command.unknown")
        return Outcome(verdict=Verdict.REFUSED, refusal=unknown)


def _appended(record: Record, step: Step) -> Record:
    for fact in step.facts:
        plan = agreed(fact.kind, len(record.events), fact.happened_at, fact.after)
        record = replace(
            record,
            plans=record.plans if plan is None else (*record.plans, plan),
            state=fact.after,
            events=(*record.events, _chained(record, fact, step)),
            notices=(*record.notices, *_notices(fact, len(record.events))),
            rungs=(*record.rungs, *_rung(fact)),
        )
    assert len(set(record.rungs)) == len(record.rungs), "a rung of a visit is climbed once"
    keys = [key for key, *_ in record.notices]
    assert len(set(keys)) == len(keys), "a notice is written once"
    return record


def _chained(record: Record, fact: Fact, step: Step) -> Event:
    event = file_event(fact, step.context, context_row(step.context)[0], step.command)
    content = step.command.body if fact.has_content and step.command else None
    return event.model_copy(
        update={
            "number": len(record.events),
            "previous": record.head or genesis(event.stream),
            "content_hash": None if content is None else salted(canonical(content), _SALT)[1],
        }
    )


def _rung(fact: Fact) -> tuple[tuple[int, str], ...]:
    return () if fact.rung is None or fact.before is None else ((fact.before.visit, fact.rung),)


def _notices(fact: Fact, number: int) -> list[tuple[str, str, UUID]]:
    before = fact.before
    cause = f"{before.visit}/{fact.rung}" if before and fact.rung else str(number)
    return [(f"{cause}/{n.topic}", n.topic.value, n.recipient) for n in fact.notices]


def _outcome(step: Step, state: FileState) -> Outcome:
    verdict = Verdict.REFUSED if step.refusal else Verdict.ACCEPTED
    version = step.facts[0].after.version if step.facts else state.version
    return Outcome(verdict=verdict, version=version, refusal=step.refusal, rules=dict(step.rules))
