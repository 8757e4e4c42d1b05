"""What each act on the organisation demands, as far as its order and the organisation itself say.

What only the record's tables can tell (whether a person is known, whether anybody is in a roster)
is asked by the ledger, after these.
"""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from pydantic import ValidationError

from domain.decide import not_authorised, unreadable
from domain.definition import definition, kinds
from domain.movement import Moved
from domain.organisation import Organisation
from domain.organisation_check import Numbered, check
from domain.roster import has_passed
from domain.rulebook import Rulebook
from domain.working_calendar import WorkingCalendar
from schemas.code import OrganisationAct
from schemas.command import BODIES, StoredCommand
from schemas.error import ErrorType, Refusal
from schemas.file import ProcessId
from schemas.instant import stamp
from schemas.order_body import (
    ApplyChanges,
    ClosePeriod,
    GrantMandate,
    ImportContacts,
    ImportOrganisation,
    OpenPeriod,
    SetMailPreference,
)
from schemas.organisation import Seat
from schemas.period import Period

OrganisationOrder = (
    ImportOrganisation
    | OpenPeriod
    | ClosePeriod
    | GrantMandate
    | ImportContacts
    | SetMailPreference
    | ApplyChanges
)
# Acts that everybody does for himself and nobody for another.
PERSONAL = frozenset({OrganisationAct.SET_MAIL_PREFERENCE})


def read_order(command: StoredCommand) -> OrganisationOrder | Refusal:
    """What a command asks for; refused if an earlier version took it in and this one cannot read it."""
    try:
        order = BODIES[command.act].model_validate(command.body)
    except ValidationError:
        return unreadable()
    assert isinstance(order, OrganisationOrder), "the organisation's stream holds its own acts"  # noqa: S101
    return order


def seat_of(command: StoredCommand, org: Organisation, on: date) -> Seat | Refusal | None:
    """The actor's seat in the HR office; none where the administrator of the machine acts.

    The operating system's user is in the event then. A named actor must sit in the HR office, but
    for what is everybody's own: that takes no seat, and somebody.
    """
    if command.act in PERSONAL:
        return not_authorised(command.act) if command.actor is None else None
    if command.actor is None:
        return None
    return org.hr_seat(command.actor, on) or not_authorised(command.act)


def refuse_import(order: ImportOrganisation) -> Refusal | None:
    """The first rule that the rows break together, whoever sent them and however.

    The command line checks a file before it sends it; the ledger does not rely on that.
    """
    rows = [Numbered(number, row) for number, row in enumerate(order.rows, start=2)]
    problem = next(iter(check(rows, frozenset(), is_whole=True)), None)
    if problem is None:
        return None
    return invalid("rows", "organisation.contradiction", row=problem.row, column=problem.column)


def opened_with(order: OpenPeriod, rules: Rulebook) -> ProcessId:
    """What the files of a period follow: the newest definition of their kind, and these rules."""
    return kinds()[order.kind].model_copy(update={"rules": rules.version})


def refuse_opening(
    order: OpenPeriod, at: datetime, calendar: WorkingCalendar, rules: Rulebook
) -> Refusal | None:
    """Whether a period of that kind can begin, and has not passed."""
    if order.kind not in kinds():
        return invalid("kind", "period.kind", kinds=", ".join(sorted(kinds())))
    process = definition(opened_with(order, rules), order.period, rules)
    period = Period.parse(order.period)
    if period.months != process.cadence.months:
        example = Period.containing(period.starts_on, process.cadence.months)
        return invalid("period", "period.cadence", kind=order.kind, example=str(example))
    if has_passed(process, period, at, calendar):
        return Refusal(
            type=ErrorType.DEADLINE_PASSED,
            rule="period.passed",
            field="period",
            params={"period": order.period},
        )
    return None


def not_open(order: ClosePeriod) -> Refusal:
    """The refusal to close what nobody opened."""
    params = {"period": order.period, "kind": order.kind}
    return Refusal(type=ErrorType.NOT_FOUND, rule="period.unopened", field="period", params=params)


def closed_already(order: ClosePeriod, closed_at: datetime) -> Refusal:
    """The refusal to close a period once more."""
    params = {"period": order.period, "at": stamp(closed_at)}
    return Refusal(type=ErrorType.CLOSED, rule="period.closed", field="period", params=params)


def refuse_mandate(order: GrantMandate, org: Organisation) -> Refusal | None:
    """Whether a mandate's days are in order, and its post is there when it begins."""
    mandate = order.mandate
    if mandate.to_on is not None and mandate.to_on < mandate.from_on:
        return invalid("mandate.to_on", "mandate.ends_first")
    if org.post(mandate.post, mandate.from_on) is None:
        return invalid("mandate.post", "mandate.post", on=str(mandate.from_on))
    return None


def refuse_contacts(order: ImportContacts) -> Refusal | None:
    """Whether a person or an address is named twice: a mail is for one person."""
    people, addresses = set[UUID](), set[str]()
    for index, row in enumerate(order.rows):
        if row.person in people:
            return invalid(f"rows.{index}.person", "contact.person_twice", row=index + 1)
        people.add(row.person)
        if row.address is not None and row.address.casefold() in addresses:
            return invalid(f"rows.{index}.address", "contact.address_twice", row=index + 1)
        addresses |= set() if row.address is None else {row.address.casefold()}
    return None


def refuse_preference(order: SetMailPreference) -> Refusal | None:
    """Whether anything is chosen at all."""
    if order.digest is None and order.language is None:
        return invalid("digest", "mail_preference.empty")
    return None


def refuse_changes(moved: Moved) -> Refusal | None:
    """The first change that cannot be made, or that the organisation contradicts.

    The command line says of each row of a file what is wrong with it; the ledger does not rely on
    that.
    """
    if not moved.wrong:
        return None
    wrong = moved.wrong[0]
    return invalid("changes", "changes.contradiction", row=wrong.index + 1, column=wrong.field)


def refuse_unknown(order: ApplyChanges, known: Collection[UUID]) -> Refusal | None:
    """Whether a change is about somebody who does not belong to the organisation."""
    for index, change in enumerate(order.changes, start=1):
        if change.person not in known:
            return invalid("changes", "changes.person", row=index)
    return None


def invalid(field: str, rule: str, **params: str | int) -> Refusal:
    """The refusal of one field of an order."""
    return Refusal(type=ErrorType.INVALID, rule=rule, field=field, params=params)
