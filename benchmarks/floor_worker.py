"""The floor's worker process: the settings of Siklus' own, sandbox on, without a ledger."""

import asyncio
import signal

import uvloop
from temporalio import activity

from activities.contracts import Ledger
from benchmarks.floor import QUEUE, FloorCycle
from runtime.addresses import read_addresses
from runtime.exit import leave
from runtime.log import configure_logging
from runtime.settings import Settings
from schemas.cycle import Advance, Outcome, Progress, StreamAct
from workers.cycle import build_worker
from workers.stack import connect_to


class NoLedger(Ledger):
    """Never asked."""

    @activity.defn(name="advance_file")
    async def advance_file(self, request: Advance) -> Progress:
        raise NotImplementedError

    @activity.defn(name="decide_command")
    async def decide_command(self, request: StreamAct) -> Outcome:
        raise NotImplementedError


async def work(settings: Settings) -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    client = await connect_to(read_addresses(settings), "floor")
    async with build_worker(client, NoLedger(), task_queue=QUEUE, workflows=[FloorCycle]):
        await stop.wait()


if __name__ == "__main__":
    loaded = Settings.load()
    configure_logging(loaded, "floor")
    uvloop.run(work(loaded))
    leave(0)
