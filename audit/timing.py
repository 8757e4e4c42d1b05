"""I5: nothing rang before its time, rungs rang at eight on working days, nothing is overslept."""

from datetime import datetime, time, timedelta

from audit.chain import Link
from audit.once import rung_of
from audit.page import Calendars, Row
from audit.report import Tally
from domain.deadline import EXPIRE, HORIZON, OVERDUE
from domain.working_calendar import ZONE
from runtime.clock import Clock
from schemas.event import Event

OVERSLEPT = timedelta(seconds=60)
_AT_MIDNIGHT = (OVERDUE, EXPIRE, HORIZON)
_EIGHT = time(8)


class TimeCheck:
    """Compares when wake-ups happened with when they were recorded.

    Both are put on the wall clock by the business clock that is set now. A demonstration's clock
    that was resumed after a pause cannot say that of what it recorded before; those events are
    left out and counted.
    """

    def __init__(self, clock: Clock, calendars: Calendars, tally: Tally) -> None:
        self._clock = clock
        self._calendars = calendars
        self._tally = tally
        # The clocks of database and workers may differ a little; a fast clock has one host only.
        self._tolerance = timedelta(seconds=min(1.0, max(0.05, 1 / clock.speed)))
        self.latest: timedelta | None = None
        self.unplaced = 0

    def check_event(self, link: Link) -> None:
        """One event, if a wake-up caused it."""
        event = link.event
        rung = rung_of(event) if event is not None and link.is_intact else None
        if event is None or rung is None:
            return
        self._tally.count()
        self._check_hour(event, rung, link)
        recorded_at = link.row["recorded_at"]
        if recorded_at < self._clock.origin_real and self._clock.speed != 1:
            self.unplaced += 1
            return
        late = recorded_at - self._clock.to_real(event.happened_at)
        self.latest = late if self.latest is None else max(self.latest, late)
        if late < -self._tolerance:
            what = f"{rung} rang {-late.total_seconds():.3f} s before its time"
            self._tally.problem(what, link.where)

    def _check_hour(self, event: Event, rung: str, link: Link) -> None:
        calendar = self._calendars.find(event.calendar)
        if rung in _AT_MIDNIGHT or calendar is None:
            return
        local = event.happened_at.astimezone(ZONE)
        if local.time() != _EIGHT or not calendar.is_working_day(local.date()):
            self._tally.problem(f"{rung} at {local:%Y-%m-%d %H:%M} WIB", link.where)

    def check_sleeper(self, file: Row, read_at: datetime) -> None:
        """An open file whose wake-up is more than a minute past."""
        if file["ended"] is not None or file["wake_at"] is None:
            return
        self._tally.count()
        due = max(self._clock.to_real(file["wake_at"]), file["wake_real_at"] or file["wake_at"])
        late = read_at - due
        if late > OVERSLEPT:
            what = f"its wake-up of {file['wake_at']:%Y-%m-%d %H:%M} UTC is {late.total_seconds():.0f} s past"
            self._tally.problem(what, file["stream"])
