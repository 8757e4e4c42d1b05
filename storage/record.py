"""Collecting what a transaction writes: events with their contents, reminders, notices, outcomes.

Everything is gathered in memory and written by one statement, since each round trip to Postgres
costs more than the rows it carries. Nothing is visible before the caller's transaction commits.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from domain.decision import Fact
from domain.fold import changes, dump
from domain.plan import PlanVersion, agreed, year_of
from domain.rulebook import Override
from domain.unit import Step as UnitStep
from schemas.code import Topic, Via
from schemas.command import StoredCommand
from schemas.cycle import Outcome
from schemas.event import Event, EventCapacity
from schemas.file import Context
from schemas.identifier import FileKey, UnitKey
from storage.chain import canonical, digest, event_bytes, model_bytes, salted
from storage.clock import Connection
from storage.query import Query, queries


@dataclass(slots=True)
class Head:
    """The end of a chain: the last number and hash, and when it happened."""

    number: int
    hash: str
    happened_at: datetime | None = None


Settled = tuple[StoredCommand, Outcome]


@dataclass(slots=True)
class Record:
    """What one transaction adds to the record, in order. Fill it, then ``write`` it once."""

    events: list[tuple[Any, ...]] = field(default_factory=list)
    contents: list[tuple[Any, ...]] = field(default_factory=list)
    contexts: dict[str, bytes] = field(default_factory=dict)
    reminders: list[tuple[Any, ...]] = field(default_factory=list)
    notices: list[tuple[Any, ...]] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    unit: list[tuple[UnitKey, UnitStep]] = field(default_factory=list)
    overrides: list[dict[str, Any]] = field(default_factory=list)
    plans: list[tuple[FileKey, PlanVersion]] = field(default_factory=list)
    calendar_changes: list[dict[str, Any]] = field(default_factory=list)
    later: list[tuple[Query, dict[str, Any]]] = field(default_factory=list)

    def append(self, event: Event, content: JsonValue | None, head: Head) -> None:
        """Chain one event, put its content under a fresh salt, and move the head."""
        body = None if content is None else canonical(content)
        salt, content_hash = (None, None) if body is None else salted(body)
        event = event.model_copy(
            update={"number": head.number + 1, "previous": head.hash, "content_hash": content_hash}
        )
        data = event_bytes(event)
        head.number, head.hash, head.happened_at = event.number, digest(data), event.happened_at
        self.events.append(
            (event.stream, event.number, event.org, head.hash, data, event.kind, event.act,
             event.command_id, event.actor, event.happened_at)
        )  # fmt: skip
        if body is not None:
            self.contents.append((event.stream, event.number, salt, body))

    def keep_context(self, context: Context) -> str:
        """Keep a context by value; its hash."""
        context_hash, value = context_row(context)
        self.contexts[context_hash] = value
        return context_hash

    def remind_and_tell(self, fact: Fact, number: int) -> None:
        """Claim the rung of a wake-up's fact, and write what it has to tell to whom."""
        before, key, at = fact.before, fact.after.file, fact.happened_at
        if fact.rung is not None and before is not None:
            self.reminders.append((key.file_id, before.visit, fact.rung, number, at))
        rung = f"{before.visit}/{fact.rung}" if before and fact.rung else str(number)
        for notice in fact.notices:
            once_key = f"{key.stream}/{rung}/{notice.topic}"
            self.notices.append(
                (key.org, key.stream, number, notice.topic, notice.recipient, once_key, at)
            )

    def tell(self, event: Event, head: Head, topic: Topic, recipient: UUID) -> None:
        """Write a notice of an event that has been appended and is the head, once for its topic."""
        once_key = f"{event.stream}/{head.number}/{topic}"
        self.notices.append(
            (event.org, event.stream, head.number, topic, recipient, once_key, event.happened_at)
        )

    def then(self, query: Query, **row: Any) -> None:  # noqa: ANN401
        """Run a statement after the events are there that its row refers to."""
        self.later.append((query, row))

    def keep_step(self, key: UnitKey, step: UnitStep) -> None:
        """Keep a step of a unit's stream, whose event has been appended."""
        self.unit.append((key, step))

    def keep_override(self, stream: str, org: str, number: int, override: Override) -> None:
        """Keep an override, whose event has been appended."""
        self.overrides.append(
            {
                "stream": stream,
                "number": number,
                "org": org,
                "rule": override.rule,
                "parameters": dict(override.values),
                "from_on": override.from_on,
                "source": override.source,
                "since": override.since,
            }
        )

    def keep_change(self, command: StoredCommand, org: str, number: int) -> None:
        """Keep a change of the calendar, whose event has been appended; its reason is content."""
        self.calendar_changes.append(
            {
                "stream": command.stream,
                "number": number,
                "org": org,
                "act": command.act,
                "said": without_reason(command.body),
                "since": command.received_at,
            }
        )

    def keep_plan(self, fact: Fact, number: int) -> None:
        """Keep the version of a plan that a fact makes, if it makes one; its event is appended."""
        version = agreed(fact.kind, number, fact.happened_at, fact.after)
        if version is not None:
            self.plans.append((fact.after.file, version))

    def settle(self, command: StoredCommand, outcome: Outcome) -> None:
        """Store a command's outcome with the facts it made."""
        self.settled.append((command, outcome))

    async def write(self, connection: Connection) -> None:
        """Write everything that was gathered.

        Raises:
            asyncpg.UniqueViolationError: if a number, a rung or a notice is taken: another
                writer would have forked the chain or told somebody twice.
        """
        if not (self.events or self.settled):
            return
        await queries("ledger").write_record(
            connection,
            **_columns("event", self.events, 10),
            **_columns("content", self.contents, 4),
            **_columns("context", self.contexts.items(), 2),
            **_columns("reminder", self.reminders, 5),
            **_columns("notice", self.notices, 7),
            **_columns("outcome", [(c.id, o.model_dump_json()) for c, o in self.settled], 2),
        )
        for key, step in self.unit:
            await queries("unit").insert_step(
                connection,
                stream=key.stream,
                org=key.org,
                unit=key.unit,
                period=key.period,
                **asdict(step),
            )
        for row in self.overrides:
            await queries("rules").insert_override(connection, **row)
        for row in self.calendar_changes:
            await queries("calendar").insert_change(connection, **row)
        for file, version in self.plans:
            await queries("plan").insert_version(
                connection,
                stream=file.stream,
                org=file.org,
                person=file.person,
                year=year_of(file),
                **asdict(version),
            )
        for query, given in self.later:
            await query(connection, **given)


def _columns(name: str, rows: Iterable[tuple[Any, ...]], width: int) -> dict[str, list[Any]]:
    """Rows as the statement takes them: one array a column, ``event_1`` and so on."""
    columns: list[list[Any]] = [[] for _ in range(width)]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    return {f"{name}_{number}": column for number, column in enumerate(columns, start=1)}


def without_reason(order: JsonValue) -> dict[str, JsonValue]:
    """What the row of a change keeps of an order; why it was given lies in the content."""
    assert isinstance(order, dict), "an order is an object"  # noqa: S101
    return {name: value for name, value in order.items() if name != "reason"}


def file_event(
    fact: Fact, context: Context, context_hash: str, command: StoredCommand | None
) -> Event:
    """A file's fact as an event, but for its place in the chain."""
    after, seat = fact.after, fact.seat
    return Event(
        org=after.file.org,
        stream=after.file.stream,
        number=0,
        previous="",
        kind=fact.kind,
        act=command.act if command else None,
        command_id=command.id if command else None,
        actor=seat.person if seat else None,
        capacity=EventCapacity(post=seat.post, capacity=seat.capacity, decree=seat.decree)
        if seat
        else None,
        on_behalf_of=fact.on_behalf_of,
        via=command.via if command and seat else Via.TIMER,
        os_user=command.os_user if command else None,
        happened_at=fact.happened_at,
        stage_from=fact.before.stage if fact.before else None,
        stage_to=after.stage,
        cause=fact.cause,
        data={"set": changes(fact.before, after), **fact.data},
        context_hash=context_hash,
        state_hash=digest(canonical(dump(after))),
        process=str(after.process),
        rules=context.rules,
        calendar=context.calendar,
    )


def context_row(context: Context) -> tuple[str, bytes]:
    """A context's hash and its canonical bytes."""
    value = model_bytes(context)
    return digest(value), value
