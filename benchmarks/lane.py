"""The three lanes of the benchmark: Siklus, an equal workflow that writes nothing, plain SQL."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import Protocol
from uuid import UUID, uuid4

import asyncpg
from pydantic import JsonValue
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy

from benchmarks.floor import QUEUE, FloorCycle
from gateway.answer import Status
from gateway.door import Gateway
from gateway.knock import TASK_TIMEOUT
from schemas.code import Act, Via
from schemas.cycle import Knock, Progress

SQL_SCHEMA = """
CREATE SCHEMA IF NOT EXISTS benchmark;
CREATE TABLE IF NOT EXISTS benchmark.state (
    id uuid PRIMARY KEY, version integer NOT NULL, step text NOT NULL, due_at timestamptz
);
CREATE TABLE IF NOT EXISTS benchmark.audit (
    id uuid NOT NULL, version integer NOT NULL, act text NOT NULL, body jsonb NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (id, version)
);
"""
SQL_ACT = """
WITH audited AS (
    INSERT INTO benchmark.audit (id, version, act, body) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING
)
INSERT INTO benchmark.state (id, version, step, due_at) VALUES ($1, $2, $3, clock_timestamp())
ON CONFLICT (id) DO UPDATE SET version = excluded.version, step = excluded.step
"""

_LONG = "Contoh: laporan pelayanan bulanan tersusun dan disetujui. " * 4
_RESULTS = [f"r{number}" for number in range(1, 5)]
BODIES: dict[Act, JsonValue] = {
    Act.SUBMIT_PLAN: {
        "results": [
            {"id": r, "result": _LONG, "indicator": "Jumlah laporan", "target": "1"}
            for r in _RESULTS
        ]
    },
    Act.AGREE_PLAN: {},
    Act.SUBMIT_REPORT: {
        "results": [{"id": r, "realisation": _LONG, "evidence": "Agenda 1"} for r in _RESULTS]
    },
    Act.SCORE: {
        "work_result": "meets",
        "work_result_reason": "Contoh: tercapai.",
        "behaviour": "above",
        "behaviour_reason": "Contoh: membantu.",
    },
    Act.GIVE_FEEDBACK: {"strengths": "a", "improvements": "b", "agreed_actions": "c"},
    Act.RESPOND_TO_FEEDBACK: {"response": "Contoh: setuju."},
    Act.SIGN: {},
}
# Act, and whether the supervisor does it.
CYCLE: Sequence[tuple[Act, bool]] = (
    (Act.SUBMIT_PLAN, False),
    (Act.AGREE_PLAN, True),
    (Act.SUBMIT_REPORT, False),
    (Act.SCORE, True),
    (Act.GIVE_FEEDBACK, True),
    (Act.RESPOND_TO_FEEDBACK, False),
    (Act.RECORD_MEETING, True),
    (Act.SIGN, True),
    (Act.SIGN, False),
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """One file that nobody has touched yet, and the two people who act on it."""

    id: UUID
    workflow_id: str
    employee: UUID
    supervisor: UUID


class Lane(Protocol):
    """One way to run a cycle; ``play`` gives the milliseconds of each act."""

    name: str

    async def play(self, file: Prepared) -> list[float]: ...


class SiklusLane:
    """Acts through the gateway, as everybody's are."""

    name = "siklus"

    def __init__(self, gateway: Gateway, held_on: str) -> None:
        self._gateway = gateway
        meeting: JsonValue = {"held_on": held_on, "attendance": ["employee"], "minutes": "Contoh."}
        self._bodies = {**BODIES, Act.RECORD_MEETING: meeting}

    async def play(self, file: Prepared) -> list[float]:
        spent = []
        for act, is_supervisors in CYCLE:
            actor = file.supervisor if is_supervisors else file.employee
            began = perf_counter()
            answer = await self._gateway.act(
                file.id,
                act,
                self._bodies[act],
                actor=actor,
                command_id=uuid4(),
                via=Via.SIMULATION,
            )
            spent.append((perf_counter() - began) * 1000)
            if answer.status is not Status.DONE:
                raise RuntimeError(f"{act} on {file.id}: {answer}")
        return spent


class TemporalLane:
    """The same number of updates on an equal workflow that writes nothing."""

    name = "temporal"

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, files: Sequence[Prepared]) -> None:
        """Start the workflows, as the files' own were started: before the clock runs."""
        gate = asyncio.Semaphore(16)

        async def one(file: Prepared) -> None:
            async with gate:
                await self._client.start_workflow(
                    FloorCycle.run,
                    file.workflow_id,
                    id=f"floor/{file.id}",
                    task_queue=QUEUE,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                    task_timeout=TASK_TIMEOUT,
                )

        await asyncio.gather(*(one(file) for file in files))

    async def play(self, file: Prepared) -> list[float]:
        handle = self._client.get_workflow_handle(f"floor/{file.id}")
        spent = []
        for _ in CYCLE:
            command_id = uuid4()
            began = perf_counter()
            await handle.execute_update(
                "act",
                Knock(command_id=command_id),
                id=str(command_id),
                result_type=Progress,
                rpc_timeout=timedelta(seconds=30),
            )
            spent.append((perf_counter() - began) * 1000)
        return spent


class SqlLane:
    """One statement an act: state and audit row, idempotent, nothing else."""

    name = "sql"

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def play(self, file: Prepared) -> list[float]:
        spent = []
        for number, (act, _) in enumerate(CYCLE, start=1):
            began = perf_counter()
            await self._pool.execute(SQL_ACT, file.id, number, act.value, BODIES.get(act, {}))
            spent.append((perf_counter() - began) * 1000)
        return spent


async def make_sql_floor(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """The two tables of the SQL floor."""
    await pool.execute(SQL_SCHEMA)
