"""The floor of deciding again: the same rows read and hashed by as many processes, nothing decided.

It shares the queries with what it is the floor of, and their parsing into rows; contexts and
events are only hashed.
"""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter

from audit.again.read import Stretch, read_page
from audit.again.run import split
from runtime.addresses import DatabaseAccess
from storage.chain import digest
from storage.pool import open_pool

_COMMAND_SECONDS = 300.0
_access: DatabaseAccess | None = None
_runner: asyncio.Runner | None = None


def begin(access: DatabaseAccess) -> None:
    """Make this process one that reads."""
    global _access, _runner
    _access, _runner = access, asyncio.Runner()


def read(stretch: Stretch) -> int:
    """Read and hash one stretch; how many files it has."""
    assert _runner is not None, "the process has begun"
    return _runner.run(_read(stretch))


async def _read(stretch: Stretch) -> int:
    assert _access is not None, "the process has begun"
    async with open_pool(_access, 1, _COMMAND_SECONDS) as pool, pool.acquire() as connection:
        page = await read_page(connection, stretch)
    for sheet in page.sheets:
        for row in sheet.events:
            if digest(row["canonical"]) != row["hash"]:
                raise ValueError(f"{sheet.stream}: the record is damaged")
    for value in page.contexts.values:
        digest(value)
    return len(page.sheets)


async def files_a_second(access: DatabaseAccess, prefix: str, workers: int) -> float:
    """How many files a second are read and hashed by so many processes."""
    began = perf_counter()
    async with open_pool(access, 1) as pool, pool.acquire() as connection:
        stretches, total = await split(connection, prefix)
    with ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=begin, initargs=(access,)
    ) as executor:
        done = await asyncio.gather(
            *(asyncio.wrap_future(executor.submit(read, s)) for s in stretches)
        )
    if sum(done) != total:
        raise ValueError(f"{sum(done)} of {total} files were read")
    return total / (perf_counter() - began)
