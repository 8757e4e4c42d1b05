"""The working calendars of an organisation over time: those that ship, and its own changes.

The calendars in ``domain/calendars`` are the base. Each accepted act on the organisation's calendar
is a change known from an instant on, and counts from 1: whatever was received before it goes by the
calendar without it (ADR 0020). A unit may have a working week of its own, from a day on.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache

from domain.working_calendar import Week, WorkingCalendar, load


@dataclass(frozen=True, slots=True)
class UnitWeek:
    """So many working days a week in one unit, from a day on."""

    unit: str
    week: Week
    from_on: date


@dataclass(frozen=True, slots=True)
class CalendarChange:
    """One accepted act on the calendar.

    Attributes:
        version: how many acts there were with it.
        since: when it was received; nothing that was decided about an earlier instant goes by it.
        source: the decree behind it.
        free: days that become free.
        working: free days that become ordinary working days again.
        decreed: years whose days it gives as a whole, so that they are provisional no longer.
        unit_week: the working week that it gives a unit.
    """

    version: int
    since: datetime
    source: str
    free: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()
    decreed: frozenset[int] = frozenset()
    unit_week: UnitWeek | None = None

    @property
    def may_go_back(self) -> bool:
        """Whether it adds working days, so that dates may come earlier by it."""
        return bool(self.working) or (self.unit_week is not None and self.unit_week.week > 5)


@dataclass(frozen=True, slots=True, eq=False)
class CalendarBook:
    """Every calendar of one organisation: the base, and its changes in the order received."""

    base: WorkingCalendar
    changes: tuple[CalendarChange, ...] = ()
    _known: "dict[int, CalendarBook]" = field(default_factory=dict, repr=False)
    _made: dict[str, WorkingCalendar] = field(default_factory=dict, repr=False)

    @property
    def version(self) -> int:
        """How many changes are in it; 0 for the base alone."""
        return len(self.changes)

    def with_change(self, change: CalendarChange) -> "CalendarBook":
        """The calendars with one change more, which counts on from the last one."""
        assert change.version == self.version + 1, "changes are counted"  # noqa: S101
        return CalendarBook(self.base, (*self.changes, change), {**self._known, self.version: self})

    def on(self, base: WorkingCalendar) -> "CalendarBook":
        """The same changes of another base."""
        return self if base == self.base else CalendarBook(base, self.changes)

    def known(self, version: int) -> "CalendarBook":
        """The calendars with so many changes, or with all where there are fewer."""
        if version >= self.version:
            return self
        if version not in self._known:
            self._known[version] = CalendarBook(self.base, self.changes[:version])
        return self._known[version]

    def at(self, instant: datetime) -> "CalendarBook":
        """The calendars by what was known at an instant."""
        return self.known(bisect_right(self.changes, instant, key=lambda c: c.since))

    def of(self, unit: str) -> WorkingCalendar:
        """The calendar that a unit works by; one without a week of its own by everybody's."""
        if unit not in self._made:
            self._made[unit] = _made(self.base, self.changes, unit)
        return self._made[unit]

    def everyones(self) -> WorkingCalendar:
        """The calendar of all units that have no week of their own."""
        return self.of("")

    def all(self) -> tuple[WorkingCalendar, ...]:
        """Every calendar that some unit works by."""
        units = {c.unit_week.unit for c in self.changes if c.unit_week is not None}
        return (self.everyones(), *(self.of(unit) for unit in sorted(units)))


@cache
def shipped() -> CalendarBook:
    """The calendars that travel with this package, before any change; one value."""
    return CalendarBook(load())


def _made(base: WorkingCalendar, changes: Sequence[CalendarChange], unit: str) -> WorkingCalendar:
    for change in changes:
        base = _changed(base, change, unit)
    return base


def _changed(calendar: WorkingCalendar, change: CalendarChange, unit: str) -> WorkingCalendar:
    own = change.unit_week
    if own is not None:
        if own.unit != unit:
            return calendar
        earlier = tuple(each for each in calendar.weeks if each[0] < own.from_on)
        is_so = (earlier[-1][1] if earlier else calendar.week) == own.week
        return replace(calendar, weeks=earlier if is_so else (*earlier, (own.from_on, own.week)))
    known = calendar.known_years | change.decreed
    years = calendar.provisional_years | {day.year for day in change.free}
    return replace(
        calendar,
        free_days=(calendar.free_days | change.free) - change.working,
        known_years=known,
        provisional_years=years - known,
    )
