"""Putting the house together: the stack of servers, with Siklus' own workers beside them."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.resources import as_file, files
from uuid import uuid4

from gateway.sweep import Sweep
from runtime.addresses import StackAddresses
from runtime.embedded import port
from runtime.embedded.stack import BeforeWorkers, ChildSpec, OnStage, Stack
from runtime.mail.catcher import maildir
from runtime.settings import Settings
from runtime.temporal_client import connect_to
from schemas.search_attributes import DECLARED
from schemas.task_queue import CYCLE
from storage.clock import load_clock, resume_clock
from storage.pool import open_pool
from workers.schedules import declare
from workflows.short import ReadinessProbe

CATCHER = "mail"


async def workflow_runs(addresses: StackAddresses) -> None:
    """Ready means that a workflow can be started and a worker takes it."""
    client = await connect_to(addresses, "probe")
    await client.execute_workflow(ReadinessProbe.run, id=f"probe/{uuid4()}", task_queue=CYCLE)


def worker_specs(count: int) -> list[ChildSpec]:
    """The command lines of so many worker processes."""
    argv = [sys.executable, "-m", "workers.main"]
    return [ChildSpec(f"worker-{n}", argv) for n in range(1, count + 1)]


@asynccontextmanager
async def running_stack(
    settings: Settings,
    on_stage: OnStage | None = None,
    *,
    workers: Sequence[ChildSpec] | None = None,
    before_workers: BeforeWorkers | None = None,
    handle_signals: bool = False,
) -> AsyncIterator[Stack]:
    """The whole of Siklus, started and ready, with every open file's workflow in place.

    What runs by itself is declared to the Temporal server, but not in a demonstration, whose clock
    is faster than the server's.

    A demonstration's clock goes on from the last recorded instant, and every open file looks at
    it again: its timers were set by the clock that stood still.

    Args:
        settings: where the data lies and how it is run.
        on_stage: told when each stage of the start begins and ends.
        workers: the worker processes, in place of the settings' number of usual ones.
        before_workers: awaited once the schema is current, in place of resuming the clock.
        handle_signals: listen for signals during the start, too.

    Raises:
        FastClockRefused: if the data belongs to a demonstration and the profile is another.
    """

    async def resume(addresses: StackAddresses) -> None:
        await _resume_clock(settings, addresses)

    usual = worker_specs(settings.workers) if workers is None else workers
    if workers is None and settings.smtp_host is None and settings.profile != "demo":
        settings, catcher = _with_catcher(settings)
        usual = [catcher, *usual]
    with as_file(files("storage") / "migrations") as migrations:
        stack = Stack(
            settings,
            migrations,
            DECLARED,
            usual,
            ready_probe=workflow_runs,
            before_workers=before_workers or resume,
            on_stage=on_stage,
            handle_signals=handle_signals,
        )
        async with stack:
            if settings.profile != "demo":
                await declare(await connect_to(stack.addresses, "schedules"), settings.org)
            if stack.fresh or settings.profile == "demo":
                await _restore(settings, stack.addresses)
            yield stack


def _with_catcher(settings: Settings) -> tuple[Settings, ChildSpec]:
    """Settings that hand mail to a catcher of development, and how that is run."""
    free = port.choose(0)
    found = {"smtp_host": port.LOOPBACK, "smtp_port": free, "smtp_tls": "none"}
    argv = [sys.executable, "-m", "runtime.mail.catcher", str(free), str(maildir(settings.data))]
    return settings.model_copy(update=found), ChildSpec(CATCHER, argv)


async def _resume_clock(settings: Settings, addresses: StackAddresses) -> None:
    async with open_pool(addresses.owner, 1) as pool, pool.acquire() as connection:
        clock = await load_clock(connection, is_demo=settings.profile == "demo")
        if clock.speed != 1:
            await resume_clock(connection, clock)


async def _restore(settings: Settings, addresses: StackAddresses) -> None:
    async with open_pool(addresses.worker, 4) as pool:
        await Sweep(pool, await connect_to(addresses, "restore"), settings.org).restore()
