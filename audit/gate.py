"""Gates open at the instant of the fact they wait for, and no file is left before an open one."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Protocol

from audit.fold import Moment, find_turn
from audit.page import Row
from audit.report import Tally
from audit.timing import OVERSLEPT
from domain.definition import process_of
from domain.process import InvalidProcess
from domain.rulebook import Rulebook
from schemas.code import EventKind
from schemas.file import FileState


class FirstSet(Protocol):
    """What is known of the predicates of units."""

    def first_set(self, unit: str, period: str) -> tuple[datetime, datetime] | None:
        """Since when a unit has a predicate, and when that was recorded."""


class GateCheck:
    """Judges the gates of files."""

    def __init__(self, predicates: FirstSet, tally: Tally) -> None:
        self._predicates = predicates
        self._tally = tally

    def check_opening(self, moments: Sequence[Moment]) -> None:
        """A gate opens when the unit has its predicate, or with what happened last if later."""
        for before, moment in pairwise(moments):
            if moment.event.kind is not EventKind.GATE_OPENED or not moment.is_known:
                continue
            self._tally.count()
            file = moment.after
            first = self._predicates.first_set(file.unit, file.file.period)
            if first is None:
                self._tally.problem("its gate opened, and the unit has no predicate", moment.where)
                continue
            right = max(first[0], before.event.happened_at)
            if moment.event.happened_at != right:
                what = f"its gate was open from {right:%Y-%m-%d %H:%M:%S} UTC on"
                self._tally.problem(what, moment.where)

    def check_waiting(
        self, file: Row, state: FileState, rules: Rulebook, read_at: datetime
    ) -> None:
        """No open file stands before a gate that has been open for more than a minute."""
        if state.is_closed or not _is_gated(state, rules):
            return
        self._tally.count()
        first = self._predicates.first_set(state.unit, state.file.period)
        if first is not None and read_at - first[1] > OVERSLEPT:
            late = (read_at - first[1]).total_seconds()
            what = f"it waits before a gate that has been open for {late:.0f} s"
            self._tally.problem(what, file["stream"])


def _is_gated(state: FileState, rules: Rulebook) -> bool:
    try:
        turn = find_turn(process_of(state, rules), state)
    except InvalidProcess:
        return False  # the path (I3) says so
    return turn is not None and turn.opens is not None
