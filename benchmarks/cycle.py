"""Full cycles through Siklus beside their floors: ``make bench``.

Interleaved in one run, on the same servers, sandbox on for all workers. What counts are the
ratios; figures in seconds belong to the machine of the day.
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.progress import track

from benchmarks import measure
from benchmarks.house import (
    SETTLE_SECONDS,
    House,
    Spent,
    open_month,
    prepared_files,
    start_files,
)
from benchmarks.lane import (
    CYCLE,
    Lane,
    MemoryLane,
    Prepared,
    SiklusLane,
    SqlLane,
    TemporalLane,
    bodies,
    make_sql_floor,
)
from benchmarks.report import show
from benchmarks.stage import stages
from domain.working_calendar import load as load_calendar
from runtime.clock import Clock
from runtime.embedded.stack import ChildSpec
from runtime.exit import leave
from runtime.log import configure_logging
from runtime.settings import Settings
from runtime.temporal_client import connect_to
from storage.pool import open_pool
from workers.stack import running_stack, worker_specs

TABLES = ("event", "content", "context", "command", "file", "outbox", "inbox", "reminder")
RESULTS = Path(__file__).parent / "results"
MOST_CONNECTIONS = 32  # a pool; Postgres takes 100 in all
console = Console(stderr=True)


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cycles", type=int, default=120, help="a round, with many in flight")
    parser.add_argument("--in-flight", type=int, default=32, help="how many these are")
    parser.add_argument("--alone", type=int, default=15, help="cycles a round, with 1 in flight")
    parser.add_argument("--stages", type=int, default=30, help="cycles of the pass by stages")
    parser.add_argument("--json", type=Path, help="result file; default below benchmarks/results")
    return parser.parse_args(given)


async def play(
    house: House, lane: Lane, files: Sequence[Prepared], in_flight: int
) -> dict[str, Any]:
    """Play cycles of one lane, so many at a time, and say what they took."""
    gate, spent = asyncio.Semaphore(in_flight), list[float]()
    files = [*files] * lane.times

    async def one(file: Prepared) -> None:
        async with gate:
            spent.extend(await lane.play(file))

    watch = Spent(house.stack)
    await asyncio.gather(*(one(file) for file in files))
    seconds, cpu_ms, other = watch.so_far(len(files))
    return {
        "cycles_a_second": len(files) / seconds,
        "p50_ms": measure.percentile(spent, 0.5),
        "p99_ms": measure.percentile(spent, 0.99),
        "cpu_ms": cpu_ms,
        "other_cores": other,
    }


async def database_bytes(house: House) -> int:
    """What the tables of the record take."""
    names = ", ".join(f"pg_total_relation_size('{t}') AS {t}" for t in TABLES)
    row = await house.owner.fetchrow(f"SELECT {names}")
    return sum(row.values()) if row else 0


async def history(house: House, workflow_id: str) -> dict[str, int]:
    """Events and bytes of one workflow's history."""
    described = await house.client.get_workflow_handle(workflow_id).describe()
    info = described.raw_description.workflow_execution_info
    return {"events": info.history_length, "bytes": info.history_size_bytes}


async def opening(
    house: House, count: int, floors: Sequence[TemporalLane]
) -> tuple[list[Prepared], int, dict[str, Any]]:
    """Start the workflows of all files and floors, before any cycle.

    Returns:
        The files that can be played, how many were opened (a few more), and what each start took.
    """
    period = await open_month(house, count)
    watch = Spent(house.stack)
    opened = await start_files(house, period)
    await asyncio.sleep(SETTLE_SECONDS)
    took = {"siklus": watch.so_far(opened)[1]}
    files = await prepared_files(house, count)
    for lane in floors:
        watch = Spent(house.stack)
        await lane.start(files)
        await asyncio.sleep(SETTLE_SECONDS)
        took[lane.name] = watch.so_far(count)[1]
    return files, opened, took


async def run(given: argparse.Namespace, house: House) -> dict[str, Any]:
    warm_up = given.in_flight
    count = warm_up + given.rounds * (given.alone + given.cycles) + given.stages
    temporal, memory = TemporalLane(house.client), MemoryLane(house.client, "memory")
    said = bodies(house.calendar.local_date(house.clock.now()))
    siklus = SiklusLane(house.gateway, said)
    lanes: list[Lane] = [siklus, temporal, memory, SqlLane(house.owner)]
    empty = await database_bytes(house)
    with console.status(f"opening {count} files"):
        files, opened, took = await opening(house, count, [temporal, memory])
        await make_sql_floor(house.owner)
    at_rest = measure.memory_mib(house.stack)
    size_opened = await database_bytes(house)
    supply: Iterator[Prepared] = iter(files)

    def some(number: int) -> list[Prepared]:
        return [next(supply) for _ in range(number)]

    batch = some(warm_up)
    for lane in lanes:
        await play(house, lane, batch, given.in_flight)
    rounds: dict[str, dict[str, list[Any]]] = {
        lane.name: {"alone": [], "together": []} for lane in lanes
    }
    for turn in track(range(given.rounds), description="rounds", console=console):
        order = lanes[turn % len(lanes) :] + lanes[: turn % len(lanes)]
        for kind, number, in_flight in (
            ("alone", given.alone, 1),
            ("together", given.cycles, given.in_flight),
        ):
            batch = some(number)
            for lane in order:
                rounds[lane.name][kind].append(await play(house, lane, batch, in_flight))
    played = count - given.stages
    size_played, at_the_end = await database_bytes(house), measure.memory_mib(house.stack)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "acts_a_cycle": len(CYCLE),
        "given": {k: v for k, v in vars(given).items() if k != "json"},
        "opening_cpu_ms": took,
        "rounds": rounds,
        "history": {
            lane.name: await history(house, lane.workflow_id(batch[0]))
            for lane in (siklus, temporal, memory)
        },
        "database_bytes_a_file": {
            "opened": (size_opened - empty) / opened,
            "played": (size_played - size_opened) / played,
        },
        "memory_mib": {"at_rest": at_rest, "at_the_end": at_the_end},
        "stages_ms": await stages(house, some(given.stages), said) if given.stages else {},
    }


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def floor_specs() -> list[ChildSpec]:
    """The workers of the floors, each a process of its own beside Siklus'."""
    module = [sys.executable, "-m", "benchmarks.floor_worker"]
    return [ChildSpec(f"worker-{floor}", [*module, floor]) for floor in ("nothing", "memory")]


async def main(given: argparse.Namespace, directory: Path) -> dict[str, Any]:
    settings = Settings.load().model_copy(update={"data": directory / "data"})
    async with AsyncExitStack() as entered:
        specs = [*worker_specs(1), *floor_specs()]
        stack = await entered.enter_async_context(running_stack(settings, workers=specs))
        addresses, connections = stack.addresses, min(given.in_flight, MOST_CONNECTIONS)
        house = House(
            stack,
            await connect_to(addresses, "benchmark"),
            await entered.enter_async_context(open_pool(addresses.owner, connections)),
            await entered.enter_async_context(open_pool(addresses.web, connections)),
            await entered.enter_async_context(open_pool(addresses.worker, 1)),
            Clock.standard(),
            load_calendar(),
            settings.org,
        )
        return await run(given, house)


def measure_in_a_directory(given: argparse.Namespace) -> dict[str, Any]:
    """Run everything in a directory of its own, and remove it."""
    # Postgres, which runs as another user, must be able to enter it.
    home = Path(tempfile.mkdtemp(prefix="siklus-bench-")).resolve()
    home.chmod(0o755)
    try:
        return uvloop.run(main(given, home))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    wanted = arguments()
    configure_logging(Settings.load().model_copy(update={"log_level": "WARNING"}), "benchmark")
    result = measure_in_a_directory(wanted)
    target = wanted.json or RESULTS / f"{result['at'][:10]}-{result['commit']}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    show(result)
    console.print(f"written to {target}")
    leave(0)
