"""The streams of units: chains, acts decided again, and rows that are what their events say."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from audit.chain import ChainCheck, Link
from audit.history import History, seen_by
from audit.page import Calendars, Dossier, Row, read_command
from audit.report import Invariant, Tallies
from audit.stream import (
    check_event,
    check_refusal,
    check_seat,
    follow_stream,
    made_before,
)
from domain.unit import STEPS, Decided, Step, decide_unit, first_set, in_force, officials
from domain.working_calendar import WorkingCalendar
from schemas.code import OrganisationPredicate, UnitAct
from schemas.error import Refusal
from schemas.file import UnitPredicate
from schemas.identifier import UnitKey
from storage.clock import Connection
from storage.query import queries

_KINDS = {act.value: kind for act, (_, kind) in STEPS.items()}


class UnitPredicates:
    """The steps of every unit and period, with the instants they were recorded at."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], list[Row]] = {}

    async def load(self, connection: Connection, org: str) -> None:
        """Read everything that units have proposed, set and corrected."""
        self._rows = {}
        for row in await queries("audit").read_unit_steps(connection, org=org):
            self._rows.setdefault((row["unit"], row["period"]), []).append(row)

    def of(self, unit: str, period: str) -> list[Row]:
        """The rows of one unit and period, in their order."""
        return self._rows.get((unit, period), [])

    def possible(
        self, unit: str, period: str, at: datetime, recorded_at: datetime
    ) -> list[UnitPredicate | None]:
        """What a decision about an instant may have gone by.

        What was recorded by then; of what was recorded about then, any part from the front.
        """
        rows = self.of(unit, period)
        steps = [_step(r) for r in rows]
        return [in_force(steps[:count], at) for count in seen_by(rows, recorded_at)]

    def first_set(self, unit: str, period: str) -> tuple[datetime, datetime] | None:
        """Since when a unit has a predicate, and when that was recorded; None if it has none."""
        since = first_set([_step(row) for row in self.of(unit, period)])
        rows = [r for r in self.of(unit, period) if r["since"] == since]
        return (since, rows[-1]["recorded_at"]) if since is not None else None


def _step(row: Row) -> Step:
    return Step(row["number"], row["step"], OrganisationPredicate(row["predicate"]), row["since"])


class UnitCheck:
    """Judges the streams of units."""

    def __init__(
        self,
        history: History,
        predicates: UnitPredicates,
        calendar: WorkingCalendar,
        calendars: Calendars,
        tallies: Tallies,
    ) -> None:
        self._history = history
        self._predicates = predicates
        self._calendar = calendar
        self._tallies = tallies
        self._chain = ChainCheck(calendars, tallies[Invariant.CHAIN])

    def check(self, dossier: Dossier, key: UnitKey) -> None:
        """The chain of one unit and period, its commands, its actors, and its rows."""
        links = follow_stream(dossier, self._chain, self._tallies)
        steps: list[tuple[Link, Step]] = []
        for link in links:
            self._check_event(dossier, link, key, [step for _, step in steps])
            steps += [(link, step) for step in _made(link)]
        for row in dossier.commands:
            possible = made_before(row, dossier, steps)
            again = (d for before in possible for d in self._decided(row, key, before))
            check_refusal(row, again, self._tallies)
        self._check_rows(links, key)

    def _check_event(
        self, dossier: Dossier, link: Link, key: UnitKey, before: Sequence[Step]
    ) -> None:
        event = check_event(dossier, link, _KINDS, self._tallies)
        command = None if event is None else dossier.command(event.command_id)
        if event is None or command is None:
            return
        self._decide_again(command, link, key, before)
        at, on = event.happened_at, self._calendar.local_date(event.happened_at)
        is_proposal = event.act == UnitAct.PROPOSE_PREDICATE
        possible = self._history.in_force(at, link.row["recorded_at"])
        seats = [officials(known, key.unit, on)[0 if is_proposal else 1] for known in possible]
        mine = next((s for s in seats if s is not None and s.person == event.actor), None)
        said = f"did not {'head the unit' if is_proposal else 'stand above the unit'} on that day"
        check_seat(event, mine, said, link, self._tallies)

    def _decide_again(self, command: Row, link: Link, key: UnitKey, before: Sequence[Step]) -> None:
        assert link.event is not None, "asked about events that can be read"  # noqa: S101
        tally = self._tallies[Invariant.RECOMPUTED]
        found = list(self._decided(command, key, before))
        accepted = next((d for d in found if isinstance(d, Decided)), None)
        if accepted is None:
            rules = " or ".join(sorted({d.rule for d in found if isinstance(d, Refusal)}))
            tally.problem(f"decided anew it is refused: {rules}", link.where)
            return
        step, _ = STEPS[UnitAct(command["act"])]
        if dict(link.event.data) != {"predicate": accepted.order.predicate.value, "step": step}:
            tally.problem("it is not what its command said", link.where)

    def _decided(
        self, row: Row, key: UnitKey, before: Sequence[Step]
    ) -> Iterator[Decided | Refusal]:
        """What may have been decided, by what was known of the organisation then."""
        command, at = read_command(row), row["received_at"]
        on = self._calendar.local_date(at)
        for known in self._history.in_force(at, row["decided_at"] or at):
            yield decide_unit(command, key, known, before, on)

    def _check_rows(self, links: Sequence[Link], key: UnitKey) -> None:
        tally = self._tallies[Invariant.FOLD]
        tally.count()
        last = links[-1].number if links else -1  # rows that came since are of a later moment
        wanted = [_said(link) for link in links if link.event is not None]
        found = [
            (r["number"], r["step"], r["predicate"], r["since"])
            for r in self._predicates.of(key.unit, key.period)
            if r["number"] <= last
        ]
        if wanted != found:
            tally.problem("its rows are not what its events say", key.stream)


def _made(link: Link) -> list[Step]:
    """The step that an event says, if it can be read."""
    try:
        number, step, predicate, since = _said(link)
        return [Step(number, step, OrganisationPredicate(predicate), since)]
    except (AssertionError, ValueError):
        return []


def _said(link: Link) -> tuple[Any, ...]:
    assert link.event is not None, "asked about events that can be read"  # noqa: S101
    data: Mapping[str, Any] = link.event.data
    return link.number, data.get("step"), data.get("predicate"), link.event.happened_at
