"""Closed periods: every file had ended by then, and the frozen figures are what files amount to."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from audit.chain import Link
from audit.page import Row
from audit.report import Tally
from domain.closing import Ends, SummaryRow, as_value, refuse_open_files, summarise, totals
from domain.definition import definition
from domain.organisation_act import closed_already, not_open
from domain.process import InvalidProcess
from domain.rulebook import Rulebook
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind, OrganisationAct
from schemas.error import Refusal
from schemas.order_body import ClosePeriod
from storage.chain import canonical, digest
from storage.clock import Connection
from storage.ledger import parse_process
from storage.query import queries

# Whoever decides may not see yet what was received on a file in the very last moment.
_MOMENT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Period:
    """An opened period: when it was opened and closed, and how its people's files ended."""

    run: Row
    people: Sequence[Row]

    @property
    def name(self) -> str:
        """Where problems of it are."""
        return f"period {self.run['period']}/{self.run['kind']}"

    def open_at(self, at: datetime) -> int:
        """How many files had not ended by an instant."""
        return sum(p["ended_at"] is None or p["ended_at"] > at for p in self.people)


Periods = Mapping[tuple[str, str], Period]


async def read_closings(connection: Connection, org: str, commands: Sequence[Row]) -> Periods:
    """Every opened period; with its files' ends, if it is closed or somebody wanted to close it."""
    q, found = queries("audit"), {}
    asked = {_asked(row) for row in commands if row["act"] == OrganisationAct.CLOSE_PERIOD}
    for run in await q.read_closed_runs(connection, org=org):
        key = (run["period"], run["kind"])
        people: Sequence[Row] = ()
        if key in asked or run["closed_at"] is not None:
            people = await q.read_ends(connection, org=org, period=key[0], kind=key[1])
        found[key] = Period(run, people)
    return found


def _asked(command: Row) -> tuple[object, object]:
    body = command["body"]
    return (body.get("period"), body.get("kind")) if isinstance(body, dict) else (None, None)


async def check_closings(
    connection: Connection, org: str, periods: Periods, links: Sequence[Link], tally: Tally
) -> None:
    """Every closed period against its order's event, its files and the frozen rows."""
    said = {
        (link.event.data.get("period"), link.event.data.get("kind")): link
        for link in links
        if link.event is not None and link.event.kind is EventKind.PERIOD_CLOSED
    }
    frozen: dict[Any, list[Row]] = defaultdict(list)
    for row in await queries("audit").read_summaries(connection, org=org):
        frozen[row["period"], row["kind"]].append(row)
    for key, period in periods.items():
        link, rows = said.pop(key, None), frozen.pop(key, [])
        if link is None and period.run["closed_at"] is None and not rows:
            continue
        tally.count(len(period.people))
        for what in _problems(period, link, rows):
            tally.problem(what, period.name)
    for link in said.values():
        tally.problem("the period that it closed is not there", link.where)


def _problems(period: Period, link: Link | None, rows: Sequence[Row]) -> Iterator[str]:
    event = link.event if link is not None else None
    closed_at = period.run["closed_at"]
    if event is None or closed_at is None:
        yield "frozen or closed, and not both by an event" if event is None else "not closed"
        return
    if closed_at != event.happened_at:
        yield "closed at another instant than its event says"
    late = period.open_at(closed_at)
    if late:
        yield f"{late} files had not ended when it was closed"
    ends = [p for p in period.people if p["end"] is not None]
    again = summarise(_ends(row) for row in ends)
    kept = sorted((_summary(row) for row in rows), key=_order)
    if sorted(again, key=_order) != kept:
        yield "the frozen figures are not what its files amount to"
    hashed = digest(canonical(as_value(again)))
    if event.data.get("summary") != hashed or not totals(again).items() <= event.data.items():
        yield "its event names other figures than its files amount to"


def _ends(row: Row) -> Ends:
    shown = {name: row[name] for name in ("unit", "end", "is_delegated", "predicate")}
    return Ends.model_validate({**shown, "files": 1})


def _summary(row: Row) -> SummaryRow:
    return SummaryRow.model_validate({name: row[name] for name in SummaryRow.model_fields})


def _order(row: SummaryRow) -> tuple[str, str, str]:
    return row.unit, row.verdict, row.predicate or ""


def closing_again(
    order: ClosePeriod,
    at: datetime,
    periods: Periods,
    rules: Rulebook,
    calendar: WorkingCalendar,
) -> Iterator[Refusal | None]:
    """What an order to close may have been answered with, by what was opened and ended before it.

    What else was received in its very instant, or ended in its last moment, may count or not.
    """
    period = periods.get((order.period, order.kind))
    if period is None or period.run["opened_at"] >= at:
        yield not_open(order)
    if period is None or period.run["opened_at"] > at:
        return
    closed_at = period.run["closed_at"]
    if closed_at is not None and closed_at <= at:
        yield closed_already(order, closed_at)
    if closed_at is not None and closed_at < at:
        return
    try:
        process = definition(parse_process(period.run["process"]), order.period, rules)
    except (InvalidProcess, ValueError):
        return
    for files in range(period.open_at(at), period.open_at(at - _MOMENT) + 1):
        yield refuse_open_files(files, order.period, at, process, calendar)
