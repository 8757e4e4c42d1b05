"""The bytes of an event, written straight from the fact that was decided.

It must give what ``storage.record.file_event`` and ``storage.chain.event_bytes`` give, at a
fraction of their cost: a state is written field by field, and only the fields that a fact changed
are written anew. Where the two ways disagree, those are right: bytes that differ from the recorded
ones are made again by them before anything is called a difference, and the first event of each
kind is always written both ways.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring as quoted
from operator import itemgetter
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from domain.decision import Fact
from schemas.code import Via
from schemas.command import StoredCommand
from schemas.event import FORMAT
from schemas.file import Context, FileState
from schemas.instant import stamp
from schemas.organisation import Seat
from storage.chain import digest

# RFC 8785 and this agree on all that an event, a state or a body usually holds.
_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
).encode


def fast(value: JsonValue | Any) -> bytes:  # noqa: ANN401
    """The bytes of a JSON value; canonical unless it holds what encoders disagree about."""
    return _bytes(_encode(value))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogatepass")


def _object(members: Iterable[str]) -> bytes:
    return _bytes(f"{{{','.join(members)}}}")


@dataclass(slots=True)
class Written:
    """A state as it is hashed.

    Attributes:
        state: the state.
        fields: each field with its name, as JSON, in the order of the names.
        changed: those that differ from the state before.
        hash: the state's hash.
        stream: its file's stream.
    """

    state: FileState
    fields: dict[str, str]
    changed: list[str]
    hash: str
    stream: str


def written(before: Written | None, state: FileState) -> Written:
    """Write a state; of one that follows another, only what is not the very same value."""
    if before is None:
        touched, fields = list(state.__dict__.items()), {}
        stream = state.file.stream
    else:
        old, fields = before.state.__dict__, before.fields.copy()
        touched = [(key, value) for key, value in state.__dict__.items() if value is not old[key]]
        stream = before.stream if state.file is before.state.file else state.file.stream
    changed = []
    for key, value in sorted(touched, key=_first):
        text = _plain(value)
        if text is None:
            text = _encode(state.model_dump(mode="json", include={key})[key])
        text = f'"{key}":{text}'
        if text != fields.get(key):
            fields[key] = text
            changed.append(text)
    return Written(state, fields, changed, _hash(fields), stream)


_first = itemgetter(0)


def _plain(value: object) -> str | None:
    """The JSON of what most fields and values are; None for all else."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, datetime):
        return f'"{_stamp(value)}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, UUID):
        return f'"{value}"'
    if isinstance(value, tuple):
        members = [_plain(each) for each in value]
        return None if None in members else f"[{','.join(members)}]"  # type: ignore[arg-type]
    return None


def _stamp(at: datetime) -> str:
    """As ``schemas.instant.stamp``; an instant in UTC is most quickly written by itself."""
    if at.tzinfo is UTC:
        return f"{at.isoformat(timespec='microseconds')[:26]}Z"
    return stamp(at)


def _hash(fields: dict[str, str]) -> str:
    return digest(_object(fields.values()))


@dataclass(slots=True)
class Place:
    """Where an event stands, and what of it is not decided but taken over."""

    number: int
    previous: str
    content_hash: str | None
    context_hash: str
    context: Context
    command: StoredCommand | None


def event_bytes(fact: Fact, after: Written, place: Place) -> bytes:
    """An event as it is hashed: its keys in order, absent ones left out."""
    command, context, seat, state = place.command, place.context, fact.seat, fact.after
    act = actor = capacity = command_id = content = behalf = os_user = stage_from = ""
    via = Via.TIMER
    if command is not None:
        act, command_id = f'"act":{quoted(command.act)},', f'"command_id":"{command.id}",'
        os_user = "" if command.os_user is None else f'"os_user":{quoted(command.os_user)},'
        via = via if seat is None else command.via
    if seat is not None:
        actor, capacity = f'"actor":"{seat.person}",', f'"capacity":{_capacity(seat)},'
    if place.content_hash is not None:
        content = f'"content_hash":{quoted(place.content_hash)},'
    if fact.on_behalf_of is not None:
        behalf = f'"on_behalf_of":"{fact.on_behalf_of}",'
    if fact.before is not None:
        stage_from = f'"stage_from":{quoted(fact.before.stage)},'
    return _bytes(
        f'{{{act}{actor}"calendar":{quoted(context.calendar)},{capacity}"cause":{quoted(fact.cause)},'
        f'{command_id}{content}"context_hash":{quoted(place.context_hash)},"data":{_data(fact, after)},'
        f'"format":{FORMAT},"happened_at":"{_stamp(fact.happened_at)}","kind":{quoted(fact.kind)},'
        f'"number":{place.number},{behalf}"org":{quoted(state.file.org)},{os_user}'
        f'"previous":{quoted(place.previous)},"process":{quoted(str(state.process))},'
        f'"rules":{quoted(context.rules)},{stage_from}"stage_to":{quoted(state.stage)},'
        f'"state_hash":"{after.hash}","stream":{quoted(after.stream)},"via":{quoted(via)}}}'
    )


def _capacity(seat: Seat) -> str:
    decree = "" if seat.decree is None else f'"decree":{quoted(seat.decree)},'
    return f'{{"capacity":{quoted(seat.capacity)},{decree}"post":{quoted(seat.post)}}}'


def _data(fact: Fact, after: Written) -> str:
    parts = {
        key: f"{quoted(key)}:{_plain(value) or _encode(value)}" for key, value in fact.data.items()
    }
    parts["set"] = f'"set":{{{",".join(after.changed)}}}'
    inner = ",".join(parts[key] for key in sorted(parts))
    return f"{{{inner}}}"
