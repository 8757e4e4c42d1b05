"""Periods by the day they contain: id, first and last day, and label in Bahasa."""

import calendar
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PeriodLength(StrEnum):
    """The parts of a year that something may be about."""

    MONTHLY = "bulanan"
    QUARTERLY = "triwulanan"
    HALF_YEARLY = "semesteran"
    YEARLY = "tahunan"


MONTHS = {
    PeriodLength.MONTHLY: 1,
    PeriodLength.QUARTERLY: 3,
    PeriodLength.HALF_YEARLY: 6,
    PeriodLength.YEARLY: 12,
}

MONTH_NAMES = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)

_ROMAN = ("I", "II", "III", "IV")


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """A period; both days belong to it, and equal ids mean equal periods."""

    id: str
    starts_on: date
    ends_on: date
    label: str


def period_of(day: date, kind: PeriodLength) -> NamedPeriod:
    """The period of that kind in which the day lies.

    The ids are ``2026-03``, ``2026-TW1``, ``2026-S1`` and ``2026``; the labels ``Maret 2026``,
    ``Triwulan I 2026``, ``Semester I 2026`` and ``Tahun 2026``.
    """
    months = MONTHS[kind]
    number = (day.month - 1) // months
    first, last = number * months + 1, (number + 1) * months
    id, label = _name(day.year, number, kind)
    ends_on = date(day.year, last, calendar.monthrange(day.year, last)[1])
    return NamedPeriod(id, date(day.year, first, 1), ends_on, label)


def _name(year: int, number: int, kind: PeriodLength) -> tuple[str, str]:
    match kind:
        case PeriodLength.MONTHLY:
            return f"{year:04d}-{number + 1:02d}", f"{MONTH_NAMES[number]} {year}"
        case PeriodLength.QUARTERLY:
            return f"{year:04d}-TW{number + 1}", f"Triwulan {_ROMAN[number]} {year}"
        case PeriodLength.HALF_YEARLY:
            return f"{year:04d}-S{number + 1}", f"Semester {_ROMAN[number]} {year}"
        case PeriodLength.YEARLY:
            return f"{year:04d}", f"Tahun {year}"
