"""Decrees on the working calendar: a test names the days, and when they became known."""

from datetime import date, datetime

from domain.calendar_book import CalendarBook, CalendarChange, UnitWeek
from tests.builders import CALENDAR, wib

NO_CHANGES = CalendarBook(CALENDAR)
SOURCE = "SKB 3 Menteri 1/2026"


def free(*days: date, at: datetime, book: CalendarBook = NO_CHANGES) -> CalendarBook:
    """The calendars after a decree that makes these days free."""
    change = CalendarChange(book.version + 1, at, SOURCE, free=frozenset(days))
    return book.with_change(change)


def working(*days: date, at: datetime, book: CalendarBook = NO_CHANGES) -> CalendarBook:
    """The calendars after a decree that takes these free days back."""
    change = CalendarChange(book.version + 1, at, SOURCE, working=frozenset(days))
    return book.with_change(change)


def six_days(unit: str, first: date, at: datetime, book: CalendarBook = NO_CHANGES) -> CalendarBook:
    """The calendars after a decision that a unit works on Saturdays from a day on."""
    own = UnitWeek(unit, 6, first)
    return book.with_change(CalendarChange(book.version + 1, at, SOURCE, unit_week=own))


def day(month: int, number: int) -> date:
    """A day of 2026."""
    return date(2026, month, number)


def midnight(month: int, number: int) -> datetime:
    """The end of a day of 2026, which is a deadline's instant."""
    return CALENDAR.end_of_day(date(2026, month, number))


__all__ = ["NO_CHANGES", "SOURCE", "day", "free", "midnight", "six_days", "wib", "working"]
