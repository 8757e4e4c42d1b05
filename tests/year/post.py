"""Who is to get which mail of a day: a bookkeeping of the test's own, beside the product's.

A digest goes to whoever has an address and serves, when something is due by the end of the second
working day from now, or when something was told since his last one. Whoever has left gets results,
delegated tasks and decisions on objections, and nothing else. Files that wait for their unit's
predicate are one task of the official above the unit: of the one whom most of them wait for, since
a few may be those of people who have come from another unit meanwhile. It reads what files and
notices say at eight o'clock, and shares no code with what composes mail.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib.resources import files
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

DAY = timedelta(days=1)
_REMEMBERED = timedelta(days=14)
_WIB = ZoneInfo("Asia/Jakarta")
_WAITING = """
    WITH official AS (
        SELECT unit, period, mode() WITHIN GROUP (ORDER BY state ->> 'owner') AS owner
        FROM file WHERE awaits = 'unit_superior' GROUP BY unit, period
    ), waiting AS (
        SELECT f.stream, f.ended, f.due_at,
            CASE WHEN f.awaits = 'unit_superior' THEN o.owner ELSE f.state ->> 'owner' END::uuid
                AS owner
        FROM file AS f
        LEFT JOIN official AS o ON o.unit = f.unit AND o.period = f.period
    )
"""
_DUE = f"""
    {_WAITING}
    SELECT DISTINCT owner AS person FROM waiting
    WHERE ended IS NULL AND due_at <= $1 AND owner IS NOT NULL
"""
_NEWS = f"""
    {_WAITING}
    SELECT o.id, o.recipient, o.topic, f.ended, f.owner
    FROM outbox AS o
    LEFT JOIN waiting AS f ON f.stream = o.stream
    WHERE o.created_at > $1 AND o.created_at <= $2
"""

_AWAY = """
    SELECT person FROM absence
    WHERE known_until IS NULL AND from_on <= $1 AND (to_on IS NULL OR to_on >= $1)
"""
_ABOUT_A_TASK = ("task", "reminder", "nudge", "due_moved")


def holidays() -> frozenset[date]:
    """The free days of the calendar files, read by themselves."""
    found = set()
    for name in ("libur-2026.csv", "libur-2027.sementara.csv"):
        text = (files("domain") / "calendars" / name).read_text()
        found |= {date.fromisoformat(row["date"]) for row in csv.DictReader(text.splitlines())}
    return frozenset(found)


def _is_legal(row: asyncpg.Record) -> bool:
    is_objection = row["topic"] == "closed" and row["ended"] in ("decided", "undecided")
    return row["topic"] in ("result", "delegation") or is_objection


@dataclass
class Bookkeeping:
    """What every day's mail should be.

    Attributes:
        reached: everybody with an address.
        gone: who has left, and since when that is so and known.
        decreed: days made free meanwhile, and since when that is known.
        days: who gets what on each day that had mail to be composed, also where nobody does.
    """

    reached: frozenset[UUID]
    gone: Mapping[UUID, datetime]
    decreed: Mapping[date, datetime]
    days: dict[date, dict[UUID, str]] = field(default_factory=dict)
    _told: set[int] = field(default_factory=set)
    _free: frozenset[date] = field(default_factory=holidays)

    def is_free(self, day: date, at: datetime) -> bool:
        """Whether nobody works on a day, as known at an instant."""
        is_decreed = day in self.decreed and self.decreed[day] <= at
        return day.weekday() >= 5 or day in self._free or is_decreed

    def _soon(self, at: datetime) -> datetime:
        """The end of the second working day after that of an instant."""
        day, left = at.astimezone(_WIB).date(), 2
        while left:
            day += DAY
            left -= not self.is_free(day, at)
        return datetime.combine(day + DAY, datetime.min.time(), _WIB)

    async def expect(self, pool: "asyncpg.Pool[asyncpg.Record]", at: datetime) -> dict[UUID, str]:
        """Who is to get mail at an instant, and of which kind; told, they are told no more."""
        expected: dict[UUID, str] = {}
        day = at.astimezone(_WIB).date()
        self.days[day] = expected
        if self.is_free(day, at):
            return expected
        due = {row["person"] for row in await pool.fetch(_DUE, self._soon(at))}
        rows = await pool.fetch(_NEWS, at - _REMEMBERED, at)
        news = [row for row in rows if row["id"] not in self._told]
        away = {row["person"] for row in await pool.fetch(_AWAY, day)}
        for person in self.reached:
            is_away = person in away or (person in self.gone and self.gone[person] <= at)
            mine = [r for r in news if r["recipient"] == person and (not is_away or _is_legal(r))]
            is_new = any(r["owner"] == person or r["topic"] not in _ABOUT_A_TASK for r in mine)
            if is_new or (person in due and not is_away):
                expected[person] = "notice" if is_away else "digest"
                self._told.update(row["id"] for row in mine)
        return expected
