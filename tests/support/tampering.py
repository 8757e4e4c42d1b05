"""What somebody with all rights over the database could do to the record."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg

from domain.fold import dump, evolve
from schemas.file import FileState
from storage.chain import canonical, digest, genesis
from storage.record import context_row

Event = dict[str, Any]


class Tampering:
    """A superuser's session in which no trigger and no foreign key protects anything."""

    def __init__(self, session: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._session = session

    async def begin(self) -> None:
        await self._session.execute("SET session_replication_role = replica")

    async def run(self, statement: str, *arguments: Any) -> None:
        """One statement that must change something."""
        done = await self._session.execute(statement, *arguments)
        assert not done.endswith(" 0"), f"nothing was changed: {statement}"

    async def run_all(self, *statements: str) -> None:
        """Statements that change no rows."""
        for statement in statements:
            await self._session.execute(statement)

    async def forge_last(self, stream: str, change: Callable[[Event], None]) -> None:
        """Change the last event of a stream that has no file, with a fitting hash."""
        row = await self.row(
            "SELECT canonical FROM event WHERE stream = $1 ORDER BY number DESC LIMIT 1", stream
        )
        event: Event = json.loads(row["canonical"])
        change(event)
        await self._write(stream, event)

    async def value(self, query: str, *arguments: Any) -> Any:
        return await self._session.fetchval(query, *arguments)

    async def row(self, query: str, *arguments: Any) -> Any:
        row = await self._session.fetchrow(query, *arguments)
        assert row is not None, f"nothing found: {query}"
        return row

    async def find(self, kind: str, *, last: bool = False) -> tuple[str, int]:
        """An event of a kind; the last of its chain or not."""
        row = await self.row(
            """
            SELECT e.stream, e.number FROM event AS e
            JOIN file AS f ON f.stream = e.stream
            JOIN person AS p ON p.id = f.person
            WHERE e.kind = $1 AND (e.number = f.number) = $2 AND e.number > 1
            ORDER BY f.period, p.identity_number, e.number LIMIT 1
            """,
            kind,
            last,
        )
        return row["stream"], row["number"]

    async def delete_event(self, stream: str, number: int) -> None:
        """Remove an event and all that refers to it."""
        await self._session.execute(
            "DELETE FROM inbox USING outbox AS o"
            " WHERE o.id = inbox.outbox AND o.stream = $1 AND o.number = $2",
            stream,
            number,
        )
        for table in ("outbox", "content", "event"):
            await self._session.execute(
                f"DELETE FROM {table} WHERE stream = $1 AND number = $2", stream, number
            )

    async def rewrite(
        self, stream: str, number: int, change: Callable[[Event], None], *, thorough: bool = True
    ) -> None:
        """Change an event and give it a fitting hash; thoroughly: the rest of the chain as well.

        A thorough forger also computes the states anew, and moves the file's row along.
        """
        rows = await self._session.fetch(
            "SELECT number, canonical FROM event WHERE stream = $1 ORDER BY number", stream
        )
        state: FileState | None = None
        previous = genesis(stream)
        for row in rows:
            event: Event = json.loads(row["canonical"])
            if row["number"] == number:
                change(event)
            if thorough:
                state = evolve(state, event["data"]["set"])
                event |= {"previous": previous, "state_hash": digest(canonical(dump(state)))}
            if row["number"] == number or (thorough and row["number"] > number):
                await self._write(stream, event)
            previous = digest(canonical(event))
        if thorough and state is not None:
            await self._move_row(stream, state, previous)

    async def append(self, stream: str, changed: Event, **said: Any) -> int:
        """Put one more event behind a chain, hashes, state and file's row all in order."""
        rows = await self._session.fetch(
            "SELECT canonical, hash FROM event WHERE stream = $1 ORDER BY number", stream
        )
        state: FileState | None = None
        for row in rows:
            state = evolve(state, json.loads(row["canonical"])["data"]["set"])
        last: Event = json.loads(rows[-1]["canonical"])
        event = {k: v for k, v in last.items() if k not in _OF_ONE_ACT} | said
        assert state is not None
        after = evolve(state, changed)
        event |= {
            "number": last["number"] + 1,
            "previous": rows[-1]["hash"],
            "stage_from": state.stage.value,
            "stage_to": after.stage.value,
            "data": {"set": changed} | said.get("data", {}),
            "state_hash": digest(canonical(dump(after))),
        }
        await self._session.execute(
            "INSERT INTO event (stream, number, org, hash, canonical, kind, happened_at)"
            " SELECT stream, $2, org, $3, $4, kind, happened_at FROM event"
            " WHERE stream = $1 AND number = $5",
            stream,
            event["number"],
            "",
            b"",
            last["number"],
        )
        await self._write(stream, event)
        await self._move_row(stream, after, digest(canonical(event)))
        await self._session.execute(
            "UPDATE file SET number = $2 WHERE stream = $1", stream, event["number"]
        )
        return int(event["number"])

    async def cut(self, stream: str, number: int) -> None:
        """Cut a chain off before an event, and move the file's row back to what is left.

        The file looks as if it had stood still since, but for its wake-up.
        """
        rows = await self._session.fetch(
            "SELECT number, canonical, hash FROM event WHERE stream = $1 AND number < $2"
            " ORDER BY number",
            stream,
            number,
        )
        state: FileState | None = None
        for row in rows:
            state = evolve(state, json.loads(row["canonical"])["data"]["set"])
        last = await self.value("SELECT number FROM file WHERE stream = $1", stream)
        for gone in range(number, last + 1):
            await self.delete_event(stream, gone)
        assert state is not None
        await self._move_row(stream, state, rows[-1]["hash"])
        await self.run("UPDATE file SET number = $2 WHERE stream = $1", stream, number - 1)

    async def rejuvenate(self) -> None:
        """Let everything have been recorded just now, however long ago it was."""
        await self.let_pass(
            -await self.value("SELECT clock_timestamp() - max(recorded_at) FROM event")
        )

    async def let_pass(self, time: timedelta) -> None:
        """Let everything have been recorded so much earlier, under a clock that began earlier."""
        for table, column in (
            ("clock", "origin_real"),
            ("event", "recorded_at"),
            ("organisation_version", "recorded_at"),
            ("file", "wake_real_at"),
            ("command", "stored_at"),
            ("command", "decided_at"),
        ):
            await self.run(f"UPDATE {table} SET {column} = {column} - $1::interval", time)

    async def put_context(self, context: Any) -> str:
        """Store a context of one's own making."""
        name, value = context_row(context)
        await self._session.execute(
            "INSERT INTO context (hash, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", name, value
        )
        return name

    async def _write(self, stream: str, event: Event) -> None:
        await self.run(
            """
            UPDATE event SET canonical = $3, hash = $4, kind = $5, act = $6,
                command_id = ($7::text)::uuid, actor = ($8::text)::uuid,
                happened_at = ($9::text)::timestamptz
            WHERE stream = $1 AND number = $2
            """,
            stream,
            event["number"],
            canonical(event),
            digest(canonical(event)),
            event["kind"],
            event.get("act"),
            event.get("command_id"),
            event.get("actor"),
            event["happened_at"],
        )

    async def _move_row(self, stream: str, state: FileState, head: str) -> None:
        await self.run(
            """
            UPDATE file SET state = ($2::text)::jsonb, head = $3, stage = $4, turn = $5, visit = $6,
                version = $7, awaits = $8, ended = $9, due_at = $10,
                last_at = (SELECT happened_at FROM event WHERE stream = $1
                           ORDER BY number DESC LIMIT 1)
            WHERE stream = $1
            """,
            stream,
            json.dumps(dump(state)),
            head,
            state.stage,
            state.turn,
            state.visit,
            state.version,
            state.awaits,
            state.end,
            state.due_at,
        )


_OF_ONE_ACT = ("act", "command_id", "actor", "capacity", "on_behalf_of", "content_hash", "os_user")
