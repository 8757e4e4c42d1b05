"""``siklus migrate``, ``bootstrap`` and ``worker``: the parts of ``siklus up``, one container each."""

import asyncio
from importlib.resources import as_file, files

from cli.output import Exit, err, fail
from cli.session import load_settings
from runtime.embedded.data_directory import prepare_data_directory
from runtime.embedded.database import prepare_external_database
from runtime.embedded.readiness import prepare_external, succeeds_within
from runtime.errors import SiklusError, TemporalUnavailable
from runtime.exit import leave
from runtime.settings import Settings
from runtime.temporal_client import connect
from schemas.search_attributes import DECLARED
from workers.main import work
from workers.schedules import declare


def migrate() -> None:
    """Bring the database of DATABASE_URL up to date, and let workers and web in.

    DATABASE_URL is the owner's address. SIKLUS_WORKER_DATABASE_URL and SIKLUS_WEB_DATABASE_URL
    name siklus_worker and siklus_web with the passwords they shall have. Safe to repeat; only one
    at a time migrates.

    Examples: siklus migrate

    Exit codes: 0 up to date, 2 a setting is wrong, 5 the server does not answer or refused.
    """
    settings = load_settings("migrate")
    try:
        prepare_data_directory(settings.data)
        with as_file(files("storage") / "migrations") as migrations:
            asyncio.run(prepare_external_database(settings, migrations))
    except SiklusError as error:
        fail(str(error), Exit.UNAVAILABLE)
    err.print("[green]✓[/] schema and roles are up to date")
    leave(Exit.OK)


def bootstrap() -> None:
    """Make the Temporal server of TEMPORAL_ADDRESS what Siklus needs.

    That is: the namespace, the search attributes, and the schedules of what runs by itself.

    Safe to repeat. Waits up to 30 s for the server.

    Examples: siklus bootstrap

    Exit codes: 0 ready, 2 a setting is wrong, 5 the server does not answer or refused.
    """
    settings = load_settings("bootstrap")
    if settings.temporal_address is None:
        fail("TEMPORAL_ADDRESS is not set", Exit.USAGE)
    try:
        asyncio.run(_prepare_temporal(settings))
    except SiklusError as error:
        fail(str(error), Exit.UNAVAILABLE)
    err.print("[green]✓[/] namespace, search attributes and schedules are there")
    leave(Exit.OK)


async def _prepare_temporal(settings: Settings) -> None:
    address = await prepare_external(settings, DECLARED)
    if settings.profile == "demo":
        return
    client = await connect(
        address,
        namespace=settings.temporal_namespace,
        component="bootstrap",
        tls=settings.temporal_tls,
        api_key=settings.temporal_api_key,
    )
    problem = await succeeds_within(30, lambda: declare(client, settings.org))
    if problem is not None:
        raise TemporalUnavailable(f"The schedules could not be declared: {problem}")


def worker() -> None:
    """Work beside servers that others run, until SIGTERM; then finish what was begun.

    Any number of workers share the work. siklus up runs its own; this is for containers.

    Examples: siklus worker

    Exit codes: 0 stopped in order, 1 ended by a defect or an outage (start it again).
    """
    work(load_settings("worker"))
