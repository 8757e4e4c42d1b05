"""Reading the record a page of streams at a time, each page as of one moment."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from domain.working_calendar import InvalidCalendar, WorkingCalendar
from schemas.command import StoredCommand
from storage.clock import Connection
from storage.query import queries

PAGE = 50

Row = Mapping[str, Any]


@dataclass(slots=True)
class Dossier:
    """Everything the record holds about one stream, as of one moment.

    Attributes:
        stream: its name.
        file: its row of ``file``, with what the roster and the period say; None for none.
        events: its chain, by number.
        commands: its commands, in the order received.
        reminders: the rungs claimed.
        notices: outbox rows with their inbox rows.
        contexts: the canonical bytes of contexts by hash, as far as they are there.
        read_at: when it was read, by the database's clock.
    """

    stream: str
    read_at: datetime
    contexts: Mapping[str, bytes]
    file: Row | None = None
    events: list[Row] = field(default_factory=list)
    commands: list[Row] = field(default_factory=list)
    reminders: list[Row] = field(default_factory=list)
    notices: list[Row] = field(default_factory=list)

    def command(self, command_id: UUID | None) -> Row | None:
        """A command of this stream."""
        return next((row for row in self.commands if row["id"] == command_id), None)


class Calendars:
    """Calendars by version; a version that is not there, or is not what it says, is None."""

    def __init__(self) -> None:
        self._known: dict[str, WorkingCalendar | None] = {}
        self._values: dict[str, Any] = {}

    async def load(self, connection: Connection) -> None:
        """Read them again."""
        for row in await queries("audit").read_calendars(connection):
            if self._values.get(row["version"]) == row["value"]:
                continue
            self._values[row["version"]] = row["value"]
            try:
                calendar = WorkingCalendar.from_value(row["value"])
            except InvalidCalendar:
                self._known[row["version"]] = None
            else:
                right = calendar.version == row["version"]
                self._known[row["version"]] = calendar if right else None

    def find(self, version: str | None) -> WorkingCalendar | None:
        """The calendar of that version."""
        return self._known.get(version or "")


def read_command(row: Row) -> StoredCommand:
    """A command as the gateway stored it."""
    return StoredCommand.model_validate({name: row[name] for name in StoredCommand.model_fields})


async def read_pages(
    pool: "asyncpg.Pool[asyncpg.Record]", org: str, calendars: Calendars
) -> AsyncIterator[list[Dossier]]:
    """Every stream of an organisation once, in order; no transaction outlives its page.

    What is written meanwhile is seen or not, but a stream is never seen half-way through an act.
    """
    after = ""
    while True:
        async with (
            pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            found = await queries("audit").read_streams(connection, org=org, after=after, page=PAGE)
            if not found:
                return
            streams = [row["stream"] for row in found]
            await calendars.load(connection)
            page = await read_dossiers(connection, streams)
        yield page
        after = streams[-1]


async def read_dossiers(connection: Connection, streams: Sequence[str]) -> list[Dossier]:
    """Everything about these streams."""
    q = queries("audit")
    read_at = await q.read_now(connection)
    events = await q.read_events(connection, streams=streams)
    contexts = await _contexts(connection, events)
    dossiers = {s: Dossier(s, read_at, contexts) for s in streams}
    for row in await q.read_files(connection, streams=streams):
        dossiers[row["stream"]].file = row
    for name, rows in (
        ("events", events),
        ("commands", await q.read_commands(connection, streams=streams)),
        ("reminders", await q.read_reminders(connection, streams=streams)),
        ("notices", await q.read_notices(connection, streams=streams)),
    ):
        for stream, own in _by_stream(rows).items():
            setattr(dossiers[stream], name, own)
    return list(dossiers.values())


def _by_stream(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["stream"]].append(row)
    return found


async def _contexts(connection: Connection, events: Iterable[Row]) -> dict[str, bytes]:
    """The contexts that events speak of; their hashes stand inside the canonical bytes only."""
    hashes = {h for row in events for h in _context_hashes(row["canonical"])}
    rows = await queries("audit").read_contexts(connection, hashes=list(hashes))
    return {row["hash"]: row["value"] for row in rows}


_KEY = b'"context_hash":"'


def _context_hashes(canonical: bytes) -> list[str]:
    start = canonical.find(_KEY)
    if start < 0:
        return []
    start += len(_KEY)
    return [canonical[start : start + 64].decode("ascii", errors="replace")]
