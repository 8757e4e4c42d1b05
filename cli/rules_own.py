"""The rules as the office of this machine has them: the packs, and what it set for itself."""

import asyncio
from dataclasses import dataclass

from cli.output import err
from domain.regulation import Rulebook, load
from runtime.addresses import StackAddresses, read_addresses
from runtime.errors import SiklusError
from runtime.settings import Settings
from storage.pool import DATABASE_AWAY, open_pool
from storage.read.rules import ListedOverride, list_overrides
from storage.rules import Rulebooks

_SECONDS = 4.0
_ALONE = "no running stack: what the organisation has set for itself is not in it"


@dataclass(frozen=True, slots=True)
class OwnRules:
    """The rules with every override, and who set each of them."""

    rules: Rulebook
    overrides: tuple[ListedOverride, ...] = ()

    def of(self, id: str) -> list[ListedOverride]:
        """What was set of one rule."""
        return [each for each in self.overrides if each.rule == id]


def read_own(settings: Settings, *, packs_only: bool = False) -> OwnRules:
    """The rules of the running stack; where there is none, the packs, with a word on stderr."""
    if packs_only:
        return OwnRules(load())
    try:
        return asyncio.run(_read(read_addresses(settings), settings.org))
    except (SiklusError, *DATABASE_AWAY):
        err.print(_ALONE, style="dim")
        return OwnRules(load())


async def _read(addresses: StackAddresses, org: str) -> OwnRules:
    async with asyncio.timeout(_SECONDS), open_pool(addresses.web, 1) as pool:
        rows = await list_overrides(pool, org)
        async with pool.acquire() as connection:
            return OwnRules(await Rulebooks().of(connection, org, len(rows)), tuple(rows))
