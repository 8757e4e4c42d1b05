"""The bytes of an event, written straight from the fact that was decided.

It must give what ``storage.record.file_event`` and ``storage.chain.event_bytes`` give, at a
fraction of their cost: a state is written field by field, and only the fields that a fact changed
are written anew. Where the two ways disagree, those are right: bytes that differ from the recorded
ones are made again by them before anything is called a difference, and the first event of each
kind is always written both ways.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from json.encoder import encode_basestring as quoted
from operator import is_not, itemgetter
from typing import Any
from uuid import UUID

from pydantic import BaseModel, JsonValue

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
        values: those of its fields, in the order of their names.
        fields: each field with its name, as JSON, in the same order.
        changed: those that differ from the state before.
        hash: the state's hash.
        stream: its file's stream.
    """

    state: FileState
    values: tuple[Any, ...]
    fields: dict[str, str]
    changed: list[str]
    hash: str
    stream: str


def written(before: Written | None, state: FileState) -> Written:
    """Write a state; of one that follows another, only what is not the very same value."""
    values = _values(state.__dict__)
    touched: Iterable[tuple[str, Any]] = zip(_NAMES, values, strict=True)
    if before is None:
        fields, stream = {}, state.file.stream
    else:
        touched = compress(touched, map(is_not, values, before.values))
        fields = before.fields.copy()
        stream = before.stream if state.file is before.state.file else state.file.stream
    changed = []
    for key, value in touched:
        text = f'"{key}":{_json(value)}'
        if text != fields.get(key):
            fields[key] = text
            changed.append(text)
    return Written(state, values, fields, changed, _hash(fields), stream)


_NAMES = tuple(sorted(FileState.model_fields))
_values: Callable[[Mapping[str, Any]], tuple[Any, ...]] = itemgetter(*_NAMES)


def _json(value: Any) -> str:  # noqa: ANN401
    """The JSON of a field or a value."""
    return _WRITERS[type(value)](value)


def _sequence(values: Iterable[Any]) -> str:
    return f"[{','.join([_WRITERS[type(each)](each) for each in values])}]"


def _mapping(values: Mapping[str, Any]) -> str:
    members = [
        f"{quoted(key)}:{_WRITERS[type(values[key])](values[key])}" for key in sorted(values)
    ]
    return f"{{{','.join(members)}}}"


class _Writers(dict[type, Callable[[Any], str]]):
    """How values are written by their type, which is found out once for each."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        found = (write for base, write in _BY_BASE if issubclass(kind, base))
        self[kind] = next(found, _encode)
        return self[kind]


_BY_BASE: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (str, quoted),
    (type(None), lambda _: "null"),
    (datetime, lambda at: f'"{stamp(at)}"'),
    (bool, lambda value: "true" if value else "false"),
    (int, int.__repr__),
    (UUID, lambda value: f'"{value}"'),
    (tuple, _sequence),
    (list, _sequence),
    (dict, _mapping),
    (BaseModel, lambda model: _mapping(model.__dict__)),
)
_WRITERS = _Writers()


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
        f'"format":{FORMAT},"happened_at":"{stamp(fact.happened_at)}","kind":{quoted(fact.kind)},'
        f'"number":{place.number},{behalf}"org":{quoted(state.file.org)},{os_user}'
        f'"previous":{quoted(place.previous)},"process":{quoted(str(state.process))},'
        f'"rules":{quoted(context.rules)},{stage_from}"stage_to":{quoted(state.stage)},'
        f'"state_hash":"{after.hash}","stream":{quoted(after.stream)},"via":{quoted(via)}}}'
    )


def _capacity(seat: Seat) -> str:
    decree = "" if seat.decree is None else f'"decree":{quoted(seat.decree)},'
    return f'{{"capacity":{quoted(seat.capacity)},{decree}"post":{quoted(seat.post)}}}'


def _data(fact: Fact, after: Written) -> str:
    parts = {key: f"{quoted(key)}:{_json(value)}" for key, value in fact.data.items()}
    parts["set"] = f'"set":{{{",".join(after.changed)}}}'
    inner = ",".join(parts[key] for key in sorted(parts))
    return f"{{{inner}}}"
