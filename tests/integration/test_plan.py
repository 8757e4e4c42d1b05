"""The plan of a year is a versioned record that the files of its months cite; forgeries are found."""

from datetime import UTC, datetime, timedelta

import pytest

from audit.plan import Plans
from cli.file_view import show_page
from cli.why_view import why_json
from domain.working_calendar import ZONE
from schemas.code import Act
from schemas.file import Context, PlanInForce
from simulation.city import generate
from storage.organisation import read_organisation
from storage.read.explanation import read_explanation
from storage.read.file import show_file
from tests.support.deciding_again import differences
from tests.support.judging import Record, broken, context_hash, tampering
from tests.support.played_record import ORG
from tests.support.played_year import PlayedYear, results

pytestmark = pytest.mark.timeout(120)
MONTH = ("2026-02", "bulanan")


def wib(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZONE).astimezone(UTC)


AGREED, REVISED, TOO_LATE = wib(1, 20), wib(2, 16), wib(3, 3)


@pytest.fixture
async def year(fresh_database):
    """One plan agreed in January, and February opened."""
    made = PlayedYear(fresh_database, rows=generate(14, seed=3))
    await made.begin_year(wib(1, 2, 8))
    await made.agree(made.somebody, AGREED, "r1", "r2")
    made.now = wib(2, 2, 8)
    await made.open_all(*MONTH)
    return made


@pytest.fixture
async def revised(year):
    """The plan revised in February, February reported, and the plan revised once more in March."""
    month = february(year)
    await year.awaited(month, Act.SUBMIT_PLAN, results("r1"), wib(2, 3))
    await year.agree(year.somebody, REVISED, "r1", "r3")
    await year.awaited(month, Act.AGREE_PLAN, {}, wib(2, 17))
    await year.agree(year.somebody, TOO_LATE, "r9")
    realised = {"results": [{"id": "r1", "realisation": "a", "evidence": "b"}]}
    await year.awaited(month, Act.SUBMIT_REPORT, realised, wib(3, 4))
    return year


@pytest.fixture
async def forger(postgres, revised):
    async with tampering(postgres, revised.database) as hand:
        yield hand


def whole(at: datetime) -> datetime:
    """Without the fraction of a second that a fast clock cannot keep."""
    return at.replace(microsecond=0)


def february(year):
    return year.key(year.somebody, *MONTH)


def record(year) -> Record:
    return Record(year.database, year.calendar)


async def cited(year, key) -> list[int | None]:
    return [c.plan and c.plan.version for c in await year.contexts(key)]


async def judged(year) -> dict[str, list[str]]:
    """What the judge says, but of the clock, which such a year is played before."""
    return {k: v for k, v in (await broken(record(year))).items() if k != "I5"}


class TestVersions:
    async def test_each_agreement_is_a_row_with_its_event_and_its_results(self, revised):
        rows = await revised.database.web.fetch(
            "SELECT v.*, e.kind, e.happened_at FROM plan_version AS v JOIN event AS e"
            " USING (stream, number) ORDER BY v.version"
        )
        assert [(r["version"], whole(r["since"]), r["results"]) for r in rows] == [
            (1, AGREED, ["r1", "r2"]),
            (2, REVISED, ["r1", "r3"]),
            (3, TOO_LATE, ["r9"]),
        ]
        key = revised.key(revised.somebody)
        for row in rows:
            assert (row["stream"], row["person"], row["year"]) == (key.stream, key.person, "2026")
            assert (row["kind"], row["happened_at"]) == ("plan_agreed", row["since"])

    async def test_the_plan_of_a_month_is_none(self, revised):
        streams = await revised.database.web.fetch("SELECT DISTINCT stream FROM plan_version")
        assert [row["stream"] for row in streams] == [revised.key(revised.somebody).stream]


class TestCitation:
    async def test_a_month_cites_what_was_in_force_and_no_revision_after_its_end(self, revised):
        rows = await revised.database.web.fetch(
            "SELECT kind, happened_at FROM event WHERE stream = $1 ORDER BY number",
            february(revised).stream,
        )
        assert (rows[1]["kind"], rows[-1]["kind"]) == ("plan_submitted", "report_submitted")
        assert rows[-1]["happened_at"] > TOO_LATE
        wanted = [1 if row["happened_at"] < REVISED else 2 for row in rows]
        assert await cited(revised, february(revised)) == wanted

    async def test_the_event_is_cited_with_the_version(self, revised):
        number = await revised.database.web.fetchval(
            "SELECT number FROM plan_version WHERE version = 1"
        )
        first = (await revised.contexts(february(revised)))[0]
        assert first.plan == PlanInForce(version=1, number=number)

    async def test_the_annual_file_and_people_without_a_plan_cite_none(self, revised):
        assert set(await cited(revised, revised.key(revised.somebody))) == {None}
        assert set(await cited(revised, revised.key(revised.people[1], *MONTH))) == {None}

    async def test_both_judges_agree(self, revised):
        assert await judged(revised) == {}
        assert await differences(record(revised)) == []

    async def test_a_late_decision_goes_by_what_was_in_force_at_its_own_instant(self, year):
        """The rung of 3 February is decided only weeks after the revision of the 16th."""
        await year.agree(year.somebody, REVISED, "r1", "r3")
        year.now = wib(3, 2)
        await year.let_time_pass(february(year))
        events = await year.database.web.fetch(
            "SELECT happened_at FROM event WHERE stream = $1 ORDER BY number",
            february(year).stream,
        )
        wanted = [1 if row["happened_at"] < REVISED else 2 for row in events]
        assert await cited(year, february(year)) == wanted
        assert set(wanted) == {1, 2}


class TestShown:
    async def asked(self, year):
        async with year.database.web.acquire() as connection:
            organisation = await read_organisation(connection, ORG)
        return year.database.web, organisation, february(year).file_id, year.now

    async def test_show_and_why_name_the_version_and_since_when(self, revised, capsys):
        shown = await show_file(*await self.asked(revised))
        assert shown.plan is not None
        assert (shown.plan.version, whole(shown.plan.since)) == (2, REVISED)
        show_page(shown, "en", content=False)
        assert "version 2 of the year, agreed 16 Feb 2026 09:00 WIB" in capsys.readouterr().out
        first = why_json(await read_explanation(*await self.asked(revised)))["result"][0]
        assert [c["rule"] for c in first["rules"]] == ["skp.versi_mengikat"]
        assert "versi 2" in first["said"]["id"]
        assert "16 Feb 2026" in first["said"]["id"]


class TestForgeries:
    """Each is found by the check, and by deciding again."""

    async def found(self, year) -> tuple[dict[str, list[str]], list[str]]:
        fields = [field for *_, field in await differences(record(year))]
        return await judged(year), fields

    @pytest.mark.parametrize(
        "forged",
        [
            "version = version + 10",
            "since = since - interval '1 day'",
            "results = ARRAY['r1']",
            "year = '2025'",
            "person = (SELECT id FROM person WHERE id <> person LIMIT 1)",
        ],
    )
    async def test_a_changed_row(self, revised, forger, forged):
        await forger.run(f"UPDATE plan_version SET {forged} WHERE version = 2")
        check, again = await self.found(revised)
        assert [x for x in check["fold"] if x.startswith(revised.key(revised.somebody).stream)]
        assert "plan_version" in again

    async def test_a_row_taken_away_and_one_made_up(self, revised, forger):
        await forger.run("DELETE FROM plan_version WHERE version = 3")
        check, again = await self.found(revised)
        assert (list(check), again) == (["fold"], ["plan_version"])
        await forger.run(
            "INSERT INTO plan_version SELECT 'file/nowhere', 1, org, $1, year, 1, since, results"
            " FROM plan_version WHERE version = 1",
            revised.people[1],
        )
        check, _ = await self.found(revised)
        assert any(line.startswith("file/nowhere event 1") for line in check["fold"])

    @pytest.mark.parametrize("version", [None, 1, 3])
    async def test_a_context_that_cites_another_version(self, revised, forger, version):
        stream, number = await forger.find("report_submitted", last=True)
        name = await context_hash(forger, stream, number)
        value = await forger.value("SELECT value FROM context WHERE hash = $1", name)
        row = await forger.value("SELECT number FROM plan_version WHERE version = $1", version)
        plan = None if version is None else PlanInForce(version=version, number=row)
        changed = Context.model_validate_json(value).model_copy(update={"plan": plan})
        forged = await forger.put_context(changed)
        await forger.rewrite(stream, number, lambda e: e.update(context_hash=forged))
        # Nothing here was recorded about the same time as anything else.
        await forger.run(
            "UPDATE event SET recorded_at = recorded_at - (SELECT count(*) FROM event AS later"
            " WHERE later.recorded_at > event.recorded_at) * interval '1 hour'"
        )
        check, again = await self.found(revised)
        assert [x for x in check["I4"] if x.startswith(f"{stream} event {number}: ")]
        assert "context.plan" in again


async def test_what_was_recorded_about_then_may_have_been_seen_or_not(revised):
    """An agreement and a decision, each a moment from the other: both answers are right."""
    plans = Plans()
    async with revised.database.web.acquire() as connection:
        await plans.load(connection, ORG, [february(revised).stream], ())
    recorded = await revised.database.web.fetchval(
        "SELECT recorded_at FROM event JOIN plan_version USING (stream, number) WHERE version = 2"
    )
    month, at, calendar = february(revised), wib(2, 20), revised.calendar
    far = timedelta(hours=1)

    def seen(recorded_at):
        found = plans.possible(month, at, recorded_at, calendar)
        return [None if plan is None else plan.version for plan in found]

    assert seen(recorded - far) == [None]
    assert seen(recorded + far) == [2]
    assert {1, 2} <= set(seen(recorded))
