"""The working days of a civil servant, and the instants at which a day in WIB begins and ends.

Monday to Friday (to Saturday in a unit of six days), less the national holidays and the joint
leave days (cuti bersama) of the yearly decree of three ministers. A year whose decree is not known
yet is provisional: only its weekends are free, and the holidays of a fixed date if a file
``libur-YYYY.sementara.csv`` names them.
"""

import csv
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Jakarta")

_COLUMNS = ["date", "kind", "name"]
_KINDS = frozenset({"libur_nasional", "cuti_bersama"})
_PROVISIONAL = ".sementara.csv"
_FILE_NAME = re.compile(r"libur-(\d{4})(\.sementara)?\.csv")
_DAY = timedelta(days=1)
_USUAL_WEEK: Final = 5

Week = Literal[5, 6]


class InvalidCalendar(ValueError):
    """A calendar file or a stored calendar breaks its format."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days are free; equal calendars have equal versions, and a version cannot lie.

    ``provisional_years`` have free days of a fixed date, but no decree. ``week`` is the number of
    working days a week, from Monday on; ``weeks`` are other numbers, each from a day on.
    """

    free_days: frozenset[date]
    known_years: frozenset[int]
    provisional_years: frozenset[int] = frozenset()
    week: Week = _USUAL_WEEK
    weeks: tuple[tuple[date, Week], ...] = ()
    version: str = field(init=False)

    def __post_init__(self) -> None:
        if both := self.known_years & self.provisional_years:
            raise InvalidCalendar(f"{min(both)} is provisional and has a decree")
        if not {self.week, *(week for _, week in self.weeks)} <= {5, 6}:
            raise InvalidCalendar("a week has 5 or 6 working days")
        firsts = [first for first, _ in self.weeks]
        if firsts != sorted(set(firsts)):
            raise InvalidCalendar("weeks stand in the order of their first days")
        years = self.known_years | self.provisional_years
        stray = [day for day in self.free_days if day.year not in years]
        if stray:
            raise InvalidCalendar(f"free day {min(stray)} lies in a year without a decree")
        object.__setattr__(self, "version", _version(self))

    def with_week(self, week: Week) -> "WorkingCalendar":
        """The calendar of a unit that works so many days a week; the same days are free."""
        return replace(self, week=week)

    def is_provisional(self, year: int) -> bool:
        """Whether no decree is known for the year, so that more of its days may become free."""
        return year not in self.known_years

    def is_working_day(self, day: date) -> bool:
        """Whether the day lies in the working week and is not free."""
        return self.is_in_week(day) and day not in self.free_days

    def is_in_week(self, day: date) -> bool:
        """Whether the day lies in the working week of its time, free or not."""
        return day.weekday() < _week_on(self.week, self.weeks, day)

    def add_working_days(self, day: date, number: int) -> date:
        """The ``number``-th working day after ``day``, or before it if negative; 0 is ``day``.

        ``day`` itself is never counted, whether it is a working day or not.
        """
        return _shift(self.free_days, (self.week, self.weeks), day, number)

    def nth_working_day(self, year: int, month: int, number: int) -> date:
        """The ``number``-th working day counted from the first of the month.

        It lies in a later month when the month has fewer working days.

        Raises:
            ValueError: ``number`` is less than 1.
        """
        if number < 1:
            raise ValueError("working days of a month are counted from 1")
        first = date(year, month, 1)
        return _shift(self.free_days, (self.week, self.weeks), first - _DAY, number)

    def last_working_day(self, year: int, month: int) -> date:
        """The last working day before the next month begins."""
        following = date(year + month // 12, month % 12 + 1, 1)
        return _shift(self.free_days, (self.week, self.weeks), following, -1)

    def end_of_day(self, day: date) -> datetime:
        """The first instant after the day: the following midnight in WIB, as UTC."""
        return _instant(day + _DAY, time.min)

    def at_eight(self, day: date) -> datetime:
        """08:00 WIB of the day, as UTC: when reminders reach people who begin to work."""
        return _instant(day, time(8))

    def local_date(self, at: datetime) -> date:
        """The date that an aware instant has in WIB."""
        return at.astimezone(ZONE).date()

    def to_value(self) -> dict[str, Any]:
        """The calendar as plain JSON data, to be stored by value under its version."""
        return {**_content(self), "version": self.version}

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> "WorkingCalendar":
        """The calendar that was stored.

        Raises:
            InvalidCalendar: the value is malformed, or is not what its version says.
        """
        try:
            days = frozenset(date.fromisoformat(day) for day in value["free_days"])
            years = frozenset(int(year) for year in value["known_years"])
            provisional = frozenset(int(year) for year in value.get("provisional_years", ()))
            week = value.get("week", _USUAL_WEEK)
            weeks = tuple((date.fromisoformat(day), own) for day, own in value.get("weeks", ()))
            version = value["version"]
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidCalendar("a stored calendar is malformed") from error
        found = cls(days, years, provisional, week, weeks)
        if found.version != version:
            raise InvalidCalendar(f"calendar {version} has the content of {found.version}")
        return found


Weeks = tuple[tuple[date, Week], ...]


def _week_on(usual: int, weeks: Weeks, day: date) -> int:
    return next((week for first, week in reversed(weeks) if first <= day), usual)


@lru_cache(maxsize=65_536)
def _shift(free_days: frozenset[date], working: tuple[Week, Weeks], day: date, number: int) -> date:
    step = _DAY if number > 0 else -_DAY
    left = abs(number)
    while left:
        day += step
        if day.weekday() < _week_on(*working, day) and day not in free_days:
            left -= 1
    return day


@lru_cache(maxsize=8_192)
def _instant(day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZONE).astimezone(UTC)


def _content(calendar: WorkingCalendar) -> dict[str, Any]:
    """What the version is made of; what is usual is not said, so old versions stay as they are."""
    content: dict[str, Any] = {
        "free_days": [day.isoformat() for day in sorted(calendar.free_days)],
        "known_years": sorted(calendar.known_years),
    }
    if calendar.provisional_years:
        content["provisional_years"] = sorted(calendar.provisional_years)
    if calendar.week != _USUAL_WEEK:
        content["week"] = calendar.week
    if calendar.weeks:
        content["weeks"] = [[first.isoformat(), week] for first, week in calendar.weeks]
    return content


def _version(calendar: WorkingCalendar) -> str:
    content = json.dumps(_content(calendar), separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def parse_year(name: str, text: str) -> tuple[int, frozenset[date]]:
    """The year and the free days of one file, ``libur-YYYY.csv`` or ``libur-YYYY.sementara.csv``.

    Raises:
        InvalidCalendar: naming file and line; the header is line 1.
    """
    named = _FILE_NAME.fullmatch(name)
    if named is None:
        raise InvalidCalendar(
            f"{name}: a calendar file is named libur-YYYY.csv, or "
            "libur-YYYY.sementara.csv while no decree is known"
        )
    year = int(named[1])
    lines = csv.reader(text.splitlines())
    if next(lines, None) != _COLUMNS:
        raise InvalidCalendar(f"{name}, row 1: expected the header {','.join(_COLUMNS)}")
    days: set[date] = set()
    for number, cells in enumerate(lines, start=2):
        day = _parse_row(f"{name}, row {number}", year, cells)
        if day in days:
            raise InvalidCalendar(f"{name}, row {number}: {day} appears twice")
        days.add(day)
    return year, frozenset(days)


def _parse_row(where: str, year: int, cells: list[str]) -> date:
    if len(cells) != len(_COLUMNS):
        raise InvalidCalendar(f"{where}: expected {len(_COLUMNS)} columns, found {len(cells)}")
    try:
        day = date.fromisoformat(cells[0])
    except ValueError as error:
        raise InvalidCalendar(f"{where}: {cells[0]!r} is not a date (YYYY-MM-DD)") from error
    if day.year != year:
        raise InvalidCalendar(f"{where}: {day} does not lie in {year}")
    if cells[1] not in _KINDS:
        raise InvalidCalendar(f"{where}: kind {cells[1]!r} is none of {', '.join(sorted(_KINDS))}")
    return day


@cache
def load() -> WorkingCalendar:
    """The calendar of every file that travels with this package, read once.

    Raises:
        InvalidCalendar: naming the file and the row at fault.
    """
    days: set[date] = set()
    known: set[int] = set()
    provisional: set[int] = set()
    for entry in (resources.files("domain") / "calendars").iterdir():
        if entry.name.endswith(".csv"):
            year, free = parse_year(entry.name, entry.read_text(encoding="utf-8"))
            (provisional if entry.name.endswith(_PROVISIONAL) else known).add(year)
            days |= free
    return WorkingCalendar(frozenset(days), frozenset(known), frozenset(provisional))
