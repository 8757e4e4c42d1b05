"""Orders on the organisation's stream decided again, as far as they can have been refused."""

from collections.abc import Iterator, Sequence
from datetime import date

from audit.closing import Periods, closing_again
from audit.page import Row
from domain.definition import definition
from domain.movement import move
from domain.organisation import Organisation
from domain.organisation_act import (
    invalid,
    opened_with,
    read_order,
    refuse_changes,
    refuse_contacts,
    refuse_import,
    refuse_mandate,
    refuse_opening,
    refuse_preference,
    refuse_unknown,
    seat_of,
)
from domain.roster import roster_row
from domain.working_calendar import WorkingCalendar
from schemas.code import PersonKind
from schemas.command import StoredCommand
from schemas.error import Refusal
from schemas.order_body import (
    ApplyChanges,
    ClosePeriod,
    GrantMandate,
    ImportContacts,
    ImportOrganisation,
    OpenPeriod,
    SetMailPreference,
)
from schemas.period import Period


def refused_again(
    command: StoredCommand,
    known: Organisation,
    people: Sequence[Row],
    periods: Periods,
    calendar: WorkingCalendar,
) -> Iterator[Refusal | None]:
    """What an order may have been answered with: a refusal, or None where it may be accepted.

    Everything but the people follows from the order and the organisation of that moment. Who was
    on record then is not kept by version: somebody without a post may have come since.
    """
    at = command.received_at
    seat = seat_of(command, known, calendar.local_date(at))
    if isinstance(seat, Refusal):
        yield seat
        return
    match read_order(command):
        case ImportOrganisation() as order:
            yield refuse_import(order)
        case OpenPeriod() as order:
            yield refuse_opening(order, at, calendar, known.rules) or _nobody(order, known, people)
        case ClosePeriod() as order:
            yield from closing_again(order, at, periods, known.rules, calendar)
        case GrantMandate() as order:
            yield from _mandate(order, known, people)
        case ImportContacts() as order:
            yield from _contacts(order, known, people)
        case SetMailPreference() as order:
            yield refuse_preference(order)
        case ApplyChanges() as order:
            yield from _changes(order, known, people, calendar.local_date(at))
        case Refusal() as refusal:
            yield refusal


def _nobody(order: OpenPeriod, known: Organisation, people: Sequence[Row]) -> Refusal | None:
    process = definition(opened_with(order, known.rules), order.period, known.rules)
    period, cadence = Period.parse(order.period), process.cadence
    rows = (roster_row(p["id"], PersonKind(p["kind"]), known, period, cadence) for p in people)
    if any(row.excluded_because is None for row in rows):
        return None
    return invalid("period", "period.nobody", period=order.period)


def _changes(
    order: ApplyChanges, known: Organisation, people: Sequence[Row], today: date
) -> Iterator[Refusal | None]:
    """As for a mandate: whoever holds a post was on record, and others may have come since."""
    refusal = refuse_changes(move(known, order.changes, today))
    if refusal is not None:
        yield refusal
        return
    by_now = {p["id"] for p in people}
    yield refuse_unknown(order, by_now)
    certain = {*known.by_person, *known.absences}
    for at, change in enumerate(order.changes):
        if change.person not in certain:
            yield refuse_unknown(order, by_now - {c.person for c in order.changes[at:]} | certain)


def _mandate(
    order: GrantMandate, known: Organisation, people: Sequence[Row]
) -> Iterator[Refusal | None]:
    refusal, person = refuse_mandate(order, known), order.mandate.person
    if refusal is not None:
        yield refusal
        return
    if any(p["id"] == person for p in people):
        yield None
    if person not in known.by_person:
        yield invalid("mandate.person", "mandate.person")


def _contacts(
    order: ImportContacts, known: Organisation, people: Sequence[Row]
) -> Iterator[Refusal | None]:
    """As for a mandate: who was on record then is not kept by version."""
    refusal = refuse_contacts(order)
    if refusal is not None:
        yield refusal
        return
    here = {p["id"] for p in people}
    if all(r.person in here for r in order.rows):
        yield None
    for index, row in enumerate(order.rows):
        if row.person not in known.by_person:
            yield invalid(f"rows.{index}.person", "contact.person", row=index + 1)
        if row.person not in here:
            return  # nobody after him was looked at
