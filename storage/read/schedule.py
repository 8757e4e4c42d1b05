"""What runs by itself: the timetables there were, and what became of each of their times."""

from collections.abc import Sequence
from datetime import UTC, datetime

from domain.timetable import times
from schemas.schedule import RunVerdict, Timing
from storage.query import queries
from storage.read.row import Database, Row


class Span(Row):
    """A timetable and since when it holds; None where a schedule ended."""

    name: str
    since: datetime
    timing: Timing | None


class NotedRun(Row):
    """What became of one occurrence; one that is under way has not ended."""

    schedule: str
    nominal: datetime
    verdict: RunVerdict
    reason: str | None
    workflow_id: str | None
    started_at: datetime | None
    ended_at: datetime | None
    told: dict[str, object]


async def read_spans(database: Database, org: str) -> list[Span]:
    """Every timetable there was, in order."""
    rows = await queries("schedule").read_timings(database, org=org)
    return [Span.model_validate(dict(row)) for row in rows]


async def read_runs(
    database: Database, org: str, name: str | None, after: datetime
) -> list[NotedRun]:
    """What became of the occurrences after an instant, the last one first."""
    rows = await queries("schedule").read_occurrences(database, org=org, schedule=name, after=after)
    return [NotedRun.model_validate(dict(row)) for row in rows]


async def missing(database: Database, org: str, until: datetime) -> dict[str, list[datetime]]:
    """The expected occurrences up to an instant that have no verdict, by schedule."""
    spans = await read_spans(database, org)
    first = min((span.since for span in spans), default=until)
    known = {(run.schedule, run.nominal) for run in await read_runs(database, org, None, first)}
    found: dict[str, list[datetime]] = {}
    for name, at in expected(spans, until):
        if (name, at) not in known:
            found.setdefault(name, []).append(at)
    return found


def expected(spans: list[Span], until: datetime) -> list[tuple[str, datetime]]:
    """Every time that something was to run by itself, from its declaration to an instant."""
    found = []
    for place, span in enumerate(spans):
        after = spans[place + 1 :]
        ends = next((s.since for s in after if s.name == span.name), until)
        if span.timing is not None:
            found += [
                (span.name, at.astimezone(UTC))
                for at in times(span.timing, span.since, min(ends, until))
            ]
    return found


def timing_at(spans: Sequence[Span], name: str, at: datetime) -> Timing | None:
    """The timetable of an instant; of one before there was any, the first.

    So a time that is filled in from before the schedule began is one of its times, too.
    """
    mine = [span for span in spans if span.name == name]
    held = [span for span in mine if span.since <= at] or mine[:1]
    return held[-1].timing if held else None
