"""What organisations have set of the rules for themselves, as the domain's rulebooks."""

from domain.override import with_override
from domain.regulation import load
from domain.rulebook import Override, Rulebook
from storage.clock import Connection
from storage.query import queries


async def read_overrides(connection: Connection, org: str) -> list[Override]:
    """Everything that an organisation has set for itself, the first act first."""
    rows = await queries("rules").read_overrides(connection, org=org)
    return [Override(**dict(row)) for row in rows]


async def read_rulebook(connection: Connection, org: str) -> Rulebook:
    """The rules of an organisation, with everything it has set for itself by now."""
    count = await queries("rules").count_overrides(connection, org=org)
    return await Rulebooks().of(connection, org, count)


class Rulebooks:
    """The rules of organisations, read on as they set more; each version is one value for ever."""

    def __init__(self) -> None:
        self._newest: dict[str, Rulebook] = {}

    async def of(self, connection: Connection, org: str, version: int) -> Rulebook:
        """The rules with so many overrides, all of them committed.

        Raises:
            UnknownVersion: if there are fewer.
            InvalidOverride: if a row is not what the ledger can have written.
        """
        newest = self._newest.get(org) or load()
        if newest.version < version:
            for override in await read_overrides(connection, org):
                if newest.version < override.version <= version:
                    newest = with_override(newest, override)
            self._newest[org] = newest
        return newest.known(version)
