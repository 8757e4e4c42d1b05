"""The spreads of predicates that signatures were weighed against are those of that moment.

Nobody can say to the instant what a decision saw of other files while those were being decided
too. So what is held against it is what every other file said for certain then, and what it may
have said.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from audit.fold import Moment, find_turn
from audit.history import OVERLAP, History
from audit.page import Dossier
from audit.pool import Course, Pools, people_of, with_whole_names
from audit.report import Tally
from domain.definition import process_of
from domain.distribution import spread_in
from domain.organisation import Organisation
from domain.packs import rules_version
from domain.process import InvalidProcess
from domain.rulebook import Rulebook
from domain.working_calendar import WorkingCalendar
from schemas.code import Act, End, EventKind, OrganisationPredicate, Predicate
from schemas.cycle import Outcome
from schemas.file import Context, Distribution, FileState, UnitPredicate

_UNEVALUATED = (End.WITHDRAWN, End.UNRATEABLE)


class Predicates(Protocol):
    """What is known of the predicates of units."""

    def possible(
        self, unit: str, period: str, at: datetime, recorded_at: datetime
    ) -> list[UnitPredicate | None]:
        """What a decision about an instant may have gone by."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A spread as a decision had it.

    Attributes:
        context: of the decision; None for a refusal, which leaves none.
        unit: that of the file which was decided on.
    """

    spread: Distribution
    context: Context | None
    unit: str
    period: str
    at: datetime
    recorded_at: datetime
    where: str


class SpreadCheck:
    """Collects what files counted as and what signatures saw; judges when all have been read."""

    def __init__(
        self, history: History, predicates: Predicates, calendar: WorkingCalendar, tally: Tally
    ) -> None:
        self._history = history
        self._predicates = predicates
        self._calendar = calendar
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
        self._said += _refused(dossier, state)

    def finish(self, read_from: datetime) -> None:
        """Judge what was decided well before the reading began; the rest is only counted."""
        recent, unknown = 0, 0
        pools = Pools(people_of(self._courses.items()))
        for said in map(self._whole, self._said):
            if said.recorded_at + OVERLAP > read_from:
                recent += 1
                continue
            self._tally.count()
            problem = self._problem(said) or self._wrong_pool(said, pools)
            if problem:
                self._tally.problem(problem, said.where)
            unknown += problem is None
        if unknown:
            what = f"{unknown} spreads of predicates: too many files changed about then to say"
            self._tally.notes.append(f"{what} which units went together")
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
        return None

    def _whole(self, said: _Said) -> _Said:
        if said.context is not None:
            return said
        known = {unit for period, unit in self._courses if period == said.period}
        for each in self._organisations(said):
            known |= each.by_unit.keys()
        return replace(said, spread=with_whole_names(said.spread, known))

    def _wrong_pool(self, said: _Said, pools: Pools) -> str | None:
        """Why its units did not go together, or not under that predicate; "" if nothing is wrong.

        None where that cannot be known.
        """
        on, organisations = self._calendar.local_date(said.at), self._organisations(said)
        if not organisations:
            return ""  # which one its context names is judged with the context (I4)
        found_tops = (pools.top(said.spread, each, on, said.period) for each in organisations)
        tops = {top for top in found_tops if top is not None}
        if tops and not any(said.spread.organisation in self._over(top, said) for top in tops):
            return f"its units were not {said.spread.organisation} then"
        found = [
            pools.is_possible(said.spread, said.unit, each, on, said.period, said.recorded_at)
            for each in organisations
        ]
        if True in found:
            return ""
        return None if None in found else "its spread is that of units which did not go together"

    def _over(self, top: str, said: _Said) -> set[OrganisationPredicate]:
        """What the uppermost unit was, or where it was nothing yet, the file's own."""
        about = (said.period, said.at, said.recorded_at)
        found = self._predicates.possible(top, *about)
        if None in found:
            found = [*found, *self._predicates.possible(said.unit, *about)]
        return {each.predicate for each in found if each is not None}

    def _organisations(self, said: _Said) -> list[Organisation]:
        """By which posts and rules it may have been decided; by those its context names."""
        found = self._history.in_force(said.at, said.recorded_at)
        if said.context is None:
            return found
        used = said.context.organisation, rules_version(said.context.rules)
        return [each for each in found if (each.version, each.rules.version) == used]


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
            yield _Said(
                context.distribution,
                context,
                moment.after.unit,
                moment.after.file.period,
                moment.event.happened_at,
                moment.link.row["recorded_at"],
                moment.where,
            )


def _refused(dossier: Dossier, state: FileState) -> Iterator[_Said]:
    for row in dossier.commands:
        outcome = None if row["outcome"] is None else Outcome.model_validate(row["outcome"])
        spread = spread_in(outcome.refusal) if outcome is not None else None
        if spread is not None:
            at, where = row["received_at"], f"command {row['id']} of {dossier.stream}"
            unit, period = state.unit, state.file.period
            yield _Said(spread, None, unit, period, at, row["decided_at"], where)
