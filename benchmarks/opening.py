"""How fast a period is opened: ``python -m benchmarks.opening --people 6426``.

In each round a month of a generated city is opened, by the order and the workflow that ``siklus
period open`` uses, until every file is there; and as many workflows that do nothing are started
beside it, on the same server and worker. The order of the two changes from round to round. A ratio
is taken within a round.
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from statistics import median
from time import perf_counter
from typing import Any
from uuid import uuid4

import asyncpg
import uvloop
from pydantic import JsonValue
from temporalio.client import Client

from benchmarks import measure
from domain.working_calendar import load as load_calendar
from gateway.answer import Status
from gateway.door import Gateway
from gateway.knock import start_opening
from runtime.clock import Clock
from runtime.embedded.stack import ChildSpec, Stack
from runtime.exit import leave
from runtime.log import configure_logging
from runtime.settings import Settings
from runtime.temporal_client import connect_to
from schemas.code import OrganisationAct, Via
from schemas.identifier import PeriodKey
from schemas.period import BULANAN, Period
from schemas.task_queue import CYCLE
from simulation.city import generate
from storage.pool import open_pool
from workers.stack import running_stack

RESULTS = Path(__file__).parent / "results"
ROOT = Path(__file__).parents[1]
AT_ONCE = 16  # as the opening has
MOST_MINUTES = 30


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=6426)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path, help="result file; default below benchmarks/results")
    return parser.parse_args()


class House:
    """What is measured: a stack with one worker, and a city without a period."""

    def __init__(
        self, stack: Stack, client: Client, web: "asyncpg.Pool[asyncpg.Record]", org: str
    ) -> None:
        self.stack, self.client, self.web, self.org = stack, client, web, org
        self.gateway = Gateway(web, client, Clock.standard(), load_calendar(), org)
        self.peak: dict[str, float] = {}

    async def order(self, act: OrganisationAct, said: JsonValue) -> dict[str, Any]:
        """One act of the administrator, done."""
        answer = await self.gateway.organisation_act(
            act, said, actor=None, command_id=uuid4(), via=Via.SHELL, os_user=None, seconds=300
        )
        assert answer.status is Status.DONE, answer
        return dict(answer.data)

    async def open(self, period: str) -> int:
        """Open a month; how many files it has."""
        ordered = await self.order(OrganisationAct.OPEN_PERIOD, {"period": period, "kind": BULANAN})
        await start_opening(self.client, PeriodKey(org=self.org, period=period, kind=BULANAN))
        query = "SELECT count(*) FROM file WHERE period = $1"
        while await self.web.fetchval(query, period) < ordered["included"]:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        return int(ordered["included"])

    async def start_bare(self, number: int) -> int:
        """Start so many workflows that do nothing, and wait until each has run."""
        gate, name = asyncio.Semaphore(AT_ONCE), uuid4().hex

        async def one(each: int) -> None:
            async with gate:
                await self.client.start_workflow(
                    "BareStart", id=f"bare/{name}/{each}", task_queue=CYCLE
                )

        await asyncio.gather(*(one(each) for each in range(number)))
        query = (
            f"WorkflowType = 'BareStart' AND ExecutionStatus = 'Completed'"
            f" AND WorkflowId STARTS_WITH 'bare/{name}/'"
        )
        while (await self.client.count_workflows(query)).count < number:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        return number

    async def watch_memory(self) -> None:
        """Keep the most that each process has needed."""
        while True:
            for name, found in measure.memory_mib(self.stack).items():
                self.peak[name] = max(self.peak.get(name, 0.0), found["pss"])
            await asyncio.sleep(2)


async def timed(house: House, lane: str, period: str, number: int) -> dict[str, Any]:
    """Seconds and CPU a start by process, and what others used of the machine meanwhile."""
    cpu, busy, began = measure.cpu_seconds(house.stack), measure.busy_seconds(), perf_counter()
    count = await (house.open(period) if lane == "opening" else house.start_bare(number))
    seconds = perf_counter() - began
    used = measure.differences(cpu, measure.cpu_seconds(house.stack))
    others = (measure.busy_seconds() - busy - sum(used.values())) / seconds
    return {
        "starts": count,
        "seconds": round(seconds, 1),
        "starts_a_second": round(count / seconds, 1),
        "cpu_ms_a_start": {name: round(s * 1000 / count, 2) for name, s in used.items()},
        "other_cores": round(others, 2),
        "peak_mib_until_now": {name: round(mib) for name, mib in house.peak.items()},
    }


async def run(given: argparse.Namespace, house: House) -> dict[str, Any]:
    """All rounds."""
    rows: list[JsonValue] = [r.model_dump(mode="json") for r in generate(given.people, seed=7)]
    await house.order(OrganisationAct.IMPORT_ORGANISATION, {"rows": rows})
    now = datetime.now(UTC)
    month = Period(year=now.year, month=now.month)
    rounds: list[dict[str, Any]] = []
    await house.start_bare(200)  # both are warm then
    watching = asyncio.create_task(house.watch_memory())
    for number in range(given.rounds):
        lanes = ("bare", "opening") if number % 2 == 0 else ("opening", "bare")
        found = {lane: await timed(house, lane, str(month), given.people) for lane in lanes}
        rounds.append({**found, "ratio": _ratio(found), "cpu_ratio": _cpu_ratio(found)})
        print(json.dumps(rounds[-1]), flush=True)
        month = month.following
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    return {
        "at": now.isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "given": {"people": given.people, "rounds": given.rounds},
        "ratio": median(found["ratio"] for found in rounds),
        "cpu_ratio": median(found["cpu_ratio"] for found in rounds),
        "peak_memory_mib": {name: round(mib) for name, mib in house.peak.items()},
        "rounds": rounds,
    }


def _ratio(found: dict[str, dict[str, Any]]) -> float:
    """How much longer a file takes than a bare start."""
    speed: dict[str, float] = {lane: found[lane]["starts_a_second"] for lane in found}
    return round(speed["bare"] / speed["opening"], 2)


def _cpu_ratio(found: dict[str, dict[str, Any]]) -> float:
    spent: dict[str, float] = {lane: sum(found[lane]["cpu_ms_a_start"].values()) for lane in found}
    return round(spent["opening"] / spent["bare"], 2)


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


async def main(given: argparse.Namespace, directory: Path) -> dict[str, Any]:
    settings = Settings.load().model_copy(update={"data": directory / "data"})
    argv = [sys.executable, "-m", "benchmarks.opening_worker"]
    worker = ChildSpec("worker-1", argv, {"PYTHONPATH": str(ROOT)})
    async with AsyncExitStack() as entered:
        stack = await entered.enter_async_context(running_stack(settings, workers=[worker]))
        client = await connect_to(stack.addresses, "benchmark")
        web = await entered.enter_async_context(open_pool(stack.addresses.web, 4))
        return await asyncio.wait_for(
            run(given, House(stack, client, web, settings.org)), MOST_MINUTES * 60
        )


if __name__ == "__main__":
    options = arguments()
    configure_logging(Settings.load().model_copy(update={"log_level": "WARNING"}), "benchmark")
    # Postgres, which runs as another user, must be able to enter it.
    home = Path(tempfile.mkdtemp(prefix="siklus-bench-")).resolve()
    home.chmod(0o755)
    try:
        result = uvloop.run(main(options, home))
    finally:
        rmtree(home, ignore_errors=True)
    target = options.json or RESULTS / f"opening-{options.people}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"written to {target}")
    leave(0)
