"""A big record made of a small one: files that were played are copied under new people.

Every byte is as the ledger would have written it for them: what an event, a state, a context or a
request says about its employee says it about the copy, and every hash is taken anew. Reminders and
notices are not copied.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from domain.fold import dump, evolve
from schemas.file import FileState
from schemas.identifier import FileKey
from storage.chain import canonical, digest, genesis

# A connection that takes JSON as text, as one of the pools' would not.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
BATCH = 250
# People whose posts stand above nobody: a second holder of such a post changes nobody's chain.
_LEAVES = """
SELECT f.stream FROM file AS f
JOIN roster AS r USING (org, period, kind, person)
WHERE f.period = $1
    AND NOT EXISTS (SELECT FROM post AS p WHERE p.org = f.org AND p.superior = r.post)
    AND NOT EXISTS (SELECT FROM holding AS h JOIN post AS p ON p.org = h.org AND p.id = h.post
        WHERE h.person = f.person AND (p.office IS NOT NULL OR p.level IN
            ('kepala daerah', 'JPT pratama', 'administrator', 'pengawas')))
    AND NOT EXISTS (SELECT FROM mandate AS m WHERE m.person = f.person)
ORDER BY f.stream
"""


@dataclass(frozen=True, slots=True)
class Template:
    """One played file: its rows by table, and the canonical bytes of its states and contexts."""

    person: UUID
    rows: dict[str, list[dict[str, Any]]]
    states: list[bytes]
    contexts: dict[str, bytes]
    bodies: dict[UUID, bytes]


async def read_templates(connection: Connection, period: str) -> list[Template]:
    """The files of a period that can be copied without changing anybody else's."""
    streams = [row["stream"] for row in await connection.fetch(_LEAVES, period)]
    return [await _template(connection, stream) for stream in streams]


async def _template(connection: Connection, stream: str) -> Template:
    async def read(
        table: str, column: str, value: object, order: str = "1"
    ) -> list[dict[str, Any]]:
        query = f"SELECT * FROM {table} WHERE {column} = $1 ORDER BY {order}"
        return [dict(row) for row in await connection.fetch(query, value)]

    rows = {table: await read(table, "stream", stream) for table in ("file", "command")}
    rows |= {t: await read(t, "stream", stream, "number") for t in ("event", "content")}
    person = rows["file"][0]["person"]
    rows["person"] = await read("person", "id", person)
    rows["holding"] = await read("holding", "person", person)
    period = rows["file"][0]["period"]
    roster = await read("roster", "person", person)
    rows["roster"] = [row for row in roster if row["period"] == period]
    hashes = {json.loads(row["canonical"])["context_hash"] for row in rows["event"]}
    found = await connection.fetch("SELECT * FROM context WHERE hash = any($1)", list(hashes))
    return Template(
        person=person,
        rows=rows,
        states=list(_states(rows["event"])),
        contexts={row["hash"]: row["value"] for row in found},
        bodies={row["id"]: canonical(json.loads(row["body"])) for row in rows["command"]},
    )


def _states(events: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    state: FileState | None = None
    for row in events:
        state = evolve(state, json.loads(row["canonical"])["data"]["set"])
        yield canonical(dump(state))


def copy_of(template: Template, number: int, chance: Random) -> dict[str, list[dict[str, Any]]]:
    """The rows of a file like a template's, of somebody who is new."""
    new = UUID(int=chance.getrandbits(128), version=4)
    swap = (str(template.person).encode(), str(new).encode())
    old_key = FileKey.of_stream(template.rows["file"][0]["stream"])
    assert old_key is not None, "a file's stream"
    key = old_key.model_copy(update={"person": new})
    commands = {
        row["id"]: UUID(int=chance.getrandbits(128), version=4) for row in template.rows["command"]
    }
    contexts = {digest(v.replace(*swap)): v.replace(*swap) for v in template.contexts.values()}
    renamed = {old: digest(v.replace(*swap)) for old, v in template.contexts.items()}
    events = list(_events(template, swap, commands, renamed, key.stream))
    last_state = template.states[-1].replace(*swap).decode()
    mine = {"person": new, "stream": key.stream}
    rows = template.rows
    return {
        "person": [
            {**row, "id": new, "identity_number": f"9{number:017}", "name": f"Salinan {number}"}
            for row in rows["person"]
        ],
        "holding": [{**row, "person": new} for row in rows["holding"]],
        "roster": [{**row, "person": new} for row in rows["roster"]],
        "file": [
            {**row, **mine, "id": key.file_id, "head": events[-1]["hash"], "state": last_state}
            for row in rows["file"]
        ],
        "command": [_command(template, row, commands, new, key.stream) for row in rows["command"]],
        "event": [
            {**row, "actor": new if row["actor"] == template.person else row["actor"]}
            for row in events
        ],
        "content": [{**row, "stream": key.stream} for row in rows["content"]],
        "context": [{"hash": name, "value": value} for name, value in contexts.items()],
    }


def _events(
    template: Template,
    swap: tuple[bytes, bytes],
    commands: dict[UUID, UUID],
    contexts: dict[str, str],
    stream: str,
) -> Iterator[dict[str, Any]]:
    previous_old = json.loads(template.rows["event"][0]["canonical"])["previous"]
    previous = genesis(stream)
    for row, state in zip(template.rows["event"], template.states, strict=True):
        said = json.loads(row["canonical"])
        changes = [
            swap,
            (said["context_hash"].encode(), contexts[said["context_hash"]].encode()),
            (said["state_hash"].encode(), digest(state.replace(*swap)).encode()),
            (previous_old.encode(), previous.encode()),
        ]
        command_id = row["command_id"]
        if command_id is not None:
            changes.append((str(command_id).encode(), str(commands[command_id]).encode()))
        data = row["canonical"]
        for old, new in changes:
            data = data.replace(old, new)
        previous_old, previous = row["hash"], digest(data)
        yield {
            **row,
            "stream": stream,
            "canonical": data,
            "hash": previous,
            "command_id": None if command_id is None else commands[command_id],
        }


def _command(
    template: Template, row: dict[str, Any], commands: dict[UUID, UUID], person: UUID, stream: str
) -> dict[str, Any]:
    actor = person if row["actor"] == template.person else row["actor"]
    head = canonical([stream, row["act"], str(actor)])[:-1]
    said = b"%b,%b,%b]" % (head, template.bodies[row["id"]], canonical(row["expected_version"]))
    return {
        **row,
        "id": commands[row["id"]],
        "stream": stream,
        "actor": actor,
        "request_hash": sha256(row["salt"] + said).digest(),
    }


_GENERATED = {("file", "predicate")}
_ORDER = ("person", "holding", "roster", "file", "command", "event", "content", "context")


async def fill(
    connection: Connection,
    templates: Sequence[Template],
    files: int,
) -> None:
    """Write so many copies, turn by turn of each template."""
    chance = Random(7)  # noqa: S311
    for first in range(0, files, BATCH):
        batch: dict[str, list[dict[str, Any]]] = {table: [] for table in _ORDER}
        for number in range(first, min(first + BATCH, files)):
            template = templates[number % len(templates)]
            for table, rows in copy_of(template, number, chance).items():
                batch[table] += rows
        async with connection.transaction():
            for table in _ORDER:
                await _write(connection, table, batch[table])


async def _write(connection: Connection, table: str, rows: list[dict[str, Any]]) -> None:
    columns = [column for column in rows[0] if (table, column) not in _GENERATED]
    records = [tuple(row[column] for column in columns) for row in rows]
    await connection.copy_records_to_table(table, records=records, columns=columns)
