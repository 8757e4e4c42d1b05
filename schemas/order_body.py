"""The bodies of orders: about the organisation, its units, rules and calendar, and webhooks.

Limits (10,000 changes) are project decisions.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue
from pydantic_core import PydanticCustomError

from schemas.body import Body, ShortText, Text
from schemas.cloud_event import TYPE_NAMES
from schemas.code import OrganisationPredicate
from schemas.instant import Instant
from schemas.organisation import DatedChange, HoldingRow, Mandate
from schemas.period import PeriodKind, PeriodText
from schemas.web_address import parse_web_address

MAX_CHANGES = 10_000


class ImportOrganisation(Body):
    """The whole organisation, as a checked file says it is."""

    rows: tuple[HoldingRow, ...]


class OpenPeriod(Body):
    """The order to freeze a period's roster and open its files."""

    period: PeriodText
    kind: PeriodKind


class ClosePeriod(Body):
    """The order to close a period: every file of it has ended, and what it came to is frozen."""

    period: PeriodText
    kind: PeriodKind


class MandateOrder(Mandate):
    """A mandate as it is ordered: with a decree, in words that can be read."""

    post: ShortText
    decree: ShortText


class GrantMandate(Body):
    """The order that lets a person act for a post as appraiser (pendelegasian), from day to day.

    Granted again for the same person, post and first day, it replaces the earlier one: so a
    mandate is ended or corrected.
    """

    mandate: MandateOrder


# What goes before and after the @ of an address that every mail server takes (RFC 5321, ASCII).
Address = Annotated[
    str,
    Field(
        max_length=254,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$",
    ),
]
MailLanguage = Literal["id", "en"]


class Contact(Body):
    """Where one person is reached, and in which language; without an address, no longer."""

    person: UUID
    address: Address | None
    language: MailLanguage = "id"


class ImportContacts(Body):
    """Addresses of people; those who are not named keep what they have."""

    rows: Annotated[tuple[Contact, ...], Field(min_length=1)]


class SetMailPreference(Body):
    """What the person who sends it chooses for himself; what is left out stays as it is."""

    digest: bool | None = None
    language: MailLanguage | None = None


class ChangeOrder(DatedChange):
    """A dated change as it is ordered: with a decree, in words that can be read."""

    post: ShortText | None = None
    decree: ShortText


class ApplyChanges(Body):
    """Changes of posts, leaves and departures by decree: all of them, or none."""

    changes: Annotated[tuple[ChangeOrder, ...], Field(min_length=1, max_length=MAX_CHANGES)]


class ProposeUnitPredicate(Body):
    """The unit head's proposal for the unit's predicate, with the evidence for it."""

    predicate: OrganisationPredicate
    evidence: Text


class SetUnitPredicate(Body):
    """The decision of the official above; a reason is needed where it differs from the proposal."""

    predicate: OrganisationPredicate
    reason: Text | None = None


class CorrectUnitPredicate(Body):
    """A later correction, which stays visible beside what it corrects."""

    predicate: OrganisationPredicate
    reason: Text


# As the packs name rules and their parameters: neither can hold a name or a number of a person.
RuleName = Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)+$", max_length=60)]
ParameterName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


class SetRule(Body):
    """What the organisation sets of a rule for itself, from a day on, and by which decree.

    ``reason`` says why the day lies in the past, where it does.
    """

    rule: RuleName
    values: Annotated[dict[ParameterName, JsonValue], Field(min_length=1, max_length=20)]
    from_on: date
    source: ShortText
    reason: Text | None = None


class DayKind(StrEnum):
    """What a decree makes of a day; the names are those of the calendar files."""

    HOLIDAY = "libur_nasional"
    JOINT_LEAVE = "cuti_bersama"
    WORKING = "hari_kerja"


class DecreedDay(Body):
    """One day of a decree: it becomes free, or an ordinary working day again."""

    date: date
    kind: DayKind
    name: ShortText


class SetHolidays(Body):
    """What a decree changes in the calendar of the organisation.

    ``decreed`` are years that it orders as a whole, so that they are provisional no longer.
    ``reason`` is needed where a day becomes a working day again, since dates may come earlier then.
    """

    days: Annotated[tuple[DecreedDay, ...], Field(min_length=1, max_length=100)]
    decreed: Annotated[tuple[int, ...], Field(max_length=5)] = ()
    source: ShortText
    reason: Text | None = None


class SetWeek(Body):
    """The working week of one unit from a day on (six days in services, schools, Satpol PP)."""

    unit: ShortText
    week: Literal[5, 6]
    from_on: date
    source: ShortText


def _web_address(text: str) -> str:
    try:
        parse_web_address(text)
    except ValueError as error:
        raise PydanticCustomError("web_address", "not an address to send to") from error
    return text


def _event_type(name: str) -> str:
    if name not in TYPE_NAMES:
        raise PydanticCustomError("event_type", "not a type of event")
    return name


class AddWebhook(Body):
    """The order to send events of these types to an address from now on."""

    url: Annotated[str, Field(max_length=500), AfterValidator(_web_address)]
    types: Annotated[
        tuple[Annotated[str, AfterValidator(_event_type)], ...], Field(min_length=1, max_length=100)
    ]
    description: ShortText


class WebhookOrder(Body):
    """An order about a webhook, named by the id of the command that added it."""

    webhook: UUID


class DisableWebhook(WebhookOrder):
    """The system's order to send nothing more: no event has arrived since an instant (real time)."""

    failing_since: Instant
