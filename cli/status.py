"""``siklus status``: what runs, and what waits."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.output import Exit, out, print_json
from cli.session import load_settings
from runtime.addresses import StackAddresses, read_addresses
from runtime.errors import NotRunning, SiklusError
from runtime.exit import leave
from runtime.settings import Settings
from storage.clock import load_clock
from storage.pool import DATABASE_AWAY, open_pool
from storage.read import Waiting, count_stages, what_waits
from workers.stack import connect_to

SECONDS = 3.0


def status(
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Show what runs and what waits. Exit code 0 if everything is up, 5 if not.

    Example: siklus status --json
    """
    settings = load_settings("status")
    found = asyncio.run(_look(settings))
    if as_json:
        print_json(found)
    else:
        _show(found)
    leave(Exit.OK if found["up"] else Exit.UNAVAILABLE)


async def _look(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {"up": False, "data": str(settings.data), "processes": {}}
    try:
        addresses = read_addresses(settings)
    except NotRunning as error:
        return {**found, "problem": str(error)}
    found["profile"] = addresses.profile
    found["temporal"] = {
        "address": addresses.temporal_address,
        "answers": await _temporal(addresses),
    }
    found["processes"] = {
        name: {"pid": record.pid, "alive": record.find() is not None}
        for name, record in addresses.processes.items()
    }
    found["postgres"] = {"answers": False}
    waiting = await _waiting(settings, addresses)
    if waiting is not None:
        found["postgres"]["answers"] = True
        found |= waiting
    alive = all(p["alive"] for p in found["processes"].values())
    found["up"] = alive and waiting is not None and found["temporal"]["answers"]
    return found


async def _temporal(addresses: StackAddresses) -> bool:
    try:
        async with asyncio.timeout(SECONDS):
            client = await connect_to(addresses, "status")
            return await client.service_client.check_health()
    except (SiklusError, TimeoutError, RuntimeError):
        return False


async def _waiting(settings: Settings, addresses: StackAddresses) -> dict[str, Any] | None:
    try:
        async with asyncio.timeout(SECONDS), open_pool(addresses.web, 1) as pool:
            clock = await load_clock(pool, is_demo=addresses.profile == "demo")
            now = clock.now()
            waits: Waiting = await what_waits(pool, settings.org, now)
            stages = await count_stages(pool, settings.org, None)
    except DATABASE_AWAY:
        return None
    return {
        "business_time": now,
        "waiting": waits.model_dump(mode="json"),
        "stages": [s.model_dump(mode="json") for s in stages],
    }


def _show(found: dict[str, Any]) -> None:
    out.print(f"data {found['data']}: " + ("[green]up[/]" if found["up"] else "[red]not up[/]"))
    if "problem" in found:
        out.print(found["problem"], highlight=False)
        return
    table = Table("process", "pid", "state")
    for name, process in found["processes"].items():
        state = "[green]alive[/]" if process["alive"] else "[red]gone (being restarted)[/]"
        table.add_row(name, str(process["pid"]), state)
    out.print(table)
    for name in ("postgres", "temporal"):
        if not found[name]["answers"]:
            out.print(f"[red]{name} does not answer[/]")
    if "waiting" in found:
        _show_waiting(found)


def _show_waiting(found: dict[str, Any]) -> None:
    waits = found["waiting"]
    out.print(
        f"{waits['open_files']} files open, {waits['overdue']} of them overdue; "
        f"{waits['closed_files']} closed; {waits['undecided']} stored acts undecided"
    )
    if waits["oldest"]:
        age = datetime.now(UTC) - datetime.fromisoformat(waits["oldest"])
        out.print(f"the oldest undecided act has waited {age.total_seconds():.0f} s")
    for stage in found["stages"]:
        name = stage["ended"] or stage["stage"]
        out.print(f"  {name}: {stage['files']}", highlight=False)
