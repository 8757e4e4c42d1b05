"""Named queries, loaded once from the ``.sql`` files; the only door to aiosql."""

from functools import cache
from importlib.resources import as_file, files
from typing import Any

import aiosql

NAMES = ("ledger", "organisation", "gateway", "read", "audit", "clock")


@cache
def queries(name: str) -> Any:  # noqa: ANN401  (aiosql builds the methods from the file)
    """The queries of ``storage/sql/{name}.sql``, each a coroutine taking a connection."""
    with as_file(files("storage") / "sql" / f"{name}.sql") as path:
        return aiosql.from_path(path, "asyncpg")
