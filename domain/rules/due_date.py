"""When a deadline of so many days ends.

That a last day that is free moves on to a working day is a project decision; which days are free,
and of how many days a week is, the calendar says.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.working_calendar import WorkingCalendar

LONGEST = 10_000
"""More days than any deadline of the law has."""

_DAY = timedelta(days=1)


class Unit(StrEnum):
    """What the days of a deadline are."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"


@dataclass(frozen=True, slots=True)
class DueDate:
    """The last day of a deadline, always a working day, and the day that the count led to."""

    on: date
    counted: date

    @property
    def is_moved(self) -> bool:
        """Whether the count led to a free day, so that the deadline ends later."""
        return self.on != self.counted


def due_date(calendar: WorkingCalendar, start: date, amount: int, unit: Unit) -> DueDate:
    """When a deadline ends; ``start`` itself does not count.

    Calendar days that would end on a free day move forward to the next working day, and so does
    a deadline of no days that starts on one.

    Raises:
        ValueError: the amount is negative or more than ``LONGEST``.
        OverflowError: the deadline ends after the year 9999.
    """
    if not 0 <= amount <= LONGEST:
        raise ValueError(f"a deadline has 0 to {LONGEST} days")
    counted = last_day(calendar, start, amount, unit, rolls_forward=False)
    return DueDate(last_day(calendar, start, amount, unit), counted)


def last_day(
    calendar: WorkingCalendar, start: date, amount: int, unit: Unit, *, rolls_forward: bool = True
) -> date:
    """As :func:`due_date`, for what the rules themselves count; by some of them, days do not move.

    Every turn of a file and every window of a result is counted here.
    """
    if unit is Unit.WORKING_DAYS and amount > 0:
        return calendar.add_working_days(start, amount)
    last = start + amount * _DAY
    stays = not rolls_forward or calendar.is_working_day(last)
    return last if stays else calendar.add_working_days(last, 1)
