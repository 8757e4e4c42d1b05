"""A record in order has no problems, and everything of it was looked at."""

import io
import json
import random

import pytest
from rich.console import Console

from audit.check import check
from audit.report import Finding, Invariant, Problem, Report
from cli.check import show_report
from domain import webhook
from schemas.code import EventKind, OrganisationAct
from simulation.city import generate
from tests.support.database import fresh_copy
from tests.support.judging import PEOPLE, acknowledged, broken, judge
from tests.support.played_record import END, ORG, PlayedRecord

pytestmark = pytest.mark.timeout(120)


# What this play has not: it is judged in test_plan.py, test_closing.py, test_calendar_ledger.py and
# integration/webhook.
ELSEWHERE = {
    *(EventKind.HOLIDAYS_SET, EventKind.WEEK_SET, EventKind.DUE_MOVED, EventKind.CALENDAR_NOTED),
    *(EventKind.REVISION_PROPOSED, EventKind.PERIOD_CLOSED, EventKind.LATE_RECORDED),
    *webhook.KINDS.values(),
}


class TestRecordInOrder:
    async def test_has_no_problems_and_everything_was_looked_at(self, record, played):
        log = acknowledged(played)
        report = await judge(record, log=log)
        assert report.problems == 0, [f.problems for f in report.findings if f.total]
        counts = await record.web.fetchrow(
            """
            SELECT (SELECT count(*) FROM event) AS events, (SELECT count(*) FROM file) AS files,
                (SELECT count(*) FROM command) AS commands, (SELECT count(*) FROM roster) AS people,
                (SELECT count(*) FROM reminder) AS reminders,
                (SELECT count(DISTINCT stream) FROM unit_predicate) AS units,
                (SELECT count(*) FROM rule_override) AS overrides,
                (SELECT count(*) FROM reminder WHERE rung LIKE 'nudge/%') AS nudges,
                (SELECT count(*) FROM contact) AS contacts,
                (SELECT count(*) FROM mail_preference) AS choices,
                (SELECT count(*) FROM outbox) AS notices,
                (SELECT count(*) FROM event WHERE kind = 'gate_opened') AS gates,
                (SELECT count(*) FROM event WHERE stream LIKE 'file/%') AS steps,
                (SELECT count(*) FROM command WHERE outcome->>'verdict' = 'refused') AS refusals
            """
        )
        checked = {f.id: f.checked for f in report.findings}
        assert checked["I1"] == len(log) + counts["commands"]
        assert checked["I2"] == counts["commands"] + counts["reminders"] + counts["notices"]
        assert checked["I3"] == counts["steps"]
        assert checked["I5"] == counts["reminders"] - counts["nudges"] + counts["gates"]
        assert checked["I6"] == counts["events"] + counts["files"]
        assert checked["I8"] == counts["events"] + counts["commands"] + counts["refusals"]
        rows = counts["units"] + counts["overrides"] + counts["contacts"] + counts["choices"]
        assert checked["fold"] == counts["files"] + rows
        assert checked["roster"] == counts["people"]

    async def test_the_play_was_worth_judging(self, record):
        """Otherwise a check of a rule could be broken and nobody would see it here."""
        kinds = {r["kind"] for r in await record.web.fetch("SELECT DISTINCT kind FROM event")}
        # Whether somebody's leave puts a rung off depends on who waits when it begins.
        kinds |= {EventKind.RUNG_POSTPONED.value}
        assert kinds == {kind.value for kind in EventKind} - ELSEWHERE
        ends = {r["ended"] for r in await record.web.fetch("SELECT DISTINCT ended FROM file")}
        assert ends >= {None, "accepted", "decided", "unrateable", "withdrawn"}
        rules = "SELECT count(DISTINCT outcome->'refusal'->>'rule') FROM command"
        assert await record.web.fetchval(rules) >= 2
        interim = "SELECT count(*) FROM outbox WHERE topic = 'interim'"
        assert await record.web.fetchval(interim) > 0
        early_scores = await record.web.fetchval(
            "SELECT count(*) FROM event WHERE kind = 'scored'"
            " AND convert_from(canonical, 'UTF8')::jsonb->>'stage_from' = 'report'"
        )
        assert early_scores > 0

    async def test_any_play_is_in_order(self, fresh_database, played):
        seed = random.randrange(10**9)  # noqa: S311
        other = PlayedRecord(fresh_database, chance=random.Random(seed))  # noqa: S311
        await other.begin(generate(PEOPLE, seed=seed, part_time=1))
        await other.play_all()
        report = await check(fresh_database.web, None, ORG, played.calendar, acknowledged(other))
        assert report.problems == 0, (seed, [f.problems for f in report.findings if f.total])

    async def test_needs_no_more_than_the_web_may(self, record):
        assert await record.web.fetchval("SELECT current_user") == "siklus_web"
        assert (await judge(record)).problems == 0

    async def test_a_later_organisation_file_leaves_the_past_in_order(self, postgres, played):
        """Contexts before a change of posts are judged by what was known before it."""
        async with fresh_copy(postgres, template=played.database.name) as database:
            before = await check(database.web, None, ORG, played.calendar)
            later = PlayedRecord(database, now=END, chance=random.Random(8))  # noqa: S311
            rows = [r.model_dump(mode="json") for r in generate(PEOPLE, seed=4, part_time=2)]
            await later.order(OrganisationAct.IMPORT_ORGANISATION, {"rows": rows})
            report = await check(database.web, None, ORG, played.calendar)
            assert report.problems == 0, [f.problems for f in report.findings if f.total]
            for invariant in (Invariant.AUTHORITY, Invariant.RECOMPUTED):
                assert report.finding(invariant).checked > before.finding(invariant).checked

    async def test_a_context_of_a_version_not_in_force_is_found(self, record, forger):
        """Had the ledger gone by what was known later, or no more, it would be seen."""
        await forger.run(
            "UPDATE organisation_version SET since = since + interval '40 days',"
            " recorded_at = recorded_at + interval '1 day' WHERE version = 2"
        )
        found = await broken(record)
        assert any("version 2 of the organisation was not in force" in x for x in found["I4"])


class TestReport:
    def test_names_the_first_twenty_and_counts_all(self):
        problems = tuple(Problem(what=f"wrong {n}", where="file/[x]") for n in range(25))
        finding = Finding(id="I6", title="chains", checked=30, total=25, problems=problems)
        report = Report(org=ORG, findings=(finding,))
        text = io.StringIO()
        show_report(report, Console(file=text, width=100))
        assert "file/[x]: wrong 19" in text.getvalue()
        assert "wrong 20" not in text.getvalue()
        assert "and 5 more" in text.getvalue()
        assert "25 problems" in text.getvalue()
        assert json.loads(report.model_dump_json())["problems"] == 25
