"""Refused commands decided again, though a refusal leaves neither an event nor a context.

What a refused command met follows from what was recorded before it was decided, or, where one
call of the ledger decided several things, from what happened before it was received; at one and
the same instant, any order. Who was who comes from the organisation as it was known then. The
refusal must come out the same at one of these places.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override

from audit.again.asked import Asked
from audit.again.definition import rules_of
from audit.again.difference import Kind
from audit.again.read import Row
from audit.again.step import Finding
from audit.authority import ContextCheck
from audit.history import History
from audit.page import Calendars
from audit.plan import Plans
from audit.report import Invariant, Tally
from audit.unit import UnitPredicates
from domain.cited import refused_by
from domain.decide import decide
from domain.organisation import Organisation
from domain.process import InvalidProcess
from schemas.cycle import Outcome, Verdict
from schemas.error import Refusal
from schemas.file import FileState
from storage.clock import Connection
from storage.organisation import read_organisation, read_versions

KEPT = 4  # versions of the organisation that are kept at hand


@dataclass(slots=True)
class Moment:
    """The state after one event, as far as it is certain."""

    row: Row
    after: FileState | None


class _Snapshots(dict[int, Organisation]):
    """What was known by version; notes the versions that were asked for and are not there."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: set[int] = set()

    def __missing__(self, number: int) -> Organisation:
        self.wanted.add(number)
        return _NOBODY


_NOBODY = Organisation.of((), ())


class LazyHistory(History):
    """Versions of the organisation that are read when something was decided by them.

    A city's whole history at once would be most of the memory that deciding again needs.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lazy = _Snapshots()
        self.snapshots = self._lazy

    @override
    async def load(self, connection: Connection, org: str) -> None:
        """Read which versions there are, and the rules."""
        self.versions = await read_versions(connection, org)
        await self.load_rules(connection, org)
        await self.load_calendars(connection, org)

    async def fetch(
        self, connection: Connection, org: str, spans: Sequence[tuple[datetime, datetime]]
    ) -> None:
        """Read what decisions may have gone by: each received at an instant, decided at another."""
        needed: set[int] = set()
        for received_at, decided_at in spans:
            found = self.in_force(received_at, decided_at)
            needed |= {o.version for o in found if o.version != _NOBODY.version}
        missing, self._lazy.wanted = self._lazy.wanted, set()
        for number in [n for n in self._lazy if n not in needed]:
            if len(self._lazy) + len(missing) > KEPT:
                del self._lazy[number]
        for number in sorted(missing):
            self._lazy[number] = await read_organisation(connection, org, number)


class Refusals:
    """Decides refused commands again.

    Args:
        plans: the annual plans of those whose files are decided again.
    """

    def __init__(
        self,
        org: str,
        history: LazyHistory,
        calendars: Calendars,
        plans: Plans,
    ) -> None:
        self._org = org
        self._history = history
        self._predicates = UnitPredicates()
        self._contexts = ContextCheck(
            self._history, self._predicates, plans, calendars, Tally(Invariant.AUTHORITY)
        )

    async def prepare(self, connection: Connection, commands: Sequence[Row]) -> None:
        """Read what these refused commands may have been decided by."""
        if not commands:
            return
        await self._history.load(connection, self._org)
        await self._predicates.load(connection, self._org)
        spans = [(row["received_at"], row["decided_at"]) for row in commands]
        await self._history.fetch(connection, self._org, spans)

    def check(self, asked: Asked, moments: Sequence[Moment]) -> Finding | None:
        """What is wrong with one refusal; None also where nothing certain came before it."""
        states = list(_states(asked.row, moments))
        if not states:
            return None
        outcome = Outcome.model_validate(asked.row["outcome"])
        kept, others = (outcome.refusal, outcome.rules, outcome.version), list[str]()
        try:
            for state in states:
                for again, rules in self._again(state, asked, outcome.refusal):
                    if (again, rules, state.version) == kept:
                        return None
                    others.append("accepted" if again is None else again.rule)
        except InvalidProcess as error:
            return Finding(Kind.RULE, "process", str(error))
        said = outcome.refusal.rule if outcome.refusal else "nothing"
        what = f"refused because of {said}; decided again: {others[0] if others else 'nothing'}"
        return Finding(Kind.RESULT, "outcome.refusal", what)

    def _again(
        self, state: FileState, asked: Asked, refusal: Refusal | None
    ) -> Iterator[tuple[Refusal | None, dict[str, int]]]:
        if asked.stored is None:
            return
        own, row = self._contexts.rules, asked.row
        for context, calendar in self._contexts.at(
            state, row["received_at"], row["decided_at"], row["actor"], refusal
        ):
            rules = rules_of(state.process, state.file.period, calendar, own)
            found = decide(state, asked.stored, context, rules)
            if isinstance(found, Refusal):
                yield found, refused_by(found, state, asked.stored, context, rules)
            else:
                yield None, {}


def is_refused(row: Row) -> bool:
    """Whether a command was refused."""
    outcome = row["outcome"]
    return isinstance(outcome, dict) and outcome.get("verdict") == Verdict.REFUSED


def _states(row: Row, moments: Sequence[Moment]) -> Iterator[FileState]:
    """The states a refused command may have met, as far as they are certain."""
    by_record = _before(moments, row["decided_at"], "recorded_at")
    by_receipt = _before(moments, row["received_at"], "happened_at")
    found = [by_record, by_receipt]
    found += [m.after for m in moments if m.row["happened_at"] == row["received_at"]]
    yield from (state for state in found if state is not None)


def _before(moments: Sequence[Moment], at: datetime, column: str) -> FileState | None:
    earlier = [moment for moment in moments if moment.row[column] < at]
    return earlier[-1].after if earlier else None
