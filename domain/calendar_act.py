"""The decider of an organisation's working calendar: what a decree changes, and what it may."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import ValidationError

from domain.calendar_book import CalendarBook, CalendarChange, UnitWeek
from domain.decide import unreadable
from domain.organisation import Organisation
from domain.organisation_act import invalid, seat_of
from schemas.command import BODIES, StoredCommand
from schemas.error import Refusal
from schemas.order_body import DayKind, SetHolidays, SetWeek
from schemas.organisation import Seat

CalendarOrder = SetHolidays | SetWeek


@dataclass(frozen=True, slots=True)
class Decided:
    """An accepted change: from where its actor ordered it, and the calendars with it."""

    seat: Seat | None
    change: CalendarChange
    book: CalendarBook


def decide_calendar(
    command: StoredCommand, org: Organisation, book: CalendarBook, on: date
) -> Decided | Refusal:
    """Decide one act on the calendar, in the order received.

    Pure: the ledger and whoever decides again get the same answer for ever.

    Args:
        command: the act as it was stored.
        org: the organisation by what was known then.
        book: the calendars with everything that was changed before.
        on: the day it was received.
    """
    seat = seat_of(command, org, on)
    if isinstance(seat, Refusal):
        return seat
    try:
        order = BODIES[command.act].model_validate(command.body)
    except ValidationError:
        return unreadable()
    assert isinstance(order, CalendarOrder), "the calendar's stream holds its own acts"  # noqa: S101
    change = change_of(order, book.version + 1, command.received_at)
    after = book.with_change(change)
    if isinstance(order, SetWeek):
        refusal = _refuse_week(order, org, book, after)
    else:
        refusal = _refuse_days(order, book, after)
    return refusal or Decided(seat, change, after)


def change_of(order: CalendarOrder, version: int, since: datetime) -> CalendarChange:
    """The change that an order makes when it is accepted as that version."""
    if isinstance(order, SetWeek):
        own = UnitWeek(order.unit, order.week, order.from_on)
        return CalendarChange(version, since, order.source, unit_week=own)
    working = frozenset(day.date for day in order.days if day.kind is DayKind.WORKING)
    return CalendarChange(
        version,
        since,
        order.source,
        free=frozenset(day.date for day in order.days) - working,
        working=working,
        decreed=frozenset(order.decreed),
    )


def _refuse_days(order: SetHolidays, book: CalendarBook, after: CalendarBook) -> Refusal | None:
    for day, times in Counter(each.date for each in order.days).items():
        if times > 1:
            return invalid("days", "calendar.twice", date=str(day))
    known = book.everyones()
    for index, each in enumerate(order.days):
        if each.kind is DayKind.WORKING and each.date not in known.free_days:
            return invalid(f"days.{index}.kind", "calendar.not_free", date=str(each.date))
    if after.everyones() == known:
        return invalid("days", "calendar.nothing_changed")
    working = after.changes[-1].working
    if working and order.reason is None:
        return invalid("reason", "calendar.reason", date=str(min(working)))
    return None


def _refuse_week(
    order: SetWeek, org: Organisation, book: CalendarBook, after: CalendarBook
) -> Refusal | None:
    if order.unit not in org.by_unit:
        return invalid("unit", "calendar.unit")
    if after.of(order.unit) == book.of(order.unit):
        return invalid("week", "calendar.nothing_changed")
    return None
