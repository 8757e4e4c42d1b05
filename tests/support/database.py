"""A real Postgres for a whole test session, and a fresh migrated database for each test."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import asyncpg

from runtime.addresses import DatabaseAccess
from runtime.embedded import binaries, local_state
from runtime.embedded.data_directory import prepare_data_directory
from runtime.embedded.database import (
    DATABASE,
    OWNER_ROLE,
    Databases,
    create_database,
    give_logins,
    migrate,
    owner_url,
)
from runtime.embedded.postgres import SUPERUSER, EmbeddedPostgres
from runtime.embedded.process import Supervised
from runtime.settings import Settings
from storage.pool import open_pool

MIGRATIONS = Path(__file__).parents[2] / "storage" / "migrations"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server; its database ``siklus`` is migrated, empty, and copied for each test."""

    server: EmbeddedPostgres
    template: Databases

    async def copy(self, name: str, template: str = DATABASE) -> Databases:
        """A database of its own, with the three ways into it; nobody may use the template now."""
        await self._administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER {OWNER_ROLE}')
        roles = (self.template.owner, self.template.worker, self.template.web)
        return Databases(*(_in_database(access, name) for access in roles))

    async def drop(self, name: str) -> None:
        """Remove a copy, whoever is still connected."""
        await self._administer(f'DROP DATABASE "{name}" WITH (FORCE)')

    async def _administer(self, statement: str) -> None:
        session = await self.server.connect(SUPERUSER)
        try:
            await session.execute(statement)
        finally:
            await session.close(timeout=5)


def _in_database(access: DatabaseAccess, name: str) -> DatabaseAccess:
    return DatabaseAccess(url=access.url.replace(f"/{DATABASE}?", f"/{name}?"), role=access.role)


@dataclass(frozen=True, slots=True)
class FreshDatabase:
    """One test's database, with a pool for each role."""

    name: str
    databases: Databases
    owner: "asyncpg.Pool[asyncpg.Record]"
    worker: "asyncpg.Pool[asyncpg.Record]"
    web: "asyncpg.Pool[asyncpg.Record]"


def _make_directory() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="siklus-test-")).resolve()
    directory.chmod(0o755)  # Postgres runs as a user of its own
    return directory


@asynccontextmanager
async def running_postgres() -> AsyncIterator[Postgres]:
    """An embedded server in a directory of its own; both are gone afterwards."""
    directory = _make_directory()
    settings = Settings(data=directory / "data")
    prepare_data_directory(settings.data)
    state = local_state.load(settings.data, cluster_exists=False)
    server = EmbeddedPostgres(settings.data, binaries.locate(settings), state)
    await server.create_cluster()
    # What these tests are about is not durability, and copying databases is mostly fsync.
    program = server.program()
    program = replace(program, argv=(*program.argv, "-c", "fsync=off"))
    child = Supervised(program, settings.data, server.hooks())
    child.start()
    try:
        await child.wait_ready(60.0)
        await create_database(server)
        await migrate(owner_url(server), MIGRATIONS, settings.data)
        yield Postgres(server, await give_logins(server))
    finally:
        await child.stop()
        shutil.rmtree(directory, ignore_errors=True)


@asynccontextmanager
async def fresh_copy(postgres: Postgres, template: str = DATABASE) -> AsyncIterator[FreshDatabase]:
    """A migrated database that nobody else uses, or a copy of another test's."""
    name = f"test_{uuid4().hex[:12]}"
    databases = await postgres.copy(name, template)
    try:
        async with AsyncExitStack() as stack:
            owner = await stack.enter_async_context(open_pool(databases.owner, 2))
            worker = await stack.enter_async_context(open_pool(databases.worker, 4))
            web = await stack.enter_async_context(open_pool(databases.web, 4))
            yield FreshDatabase(name, databases, owner, worker, web)
    finally:
        await postgres.drop(name)
