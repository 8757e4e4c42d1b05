"""Days and numbers as Bahasa writes them."""

from datetime import date
from decimal import Decimal

from domain.rules.period_name import MONTH_NAMES

_WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


def day_words(day: date) -> str:
    """A day with its weekday: ``Rabu, 25 Maret 2026``."""
    return f"{_WEEKDAYS[day.weekday()]}, {day.day} {MONTH_NAMES[day.month - 1]} {day.year}"


def number_words(value: Decimal) -> str:
    """A number with a decimal comma: ``5,63``."""
    return f"{value:f}".replace(".", ",")
