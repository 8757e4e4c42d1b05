"""What a demonstration ends with: counts from the record, beside what people were told."""

from collections.abc import Iterator, Mapping
from typing import Any

import asyncpg
from pydantic import BaseModel, ConfigDict

from audit.report import Report
from schemas.code import EventKind, Topic
from simulation.acknowledgements import Acknowledgements
from storage.query import queries

SHOWN = 20

_REMINDING = (EventKind.REMINDED, EventKind.BECAME_OVERDUE, EventKind.ESCALATED)
_REMINDER_TOPICS = (Topic.REMINDER, Topic.OVERDUE, Topic.ESCALATION)


class DemoResult(BaseModel):
    """The counts of one demonstration; the keys of ``siklus demo --json``.

    Attributes:
        people: civil servants who are evaluated by the month.
        opened: files opened.
        closed: files that have ended.
        ends: closed files by how they ended.
        acts: commands that somebody was told are done or stored.
        acts_stored: how many of them the database holds; equal to ``acts``.
        refused: commands that were refused.
        refusals: refused commands by reason.
        reminders: reminders and overdue notices and escalations that reached an inbox.
        reminders_expected: rungs of ladders that fired with a recipient; equal to ``reminders``.
        escalations: rungs that told somebody above.
        delegated: files whose supervisor's tasks went to his superior.
        events: events on all chains.
        kills: processes that were killed.
        problems: how many problems the check found.
        found: the first of them, in words.
        seconds: how long all of it took.
    """

    model_config = ConfigDict(frozen=True)

    people: int
    opened: int
    closed: int
    ends: dict[str, int]
    acts: int
    acts_stored: int
    refused: int
    refusals: dict[str, int]
    reminders: int
    reminders_expected: int
    escalations: int
    delegated: int
    events: int
    kills: int
    problems: int
    found: tuple[str, ...]
    seconds: float

    @property
    def is_in_order(self) -> bool:
        """Every file is closed, and the check, which knows the roster, found nothing."""
        return self.problems == 0 and self.closed == self.opened


async def count_result(
    pool: "asyncpg.Pool[asyncpg.Record]",
    org: str,
    period: str,
    log: Acknowledgements,
    report: Report,
    *,
    kills: int,
    seconds: float,
) -> DemoResult:
    """Count everything, from the record and from the log outside of it.

    ``seconds`` is how long all of it took before the counting.
    """
    q = queries("simulation")
    files = await q.count_files(pool, org=org, periods=[period])
    ends = await q.count_ends(pool, org=org, period=period)
    events = {r["kind"]: r["events"] for r in await q.count_events(pool, org=org)}
    rungs = {r["kind"]: r["rungs"] for r in await q.count_rungs(pool, org=org)}
    notices = {r["topic"]: r["accepted"] for r in await q.count_notices(pool, org=org)}
    stored = await q.count_stored(pool, ids=list(log.accepted))
    return DemoResult(
        people=await q.count_people(pool, org=org),
        opened=files["opened"],
        closed=files["closed"],
        ends={r["ended"]: r["files"] for r in ends if r["ended"] is not None},
        acts=len(log.accepted),
        acts_stored=stored["stored"],
        refused=len(log.refused),
        refusals=dict(log.refusals.most_common()),
        reminders=_sum(notices, _REMINDER_TOPICS),
        reminders_expected=_sum(rungs, _REMINDING),
        escalations=events.get(EventKind.ESCALATED, 0),
        delegated=events.get(EventKind.DELEGATED, 0),
        events=sum(events.values()),
        kills=kills,
        problems=report.problems,
        found=tuple(_sentences(report))[:SHOWN],
        seconds=round(seconds, 1),
    )


def _sentences(report: Report) -> Iterator[str]:
    for finding in report.findings:
        for problem in finding.problems:
            yield f"{finding.id}: {problem.what} ({problem.where})"


def _sum(counts: Mapping[str, Any], keys: tuple[str, ...]) -> int:
    return sum(counts.get(key, 0) for key in keys)
