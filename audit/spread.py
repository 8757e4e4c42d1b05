"""The spreads of predicates that signatures were weighed against are those of that moment.

Nobody can say to the instant what a decision saw of other files while those were being decided
too. So what is held against it is what every other file said for certain then, and what it may
have said.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from audit.fold import Moment, find_turn
from audit.history import OVERLAP
from audit.page import Dossier
from audit.report import Tally
from domain.definition import process_of
from domain.distribution import spread_in
from domain.process import InvalidProcess
from domain.rulebook import Rulebook
from schemas.code import Act, End, EventKind, OrganisationPredicate, Predicate
from schemas.cycle import Outcome
from schemas.file import Distribution, FileState, UnitPredicate

_UNEVALUATED = (End.WITHDRAWN, End.UNRATEABLE)


class Predicates(Protocol):
    """What is known of the predicates of units."""

    def possible(
        self, unit: str, period: str, at: datetime, recorded_at: datetime
    ) -> list[UnitPredicate | None]:
        """What a decision about an instant may have gone by."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A spread as a decision had it."""

    spread: Distribution
    period: str
    at: datetime
    recorded_at: datetime
    where: str


Course = list[tuple[datetime, Predicate | None]]
"""What one file counts as, from each instant of its record on."""


class SpreadCheck:
    """Collects what files counted as and what signatures saw; judges when all have been read."""

    def __init__(self, predicates: Predicates, tally: Tally) -> None:
        self._predicates = predicates
        self._tally = tally
        self._courses: dict[tuple[str, str], list[Course]] = defaultdict(list)
        self._said: list[_Said] = []

    def collect(self, dossier: Dossier, moments: Sequence[Moment], rules: Rulebook) -> None:
        """One file: its own predicate over time, and the spreads that it was decided by."""
        for moment in moments:
            if problem := _unweighed(moment, rules):
                self._tally.problem(problem, moment.where)
        known = [m for m in moments if m.is_known]
        if not known:
            return
        state = known[-1].after
        course = [(m.link.row["recorded_at"], _counts_as(m.after)) for m in known]
        self._courses[state.file.period, state.unit].append(course)
        self._said += _signed(known)
        self._said += _refused(dossier, state.file.period)

    def finish(self, read_from: datetime) -> None:
        """Judge what was decided well before the reading began; the rest is only counted."""
        recent = 0
        for said in self._said:
            if said.recorded_at + OVERLAP > read_from:
                recent += 1
                continue
            self._tally.count()
            if problem := self._problem(said):
                self._tally.problem(problem, said.where)
        if recent:
            self._tally.notes.append(f"{recent} spreads of predicates are too recent to be judged")

    def _problem(self, said: _Said) -> str | None:
        certain, possible = Counter[Predicate](), Counter[Predicate]()
        for unit in said.spread.units:
            for course in self._courses[said.period, unit]:
                found = _possible(course, said.recorded_at)
                possible.update(p for p in found if p is not None)
                certain.update(p for p in found if p is not None and len(found) == 1)
        for predicate, people in said.spread.counts.items():
            if not certain[predicate] <= people <= possible[predicate]:
                bounds = f"{certain[predicate]} to {possible[predicate]}"
                return f"its spread counts {people} {predicate}, the files say {bounds}"
        if said.spread.organisation not in self._organisations(said):
            return f"none of its units was {said.spread.organisation} then"
        return None

    def _organisations(self, said: _Said) -> set[OrganisationPredicate]:
        return {
            found.predicate
            for unit in said.spread.units
            for found in self._predicates.possible(unit, said.period, said.at, said.recorded_at)
            if found is not None
        }


def _unweighed(moment: Moment, rules: Rulebook) -> str | None:
    """Why a signature was not weighed as its turn has it; None where it was, or need not be."""
    before, context, kind = moment.before, moment.link.context, moment.event.kind
    if not moment.is_known or before is None or context is None or kind is not EventKind.SIGNED:
        return None
    try:
        turn = find_turn(process_of(before, rules), before)
    except InvalidProcess:
        return None  # the path (I3) says so
    is_due = turn is not None and Act.SIGN in turn.guards
    if not is_due or before.predicate is None or context.unit_predicate is None:
        return None
    if context.distribution is None:
        return "it was not weighed against the spread of predicates"
    if before.unit not in context.distribution.units:
        return "it was weighed against the spread of other units"
    return None


def _counts_as(state: FileState) -> Predicate | None:
    return None if state.end in _UNEVALUATED else state.predicate


def _possible(course: Course, at: datetime) -> set[Predicate | None]:
    """What a file may have counted as about an instant."""
    before = [p for since, p in course if since < at - OVERLAP]
    about = {p for since, p in course if at - OVERLAP <= since <= at + OVERLAP}
    return {before[-1] if before else None} | about


def _signed(moments: Sequence[Moment]) -> Iterator[_Said]:
    for moment in moments:
        context = moment.link.context
        if context is not None and context.distribution is not None:
            period, at = moment.after.file.period, moment.event.happened_at
            recorded_at = moment.link.row["recorded_at"]
            yield _Said(context.distribution, period, at, recorded_at, moment.where)


def _refused(dossier: Dossier, period: str) -> Iterator[_Said]:
    for row in dossier.commands:
        outcome = None if row["outcome"] is None else Outcome.model_validate(row["outcome"])
        spread = spread_in(outcome.refusal) if outcome is not None else None
        if spread is not None:
            at, where = row["received_at"], f"command {row['id']} of {dossier.stream}"
            yield _Said(spread, period, at, row["decided_at"], where)
