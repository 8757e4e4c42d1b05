"""Naming people and files on the command line."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from cli.output import Ambiguous
from cli.session import Session
from storage.query import queries


async def find_person(session: Session, text: str) -> UUID:
    """A person by identity number, id or the unique beginning of an id.

    Raises:
        Ambiguous: naming the remedy.
    """
    rows = await queries("read").find_person(session.pool, org=session.settings.org, text=text)
    return _one(rows, text, "person", "siklus org people")


async def find_file(session: Session, text: str) -> UUID:
    """A file by its id or the unique beginning of it.

    Raises:
        Ambiguous: naming the remedy.
    """
    rows = await queries("read").find_file(session.pool, org=session.settings.org, text=text)
    return _one(rows, text, "file", "siklus file list")


def _one(rows: Sequence[Mapping[str, UUID]], text: str, what: str, listing: str) -> UUID:
    if len(rows) == 1:
        return rows[0]["id"]
    if rows:
        raise Ambiguous(f"{text!r} begins the id of several; type more of it ({listing})")
    raise Ambiguous(f"no {what} {text!r}; {listing} shows them")
