"""Bring the schema up to date and give each role its log-in."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import asyncpg

from runtime.addresses import WEB_ROLE, WORKER_ROLE, DatabaseAccess, external_databases
from runtime.embedded.port import LOOPBACK
from runtime.embedded.postgres import SUPERUSER, EmbeddedPostgres
from runtime.embedded.spawn import Program, find_program, run_to_end
from runtime.errors import InvalidSetting, MigrationFailed, UnsupportedPostgres
from runtime.settings import Settings, tool_environment

DATABASE = "siklus"
OWNER_ROLE = "siklus_owner"
_LOCK_WAIT = "60s"
_LIMIT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Databases:
    """The three ways into one database."""

    owner: DatabaseAccess
    worker: DatabaseAccess
    web: DatabaseAccess


async def create_database(postgres: EmbeddedPostgres) -> None:
    """Make the owner's role and the database, or bring them to what we expect.

    The owner is no superuser, but may create the two roles of the migrations. Safe to repeat.
    """
    session = await postgres.connect(SUPERUSER)
    try:
        if not await session.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", OWNER_ROLE):
            await session.execute(f"CREATE ROLE {OWNER_ROLE} CREATEROLE NOSUPERUSER")
        await _give_login(session, OWNER_ROLE, postgres.state.owner_password)
        if not await session.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await session.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}")
    finally:
        await session.close(timeout=5)


async def give_logins(postgres: EmbeddedPostgres) -> Databases:
    """Let the worker's and the web's role log in with their own passwords; safe to repeat.

    Raises:
        MigrationFailed: if the migrations did not create the roles.
    """
    state = postgres.state
    session = await postgres.connect(SUPERUSER)
    try:
        await _give_login(session, WORKER_ROLE, state.worker_password)
        await _give_login(session, WEB_ROLE, state.web_password)
    except asyncpg.UndefinedObjectError as error:
        raise MigrationFailed(f"after the migrations: {error}") from None
    finally:
        await session.close(timeout=5)
    port = state.postgres_port
    return Databases(
        owner=_access(OWNER_ROLE, state.owner_password, port),
        worker=_access(WORKER_ROLE, state.worker_password, port),
        web=_access(WEB_ROLE, state.web_password, port),
    )


def owner_url(postgres: EmbeddedPostgres) -> str:
    """The owner's address of the embedded database."""
    return _access(OWNER_ROLE, postgres.state.owner_password, postgres.state.postgres_port).url


async def require_supported(url: str) -> None:
    """Make sure that a server is new enough for the schema.

    Raises:
        UnsupportedPostgres: if it is older than 18.
        MigrationFailed: if it does not answer.
    """
    try:
        session = await asyncpg.connect(url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise MigrationFailed(f"The server of DATABASE_URL does not answer: {reason}") from None
    try:
        number = int(await session.fetchval("SHOW server_version_num"))
        if number < 180_000:
            raise UnsupportedPostgres("DATABASE_URL", await session.fetchval("SHOW server_version"))
    finally:
        await session.close(timeout=5)


async def prepare_external_database(settings: Settings, migrations: Path) -> Databases:
    """Bring a database that others run up to date, and let both roles in; safe to repeat.

    A role whose own address names it and a password gets that as its log-in; one without an
    address of its own may be stepped down to by the owner.

    Raises:
        InvalidSetting: if ``DATABASE_URL``, the owner's address, is not set.
        UnsupportedPostgres: if the server is older than 18.
        MigrationFailed: if the server does not answer, or a migration fails.
    """
    owner, worker, web = external_databases(settings)
    if owner is None:
        raise InvalidSetting("DATABASE_URL is not set: only the owner can migrate")
    await require_supported(owner.url)
    await migrate(owner.url, migrations, settings.data)
    for access, role in ((worker, WORKER_ROLE), (web, WEB_ROLE)):
        await allow_step_down(access, owner)
        await _give_named_login(access, role, owner)
    return Databases(owner, worker, web)


async def _give_named_login(access: DatabaseAccess, role: str, owner: DatabaseAccess) -> None:
    named = urlsplit(access.url)
    if access.role is not None or named.username != role or not named.password:
        return
    session = await asyncpg.connect(owner.url, timeout=10)
    try:
        statement = await session.fetchval(
            "SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', $1::text, $2::text)",
            role,
            unquote(named.password),
        )
        await session.execute(statement)
    finally:
        await session.close(timeout=5)


async def allow_step_down(access: DatabaseAccess, owner: DatabaseAccess) -> None:
    """Let the owner take on a role that has no log-in of its own; safe to repeat."""
    if access.role is None:
        return
    session = await asyncpg.connect(owner.url, timeout=10)
    try:
        if not await session.fetchval("SELECT pg_has_role(current_user, $1, 'SET')", access.role):
            await session.execute(f"GRANT {access.role} TO CURRENT_USER WITH SET TRUE")
    finally:
        await session.close(timeout=5)


async def migrate(url: str, migrations: Path, work_dir: Path) -> None:
    """Apply the migrations that are missing, under the migrator's lock.

    This is the only place that migrates. The address travels in the environment, because
    everybody may read arguments.

    Raises:
        MigrationFailed: with the migrator's output.
    """
    if not await asyncio.to_thread(migrations.is_dir):
        raise MigrationFailed(f"there is no directory of migrations at {migrations}")
    lock = ("--migration-lock", "--migration-lock-timeout", _LOCK_WAIT)
    # Without --env-file the migrator would read a .env of whatever directory it runs in.
    source = ("--env-file", "/dev/null", "--migrations-dir", str(migrations), "--no-dump-schema")
    dbmate = find_program("dbmate", "Install Siklus' requirements again: make setup")
    program = Program(
        name="dbmate",
        argv=(dbmate, *source, *lock, "migrate"),
        env=tool_environment() | {"DATABASE_URL": url},
        cwd=work_dir,
    )
    try:
        status, output = await run_to_end(program, _LIMIT_SECONDS)
    except TimeoutError:
        raise MigrationFailed(f"migrations took more than {_LIMIT_SECONDS} s") from None
    if status != 0:
        raise MigrationFailed(f"migrations failed:\n{output.replace(url, 'DATABASE_URL')}")


async def _give_login(session: asyncpg.Connection, role: str, password: str) -> None:
    # Names are constants and passwords hexadecimal: nothing here needs quoting.
    await session.execute(f"ALTER ROLE {role} LOGIN PASSWORD '{password}'")


def _access(role: str, password: str, port: int) -> DatabaseAccess:
    address = f"{LOOPBACK}:{port}/{DATABASE}?sslmode=disable"
    return DatabaseAccess(url=f"postgresql://{role}:{quote(password)}@{address}")
