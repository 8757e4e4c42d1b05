"""The lanes of the benchmark: Siklus, its floors in Temporal, and plain SQL."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from time import perf_counter
from typing import Any, Protocol
from uuid import UUID, uuid4

import asyncpg
from pydantic import JsonValue
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy

from activities.start import TASK_TIMEOUT
from benchmarks.floor import MEMORY_QUEUE, QUEUE, FloorCycle
from gateway.answer import Status
from gateway.door import Gateway
from schemas.code import Act, Via
from schemas.cycle import CycleInput, Knock, Progress
from schemas.identifier import FileKey
from schemas.search_attributes import of_cycle
from workflows.evaluation_cycle import EvaluationCycle

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
    # Everybody gets the same predicate, which the distribution guide wants a reason for.
    Act.SIGN: {"distribution_reason": "Contoh: sesuai capaian masing-masing."},
}


def bodies(today: date) -> dict[Act, JsonValue]:
    """What is said in each act; a meeting is held today."""
    return {
        **BODIES,
        Act.RECORD_MEETING: {
            "held_on": str(today),
            "attendance": ["employee"],
            "minutes": "Contoh: rapat.",
        },
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

    key: FileKey
    unit: str
    supervisor: UUID

    @property
    def id(self) -> UUID:
        return self.key.file_id

    def actor(self, is_supervisors: bool) -> UUID:
        return self.supervisor if is_supervisors else self.key.person


class Lane(Protocol):
    """One way to run a cycle; ``play`` gives the milliseconds of each act.

    ``times`` is how often each file is played, so that no measurement is too short to be one.
    """

    name: str
    times: int

    async def play(self, file: Prepared) -> list[float]: ...


class SiklusLane:
    """Acts through the gateway, as everybody's are."""

    name = "siklus"
    times = 1

    def __init__(self, gateway: Gateway, bodies: Mapping[Act, JsonValue]) -> None:
        self._gateway = gateway
        self._bodies = bodies

    def workflow_id(self, file: Prepared) -> str:
        return file.key.workflow_id

    async def play(self, file: Prepared) -> list[float]:
        spent = []
        for act, is_supervisors in CYCLE:
            began = perf_counter()
            answer = await self._gateway.act(
                file.id,
                act,
                self._bodies[act],
                actor=file.actor(is_supervisors),
                command_id=uuid4(),
                via=Via.SIMULATION,
            )
            spent.append((perf_counter() - began) * 1000)
            if answer.status is not Status.DONE:
                raise RuntimeError(f"{act} on {file.id}: {answer}")
        return spent


class TemporalLane:
    """The same number of updates on a workflow of a floor."""

    times = 1
    queue = QUEUE
    workflow: Any = FloorCycle

    def __init__(self, client: Client, name: str = "temporal") -> None:
        self._client = client
        self.name = name

    def workflow_id(self, file: Prepared) -> str:
        return f"{self.name}/{file.id}"

    def update(self, act: Act) -> str:
        return "act"

    async def start(self, files: Sequence[Prepared]) -> None:
        """Start the workflows, as the files' own were started: before the clock runs."""
        gate = asyncio.Semaphore(16)

        async def one(file: Prepared) -> None:
            cycle = CycleInput(file=file.key, unit=file.unit)
            async with gate:
                await self._client.start_workflow(
                    self.workflow.run,
                    cycle,
                    id=self.workflow_id(file),
                    task_queue=self.queue,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                    search_attributes=of_cycle(cycle),
                    task_timeout=TASK_TIMEOUT,
                )

        await asyncio.gather(*(one(file) for file in files))

    async def play(self, file: Prepared) -> list[float]:
        handle = self._client.get_workflow_handle(self.workflow_id(file))
        spent = []
        for act, _ in CYCLE:
            command_id = uuid4()
            began = perf_counter()
            await handle.execute_update(
                self.update(act),
                Knock(command_id=command_id),
                id=str(command_id),
                result_type=Progress,
                rpc_timeout=timedelta(seconds=30),
            )
            spent.append((perf_counter() - began) * 1000)
        return spent


class MemoryLane(TemporalLane):
    """Siklus' own workflow, with a ledger that answers from memory."""

    queue = MEMORY_QUEUE
    workflow = EvaluationCycle

    def update(self, act: Act) -> str:
        return act.value


class SqlLane:
    """One statement an act: state and audit row, idempotent, nothing else."""

    name = "sql"
    times = 20

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def play(self, file: Prepared) -> list[float]:
        spent, row = [], uuid4()
        for number, (act, _) in enumerate(CYCLE, start=1):
            began = perf_counter()
            await self._pool.execute(SQL_ACT, row, number, act.value, BODIES.get(act, {}))
            spent.append((perf_counter() - began) * 1000)
        return spent


async def make_sql_floor(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """The two tables of the SQL floor."""
    await pool.execute(SQL_SCHEMA)
