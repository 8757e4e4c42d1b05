"""What an organisation has set of the rules, as an input: rows that are not what their events say."""

from collections.abc import Iterator

from audit.again.difference import Difference, Kind
from audit.chain import ChainCheck, Link
from audit.history import History
from audit.page import Calendars, Dossier, read_dossiers
from audit.report import Invariant, Tally
from audit.rules import differing_fields
from schemas.identifier import rules_stream
from storage.clock import Connection


async def check_overrides(connection: Connection, org: str) -> list[Difference]:
    """Every override that was changed, added or taken away; files are decided by all of them."""
    stream, history = rules_stream(org), History()
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        [dossier] = await read_dossiers(connection, [stream])
        await history.load_rules(connection, org)
    links = ChainCheck(Calendars(), Tally(Invariant.CHAIN)).follow(stream, dossier.events, {})
    return list(_differences(links, dossier, history))


def _differences(links: list[Link], dossier: Dossier, history: History) -> Iterator[Difference]:
    rows = {row["version"] - 1: row for row in history.overrides}
    for link in links:
        row = rows.pop(link.number, None)
        if link.event is None or not link.is_intact:
            yield _difference(dossier, link.number, "canonical", "the event was changed")
        elif row is None:
            yield _difference(dossier, link.number, "override", "the override is not there")
        else:
            for field in differing_fields(row, link, dossier):
                what = "the override is not what its event says"
                yield _difference(dossier, link.number, f"override.{field}", what)
    for number in sorted(rows):
        yield _difference(dossier, number, "override", "no event says where it comes from")


def _difference(dossier: Dossier, number: int, field: str, what: str) -> Difference:
    return Difference(
        file=dossier.stream, number=number, command=None, kind=Kind.INPUT, field=field, what=what
    )
