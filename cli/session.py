"""One command's access to the running stack: settings, databases, Temporal, the gateway."""

import asyncio
import getpass
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from temporalio.client import Client

from cli.output import Ambiguous, Exit, fail
from domain.working_calendar import WorkingCalendar, load
from gateway.answer import Unavailable
from gateway.door import Gateway
from runtime.addresses import StackAddresses, read_addresses
from runtime.clock import Clock
from runtime.errors import SiklusError
from runtime.exit import leave
from runtime.log import configure_logging
from runtime.settings import Settings
from runtime.temporal_client import connect_to
from storage.clock import load_clock
from storage.pool import DATABASE_AWAY, open_pool


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with."""

    settings: Settings
    addresses: StackAddresses
    pool: "asyncpg.Pool[asyncpg.Record]"
    client: Client
    clock: Clock
    calendar: WorkingCalendar
    gateway: Gateway


@asynccontextmanager
async def session(settings: Settings) -> AsyncIterator[Session]:
    """Reach the running stack; connections are made when they are first used."""
    addresses = read_addresses(settings)
    client = await connect_to(addresses, "cli", lazy=True)
    calendar = load()
    async with open_pool(addresses.web, 4) as pool:
        async with asyncio.timeout(4), pool.acquire() as connection:
            clock = await load_clock(connection, is_demo=addresses.profile == "demo")
        gateway = Gateway(pool, client, clock, calendar, settings.org)
        yield Session(settings, addresses, pool, client, clock, calendar, gateway)


def run(work: Callable[[Session], Awaitable[Exit]]) -> None:
    """Run a command's work in a session and end the process with its exit code."""
    settings = load_settings("cli")

    async def main() -> Exit:
        async with session(settings) as opened:
            return await work(opened)

    try:
        code = asyncio.run(main())
    except Ambiguous as error:
        fail(str(error), Exit.USAGE)
    except Unavailable as error:
        fail(str(error), Exit.UNAVAILABLE)
    except DATABASE_AWAY:
        fail("the database does not answer; is it running? (siklus status)", Exit.UNAVAILABLE)
    except SiklusError as error:
        fail(str(error), Exit.UNAVAILABLE)
    leave(code)


def load_settings(component: str) -> Settings:
    """The settings of this process, with its log set up; a bad setting ends the command."""
    try:
        settings = Settings.load()
    except SiklusError as error:
        fail(str(error), Exit.USAGE)
    configure_logging(settings, component)
    return settings


def os_user() -> str:
    """Who sits at the machine; recorded beside the person that is acted for."""
    return getpass.getuser()
