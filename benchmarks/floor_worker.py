"""A floor's worker process: the settings of Siklus' own, sandbox on, without a database.

``python -m benchmarks.floor_worker nothing`` runs the workflow that writes nothing, ``memory``
Siklus' own workflow on a ledger that answers from memory.
"""

import asyncio
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import uvloop
from temporalio import activity

from activities.contracts import Ledger
from benchmarks.floor import ACTS, MEMORY_QUEUE, QUEUE, FloorCycle
from runtime.addresses import read_addresses
from runtime.exit import leave
from runtime.log import configure_logging
from runtime.settings import Settings
from runtime.temporal_client import connect_to
from schemas.code import End, Role, Stage
from schemas.cycle import Advance, Agenda, Outcome, Progress, StreamAct, Verdict, WakeUp
from workers.cycle import build_worker
from workflows.evaluation_cycle import EvaluationCycle

FLOORS: dict[str, tuple[str, type]] = {
    "nothing": (QUEUE, FloorCycle),
    "memory": (MEMORY_QUEUE, EvaluationCycle),
}


class MemoryLedger(Ledger):
    """Counts the acts of each file and answers as much as the ledger would."""

    def __init__(self) -> None:
        self._acts: Counter[UUID] = Counter()
        self._began = datetime.now(UTC)

    @activity.defn(name="advance_file")
    async def advance_file(self, request: Advance) -> Progress:
        person = request.file.person
        self._acts[person] += request.command_id is not None
        number = self._acts[person]
        at, is_done = self._began + timedelta(days=7 + number), number == ACTS
        agenda = Agenda(
            number=number,
            version=number,
            stage=Stage.PLAN,
            turn="plan_submission",
            visit=number,
            awaits=None if is_done else Role.EMPLOYEE,
            awaited_person=person,
            due_at=at,
            wake=None if is_done else WakeUp(visit=number, rung="reminder", at=at, real_at=at),
            end=End.ACCEPTED if is_done else None,
        )
        return Progress(agenda=agenda, outcome=Outcome(verdict=Verdict.ACCEPTED, version=number))

    @activity.defn(name="decide_command")
    async def decide_command(self, request: StreamAct) -> Outcome:
        raise NotImplementedError


async def work(settings: Settings, floor: str) -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    client = await connect_to(read_addresses(settings), floor)
    queue, workflow = FLOORS[floor]
    async with build_worker(client, MemoryLedger(), task_queue=queue, workflows=[workflow]):
        await stop.wait()


if __name__ == "__main__":
    loaded = Settings.load()
    configure_logging(loaded, sys.argv[1])
    uvloop.run(work(loaded, sys.argv[1]))
    leave(0)
