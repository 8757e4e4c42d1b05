"""Reading a stretch of file streams with a handful of statements, as of one moment."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from schemas.file import Context
from storage.chain import digest
from storage.clock import Connection
from storage.query import queries

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The streams that begin with ``prefix``, lie after ``after`` and not after ``upto``."""

    prefix: str
    after: str
    upto: str


@dataclass(slots=True)
class Sheet:
    """What is recorded of one file's stream.

    Attributes:
        stream: its name.
        file: its row of ``file``, with what the roster and the period say; None for none.
        events: its chain, by number.
        commands: its commands, in the order received.
    """

    stream: str
    file: Row | None = None
    events: list[Row] = field(default_factory=list)
    commands: list[Row] = field(default_factory=list)


class Contexts:
    """The contexts of one stretch by hash; each is verified and parsed once."""

    def __init__(self, values: Mapping[str, bytes]) -> None:
        self._values = values
        self._known: dict[str, Context | str] = {}

    @property
    def values(self) -> Collection[bytes]:
        """Their canonical bytes."""
        return self._values.values()

    def find(self, name: str) -> Context | str:
        """The context of that hash, or what is wrong with it."""
        if not name:
            return "no context is named"
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._parse(name)
        return found

    def _parse(self, name: str) -> Context | str:
        value = self._values.get(name)
        if value is None:
            return "the context is not there"
        if digest(value) != name:
            return "the context was changed"
        try:
            return Context.model_validate_json(value)
        except ValidationError:
            return "the context cannot be read"


@dataclass(frozen=True, slots=True)
class Page:
    """The sheets of one stretch, in the order of their streams, and their contexts."""

    sheets: list[Sheet]
    contexts: Contexts


def named_hash(canonical: bytes, key: bytes) -> str | None:
    """The hash that stands under a key in canonical bytes; None if there is none."""
    start = canonical.find(key)
    if start < 0:
        return None
    start += len(key)
    return canonical[start : start + 64].decode("ascii", errors="replace")


CONTEXT = b'"context_hash":"'
CONTENT = b'"content_hash":"'
PREVIOUS = b'"previous":"'


async def read_page(connection: Connection, stretch: Stretch) -> Page:
    """Everything about the file streams of a stretch, none of them half-way through an act."""
    q = queries("recompute")
    where = {"prefix": stretch.prefix, "after": stretch.after, "upto": stretch.upto}
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        files = await q.read_files(connection, **where)
        events = await q.read_events(connection, **where)
        commands = await q.read_commands(connection, **where)
        hashes = {named_hash(row["canonical"], CONTEXT) for row in events} - {None}
        contexts = await queries("audit").read_contexts(connection, hashes=list(hashes))
    sheets: dict[str, Sheet] = {}
    for row in files:
        _sheet(sheets, row).file = row
    for row in events:
        _sheet(sheets, row).events.append(row)
    for row in commands:
        _sheet(sheets, row).commands.append(row)
    return Page(
        [sheets[stream] for stream in sorted(sheets)],
        Contexts({row["hash"]: row["value"] for row in contexts}),
    )


def _sheet(sheets: dict[str, Sheet], row: Row) -> Sheet:
    stream = row["stream"]
    found = sheets.get(stream)
    if found is None:
        found = sheets[stream] = Sheet(stream)
    return found


def steps(events: list[Row]) -> Iterator[list[Row]]:
    """The events of each decision: those of one command together, those of time one by one."""
    step: list[Row] = []
    for row in events:
        if step and (row["command_id"] is None or row["command_id"] != step[0]["command_id"]):
            yield step
            step = []
        step.append(row)
    if step:
        yield step
