"""The times at which something is to run by itself, and what a run at one of them amounts to."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from domain.working_calendar import ZONE
from schemas.schedule import RunVerdict, Timing

# A run that begins so long after its time was caught up; a schedule fires within a second or two.
LATE = timedelta(minutes=5)
_HOURS = tuple(range(24))


def times(timing: Timing, after: datetime, until: datetime) -> Iterator[datetime]:
    """Every time later than ``after`` and not later than ``until``, in order."""
    day = after.astimezone(ZONE).date()
    last = until.astimezone(ZONE).date()
    while day <= last:
        for hour in _hours(timing, day):
            at = datetime.combine(day, time(hour, timing.minute), ZONE)
            if after < at <= until:
                yield at
        day += timedelta(days=1)


def _hours(timing: Timing, day: date) -> tuple[int, ...]:
    """The hours of a day that the timetable has."""
    is_day = (
        _has(timing.months, day.month)
        and _has(timing.days, day.day)
        and _has(timing.weekdays, day.isoweekday())
    )
    return (timing.hours or _HOURS) if is_day else ()


def _has(wanted: tuple[int, ...] | None, found: int) -> bool:
    return wanted is None or found in wanted


def is_time(timing: Timing, at: datetime) -> bool:
    """Whether the timetable has this very time."""
    return at in times(timing, at - timedelta(microseconds=1), at)


def verdict(timing: Timing | None, nominal: datetime, started_at: datetime) -> RunVerdict:
    """What a run is, by when it began; without a timetable it is one by hand."""
    if timing is None or not is_time(timing, nominal):
        return RunVerdict.BY_HAND
    return RunVerdict.CAUGHT_UP_LATE if started_at - nominal > LATE else RunVerdict.RAN
