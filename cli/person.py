"""Naming people and files on the command line."""

import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from cli.output import Ambiguous
from cli.session import Session
from schemas.code import Capacity
from storage.query import queries

_TYPED = re.compile(r"[0-9A-Fa-f-]{1,36}")  # an identity number, or the beginning of an id


async def find_person(session: Session, text: str) -> UUID:
    """A person by identity number, id or the unique beginning of an id.

    Raises:
        Ambiguous: naming the remedy.
    """
    rows = await _look(session, "find_person", text)
    return _one(rows, "person", "siklus org people")


async def find_file(session: Session, text: str) -> UUID:
    """A file by its id or the unique beginning of it.

    Raises:
        Ambiguous: naming the remedy.
    """
    rows = await _look(session, "find_file", text)
    return _one(rows, "file", "siklus file list")


async def _look(session: Session, query: str, text: str) -> Sequence[Mapping[str, UUID]]:
    typed = text.replace(" ", "")  # identity numbers are often written in groups
    if not _TYPED.fullmatch(typed):
        return []
    find = getattr(queries("read"), query)
    rows: Sequence[Mapping[str, UUID]] = await find(
        session.pool, org=session.settings.org, text=typed
    )
    return rows


def acting(capacity: Capacity, post: str) -> str:
    """In what capacity somebody acts for a post, to stand behind the name; nothing if it is his."""
    match capacity:
        case Capacity.DEFINITIVE:
            return ""
        case Capacity.MANDATE:
            return f", dengan mandat {post}"
        case _:
            return f", sebagai {capacity}. {post}"


def _one(rows: Sequence[Mapping[str, UUID]], what: str, listing: str) -> UUID:
    """The one that was meant. What was typed is not repeated: it may be an identity number."""
    if len(rows) == 1:
        return rows[0]["id"]
    if rows:
        raise Ambiguous(f"more than one {what} begins so; type more of the id ({listing})")
    raise Ambiguous(f"there is no such {what}; {listing} shows them")
