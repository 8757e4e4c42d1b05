"""The organisation's rows as the domain's snapshot, cached by version."""

from domain.organisation import Organisation
from schemas.organisation import Holding, Mandate, Post
from storage.clock import Connection
from storage.query import queries


async def read_organisation(connection: Connection, org: str) -> Organisation:
    """All dated rows of one organisation, indexed."""
    q = queries("organisation")
    return Organisation.of(
        [Post.model_validate(dict(r)) for r in await q.read_posts(connection, org=org)],
        [Holding.model_validate(dict(r)) for r in await q.read_holdings(connection, org=org)],
        [Mandate.model_validate(dict(r)) for r in await q.read_mandates(connection, org=org)],
    )


class OrganisationCache:
    """The newest snapshot of each organisation, read again when its version has risen.

    The caller reads the version inside its own transaction, so what is returned is what that
    transaction sees.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Organisation]] = {}

    async def at_version(self, connection: Connection, org: str, version: int) -> Organisation:
        """The snapshot of that version or a later one."""
        known = self._known.get(org)
        if known is None or known[0] != version:
            known = (version, await read_organisation(connection, org))
            self._known[org] = known
        return known[1]

    async def current(self, connection: Connection, org: str) -> Organisation:
        """The snapshot as it is now; empty for an organisation nobody has imported."""
        row = await queries("organisation").read_version(connection, org=org)
        return await self.at_version(connection, org, 0 if row is None else row["version"])
