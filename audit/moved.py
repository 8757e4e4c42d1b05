"""Changed calendars: every file has taken in, in order, each change that concerns its dates."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from audit.fold import Moment, find_turn
from audit.history import History
from audit.page import Row
from audit.report import Tally
from audit.timing import OVERSLEPT
from domain.decision import Rules
from domain.definition import process_of
from domain.moved import concerns
from domain.process import InvalidProcess
from schemas.file import Context, FileState


class MoveCheck:
    """Judges what changed calendars did to files, and what they should have done."""

    def __init__(self, history: History, tally: Tally) -> None:
        self._history = history
        self._tally = tally

    def check(self, moments: Sequence[Moment]) -> None:
        """Between two events no change was passed over that concerned the file."""
        for before, moment in pairwise(moments):
            first, second = before.link.context, moment.link.context
            if first is None or second is None or not moment.is_known:
                continue
            if first.calendar_changes != second.calendar_changes or second.moved is not None:
                self._tally.count()
                problem = self._problem(before, moment, first, second)
                if problem is not None:
                    self._tally.problem(problem, moment.where)

    def _problem(
        self, before: Moment, moment: Moment, first: Context, second: Context
    ) -> str | None:
        known, last = first.calendar_changes, second.calendar_changes
        move = second.moved
        if last > self._history.calendars.version:
            return None  # its context (I4) is what is wrong
        if last < known or (move is not None and last <= known):
            return "it goes by an older calendar than the event before it"
        passed = range(known + 1, last + (move is None))
        missed = [n for n in passed if self._concerns(before.after, n)]
        if missed:
            return f"change {missed[0]} of the calendar should have been taken in before it"
        return None if move is None else self._taken(before, moment, second)

    def _taken(self, before: Moment, moment: Moment, context: Context) -> str | None:
        move = context.moved
        assert move is not None, "asked about moves"  # noqa: S101
        change = self._history.calendars.changes[context.calendar_changes - 1]
        if (move.version, move.may_go_back) != (change.version, change.may_go_back):
            return "its context does not say what the change of the calendar is"
        right = max(change.since, before.event.happened_at)
        if moment.event.happened_at != right:
            return f"the change was to be taken in at {right:%Y-%m-%d %H:%M:%S} UTC"
        if not self._concerns(before.after, change.version):
            return f"change {change.version} of the calendar does not concern it"
        return None

    def _concerns(self, state: FileState, number: int) -> bool:
        book = self._history.calendars
        try:
            process = process_of(state, self._history.rules)
        except InvalidProcess:
            return False  # the path (I3) says so
        if state.is_closed or find_turn(process, state) is None:
            return False
        old, new = book.known(number - 1).of(state.unit), book.known(number).of(state.unit)
        return concerns(state, Rules(process, new, self._history.rules), old, new)

    def check_waiting(self, file: Row, read_at: datetime) -> None:
        """No open file has been behind a change for more than a minute."""
        if file["ended"] is not None or not self._history.changes:
            return
        self._tally.count()
        late = [
            row["version"]
            for row in self._history.changes[file["calendar_taken"] :]
            if row["recorded_at"] is not None and read_at - row["recorded_at"] > OVERSLEPT
        ]
        if late:
            what = f"it has not taken in change {late[0]} of the calendar"
            self._tally.problem(what, file["stream"])
