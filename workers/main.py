"""A worker process: ``python -m workers.main``. Started by the stack, or by hand beside one."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import NoReturn

import structlog
import uvloop

from activities.ledger import PostgresLedger
from domain.working_calendar import load
from gateway.handover import Handover
from gateway.sweep import Sweep
from runtime.addresses import StackAddresses, read_addresses
from runtime.exit import leave
from runtime.log import configure_logging
from runtime.settings import Settings
from runtime.temporal_client import connect
from storage.clock import load_clock
from storage.pool import open_pool
from workers.cycle import LEDGER_SLOTS, build_worker

_log = structlog.get_logger(__name__)


async def run(settings: Settings, addresses: StackAddresses, stop: asyncio.Event) -> None:
    """Work until ``stop`` is set; then finish what was begun and leave in order."""
    client = await connect(
        addresses.temporal_address,
        namespace=addresses.temporal_namespace,
        component="worker",
        tls=addresses.temporal_tls,
        api_key=addresses.temporal_api_key,
    )
    async with open_pool(addresses.worker, LEDGER_SLOTS + 4) as pool:
        async with pool.acquire() as connection:
            clock = await load_clock(connection, is_demo=settings.profile == "demo")
        calendar = load()
        ledger = PostgresLedger(pool, calendar, clock)
        await ledger.prepare()
        handover = Handover(pool, settings.org, calendar, clock)
        sweep = Sweep(pool, client, settings.org, handover)
        async with build_worker(client, ledger):
            _log.info("worker_ready")
            await _until(stop, sweep.run(settings.sweep_seconds))
    _log.info("worker_stopped")


async def _until(stop: asyncio.Event, sweeping: Coroutine[None, None, None]) -> None:
    """Sweep until it is time to stop; a sweep that fails takes the process with it.

    A worker without its sweep would look alive and break the promise behind "stored".
    """
    stopping = asyncio.create_task(stop.wait())
    working = asyncio.create_task(sweeping)
    await asyncio.wait({stopping, working}, return_when=asyncio.FIRST_COMPLETED)
    for task in (stopping, working):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


async def _main(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    await run(settings, read_addresses(settings), stop)


def work(settings: Settings) -> NoReturn:
    """Work until a signal; ends the process itself (see ``runtime.exit``)."""
    try:
        uvloop.run(_main(settings))
    except Exception:  # noqa: BLE001  (the last frame: log, and let the stack restart it)
        _log.exception("worker_failed")
        leave(1)
    leave(0)


def main() -> None:
    """Entry point of a worker that the stack starts."""
    settings = Settings.load()
    configure_logging(settings, "worker")
    work(settings)


if __name__ == "__main__":
    main()
