"""What runs by itself, on a real dev server with real Schedules."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from pydantic import JsonValue
from temporalio.client import ScheduleOverlapPolicy

from domain.timetable import times
from domain.working_calendar import ZONE
from schemas.code import OrganisationAct
from schemas.identifier import schedule_id
from schemas.occurrence import Occurrence
from schemas.task_queue import DISPATCH, NOTIFY
from storage.read.schedule import read_runs
from tests.builders import wib
from tests.support.cli import siklus
from tests.support.stack import (
    ORG,
    make_directory,
    problems_of,
    remove_directory,
    running_house,
    small_city,
)
from tests.support.waiting import eventually
from workers import dispatch, notify
from workers.schedules import DECLARED, declare, declared, keep_timetables, names

pytestmark = pytest.mark.timeout(120)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
BACKFILLED = [datetime(2026, month, 1, 0, 5, tzinfo=ZONE) for month in (1, 2, 3)]


@pytest.fixture(scope="module")
async def house():
    """A city in February, without a period; business time is not the server's, but as fast."""
    directory = make_directory()
    async with running_house(directory, begins=wib(2, 10, 9)) as running:
        rows: list[JsonValue] = [row.model_dump(mode="json") for row in small_city(12)]
        await running.order(OrganisationAct.IMPORT_ORGANISATION, {"rows": rows})
        await declare(running.client, ORG)
        await keep_timetables(running.owner, ORG)
        yield running
    remove_directory(directory)


@pytest.fixture
def run(house):
    """Run a command on this stack."""
    return partial(siklus, SIKLUS_DATA=str(house.settings.data), SIKLUS_ORG=ORG)


async def noted(house, name):
    return await read_runs(house.web, ORG, name, LONG_AGO)


async def ended(house, name, nominals):
    """The rows of these times, once all of their runs have ended."""

    async def all_of_them():
        rows = {r.nominal: r for r in await noted(house, name) if r.ended_at is not None}
        return [rows[at] for at in nominals] if set(nominals) <= rows.keys() else None

    return await eventually(all_of_them, 60)


async def since(house, name, at):
    """Let a schedule have been declared at another time."""
    await house.owner.execute(
        "UPDATE schedule SET since = $3 WHERE org = $1 AND name = $2", ORG, name, at
    )


class TestDeclared:
    async def test_the_server_has_what_is_declared_and_nothing_else(self, house):
        found = {s.id async for s in await house.client.list_schedules()}
        assert found == {schedule_id(ORG, name) for name in names()}
        for each in DECLARED:
            handle = house.client.get_schedule_handle(schedule_id(ORG, each.name))
            kept, wanted = (await handle.describe()).schedule, each.schedule(ORG)
            assert kept.spec.time_zone_name == "Asia/Jakarta"
            assert kept.spec.calendars == wanted.spec.calendars
            assert kept.policy == wanted.policy
            assert kept.action.workflow == each.workflow
            assert kept.action.task_queue == each.task_queue
            assert kept.action.execution_timeout == each.execution_timeout

    async def test_the_server_counts_the_same_times(self, house):
        for each in DECLARED:
            handle = house.client.get_schedule_handle(schedule_id(ORG, each.name))
            upcoming = (await handle.describe()).info.next_action_times
            counted = times(each.timing, upcoming[0] - timedelta(seconds=1), upcoming[-1])
            assert list(counted) == upcoming, each.name

    def test_each_starts_a_workflow_that_is_there(self):
        queues = {DISPATCH: dispatch, NOTIFY: notify}
        known = {queue: {w.__name__ for w in of.WORKFLOWS} for queue, of in queues.items()}
        assert [e.name for e in DECLARED if e.workflow not in known[e.task_queue]] == []

    async def test_declaring_again_keeps_a_pause_and_deletes_what_is_declared_no_more(
        self, house, run
    ):
        stray = schedule_id(ORG, "open-fortnight")
        await house.client.create_schedule(stray, declared("open-month").schedule(ORG))
        assert (await run("schedules", "pause", "close-year")).code == 0
        await declare(house.client, ORG)
        handle = house.client.get_schedule_handle(schedule_id(ORG, "close-year"))
        state = (await handle.describe()).schedule.state
        assert state.paused
        assert "paused by" in (state.note or "")
        await eventually(partial(is_gone, house, stray))
        listed = (await run("schedules", "list", "--json")).json["schedules"]
        assert "close-year" in [row["id"] for row in listed if row["is_paused"]]

    async def test_timetables_are_kept_once(self, house):
        before = await house.web.fetchval("SELECT count(*) FROM schedule")
        await keep_timetables(house.owner, ORG)
        assert await house.web.fetchval("SELECT count(*) FROM schedule") == before == len(DECLARED)


async def is_gone(house, id):
    return id not in {s.id async for s in await house.client.list_schedules()}


class TestOpening:
    async def test_a_backfill_of_january_to_march_opens_those_months(self, house, run):
        ran = await run(
            *("schedules", "backfill", "open-month", "--from", "2026-01-01", "--to", "2026-03-31")
        )
        assert ran.code == 0, ran.err
        rows = await ended(house, "open-month", BACKFILLED)
        opened = {str(key): count for row in rows for key, count in row.told.items()}
        assert opened.keys() == {"2026-01/bulanan", "2026-02/bulanan", "2026-03/bulanan"}
        assert [row.verdict for row in rows] == ["caught_up_late"] * 3
        for period in ("2026-01", "2026-02", "2026-03"):
            roster = await house.web.fetchval(
                "SELECT count(*) FROM roster WHERE period = $1 AND excluded_because IS NULL", period
            )
            assert len(await house.files(period)) == roster == opened[f"{period}/bulanan"] > 0
        by_timer = await house.web.fetch(
            "SELECT actor FROM command WHERE act = 'open_period' AND via = 'timer'"
            " AND body->>'period' = any($1)",
            ["2026-01", "2026-02", "2026-03"],
        )
        assert len(by_timer) == 3

    async def test_filling_in_again_gives_no_second_order(self, house):
        counts = "SELECT (SELECT count(*) FROM command), (SELECT count(*) FROM event)"
        once = Occurrence(org=ORG, schedule="open-month", nominal=BACKFILLED[0])
        start = partial(house.client.execute_workflow, "OpenPeriods", once, task_queue=DISPATCH)
        await start(id="open-month-by-hand")
        before = await house.web.fetchrow(counts)
        done = await start(id="open-month-by-hand-again")
        assert done == {"2026-01/bulanan": len(await house.files("2026-01"))}
        assert await house.web.fetchrow(counts) == before

    async def test_a_trigger_is_for_the_present_time(self, house, run):
        before = datetime.now(UTC)
        assert (await run("schedules", "trigger", "open-month")).code == 0

        async def triggered():
            rows = [
                r
                for r in await noted(house, "open-month")
                if r.nominal >= before.replace(microsecond=0)
            ]
            return rows[0] if rows and rows[0].ended_at else None

        row = await eventually(triggered, 60)
        assert row.verdict == "by_hand"
        month = row.nominal.astimezone(ZONE).strftime("%Y-%m")
        assert list(row.told) == [f"{month}/bulanan"]

    async def test_nobody_in_a_kind_is_skipped_with_the_rule(self, house, run):
        ran = await run(
            *("schedules", "backfill", "open-quarter", "--from", "2026-01-01", "--to", "2026-01-02")
        )
        assert ran.code == 0
        (row,) = await ended(house, "open-quarter", BACKFILLED[:1])
        assert (row.verdict, row.reason) == ("skipped", "period.nobody")


class TestPause:
    async def test_what_a_pause_missed_is_caught_up_late(self, house, run):
        """The schedule is as old as forty days, of which it was paused for all."""
        now = datetime.now(UTC)
        await since(house, "open-month", now - timedelta(days=40))
        assert (await run("schedules", "pause", "open-month")).code == 0
        missed = [
            at
            for at in times(declared("open-month").timing, now - timedelta(days=40), now)
            if at not in {r.nominal for r in await noted(house, "open-month")}
        ]
        assert missed
        resumed = await run("schedules", "resume", "open-month")
        assert resumed.code == 0, resumed.err
        rows = await ended(house, "open-month", missed)
        assert {row.verdict for row in rows} == {"caught_up_late"}
        shown = (await run("schedules", "show", "open-month", "--json")).json["occurrences"]
        assert sorted(r["verdict"] for r in shown).count("caught_up_late") >= len(missed)


class TestLookingAfter:
    async def test_a_time_without_a_trace_is_found_and_gets_its_verdict(self, house, run):
        now = datetime.now(UTC)
        await since(house, "close-month", now - timedelta(days=40))
        expected = list(times(declared("close-month").timing, now - timedelta(days=40), now))
        assert (await run("schedules", "pause", "close-month")).code == 0
        report = await house.check()
        found = next(f for f in report.findings if f.id == "schedules")
        assert {p.where.split()[0] for p in found.problems} == {"close-month"}
        assert found.total == len([at for at in expected if at < now - timedelta(hours=26)]) > 0
        handle = house.client.get_schedule_handle(schedule_id(ORG, "housekeeping"))
        await handle.trigger(overlap=ScheduleOverlapPolicy.ALLOW_ALL)

        async def have_verdicts():
            rows = {r.nominal: r for r in await noted(house, "close-month")}
            return [rows[at] for at in expected] if set(expected) <= rows.keys() else None

        rows = await eventually(have_verdicts, 60)
        assert {(r.verdict, r.reason) for r in rows} == {("skipped", "paused")}
        assert not problems_of(await house.check())
