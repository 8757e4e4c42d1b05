"""The bytes of an event, written straight from the fact that was decided.

It must give what ``storage.record.file_event`` and ``storage.chain.event_bytes`` give, at a
fraction of their cost. Where the two disagree, those are right: bytes that differ from the
recorded ones are made again by them before anything is called a difference, and the first event
of each kind is always written both ways.
"""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from domain.decision import Fact
from domain.fold import dump
from schemas.code import Via
from schemas.command import StoredCommand
from schemas.event import FORMAT
from schemas.file import Context, FileState
from schemas.instant import stamp
from storage.chain import digest

# RFC 8785 and this agree on all that an event, a state or a body usually holds.
_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
).encode


def fast(value: JsonValue | Any) -> bytes:  # noqa: ANN401
    """The bytes of a JSON value; canonical unless it holds what encoders disagree about."""
    return _encode(value).encode("utf-8", errors="surrogatepass")


@dataclass(frozen=True, slots=True)
class Written:
    """A state with its JSON value and the hash of that."""

    state: FileState
    value: dict[str, JsonValue]
    hash: str


def written(state: FileState) -> Written:
    """A state, dumped and hashed once."""
    value = dump(state)
    return Written(state, value, digest(fast(value)))


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands, and what of it is not decided but taken over."""

    number: int
    previous: str
    content_hash: str | None
    context_hash: str
    context: Context
    command: StoredCommand | None


def event_value(
    fact: Fact, before: Written | None, after: Written, place: Place
) -> dict[str, JsonValue]:
    """An event as it is hashed; absent keys are left out."""
    command, context, seat, state = place.command, place.context, fact.seat, fact.after
    by_person = command is not None and seat is not None
    value: dict[str, JsonValue] = {
        "format": FORMAT,
        "org": state.file.org,
        "stream": state.file.stream,
        "number": place.number,
        "previous": place.previous,
        "kind": fact.kind,
        "via": command.via if by_person and command is not None else Via.TIMER,
        "happened_at": stamp(fact.happened_at),
        "stage_to": state.stage,
        "cause": fact.cause,
        "data": {"set": _changes(before, after), **fact.data},
        "context_hash": place.context_hash,
        "state_hash": after.hash,
        "process": str(state.process),
        "rules": context.rules,
        "calendar": context.calendar,
    }
    if place.content_hash is not None:
        value["content_hash"] = place.content_hash
    if fact.before is not None:
        value["stage_from"] = fact.before.stage
    if command is not None:
        value |= {"act": command.act, "command_id": str(command.id)}
        if command.os_user is not None:
            value["os_user"] = command.os_user
    if seat is not None:
        value["actor"] = str(seat.person)
        capacity: dict[str, JsonValue] = {"post": seat.post, "capacity": seat.capacity}
        if seat.decree is not None:
            capacity["decree"] = seat.decree
        value["capacity"] = capacity
    if fact.on_behalf_of is not None:
        value["on_behalf_of"] = str(fact.on_behalf_of)
    return value


def _changes(before: Written | None, after: Written) -> dict[str, JsonValue]:
    """As ``domain.fold.changes``, from values that are there already."""
    if before is None:
        return after.value
    old = before.value
    return {key: value for key, value in after.value.items() if old[key] != value}
