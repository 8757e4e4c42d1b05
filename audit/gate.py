"""Gates open at the instant of the fact they wait for, and no file is left before an open one."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from audit.fold import Moment, find_turn
from audit.page import Row
from audit.report import Tally
from audit.timing import OVERSLEPT
from domain.definition import process_of
from domain.process import GateFact, InvalidProcess, Opening
from domain.rulebook import Rulebook
from schemas.code import EventKind
from schemas.file import FileState

Since = Callable[[FileState], tuple[datetime, datetime] | None]
"""Since when the fact is there that a file waits for, and when that was recorded."""


class GateCheck:
    """Judges the gates of files."""

    def __init__(self, facts: Mapping[GateFact, Since], tally: Tally) -> None:
        self._facts = facts
        self._tally = tally

    def check_opening(self, moments: Sequence[Moment], rules: Rulebook) -> None:
        """A gate opens when its fact is there, or with what happened last if that was later."""
        for before, moment in pairwise(moments):
            if moment.event.kind is not EventKind.GATE_OPENED or not moment.is_known:
                continue
            self._tally.count()
            opening = _gate(before.after, rules)
            first = None if opening is None else self._facts[opening.when](before.after)
            if first is None:
                what = "its gate opened, and the fact it waits for is not there"
                self._tally.problem(what, moment.where)
                continue
            right = max(first[0], before.event.happened_at)
            if moment.event.happened_at != right:
                what = f"its gate was open from {right:%Y-%m-%d %H:%M:%S} UTC on"
                self._tally.problem(what, moment.where)

    def check_waiting(
        self, file: Row, state: FileState, rules: Rulebook, read_at: datetime
    ) -> None:
        """No open file stands before a gate that has been open for more than a minute."""
        opening = None if state.is_closed else _gate(state, rules)
        if opening is None:
            return
        self._tally.count()
        first = self._facts[opening.when](state)
        if first is not None and read_at - first[1] > OVERSLEPT:
            late = (read_at - first[1]).total_seconds()
            what = f"it waits before a gate that has been open for {late:.0f} s"
            self._tally.problem(what, file["stream"])


def _gate(state: FileState, rules: Rulebook) -> Opening | None:
    try:
        turn = find_turn(process_of(state, rules), state)
    except InvalidProcess:
        return None  # the path (I3) says so
    return None if turn is None else turn.opens
