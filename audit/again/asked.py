"""A command as an input: its row, what it says, and whether it is the request that came in."""

from dataclasses import dataclass
from typing import get_args

from pydantic import ValidationError

from audit.again.read import Row
from audit.again.write import fast
from schemas.code import AnyAct
from schemas.command import StoredCommand
from storage.chain import canonical, digest

_NAMES = tuple(StoredCommand.model_fields)
# Otherwise each command would be tried as an act of every kind of stream.
_ACTS: dict[str, AnyAct] = {act.value: act for kind in get_args(AnyAct) for act in kind}


@dataclass(frozen=True, slots=True)
class Asked:
    """One command of a file.

    Attributes:
        row: its row.
        stored: the row as the ledger reads it; None if it cannot be read.
        body: the canonical bytes of its body.
        is_as_received: stream, act, actor, body and expected version have the hash that was
            stored with them when they came in.
    """

    row: Row
    stored: StoredCommand | None
    body: bytes
    is_as_received: bool


def asked(row: Row) -> Asked:
    """Read one command row."""
    try:
        values = {name: row[name] for name in _NAMES}
        stored = StoredCommand.model_validate({**values, "act": _ACTS.get(row["act"])})
    except ValidationError:
        stored = None
    body, version = fast(row["body"]), row["expected_version"]
    head = f'["{row["stream"]}","{row["act"]}","{row["actor"]}",'.encode()
    said = b"%b%b,%b]" % (head, body, b"null" if version is None else b"%d" % version)
    if _has_hash(row, said):
        return Asked(row, stored, body, is_as_received=True)
    # Numbers and rare characters are written otherwise, or it was changed.
    body = canonical(row["body"])
    said = canonical([row["stream"], row["act"], str(row["actor"]), row["body"], version])
    return Asked(row, stored, body, _has_hash(row, said))


def _has_hash(row: Row, said: bytes) -> bool:
    """As ``storage.command.Request.hash``."""
    return bool(digest(row["salt"] + said) == row["request_hash"].hex())
