"""The decider of a unit's predicate: its head proposes, the official above sets and corrects.

Source: SE MenPANRB 3/2023, step 1 (the organisation's achievement is set before anybody's
predicate); who proposes and who sets are project decisions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from uuid import UUID

from pydantic import ValidationError

from domain.decide import not_authorised, unreadable
from domain.organisation import Organisation
from schemas.code import EventKind, OrganisationPredicate, UnitAct
from schemas.command import BODIES, StoredCommand
from schemas.error import ErrorType, Refusal
from schemas.file import UnitPredicate
from schemas.identifier import UnitKey
from schemas.order_body import CorrectUnitPredicate, ProposeUnitPredicate, SetUnitPredicate
from schemas.organisation import Seat
from schemas.period import Period

UnitOrder = ProposeUnitPredicate | SetUnitPredicate | CorrectUnitPredicate

PROPOSED, SET, CORRECTED = "proposed", "set", "corrected"
STEPS = {
    UnitAct.PROPOSE_PREDICATE: (PROPOSED, EventKind.UNIT_PREDICATE_PROPOSED),
    UnitAct.SET_PREDICATE: (SET, EventKind.UNIT_PREDICATE_SET),
    UnitAct.CORRECT_PREDICATE: (CORRECTED, EventKind.UNIT_PREDICATE_CORRECTED),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One accepted act on a unit's stream."""

    number: int
    step: str
    predicate: OrganisationPredicate
    since: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """An accepted act: what it says, and from where its actor said it."""

    order: UnitOrder
    seat: Seat


def in_force(steps: Sequence[Step], at: datetime | None = None) -> UnitPredicate | None:
    """The predicate that was set or corrected last, by now or by an instant; None if none was."""
    found = [s for s in steps if s.step != PROPOSED and (at is None or s.since <= at)]
    return UnitPredicate(predicate=found[-1].predicate, number=found[-1].number) if found else None


def first_set(steps: Sequence[Step]) -> datetime | None:
    """Since when the unit has a predicate."""
    return next((s.since for s in steps if s.step != PROPOSED), None)


def officials(org: Organisation, unit: str, on: date) -> tuple[Seat | None, Seat | None]:
    """Who heads a unit on a day, and who stands above; where nobody does, the head himself.

    The head is None while nobody holds the post. Both are for a unit without posts on that day.
    """
    top = org.top_post(unit, on)
    if top is None:
        return None, None
    head = org.head(top.id, on)
    return head, org.above(top.id, head.person if head else None, on) or head


def seat_for(act: UnitAct, actor: UUID, org: Organisation, unit: str, on: date) -> Seat | Refusal:
    """From where somebody does an act on a unit's stream, or why he may not."""
    head, above = officials(org, unit, on)
    if org.top_post(unit, on) is None:
        return Refusal(type=ErrorType.NOT_FOUND, rule="unit.unknown", field="unit")
    seat = head if act is UnitAct.PROPOSE_PREDICATE else above
    return seat if seat is not None and seat.person == actor else not_authorised(act)


def decide_unit(
    command: StoredCommand, key: UnitKey, org: Organisation, steps: Sequence[Step], on: date
) -> Decided | Refusal:
    """Decide one act on what was known of the organisation when it was received.

    Pure: the ledger and whoever decides again get the same answer for ever.

    Args:
        command: the act as it was stored.
        key: the unit and period that it is about.
        org: the organisation by what was known then.
        steps: what was accepted on the unit's stream before.
        on: the day it was received.
    """
    act = UnitAct(command.act)
    try:
        order = cast("UnitOrder", BODIES[act].model_validate(command.body))
    except ValidationError:
        return unreadable()
    if command.actor is None:
        return not_authorised(act)
    seat = seat_for(act, command.actor, org, key.unit, on)
    if isinstance(seat, Refusal):
        return seat
    refusal = _refusal(act, order, steps, Period.parse(key.period), on)
    return refusal if refusal is not None else Decided(order, seat)


def _refusal(
    act: UnitAct, order: UnitOrder, steps: Sequence[Step], period: Period, on: date
) -> Refusal | None:
    now = in_force(steps)
    if on < period.starts_on:
        return Refusal(
            type=ErrorType.NOT_NOW, rule="unit.period_not_begun", params={"period": str(period)}
        )
    if act is UnitAct.CORRECT_PREDICATE:
        if now is None:
            return Refusal(type=ErrorType.NOT_NOW, rule="unit.not_set")
        if now.predicate is order.predicate:
            return _invalid("predicate", "unit.nothing_changed")
        return None
    if now is not None:
        return Refusal(type=ErrorType.NOT_NOW, rule="unit.is_set")
    if isinstance(order, SetUnitPredicate) and order.reason is None:
        proposed = next((s.predicate for s in reversed(steps) if s.step == PROPOSED), None)
        if proposed is not order.predicate:
            return _invalid("reason", "unit.differs")
    return None


def _invalid(field: str, rule: str) -> Refusal:
    return Refusal(type=ErrorType.INVALID, field=field, rule=rule)
