"""What a played year must come to, asked of the record in the tests' own words."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle

from audit.acknowledged import read_log
from audit.again.run import Again, recompute
from audit.check import check
from audit.report import Report
from runtime.clock import Clock
from storage.clock import set_clock
from tests.year.play import ORG, Year, schedules

# PermenPANRB 6/2022, oracle O-1: work result, then behaviour.
MATRIX = {
    ("above", "above"): "sangat_baik",
    ("above", "meets"): "baik",
    ("above", "below"): "kurang",
    ("meets", "above"): "baik",
    ("meets", "meets"): "baik",
    ("meets", "below"): "kurang",
    ("below", "above"): "butuh_perbaikan",
    ("below", "meets"): "butuh_perbaikan",
    ("below", "below"): "sangat_kurang",
}
_RATED = """
    SELECT f.id, f.predicate, c.body ->> 'work_result' AS work_result,
        c.body ->> 'behaviour' AS behaviour
    FROM file AS f
    JOIN LATERAL (
        SELECT body FROM command AS c
        WHERE c.stream = f.stream AND c.outcome ->> 'verdict' = 'accepted'
            AND (c.act = 'score' OR c.act = 'decide_objection' AND c.body ->> 'outcome' = 'upheld')
        ORDER BY c.received_at DESC LIMIT 1
    ) AS c ON true
    WHERE f.ended NOT IN ('unrateable', 'withdrawn', 'undecided')
"""
_ENDS = """
    SELECT period, kind, unit, ended, predicate, (state ->> 'is_delegated')::boolean AS by_superior
    FROM file WHERE ended IS NOT NULL
"""
_DONE = ("accepted", "deemed_accepted", "decided")


class _Temporal:
    """The server's workflows for the judge; it cannot list them, so each is looked up."""

    def __init__(self, client: Client, running: set[str]) -> None:
        self._client = client
        self._running = running

    async def list_workflows(self, query: str, page_size: int) -> AsyncIterator[SimpleNamespace]:
        for workflow_id in sorted(self._running):
            yield SimpleNamespace(id=workflow_id)

    def get_workflow_handle(self, workflow_id: str) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(workflow_id)


@dataclass(frozen=True, slots=True)
class Judge:
    """Asks about one year that has been played."""

    year: Year

    async def rows(self, query: str, *given: Any) -> list[Any]:
        """Read as the owner."""
        found: list[Any] = await self.year.house.database.owner.fetch(query, *given)
        return found

    async def report(self) -> Report:
        """The verdict of the product's judge, who is told what people were answered."""
        house = self.year.house
        # From here on business time runs beside real time, in which the record was written.
        now = Clock(house.clock.now(), datetime.now(UTC), 1.0)
        async with house.database.owner.acquire() as connection:
            await set_clock(connection, now)
        temporal: Any = _Temporal(house.client, await self._running())
        log = read_log(self.year.log.path)
        return await check(house.database.web, temporal, ORG, house.calendar, log)

    async def _running(self) -> set[str]:
        found = set()
        for row in await self.rows("SELECT stream FROM file"):
            workflow_id = row["stream"].replace("file/", "eval/", 1)
            described = await self.year.house.client.get_workflow_handle(workflow_id).describe()
            if described.status is WorkflowExecutionStatus.RUNNING:
                found.add(workflow_id)
        return found

    async def again(self) -> Again:
        """Everything decided again, from what was stored."""
        return await recompute(self.year.house.database.databases.web, ORG)

    async def runs(self) -> tuple[dict[tuple[str, datetime], str], dict[tuple[str, datetime], str]]:
        """Of every time that was to come: what is noted of it, and what should be."""
        noted = {
            (row["schedule"], row["nominal"]): row["verdict"] if row["ended_at"] else "under way"
            for row in await self.rows("SELECT * FROM occurrence")
        }
        named = {each.name for each in schedules()}
        expected = {(e.name, at): "ran" for at, e in self.year.timetable() if e.name in named}
        return noted, expected

    async def ratings(self) -> list[tuple[UUID, str, str]]:
        """Files whose predicate is not what the ratings that people gave amount to."""
        found = [
            (row["id"], row["predicate"], MATRIX[row["work_result"], row["behaviour"]])
            for row in await self.rows(_RATED)
        ]
        assert found, "nobody was rated"
        return [each for each in found if each[1] != each[2]]

    async def figures(self) -> tuple[Counter[tuple[Any, ...]], Counter[tuple[Any, ...]]]:
        """The figures of closed periods as frozen, and counted again from the files."""
        closed = {
            (row["period"], row["kind"])
            for row in await self.rows("SELECT * FROM period_run WHERE closed_at IS NOT NULL")
        }
        frozen: Counter[tuple[Any, ...]] = Counter()
        for row in await self.rows("SELECT * FROM period_summary"):
            key = (row["period"], row["kind"], row["unit"], row["verdict"], row["predicate"])
            frozen[key] = row["files"]
        counted: Counter[tuple[Any, ...]] = Counter()
        for row in await self.rows(_ENDS):
            verdict = row["ended"]
            if verdict in _DONE:
                verdict = "done_by_superior" if row["by_superior"] else "done"
            if (row["period"], row["kind"]) in closed:
                key = (row["period"], row["kind"], row["unit"], verdict, row["predicate"])
                counted[key] += 1
        return frozen, counted

    async def mail(self) -> dict[Any, dict[UUID, str]]:
        """Who got which mail on each day; nobody gets two a day."""
        found: dict[Any, dict[UUID, str]] = {day: {} for day in self.year.post.days}
        for row in await self.rows("SELECT recipient, on_day, kind FROM mail"):
            mine = found.setdefault(row["on_day"], {})
            assert row["recipient"] not in mine, f"two mails on {row['on_day']}"
            mine[row["recipient"]] = row["kind"]
        return found
