"""Naming what differs between an event as recorded and as it is decided again.

Only reached when the bytes are not the same, so nothing here is in a hurry.
"""

import json
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

from audit.again.difference import Kind
from audit.again.read import Row
from audit.again.step import Finding
from audit.again.write import Place, fast
from domain.decision import Fact
from storage.chain import event_bytes
from storage.record import file_event

# What an event copies from the command's row, and by which name that has it.
_COPIED = {
    "act": "command.act",
    "command_id": "command.id",
    "happened_at": "command.received_at",
    "os_user": "command.os_user",
    "via": "command.via",
}
_OPENING = {
    "happened_at": "period.opened_at",
    "data.set.entered_at": "period.opened_at",
    "data.set.post": "roster.post",
    "data.set.unit": "roster.unit",
}
_KINDS = {
    "process": Kind.RULE,
    "rules": Kind.RULE,
    "data.rules": Kind.RULE,  # the versions of the rules behind it
    "calendar": Kind.INPUT,
}


def name(fact: Fact, place: Place, recorded: bytes) -> list[Finding]:
    """The fields that differ; none if it was only written another way on the fast path."""
    again = file_event(fact, place.context, place.context_hash, place.command).model_copy(
        update={
            "number": place.number,
            "previous": place.previous,
            "content_hash": place.content_hash,
        }
    )
    if event_bytes(again) == recorded:
        return []
    try:
        event = json.loads(recorded)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        return [Finding(Kind.RESULT, "canonical", "its bytes are no event")]
    fields = _fields(again.model_dump(mode="json", exclude_none=True), event)
    if not fields:
        return [Finding(Kind.RESULT, "canonical", "its bytes are not in canonical form")]
    return list(dict.fromkeys(_finding(field, fact, place) for field in fields))


def other_columns(row: Row, fact: Fact, place: Place) -> Iterator[Finding]:
    """The columns of an event's row that are not what the event was decided to say."""
    command, seat = place.command, fact.seat
    recorded = _columns(row)
    again = (
        fact.after.file.org,
        fact.kind,
        None if command is None else command.act,
        None if seat is None else seat.person,
        fact.happened_at,
    )
    if recorded == again:
        return
    for column, old, new in zip(_COLUMNS, recorded, again, strict=True):
        if old != new:
            yield Finding(Kind.RESULT, f"event.{column}", "the event's row says something else")


_COLUMNS = ("org", "kind", "act", "actor", "happened_at")
_columns: Callable[[Row], tuple[Any, ...]] = itemgetter(*_COLUMNS)


def _finding(field: str, fact: Fact, place: Place) -> Finding:
    if fact.before is None and field in _OPENING:
        return Finding(Kind.INPUT, _OPENING[field], "it is not what the file was opened with")
    if place.command is not None and field in _COPIED:
        return Finding(Kind.INPUT, _COPIED[field], "the event says something else")
    return Finding(_KINDS.get(field, Kind.RESULT), field, f"decided again{_by(fact)} it differs")


def _by(fact: Fact) -> str:
    """The rules it was decided by: a pack that was changed in place is found in its results."""
    rules = fact.data.get("rules")
    if not isinstance(rules, dict):
        return ""
    return f" by {', '.join(f'{id} {version}' for id, version in rules.items())}"


def _fields(new: dict[str, Any], old: dict[str, Any]) -> list[str]:
    """Names of what differs, down to the changed fields of the state."""
    names = _differing(new, old)
    if "data" not in names:
        return names
    names.remove("data")
    if not isinstance(old.get("data"), dict):
        return [*names, "data"]
    inner = _differing(new["data"], old["data"])
    sets = new["data"].get("set"), old["data"].get("set")
    if "set" in inner and isinstance(sets[0], dict) and isinstance(sets[1], dict):
        inner.remove("set")
        inner += [f"set.{key}" for key in _differing(sets[0], sets[1])]
        # What it amounts to differs because of these.
        names = [key for key in names if key != "state_hash"]
    return names + [f"data.{key}" for key in inner]


def _differing(new: dict[str, Any], old: dict[str, Any]) -> list[str]:
    """Keys with other values; 1, 1.0 and true are different values."""
    return [
        key
        for key in sorted(new.keys() | old.keys())
        if (key in new) != (key in old) or fast(new.get(key)) != fast(old.get(key))
    ]


def differing(recorded: Any, again: Any) -> list[str]:  # noqa: ANN401  (whatever is stored)
    """The names of the fields in which two JSON objects differ."""
    if not isinstance(recorded, dict):
        return ["state"]
    return _differing(again, recorded)
