"""A process of its own that decides stretches again, with a connection of its own."""

import asyncio
import gc
import os
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from audit.again.difference import Count
from audit.again.read import Stretch
from audit.again.stretch import StretchAgain
from runtime.addresses import DatabaseAccess
from storage.pool import DATABASE_AWAY, open_pool

COMMAND_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Done:
    """A stretch that was decided again, and the most memory its process has had, in bytes."""

    count: Count
    process: int
    peak_bytes: int


class Worker:
    """Decides stretches again; connects when the first one comes."""

    def __init__(self, access: DatabaseAccess, org: str) -> None:
        self._again = StretchAgain(org)
        self._runner = asyncio.Runner()
        self._access = access
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    def check(self, stretch: Stretch) -> Count:
        """Decide one stretch again."""
        return self._runner.run(self._check(stretch))

    def close(self) -> None:
        """Give the connection back, where there is a use for that."""
        if self._pool is not None:
            self._runner.run(self._pool.close())
        self._runner.close()

    async def _check(self, stretch: Stretch) -> Count:
        if self._pool is None:  # a pool belongs to the loop it was made in
            self._pool = await open_pool(self._access, 1, COMMAND_SECONDS)
        async with self._pool.acquire() as connection:
            return await self._again.check(connection, stretch)


_worker: Worker | None = None


def begin(access: DatabaseAccess, org: str) -> None:
    """Make this process a worker. Ctrl-C is its parent's business."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker = Worker(access, org)
    gc.freeze()  # what has been loaded so far stays
    gc.set_threshold(50_000, 20, 100)


def check(stretch: Stretch) -> Done:
    """Decide one stretch again in this process.

    Raises:
        ConnectionError: if the database does not answer; what asyncpg raises cannot always be
            handed to another process.
    """
    assert _worker is not None, "the process has begun as a worker"  # noqa: S101
    try:
        count = _worker.check(stretch)
    except DATABASE_AWAY as error:
        raise ConnectionError(type(error).__name__) from None
    return Done(count, os.getpid(), peak_bytes())


def peak_bytes() -> int:
    """The most memory this process has had, its start as a copy of another left out."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
