"""Full cycles through Siklus beside their floors: ``make bench``.

Interleaved in one run, on the same servers, sandbox on for both workers. What counts are the
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
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

import asyncpg
from pydantic import JsonValue
from rich.console import Console
from rich.progress import track

from benchmarks import measure
from benchmarks.lane import (
    CYCLE,
    Lane,
    Prepared,
    SiklusLane,
    SqlLane,
    TemporalLane,
    make_sql_floor,
)
from benchmarks.report import show
from domain.authority import resolve_chain
from domain.working_calendar import load as load_calendar
from gateway.door import Gateway
from gateway.sweep import Sweep
from runtime.clock import Clock
from runtime.embedded.stack import ChildSpec, Stack
from runtime.exit import leave
from runtime.log import configure_logging
from runtime.settings import Settings
from schemas.code import OrganisationAct, Via
from schemas.identifier import FileKey
from schemas.period import Period, PeriodKind
from simulation.city import generate
from storage.organisation import read_organisation
from storage.pool import open_pool
from workers.stack import connect_to, running_stack, worker_specs

TABLES = ("event", "content", "context", "command", "file", "outbox", "inbox", "reminder")
RESULTS = Path(__file__).parent / "results"
console = Console(stderr=True)


@dataclass(slots=True)
class House:
    """What the lanes need of the running stack."""

    stack: Stack
    client: Any
    owner: "asyncpg.Pool[asyncpg.Record]"
    gateway: Gateway


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", type=int, default=15, help="cycles with 1 in flight")
    parser.add_argument("--together", type=int, default=120, help="cycles with many in flight")
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--json", type=Path, help="result file; default below benchmarks/results")
    return parser.parse_args()


async def prepare(house: House, count: int) -> list[Prepared]:
    """Import a city, open this month, and find so many files whose two people can act."""
    calendar, period = load_calendar(), _this_month()
    rows: list[JsonValue] = [r.model_dump(mode="json") for r in generate(count + 60, seed=7)]
    orders: list[tuple[OrganisationAct, JsonValue]] = [
        (OrganisationAct.IMPORT_ORGANISATION, {"rows": rows}),
        (OrganisationAct.OPEN_PERIOD, {"period": str(period), "kind": PeriodKind.MONTHLY.value}),
    ]
    for act, said in orders:
        await house.gateway.organisation_act(
            act, said, actor=None, command_id=uuid4(), via=Via.SHELL, os_user=None, seconds=60
        )
    await Sweep(house.owner, house.client, Settings.load().org).open_files(str(period))
    while await house.owner.fetchval("SELECT count(*) FROM file") < count + 60:  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    async with house.owner.acquire() as connection:
        organisation = await read_organisation(connection, Settings.load().org)
    found, today = [], calendar.local_date(datetime.now(UTC))
    for row in await house.owner.fetch("SELECT stream, state ->> 'post' AS post FROM file"):
        key = FileKey.of_stream(row["stream"])
        supervisor = (
            resolve_chain(organisation, key, row["post"], today).supervisor if key else None
        )
        if key and supervisor:
            found.append(Prepared(key.file_id, key.workflow_id, key.person, supervisor.person))
    return found[:count]


def _this_month() -> Period:
    now = datetime.now(UTC)
    return Period(year=now.year, month=now.month)


async def measured(
    house: House, lane: Lane, files: Sequence[Prepared], in_flight: int
) -> dict[str, Any]:
    """Play cycles of one lane, so many at a time, and say what they took."""
    gate, spent = asyncio.Semaphore(in_flight), list[float]()

    async def one(file: Prepared) -> None:
        async with gate:
            spent.extend(await lane.play(file))

    cpu, busy, began = measure.cpu_seconds(house.stack), measure.busy_seconds(), perf_counter()
    await asyncio.gather(*(one(file) for file in files))
    seconds = perf_counter() - began
    used = measure.differences(cpu, measure.cpu_seconds(house.stack))
    other = (measure.busy_seconds() - busy - sum(used.values())) / seconds
    return {
        "cycles_a_second": len(files) / seconds,
        "p50_ms": measure.percentile(spent, 0.5),
        "p99_ms": measure.percentile(spent, 0.99),
        "cpu_ms": {name: value * 1000 / len(files) for name, value in used.items()},
        "other_cores": other,
    }


async def database_bytes(house: House) -> int:
    """What the tables of the record take."""
    names = ", ".join(f"pg_total_relation_size('{t}')" for t in TABLES)
    row = await house.owner.fetchrow(f"SELECT {names}")
    return sum(row.values()) if row else 0


async def history(house: House, workflow_id: str) -> dict[str, int]:
    """Events and bytes of one workflow's history."""
    described = await house.client.get_workflow_handle(workflow_id).describe()
    info = described.raw_description.workflow_execution_info
    return {"events": info.history_length, "bytes": info.history_size_bytes}


async def run(given: argparse.Namespace, house: House) -> dict[str, Any]:
    count = given.rounds * (given.alone + given.together)
    with console.status(f"opening {count} files"):
        files = await prepare(house, count)
        temporal = TemporalLane(house.client)
        await temporal.start(files)
        await make_sql_floor(house.owner)
        await asyncio.sleep(3)
    lanes: list[Lane] = [
        SiklusLane(house.gateway, str(datetime.now(UTC).date())),
        temporal,
        SqlLane(house.owner),
    ]
    at_rest, size = measure.memory_mib(house.stack), await database_bytes(house)
    rounds: dict[str, dict[str, list[Any]]] = {
        lane.name: {"alone": [], "together": []} for lane in lanes
    }
    supply: Iterator[Prepared] = iter(files)
    for _ in track(range(given.rounds), description="rounds", console=console):
        for kind, number, in_flight in (
            ("alone", given.alone, 1),
            ("together", given.together, given.in_flight),
        ):
            batch = [next(supply) for _ in range(number)]
            for lane in lanes:
                rounds[lane.name][kind].append(await measured(house, lane, batch, in_flight))
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "acts_a_cycle": len(CYCLE),
        "given": {k: v for k, v in vars(given).items() if k != "json"},
        "rounds": rounds,
        "history": {
            "siklus": await history(house, files[0].workflow_id),
            "temporal": await history(house, f"floor/{files[0].id}"),
        },
        "database_bytes_a_file": (await database_bytes(house) - size) / count,
        "memory_mib": {"at_rest": at_rest, "at_the_end": measure.memory_mib(house.stack)},
    }


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


async def main(given: argparse.Namespace, directory: Path) -> dict[str, Any]:
    settings = Settings.load().model_copy(update={"data": directory / "data"})
    floor = ChildSpec("floor", [sys.executable, "-m", "benchmarks.floor_worker"])
    async with AsyncExitStack() as entered:
        specs = [*worker_specs(1), floor]
        stack = await entered.enter_async_context(running_stack(settings, workers=specs))
        web = await entered.enter_async_context(open_pool(stack.addresses.web, 36))
        owner = await entered.enter_async_context(open_pool(stack.addresses.owner, 36))
        client = await connect_to(stack.addresses, "benchmark")
        gateway = Gateway(web, client, Clock.standard(), load_calendar(), settings.org)
        return await run(given, House(stack, client, owner, gateway))


if __name__ == "__main__":
    wanted = arguments()
    configure_logging(Settings.load().model_copy(update={"log_level": "WARNING"}), "benchmark")
    # Below a directory that Postgres, which runs as another user, can enter.
    home = Path(tempfile.mkdtemp(prefix="siklus-bench-")).resolve()
    home.chmod(0o755)
    try:
        result = asyncio.run(main(wanted, home))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    target = wanted.json or RESULTS / f"{result['at'][:10]}-{result['commit']}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    show(result)
    console.print(f"written to {target}")
    leave(0)
