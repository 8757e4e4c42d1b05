"""I7: each open file waits for exactly one person, who was told so, or visibly for nobody.

A change of the organisation has to reach every file it concerns: the one who owns its task by the
posts of the day must be the one it has recorded, and nothing may have happened to it meanwhile.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from audit.fold import Moment
from audit.history import History
from audit.page import Row
from audit.report import Tally
from audit.timing import OVERSLEPT
from domain.organisation import Organisation
from domain.owner import owner_of, owner_on
from domain.succession import is_by_organisation, is_moved
from domain.working_calendar import WorkingCalendar
from runtime.clock import Clock
from schemas.code import EventKind
from schemas.file import FileState

_DAY = timedelta(days=1)


class OwnerCheck:
    """Judges who owns the tasks of files; counts those that nobody owns."""

    def __init__(
        self, history: History, clock: Clock, calendar: WorkingCalendar, tally: Tally
    ) -> None:
        self._history = history
        self._clock = clock
        self._calendar = calendar
        self._tally = tally
        self.without = 0

    def check_moments(self, moments: Sequence[Moment]) -> None:
        """Every event found the file with its owner of that instant, and left it with him."""
        for moment in moments:
            context = moment.link.context
            if not moment.is_known or context is None:
                continue
            self._tally.count()
            before, after = moment.before, moment.after
            if self._is_at_turn(moment):
                continue
            if owner_of(after, context.chain) != after.owner:
                self._tally.problem("it does not wait for who has the task", moment.where)
            is_change = moment.event.act is None and is_by_organisation(moment.event.kind)
            if before is None or before.is_closed or is_change:
                continue
            if is_moved(before, context):
                what = "somebody else had the task by then, or the employee was dead"
                self._tally.problem(what, moment.where)

    def _is_at_turn(self, moment: Moment) -> bool:
        """Whether it happened at the very instant at which the organisation changed.

        At one instant a command goes before a change, and a wake-up before a new day.
        """
        at = moment.event.happened_at
        is_midnight = at == self._calendar.end_of_day(self._calendar.local_date(at) - _DAY)
        is_change = any(version.since == at for version in self._history.versions)
        is_rule = any(row["since"] == at for row in self._history.overrides)
        kind = moment.event.kind
        return kind is not EventKind.HANDED_OVER and (is_midnight or is_change or is_rule)

    def check_open(self, state: FileState, file: Row, read_at: datetime) -> None:
        """An open file belongs to whom the posts of the day say, a minute after they say so."""
        if state.is_closed:
            return
        self._tally.count()
        self.without += state.owner is None
        now = self._clock.to_business(read_at)
        late = self._clock.to_business(read_at - OVERSLEPT)
        owners = {
            owner_on(known, state, self._calendar.local_date(at))
            for at in (now, max(late, file["last_at"]))
            for known in self._known(at, read_at)
        }
        if state.owner not in owners:
            self._tally.problem("its task belongs to somebody else by now", file["stream"])
        deaths = [self._is_dead(known, state, now) for known in self._known(now, read_at)]
        if deaths and all(deaths):
            self._tally.problem("its person is dead, and it is still open", file["stream"])

    def _known(self, at: datetime, read_at: datetime) -> list[Organisation]:
        """What may have been acted on by now: of the last minute's acts, with and without them."""
        found = []
        for version in reversed(self._history.versions):
            if version.since > at:
                continue
            found.append(self._history.snapshots[version.number])
            if read_at - version.recorded_at > OVERSLEPT:
                break
        if not found and self._history.versions:
            found = [self._history.snapshots[self._history.versions[0].number]]
        rules = self._history.rules
        return [known.under(rules.at(at)) for known in found]

    def _is_dead(self, known: Organisation, state: FileState, at: datetime) -> bool:
        return known.died_on(state.file.person, self._calendar.local_date(at)) is not None
