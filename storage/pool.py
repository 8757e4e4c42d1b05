"""Connections: one pool a process, with JSON as Python values and short time-outs."""

import json
from datetime import UTC, datetime

import asyncpg
from pydantic_core import from_json

from runtime.addresses import DatabaseAccess

CONNECT_SECONDS = 2.0
COMMAND_SECONDS = 8.0

# How asyncpg says that the database cannot be reached now. InternalClientError, a connection that
# was lost in the middle of an operation, is not meant to be seen; to be removed from here when
# https://github.com/MagicStack/asyncpg/issues/1069 is closed.
DATABASE_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.LockNotAvailableError,
)


async def _prepare(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.set_type_codec(
        "jsonb",
        encoder=json.dumps,
        decoder=from_json,
        schema="pg_catalog",
    )


async def _keep(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Nothing to reset: no session state is ever set, and locks end with their transaction."""


def open_pool(
    access: DatabaseAccess, size: int, command_seconds: float = COMMAND_SECONDS
) -> "asyncpg.Pool[asyncpg.Record]":
    """A pool that connects when it is first used, so that a database that is away is no error yet.

    A statement is given up after ``command_seconds``, a connection after two seconds. Enter it
    with ``async with``.
    """
    return asyncpg.create_pool(
        access.url,
        min_size=0,
        max_size=size,
        timeout=CONNECT_SECONDS,
        command_timeout=command_seconds,
        init=_prepare,
        reset=_keep,
        server_settings={
            **access.server_settings,
            "application_name": "siklus",
            "timezone": "UTC",
            "lock_timeout": "5s",
        },
    )


def utc(at: datetime | None) -> datetime | None:
    """An instant from the database, in UTC."""
    return None if at is None else at.astimezone(UTC)
