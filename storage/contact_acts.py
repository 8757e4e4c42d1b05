"""What the acts on people's addresses and choices write; addresses are in no event."""

from uuid import UUID

from domain.decide import not_authorised
from domain.organisation_act import invalid, refuse_contacts, refuse_preference
from schemas.code import OrganisationAct
from schemas.error import Refusal
from schemas.order_body import ImportContacts, SetMailPreference
from storage.clock import Connection
from storage.query import queries
from storage.stream import Data


async def import_contacts(
    connection: Connection, org: str, order: ImportContacts
) -> Data | Refusal:
    """From now on the people of the order are reached so; the others as before."""
    if refusal := refuse_contacts(order):
        return refusal
    people = [r.person for r in order.rows]
    unknown = await queries("mail").unknown_people(connection, org=org, people=people)
    if unknown:
        index = min(people.index(row["person"]) for row in unknown)
        return invalid(f"rows.{index}.person", "contact.person", row=index + 1)
    await queries("mail").set_contacts(
        connection,
        org=org,
        people=people,
        addresses=[r.address for r in order.rows],
        languages=[r.language for r in order.rows],
    )
    gone = sum(r.address is None for r in order.rows)
    return {"contacts": len(people) - gone, "removed": gone}


async def set_mail_preference(
    connection: Connection, org: str, order: SetMailPreference, person: UUID | None
) -> Data | Refusal:
    """From now on the actor is written to as he chose."""
    if refusal := refuse_preference(order):
        return refusal
    known = await queries("organisation").knows_person(connection, org=org, id=person)
    if person is None or not known:
        return not_authorised(OrganisationAct.SET_MAIL_PREFERENCE)
    await queries("mail").set_preference(
        connection, org=org, person=person, digest=order.digest, language=order.language
    )
    chosen: Data = {} if order.language is None else {"language": order.language}
    if order.digest is not None:
        chosen["digest"] = "on" if order.digest else "off"
    return chosen
