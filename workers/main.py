"""A worker process: ``python -m workers.main``. Started by the stack, or by hand beside one."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import NoReturn

import asyncpg
import structlog
import uvloop
from temporalio.client import Client
from temporalio.worker import Worker

from activities.ledger import PostgresLedger
from activities.mail import Outgoing, PostgresMailing
from activities.occurrences import PostgresOccurrences
from activities.periods import PostgresPeriods
from audit.reconcile.upkeep import PostgresUpkeep
from domain.working_calendar import load
from gateway.door import Gateway
from gateway.handover import Handover
from gateway.sweep import Sweep
from runtime.addresses import StackAddresses, read_addresses
from runtime.clock import Clock
from runtime.exit import leave
from runtime.log import configure_logging
from runtime.settings import Settings
from runtime.temporal_client import connect
from storage.clock import load_clock
from storage.pool import open_pool
from workers.cycle import LEDGER_SLOTS, build_worker
from workers.dispatch import build_dispatch_worker
from workers.notify import build_deliveries, build_notify_worker
from workers.schedules import keep_timetables

_log = structlog.get_logger(__name__)


Loops = list[Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class House:
    """What every role of a worker process is made of."""

    settings: Settings
    addresses: StackAddresses
    pool: "asyncpg.Pool[asyncpg.Record]"
    client: Client
    clock: Clock
    ledger: PostgresLedger

    @property
    def occurrences(self) -> PostgresOccurrences:
        """What every scheduled workflow keeps its row by, whatever its queue."""
        return PostgresOccurrences(self.pool)

    def cycle(self) -> Worker:
        """Files: the workflows, and the ledger that they ask."""
        return build_worker(self.client, self.ledger)

    async def dispatch(self) -> Worker:
        """What runs for the whole organisation."""
        if self.settings.profile != "demo":
            await keep_timetables(self.pool, self.settings.org)
        pace = self.settings.starts_per_second
        periods = PostgresPeriods(self.pool, self.client, self.ledger, self.clock, pace)
        upkeep = PostgresUpkeep(self.pool, self.client, self.clock)
        return build_dispatch_worker(self.client, periods, upkeep, self.occurrences, self.ledger)

    def notify(self, loops: Loops) -> Worker:
        """What leaves the house; what waits for delivery is looked at by loops of its own."""
        settings = self.settings
        outgoing = outgoing_of(settings, self.addresses, self.pool)
        if outgoing is not None:
            loops.append(outgoing.run(settings.org, settings.mail_seconds))
        gateway = Gateway(self.pool, self.client, self.clock, load(), settings.org)
        deliveries = build_deliveries(self.pool, gateway, settings)
        loops.append(deliveries.run(settings.sweep_seconds))
        mailing = PostgresMailing(self.pool, outgoing, settings.base_url)
        return build_notify_worker(self.client, mailing, self.occurrences)


async def run(settings: Settings, addresses: StackAddresses, stop: asyncio.Event) -> None:
    """Work until ``stop`` is set; then finish what was begun and leave in order."""
    client = await connect(
        addresses.temporal_address,
        namespace=addresses.temporal_namespace,
        component="worker",
        tls=addresses.temporal_tls,
        api_key=addresses.temporal_api_key,
    )
    async with (
        open_pool(addresses.worker, LEDGER_SLOTS + 12) as pool,
        AsyncExitStack() as working,
    ):
        async with pool.acquire() as connection:
            clock = await load_clock(connection, is_demo=settings.profile == "demo")
        calendar = load()
        ledger = PostgresLedger(pool, calendar, clock)
        await ledger.prepare()
        house = House(settings, addresses, pool, client, clock, ledger)
        handover = Handover(pool, settings.org, calendar, clock)
        sweep = Sweep(pool, client, settings.org, handover)
        loops: Loops = [sweep.run(settings.sweep_seconds)]
        if "cycle" in settings.roles:
            await working.enter_async_context(house.cycle())
        if "dispatch" in settings.roles:
            await working.enter_async_context(await house.dispatch())
        if "notify" in settings.roles:
            await working.enter_async_context(house.notify(loops))
        _log.info("worker_ready", roles=settings.roles)
        await _until(stop, loops)
    _log.info("worker_stopped")


def outgoing_of(
    settings: Settings, addresses: StackAddresses, pool: "asyncpg.Pool[asyncpg.Record]"
) -> Outgoing | None:
    """What hands mail over; None where there is no server to hand it to."""
    if addresses.mail is None:
        _log.info("mail_off")
        return None
    return Outgoing(pool, addresses.mail, settings.mail_from, settings.base_url)


async def _until(stop: asyncio.Event, loops: Sequence[Coroutine[None, None, None]]) -> None:
    """Go on with all of them until it is time to stop; one that fails takes the process with it.

    A worker without its sweep would look alive and break the promise behind "stored".
    """
    stopping = asyncio.create_task(stop.wait())
    working = [asyncio.create_task(loop) for loop in loops]
    await asyncio.wait({stopping, *working}, return_when=asyncio.FIRST_COMPLETED)
    for task in (stopping, *working):
        task.cancel()
    for task in working:
        with contextlib.suppress(asyncio.CancelledError):
            await task


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
