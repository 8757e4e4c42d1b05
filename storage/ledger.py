"""The ledger of files: the one writer of facts, one transaction an act.

Lock the stream, read the file, decide everything that is stored and everything that time has
brought, and write state, events, contents, reminders, notices and outcomes together. Repeating a
call finds its own footprint, which is what makes Temporal's at-least-once delivery harmless.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.authority import away_of, resolve_chain
from domain.deadline import next_wake
from domain.decision import Rules
from domain.definition import definition, process_of
from domain.distribution import spread_of
from domain.fold import dump, evolve
from domain.interim import former_of
from domain.organisation import Organisation
from domain.packs import rules_text
from domain.succession import Move
from domain.timeline import Step, WorkingDays, advance, agenda, opened
from domain.working_calendar import WorkingCalendar
from runtime.clock import Clock
from schemas.command import StoredCommand
from schemas.cycle import Advance, Agenda, Outcome, Progress, Verdict
from schemas.error import ErrorType, Refusal
from schemas.file import Context, Distribution, FileState, ProcessId
from schemas.identifier import FileKey, UnitKey, calendar_stream
from storage.chain import genesis
from storage.clock import Connection
from storage.organisation import Eras, MissingVersion, Organisations
from storage.outside import DecideFirst, MissingSuperior, Outside, read_superior
from storage.query import queries
from storage.record import Head, Record, Settled, file_event
from storage.spread import given, read_spread
from storage.succession import Span, next_move


class NotInRoster(LookupError):
    """A workflow exists for somebody who is in no roster; nothing can be opened for it."""


@dataclass(slots=True)
class _Entry:
    """One file inside its transaction.

    ``working`` are the calendars over time; ``is_gated`` if it stood before its unit's gate, or one turn away, at any time; ``spread`` is what the other files of the period amount to, if a signature asks for that.
    """

    state: FileState
    head: Head
    eras: Eras
    rules: Rules
    outside: Outside
    working: WorkingDays
    is_gated: bool = False
    spread: Mapping[str, Any] | None = None
    days: dict[tuple[date, int, int, int], Context] = field(default_factory=dict)

    def gate_opens(self, state: FileState) -> datetime | None:
        """Since when the fact of a gate is there, not before what the file's chain holds."""
        since = self.outside.gate_opens(state)
        at = self.head.happened_at
        return since if since is None or at is None else max(since, at)

    def resolve(self, at: datetime, actor: UUID | None) -> Context:
        """The context of an instant: the posts and mandates in force that day, as known then.

        The chain of a day is resolved once; all that depends on the actor is his seat in the HR
        office.
        """
        organisation = self.eras.at(at)
        on = self.rules.calendar.local_date(at)
        found = self._day(organisation, on)
        if actor is not None:
            found = for_actor(found, organisation, self.state.file, self.state.post, on, actor)
        told = self.outside.add_to(found, self.state.file, self.state, at, self.rules)
        spread = self._distribution(organisation, at, on)
        return told if spread is None else told.model_copy(update={"distribution": spread})

    def _day(self, organisation: Organisation, on: date) -> Context:
        """Who is who on a day, by what was known in a version."""
        key = (on, organisation.version, organisation.rules.version, organisation.calendars.version)
        if key not in self.days:
            state, calendar = self.state, organisation.calendars.of(self.state.unit)
            eight = calendar.at_eight(on)
            self.days[key] = context_at(organisation, calendar, state.file, state.post, eight, None)
        return self.days[key]

    @property
    def present(self) -> Rules:
        """The rules with the calendar that the file goes by now."""
        return self.rules.by(self.working.calendar)

    def moves(self, state: FileState) -> Move | None:
        """When the organisation changes next for whom the file waits, or that it goes on."""
        wake = next_wake(state, self.rules.process, self.present.calendar)
        span = Span(self.head.happened_at or state.entered_at, wake.at if wake else None)
        deaths, calendar = self.outside.deaths, self.rules.calendar
        return next_move(
            state, span, self.eras, deaths, calendar, lambda known, on: self._day(known, on).chain
        )

    def _distribution(
        self, organisation: Organisation, at: datetime, on: date
    ) -> Distribution | None:
        """The spread of predicates, where the file's turn weighs something by it."""
        state, spread = self.state, self.spread
        if spread is None or state.is_closed or not self.rules.process.find(state.turn).guards:
            return None
        return spread_of(state, given(spread, at), organisation, on)


def context_at(
    organisation: Organisation,
    calendar: WorkingCalendar,
    file: FileKey,
    post: str,
    at: datetime,
    actor: UUID | None,
) -> Context:
    """Who is who to a file at an instant, and by which rules; what other streams say is not in it."""
    on = calendar.local_date(at)
    chain = resolve_chain(organisation, file, post, on)
    found = Context(
        chain=chain,
        away=away_of(organisation, chain, file, on),
        died_on=organisation.died_on(file.person, on),
        organisation=organisation.version,
        calendar=calendar.version,
        calendar_changes=organisation.calendars.version,
        rules=rules_text(organisation.rules.version),
    )
    return found if actor is None else for_actor(found, organisation, file, post, on, actor)


def for_actor(
    context: Context, organisation: Organisation, file: FileKey, post: str, on: date, actor: UUID
) -> Context:
    """A context with what an actor is to the file besides: of the HR office, or once its supervisor."""
    supervisor = context.chain.supervisor
    is_supervisor = supervisor is not None and supervisor.person == actor
    told = {
        "hr_actor": organisation.hr_seat(actor, on),
        "former": None if is_supervisor else former_of(organisation, file, post, actor, on),
    }
    return context.model_copy(update=told) if any(told.values()) else context


class FileLedger:
    """Decides and records for files; holds nothing but caches of immutable things."""

    def __init__(self, calendar: WorkingCalendar, clock: Clock) -> None:
        self._calendar = calendar
        self._clock = clock
        self._organisations = Organisations()

    async def advance(
        self, connection: Connection, request: Advance, under_way: Collection[str] = ()
    ) -> tuple[Progress, Sequence[Settled]]:
        """Bring a file up to date; what it waits for, and the commands settled on the way.

        Opens the file if the roster has it and nobody opened it yet. Runs in the caller's
        transaction; nothing is visible before it commits.

        Args:
            connection: inside the caller's transaction.
            request: what is asked.
            under_way: streams that are being decided already, and wait for this one.

        Raises:
            NotInRoster: if there is neither a file nor a roster row for it.
            DecideFirst: if a command of another stream has to be decided first; then ask again.
        """
        key = request.file
        await queries("ledger").lock_stream(connection, stream=key.stream)
        row = await queries("ledger").read_file(
            connection, id=key.file_id, stream=key.stream, asked=request.command_id
        )
        is_new = row is None
        row = row or await self._roster_row(connection, request)
        if row["calendar_waits"] is not None:
            raise DecideFirst(calendar_stream(key.org), row["calendar_waits"])
        at = row["opened_at"] if is_new else row["last_at"]
        spread = await read_spread(connection, key, row["commands"])
        newest = row["organisation_version"], row["rules_version"], row["calendar_version"]
        eras = await self._organisations.eras(connection, key.org, newest, at)
        outside = Outside.of(row)
        while True:
            record = Record()
            try:
                entry = (
                    self._open(key, row, eras, outside, record)
                    if is_new
                    else self._entry(row, eras, outside)
                )
                entry.spread = spread
                asked = _decide(entry, request, record, row["commands"])
                now = self._agenda(entry)
                break
            except MissingVersion as missing:
                await self._organisations.add(connection, eras, missing.version)
            except MissingSuperior as above:
                found = await read_superior(connection, above.file, under_way)
                outside.superiors[above.file.person] = found
        if entry.is_gated:
            await _require_no_unit_command(connection, entry)
        if is_new:
            await self.keep_calendar(connection)
        if record.events:
            await self._write_file(connection, entry)
        elif entry.working.taken != row["calendar_taken"]:
            await queries("ledger").mark_calendar_taken(
                connection, id=key.file_id, calendar_taken=entry.working.taken
            )
        await record.write(connection)
        return Progress(agenda=now, outcome=asked), record.settled

    async def keep_calendar(self, connection: Connection) -> None:
        """Keep the calendar in force by value: every event of today names its version."""
        await queries("ledger").insert_calendar(
            connection, version=self._calendar.version, value=self._calendar.to_value()
        )

    def _entry(self, row: Mapping[str, Any], eras: Eras, outside: Outside) -> _Entry:
        state = evolve(None, row["state"])
        working = WorkingDays(eras.calendars, state.unit, row["calendar_taken"], row["last_at"])
        rules = Rules(process_of(state, eras.rules), working.calendar, eras.rules)
        head = Head(row["number"], row["head"], row["last_at"])
        is_gated = _is_before_unit_gate(rules, state)
        return _Entry(state, head, eras, rules, outside, working, is_gated)

    async def _roster_row(self, connection: Connection, request: Advance) -> Mapping[str, Any]:
        key = request.file
        row: Mapping[str, Any] | None = await queries("ledger").read_roster_row(
            connection,
            org=key.org,
            period=key.period,
            kind=key.kind,
            person=key.person,
            stream=key.stream,
            asked=request.command_id,
        )
        if row is None:
            raise NotInRoster(f"no roster row for file {key.file_id}")
        return row

    def _open(
        self, key: FileKey, row: Mapping[str, Any], eras: Eras, outside: Outside, record: Record
    ) -> _Entry:
        process = definition(parse_process(row["process"]), key.period, eras.rules)
        at, taken = row["opened_at"], eras.calendars.at(row["opened_at"]).version
        working = WorkingDays(eras.calendars, row["unit"], taken, at)
        rules = Rules(process, working.calendar, eras.rules)
        known = context_at(eras.at(at), working.calendar, key, row["post"], at, None)
        context = outside.add_to(known, key, None, at, rules)
        fact = opened(key, row["unit"], row["post"], at, context, rules)
        entry = _Entry(fact.after, Head(-1, genesis(key.stream)), eras, rules, outside, working)
        _record(entry, Step(context, (fact,)), record)
        return entry

    async def _write_file(self, connection: Connection, entry: _Entry) -> None:
        """Write the row; its wake-up is what the turn brings, whoever has the task then."""
        state = entry.state
        key, wake = state.file, next_wake(state, entry.rules.process, entry.present.calendar)
        await queries("ledger").write_file(
            connection,
            id=key.file_id,
            org=key.org,
            period=key.period,
            kind=key.kind,
            person=key.person,
            stream=key.stream,
            unit=state.unit,
            number=entry.head.number,
            head=entry.head.hash,
            last_at=entry.head.happened_at or state.entered_at,
            stage=state.stage,
            turn=state.turn,
            visit=state.visit,
            version=state.version,
            awaits=state.awaits,
            due_at=state.due_at,
            wake_at=wake.at if wake else None,
            wake_real_at=self._clock.to_real(wake.at) if wake else None,
            ended=state.end,
            state=dump(state),
            calendar_taken=entry.working.taken,
        )

    def _agenda(self, entry: _Entry) -> Agenda:
        at = entry.head.happened_at or entry.state.entered_at
        state, number = entry.state, entry.head.number
        move = None if state.is_closed else entry.moves(state)
        now = agenda(state, number, entry.resolve(at, None), entry.present, move)
        if now.wake is None:
            return now
        wake = now.wake.model_copy(update={"real_at": self._clock.to_real(now.wake.at)})
        return now.model_copy(update={"wake": wake})


def _is_before_unit_gate(rules: Rules, state: FileState) -> bool:
    return "unit_predicate" in rules.process.gates_at(state.turn)


async def _require_no_unit_command(connection: Connection, entry: _Entry) -> None:
    """Nothing is written while a command of the unit waits: it may open the gate.

    Raises:
        DecideFirst: naming it.
    """
    file = entry.state.file
    stream = UnitKey(org=file.org, period=file.period, unit=entry.state.unit).stream
    # Whoever is just storing one holds this lock, and has stamped it.
    await queries("ledger").lock_stream(connection, stream=stream)
    command_id = await queries("ledger").read_newest_undecided(connection, stream=stream)
    if command_id is not None:
        raise DecideFirst(stream, command_id)


def _decide(
    entry: _Entry, request: Advance, record: Record, rows: Sequence[Mapping[str, Any]]
) -> Outcome | None:
    """Decide what is stored and what time has brought; the outcome of the command asked about."""
    asked = next((r for r in rows if r["id"] == str(request.command_id)), None)
    if asked is not None and asked["outcome"] is not None:
        found: Outcome | None = Outcome.model_validate(asked["outcome"])
    else:
        found = None if request.command_id is None else _UNKNOWN
    commands = [stored_command(r) for r in rows if r["outcome"] is None]
    until = request.wake.at if request.wake else None
    for step in advance(
        *(entry.state, commands, until, entry.resolve, entry.rules),
        *(entry.gate_opens, entry.working, entry.moves),
    ):
        _record(entry, step, record)
        if step.command is None:
            continue
        outcome = _outcome(step, entry.state)
        record.settle(step.command, outcome)
        if step.command.id == request.command_id:
            found = outcome
    return found


def _record(entry: _Entry, step: Step, record: Record) -> None:
    if not step.facts:
        return
    context_hash = record.keep_context(step.context)
    for fact in step.facts:
        event = file_event(fact, step.context, context_hash, step.command)
        content = step.command.body if fact.has_content and step.command else None
        record.append(event, content, entry.head)
        record.remind_and_tell(fact, entry.head.number)
        record.keep_plan(fact, entry.head.number)
        entry.state = fact.after
        entry.is_gated = entry.is_gated or _is_before_unit_gate(entry.rules, fact.after)


def parse_process(text: str) -> ProcessId:
    """Read ``bulanan/1/0``, or ``bulanan/1`` as a period from before any override has it.

    Raises:
        ValueError: if it is neither.
    """
    name, version, *rules = text.split("/")
    return ProcessId(id=name, version=int(version), rules=int("".join(rules) or 0))


def stored_command(row: Mapping[str, Any]) -> StoredCommand:
    """A command as the gateway committed it."""
    return StoredCommand.model_validate({k: v for k, v in dict(row).items() if k != "outcome"})


_UNKNOWN = Outcome(
    verdict=Verdict.REFUSED,
    refusal=Refusal(type=ErrorType.NOT_FOUND, rule="command.unknown"),
)


def _outcome(step: Step, state: FileState) -> Outcome:
    verdict = Verdict.REFUSED if step.refusal else Verdict.ACCEPTED
    # The version this very command made, not one that a later step of the same call made.
    version = step.facts[0].after.version if step.facts else state.version
    return Outcome(verdict=verdict, version=version, refusal=step.refusal, rules=dict(step.rules))
