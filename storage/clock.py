"""The business clock as the database keeps it."""

from collections.abc import Callable
from datetime import UTC, datetime

import asyncpg

from runtime.clock import Clock
from runtime.errors import SiklusError
from storage.query import queries

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


class FastClockRefused(SiklusError):
    """The database's clock runs faster than real time, which only a demonstration may."""


async def load_clock(
    connection: Connection | asyncpg.Pool,
    *,
    is_demo: bool,
    real_now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Clock:
    """The clock to stamp and convert with; real time where no other is set.

    Raises:
        FastClockRefused: for a clock that is not real time outside the demo profile.
    """
    row = await queries("clock").read_clock(connection)
    if row is None:
        return Clock.standard(real_now)
    if not is_demo:
        raise FastClockRefused(
            "this database belongs to a demonstration: its clock runs at "
            f"{row['speed']:g} times real time; start it with SIKLUS_PROFILE=demo"
        )
    return Clock(row["origin_business"], row["origin_real"], row["speed"], real_now)


async def set_clock(connection: Connection, clock: Clock) -> None:
    """Keep a clock; needs the owner's rights."""
    await queries("clock").write_clock(
        connection,
        origin_business=clock.origin_business,
        origin_real=clock.origin_real,
        speed=clock.speed,
    )


async def resume_clock(connection: Connection, clock: Clock) -> Clock:
    """Let a fast clock go on from the last recorded instant, after nothing ran for a while."""
    row = await queries("clock").last_instant(connection)
    origin = clock.origin_business if row["last_at"] is None else row["last_at"]
    resumed = Clock(origin, clock.real_now(), clock.speed, clock.real_now)
    await set_clock(connection, resumed)
    return resumed
