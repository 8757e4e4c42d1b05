"""Periods by the day they contain, and what Bahasa calls them.

A project decision; SIASN has codes for the month and the quarter only.
"""

from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal

from domain.rules.parameters import Parameters
from schemas.period import Period


class PeriodLength(StrEnum):
    """The parts of a year that something may be about."""

    MONTHLY = "bulanan"
    QUARTERLY = "triwulanan"
    HALF_YEARLY = "semesteran"
    YEARLY = "tahunan"


class PeriodNames(Parameters):
    """Which names periods have: those that this module gives."""

    RULE: ClassVar[str] = "periode.nama"

    names: Literal["periode-1"]


MONTH_NAMES = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)

_MONTHS = {
    PeriodLength.MONTHLY: 1,
    PeriodLength.QUARTERLY: 3,
    PeriodLength.HALF_YEARLY: 6,
    PeriodLength.YEARLY: 12,
}
_PARTS = {3: "Triwulan", 4: "Caturwulan", 6: "Semester"}
_ROMAN = ("I", "II", "III", "IV")


def period_of(day: date, kind: PeriodLength) -> Period:
    """The period of that kind in which the day lies."""
    return Period.containing(day, _MONTHS[kind])


def label(period: Period) -> str:
    """The name of a period: ``Maret 2026``, ``Triwulan I 2026``, ``Tahun 2026``."""
    part = _PARTS.get(period.months)
    if part is not None:
        return f"{part} {_ROMAN[(period.month - 1) // period.months]} {period.year}"
    return f"{MONTH_NAMES[period.month - 1] if period.months == 1 else 'Tahun'} {period.year}"
