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

from pydantic import JsonValue

from domain.decision import Fact
from domain.fold import dump
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
        value = dump(state)
        fields = {key: f'"{key}":{_encode(value[key])}' for key in sorted(value)}
        return Written(state, fields, list(fields.values()), _hash(fields), state.file.stream)
    old = before.state.__dict__
    touched = [(key, value) for key, value in state.__dict__.items() if value is not old[key]]
    fields, changed = before.fields.copy(), []
    for key, value in sorted(touched, key=_first):
        text = _plain(value)
        if text is None:
            text = _encode(state.model_dump(mode="json", include={key})[key])
        text = f'"{key}":{text}'
        if text != fields[key]:
            fields[key] = text
            changed.append(text)
    is_same_file = state.file is before.state.file
    stream = before.stream if is_same_file else state.file.stream
    return Written(state, fields, changed, _hash(fields), stream)


_first = itemgetter(0)


def _plain(value: object) -> str | None:
    """The JSON of what most fields are; None for all else."""
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
    return "[]" if value == () else None


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
    parts: list[str] = []
    if command is not None:
        parts.append(f'"act":{quoted(command.act)}')
    if seat is not None:
        parts.append(f'"actor":"{seat.person}"')
    parts.append(f'"calendar":{quoted(context.calendar)}')
    if seat is not None:
        parts.append(f'"capacity":{_capacity(seat)}')
    parts.append(f'"cause":{quoted(fact.cause)}')
    if command is not None:
        parts.append(f'"command_id":"{command.id}"')
    if place.content_hash is not None:
        parts.append(f'"content_hash":{quoted(place.content_hash)}')
    parts.append(f'"context_hash":{quoted(place.context_hash)},"data":{_data(fact, after)}')
    parts.append(f'"format":{FORMAT},"happened_at":"{_stamp(fact.happened_at)}"')
    parts.append(f'"kind":{quoted(fact.kind)},"number":{place.number}')
    if fact.on_behalf_of is not None:
        parts.append(f'"on_behalf_of":"{fact.on_behalf_of}"')
    parts.append(f'"org":{quoted(state.file.org)}')
    if command is not None and command.os_user is not None:
        parts.append(f'"os_user":{quoted(command.os_user)}')
    parts.append(f'"previous":{quoted(place.previous)},"process":{quoted(str(state.process))}')
    parts.append(f'"rules":{quoted(context.rules)}')
    if fact.before is not None:
        parts.append(f'"stage_from":{quoted(fact.before.stage)}')
    via = command.via if command is not None and seat is not None else Via.TIMER
    parts.append(f'"stage_to":{quoted(state.stage)},"state_hash":"{after.hash}"')
    parts.append(f'"stream":{quoted(after.stream)},"via":{quoted(via)}')
    return _object(parts)


def _capacity(seat: Seat) -> str:
    decree = "" if seat.decree is None else f'"decree":{quoted(seat.decree)},'
    return f'{{"capacity":{quoted(seat.capacity)},{decree}"post":{quoted(seat.post)}}}'


def _data(fact: Fact, after: Written) -> str:
    parts = {key: f"{quoted(key)}:{_encode(value)}" for key, value in fact.data.items()}
    parts["set"] = f'"set":{{{",".join(after.changed)}}}'
    inner = ",".join(parts[key] for key in sorted(parts))
    return f"{{{inner}}}"
