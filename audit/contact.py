"""People's addresses and choices are what the acts on them amount to."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from pydantic import ValidationError

from audit.chain import Link
from audit.report import Invariant, Tallies, Tally
from schemas.code import EventKind
from schemas.order_body import ImportContacts
from storage.clock import Connection
from storage.query import queries

Contact = tuple[str, str]
Choice = tuple[bool | None, str | None]


async def check_contacts(
    connection: Connection, org: str, links: Sequence[Link], tallies: Tallies
) -> None:
    """Compare both tables with the organisation's events; people are named by their ids alone.

    Orders whose content was purged say nothing of addresses any more; those are left out.
    """
    tally = tallies[Invariant.FOLD]
    contacts = await _contacts(connection, links, tally)
    if contacts is not None:
        rows = await queries("audit").read_contacts(connection, org=org)
        _compare(
            "address", contacts, {r["person"]: (r["address"], r["language"]) for r in rows}, tally
        )
    rows = await queries("audit").read_mail_preferences(connection, org=org)
    found = {r["person"]: (r["digest"], r["language"]) for r in rows}
    _compare("choice of mail", _choices(links), found, tally)


async def _contacts(
    connection: Connection, links: Sequence[Link], tally: Tally
) -> dict[UUID, Contact] | None:
    made: dict[UUID, Contact] = {}
    for link in links:
        if link.event is None or link.event.kind is not EventKind.CONTACTS_IMPORTED:
            continue
        body = await queries("audit").read_content(
            connection, stream=link.row["stream"], number=link.number
        )
        if body is None:
            tally.notes.append("addresses: an order's content is not kept, so none is judged")
            return None
        try:
            order = ImportContacts.model_validate_json(body)
        except ValidationError:
            return None  # its content was changed: the chain (I6) says so
        for row in order.rows:
            made.pop(row.person, None)
            if row.address is not None:
                made[row.person] = (row.address, row.language)
    return made


def _choices(links: Sequence[Link]) -> dict[UUID, Choice]:
    made: dict[UUID, Choice] = {}
    for link in links:
        event = link.event
        if event is None or event.kind is not EventKind.MAIL_PREFERENCE_SET or event.actor is None:
            continue
        digest, language = made.get(event.actor, (None, None))
        said = event.data
        made[event.actor] = (
            said["digest"] == "on" if "digest" in said else digest,
            str(said["language"]) if "language" in said else language,
        )
    return made


def _compare(
    what: str, wanted: Mapping[UUID, object], found: Mapping[UUID, object], tally: Tally
) -> None:
    for person in sorted(wanted.keys() | found.keys()):
        tally.count()
        if wanted.get(person) != found.get(person):
            tally.problem(f"the {what} is not what was ordered", f"person {person}")
