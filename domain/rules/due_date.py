"""When a deadline of so many days ends, in a week of five or of six working days.

Sources: the yearly decrees of three ministers (SKB) for free days, Perpres 21/2023 for the week of
five days. That a last day that is free moves on is a project decision.
"""

from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Literal

from domain.working_calendar import WorkingCalendar

Week = Literal[5, 6]
LONGEST = 10_000
"""More days than any deadline of the law has."""

_DAY = timedelta(days=1)


class Unit(StrEnum):
    """What the days of a deadline are."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"


def due_date(calendar: WorkingCalendar, start: date, amount: int, unit: Unit, week: Week) -> date:
    """The last day of a deadline, always a working day; ``start`` itself does not count.

    Calendar days that would end on a free day move forward to the next working day, and so does
    a deadline of no days that starts on one.

    Raises:
        ValueError: the amount is negative or more than ``LONGEST``.
        OverflowError: the deadline ends after the year 9999.
    """
    if not 0 <= amount <= LONGEST:
        raise ValueError(f"a deadline has 0 to {LONGEST} days")
    if unit is Unit.CALENDAR_DAYS:
        return _working_days(calendar.free_days, start + amount * _DAY - _DAY, 1, week)
    if amount == 0:
        return _working_days(calendar.free_days, start - _DAY, 1, week)
    return _working_days(calendar.free_days, start, amount, week)


def is_working_day(calendar: WorkingCalendar, day: date, week: Week) -> bool:
    """Whether people with a week of so many days work on that day."""
    return day.weekday() < week and day not in calendar.free_days


@lru_cache(maxsize=65_536)
def _working_days(free_days: frozenset[date], day: date, number: int, week: Week) -> date:
    while number:
        day += _DAY
        if day.weekday() < week and day not in free_days:
            number -= 1
    return day
