"""Ask the judge about a record, and take out of it what he should miss."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import asyncpg
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from audit.acknowledged import Acknowledged
from audit.check import check
from audit.report import Report
from domain.working_calendar import WorkingCalendar
from gateway.answer import Status
from schemas.cycle import Verdict
from tests.support.database import FreshDatabase, Postgres
from tests.support.played_record import ORG, PlayedRecord
from tests.support.tampering import Tampering

PEOPLE = 14


Broken = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Record:
    """What is to be judged, with the web's rights."""

    database: FreshDatabase
    calendar: WorkingCalendar

    @property
    def web(self) -> "asyncpg.Pool[asyncpg.Record]":
        """Where the judge reads."""
        return self.database.web


@asynccontextmanager
async def tampering(postgres: Postgres, database: FreshDatabase) -> AsyncIterator[Tampering]:
    """A session with all rights over a record."""
    session = await postgres.server.connect(database.name)
    hand = Tampering(session)
    await hand.begin()
    yield hand
    await session.close(timeout=5)


def acknowledged(played: PlayedRecord) -> list[Acknowledged]:
    """The log that people's answers would have left."""
    return [
        Acknowledged(
            command_id=command_id,
            status=Status.DONE if outcome.verdict is Verdict.ACCEPTED else Status.REFUSED,
            version=outcome.version,
            refusal=outcome.refusal and outcome.refusal.model_dump(),
        )
        for command_id, outcome in played.answers.items()
    ]


async def judge(
    record: Record, client: Any = None, log: Iterable[Acknowledged] | None = None
) -> Report:
    """The verdict; ``client`` may be a fake."""
    return await check(record.web, client, ORG, record.calendar, log)


async def broken(record: Record, **options: Any) -> Broken:
    """The invariants with problems, and where those are."""
    report = await judge(record, **options)
    return {f.id: [f"{p.where}: {p.what}" for p in f.problems] for f in report.findings if f.total}


async def only(record: Record, *invariants: str, at: str, **options: Any) -> Broken:
    """Exactly these invariants are broken, and each has a problem at the place."""
    found = await broken(record, **options)
    assert set(found) == set(invariants), found
    for invariant in invariants:
        assert any(line.startswith(at) for line in found[invariant]), found
    return found


def at(stream: str, number: int) -> str:
    """Where a problem of an event is."""
    return f"{stream} event {number}: "


async def context_hash(forger: Tampering, stream: str, number: int) -> str:
    """The name of the context in which an event was decided."""
    canonical = await forger.value(
        "SELECT canonical FROM event WHERE stream = $1 AND number = $2", stream, number
    )
    return str(json.loads(canonical)["context_hash"])


async def forget(forger: Tampering, stream: str) -> None:
    """Every trace of a file, as if it had never been opened."""
    await forger.run(
        "DELETE FROM inbox USING outbox AS o WHERE o.id = inbox.outbox AND o.stream = $1", stream
    )
    await forger.run(
        "DELETE FROM reminder WHERE file = (SELECT id FROM file WHERE stream = $1)", stream
    )
    for table in ("outbox", "content", "event", "command", "file"):
        await forger.run(f"DELETE FROM {table} WHERE stream = $1", stream)


async def open_streams(record: Record) -> set[str]:
    """The files that wait for somebody."""
    rows = await record.web.fetch("SELECT stream FROM file WHERE ended IS NULL")
    return {row["stream"] for row in rows}


class FakeTemporal:
    """What the check asks a client: a list that may be stale, and the state of each workflow."""

    def __init__(
        self,
        running: Iterable[str],
        listed: Iterable[str] | None = None,
        completed: Iterable[str] = (),
    ) -> None:
        running = set(running)
        self.statuses = {_id(s): WorkflowExecutionStatus.RUNNING for s in running}
        self.statuses |= {_id(s): WorkflowExecutionStatus.COMPLETED for s in completed}
        self.listed = {_id(s) for s in (running if listed is None else listed)}

    async def list_workflows(self, query: str, page_size: int) -> AsyncIterator[SimpleNamespace]:
        """A page of them, as stale as the list."""
        assert 'WorkflowType="EvaluationCycle"' in query
        for workflow_id in sorted(self.listed):
            yield SimpleNamespace(id=workflow_id)

    def get_workflow_handle(self, workflow_id: str) -> SimpleNamespace:
        """A handle that can describe the workflow, and nothing else."""

        async def describe() -> SimpleNamespace:
            if workflow_id not in self.statuses:
                raise RPCError("no such workflow", RPCStatusCode.NOT_FOUND, b"")
            return SimpleNamespace(status=self.statuses[workflow_id])

        return SimpleNamespace(describe=describe)


def _id(stream: str) -> str:
    return stream.replace("file/", "eval/", 1)
