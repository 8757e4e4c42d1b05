"""Named queries, loaded once from the ``.sql`` files; the only door to aiosql.

aiosql reads the files and numbers the parameters. The calls are made here: its own would look
through ``dir()`` of the connection at each query, and hand out rows by an async generator.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from types import SimpleNamespace
from typing import Any

import aiosql
from aiosql.types import SQLOperationType

NAMES = (
    *("ledger", "organisation", "unit", "rules", "plan", "gateway", "read", "audit", "recompute"),
    *("clock", "simulation", "period", "schedule", "calendar", "reconcile", "webhook", "mail"),
)

# What a query is run with, by the mark behind its name: none, ^, $ and !.
_METHODS = {
    SQLOperationType.SELECT: "fetch",
    SQLOperationType.SELECT_ONE: "fetchrow",
    SQLOperationType.SELECT_VALUE: "fetchval",
    SQLOperationType.INSERT_UPDATE_DELETE: "execute",
}


@dataclass(frozen=True, slots=True)
class Query:
    """One named query. Call it with a connection or a pool, and its parameters by name.

    A plain name answers with a list of rows, ``^`` with one row or None, ``$`` with the first
    value of one row or None, ``!`` with the command's tag.
    """

    name: str
    sql: str
    method: str
    parameters: tuple[str, ...]

    def __call__(self, connection: Any, **given: Any) -> Awaitable[Any]:  # noqa: ANN401
        """Run it.

        Raises:
            TypeError: for a missing or an unknown parameter, by name.
        """
        if given.keys() != set(self.parameters):
            wrong = ", ".join(sorted(given.keys() ^ set(self.parameters)))
            raise TypeError(f"query {self.name}: missing or unknown parameters: {wrong}")
        run: Callable[..., Awaitable[Any]] = getattr(connection, self.method)
        return run(self.sql, *(given[name] for name in self.parameters))


@cache
def queries(name: str) -> Any:  # noqa: ANN401  (the attributes come from the file)
    """The queries of ``storage/sql/{name}.sql`` as attributes, each a :class:`Query`.

    Raises:
        aiosql.exceptions.SQLLoadException: if there is no such file.
    """
    with as_file(files("storage") / "sql" / f"{name}.sql") as path:
        loaded = aiosql.from_path(path, "asyncpg")
    order = loaded.driver_adapter.var_sorted
    found = SimpleNamespace()
    for query_name in loaded.available_queries:
        if query_name.endswith("_cursor"):
            continue
        parsed = getattr(loaded, query_name)
        method = _METHODS[parsed.operation]
        query = Query(query_name, parsed.sql, method, tuple(order[query_name]))
        setattr(found, query_name, query)
    return found
