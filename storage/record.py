"""Appending to a chain: facts become hashed events, contents, reminders and notices."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from domain.decision import Fact
from domain.fold import changes, dump
from schemas.code import Via
from schemas.command import StoredCommand
from schemas.event import Event, EventCapacity
from schemas.file import Context
from storage.chain import canonical, digest, event_bytes, model_bytes, salted
from storage.clock import Connection
from storage.query import queries


@dataclass(slots=True)
class Head:
    """The end of a chain: the last number and hash, and when it happened."""

    number: int
    hash: str
    happened_at: datetime | None = None


async def append(
    connection: Connection, event: Event, content: JsonValue | None, head: Head
) -> None:
    """Append one event, its content under a fresh salt, and move the head."""
    q = queries("ledger")
    body = None if content is None else canonical(content)
    salt, content_hash = (None, None) if body is None else salted(body)
    event = event.model_copy(
        update={"number": head.number + 1, "previous": head.hash, "content_hash": content_hash}
    )
    data = event_bytes(event)
    await q.insert_event(
        connection,
        stream=event.stream,
        number=event.number,
        org=event.org,
        hash=digest(data),
        canonical=data,
        kind=event.kind,
        act=event.act,
        command_id=event.command_id,
        actor=event.actor,
        happened_at=event.happened_at,
    )
    if body is not None:
        await q.insert_content(
            connection, stream=event.stream, number=event.number, salt=salt, body=body
        )
    head.number, head.hash, head.happened_at = event.number, digest(data), event.happened_at


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
