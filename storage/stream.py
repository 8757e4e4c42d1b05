"""What the ledgers of streams without a long-lived workflow share: one order of acts, one event each."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from pydantic import JsonValue

from schemas.code import EventKind
from schemas.command import StoredCommand
from schemas.cycle import Outcome, Verdict
from schemas.error import Refusal
from schemas.event import Event, EventCapacity
from schemas.organisation import Seat
from storage.chain import genesis
from storage.clock import Connection
from storage.ledger import stored_command
from storage.query import queries
from storage.record import Head, Record, Settled

Data = dict[str, int | str]
CarryOut = Callable[[Connection, StoredCommand, Record, Head], Awaitable[Data | Refusal]]


async def decide_next(
    connection: Connection, stream: str, command_id: UUID, carry_out: CarryOut
) -> tuple[Outcome | None, Sequence[Settled]]:
    """Carry out the oldest command that waits on a stream, at most once.

    Asked again and again, each time in a transaction of its own, everything that was stored before
    the command asked about is decided first, so that an older order never undoes a newer one; and
    a long backlog never is one long transaction.

    Args:
        connection: inside the caller's transaction.
        stream: whose commands.
        command_id: the one that is asked about.
        carry_out: does one command and appends its event, or says why not.

    Returns:
        The outcome of the command asked about, or None while an older one had to be decided
        first; and what was settled.

    Raises:
        LookupError: for a command that nobody stored on this stream.
    """
    await queries("ledger").lock_stream(connection, stream=stream)
    rows = await queries("organisation").read_undecided(connection, stream=stream, asked=command_id)
    asked = next((r for r in rows if r["id"] == command_id), None)
    if asked is None:
        raise LookupError(f"command {command_id} was never stored on {stream}")
    if asked["outcome"] is not None:
        return Outcome.model_validate(asked["outcome"]), ()
    record, head, command = Record(), await _head(connection, stream), stored_command(rows[0])
    done = await carry_out(connection, command, record, head)
    outcome = (
        Outcome(verdict=Verdict.REFUSED, refusal=done)
        if isinstance(done, Refusal)
        else Outcome(verdict=Verdict.ACCEPTED, data=done)
    )
    record.settle(command, outcome)
    await record.write(connection)
    return (outcome if command.id == command_id else None), record.settled


async def _head(connection: Connection, stream: str) -> Head:
    last = await queries("ledger").read_head(connection, stream=stream)
    return Head(last["number"], last["hash"]) if last else Head(-1, genesis(stream))


def stream_event(
    org: str, command: StoredCommand, kind: EventKind, seat: Seat | None, done: Data
) -> Event:
    """An accepted act as an event, but for its place in the chain."""
    data: dict[str, JsonValue] = dict(done)
    return Event(
        org=org,
        stream=command.stream,
        number=0,
        previous="",
        kind=kind,
        act=command.act,
        command_id=command.id,
        actor=command.actor,
        capacity=EventCapacity(post=seat.post, capacity=seat.capacity, decree=seat.decree)
        if seat
        else None,
        via=command.via,
        os_user=command.os_user,
        happened_at=command.received_at,
        cause=f"act:{command.act}",
        data=data,
    )
