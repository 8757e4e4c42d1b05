"""From events to state: a file is the fold of the changes its events carry."""

from typing import Any

from pydantic import JsonValue

from schemas.file import FileState


def dump(state: FileState) -> dict[str, JsonValue]:
    """The state as JSON values; what is hashed, stored and compared."""
    return state.model_dump(mode="json")


def changes(before: FileState | None, after: FileState) -> dict[str, JsonValue]:
    """The fields that differ, with their new values; everything for the first event."""
    new = dump(after)
    if before is None:
        return new
    old = dump(before)
    return {key: value for key, value in new.items() if old[key] != value}


def evolve(state: FileState | None, changed: dict[str, Any]) -> FileState:
    """The state after an event that carries these changes."""
    return FileState.model_validate({**(dump(state) if state is not None else {}), **changed})
