"""Committing a command: from then on it is safe, and its place in the order is settled."""

from dataclasses import dataclass
from hashlib import sha256
from os import urandom
from uuid import UUID

from pydantic import JsonValue

from runtime.clock import Clock
from schemas.code import AnyAct, Via
from schemas.cycle import Outcome
from schemas.error import ErrorType, Refusal
from storage.chain import canonical
from storage.clock import Connection
from storage.query import queries


@dataclass(frozen=True, slots=True)
class Request:
    """An act on its way in; the actor comes from the session or the shell, never from the body."""

    command_id: UUID
    org: str
    stream: str
    act: AnyAct
    actor: UUID | None
    body: JsonValue
    expected_version: int | None
    via: Via
    os_user: str | None

    def hash(self, salt: bytes) -> bytes:
        """What makes two requests with one id the same request."""
        said: JsonValue = [
            self.stream,
            self.act.value,
            str(self.actor),
            self.body,
            self.expected_version,
        ]
        return sha256(salt + canonical(said)).digest()


@dataclass(frozen=True, slots=True)
class Stored:
    """A command that is safe. ``is_new`` is false for a repetition of an earlier request."""

    is_new: bool
    outcome: Outcome | None = None


async def store(connection: Connection, request: Request, clock: Clock) -> Stored | Refusal:
    """Commit the command row, once; the caller has no transaction open.

    The stream's lock is taken before the clock is read, so that received_at and the order of
    commits agree; received_at never lies before what the stream already recorded.
    """
    q = queries("gateway")
    async with connection.transaction():
        await queries("ledger").lock_stream(connection, stream=request.stream)
        salt = urandom(16)
        stored = await q.insert_command(
            connection,
            id=request.command_id,
            org=request.org,
            stream=request.stream,
            act=request.act,
            actor=request.actor,
            body=request.body,
            expected_version=request.expected_version,
            via=request.via,
            os_user=request.os_user,
            salt=salt,
            request_hash=request.hash(salt),
            now=clock.now(),
        )
    if stored is not None:
        return Stored(is_new=True)
    known = await recognise(connection, request)
    assert known is not None, "a command that could not be inserted is there"  # noqa: S101
    return known


async def recognise(connection: Connection, request: Request) -> Stored | Refusal | None:
    """What is known of a request that was stored before; None for one that was not."""
    row = await queries("gateway").read_command(connection, id=request.command_id)
    if row is None:
        return None
    if request.hash(row["salt"]) != row["request_hash"]:
        return Refusal(type=ErrorType.COMMAND_REUSED, rule="command.reused", field="command_id")
    outcome = None if row["outcome"] is None else Outcome.model_validate(row["outcome"])
    return Stored(is_new=False, outcome=outcome)
