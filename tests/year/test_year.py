"""A seeded year, judged: nothing is lost, nothing is twice, and everything is for the right date.

The usual one is the first quarter of a small office, until it is closed; ``make test-year`` plays
all of 2026, and the plans that have ever failed before it.
"""

from collections import Counter
from datetime import date

import pytest

from tests.support.database import fresh_copy
from tests.support.skipped_time import skipped_house
from tests.support.stack import problems_of
from tests.year import seeds
from tests.year.judge import Judge
from tests.year.play import ORG, Plan, Year

SMALL = Plan(seed=5, people=20, part_time=2, opens_until=date(2026, 4, 1), ends=date(2026, 6, 10))
WHOLE = {"opens_until": date(2027, 1, 1), "ends": date(2027, 5, 15)}
pytestmark = [
    pytest.mark.timeout(7200),  # the whole of it; the small one takes a minute
    # A busy machine is late with a local activity: the SDK says so, and it is tried again.
    pytest.mark.filterwarnings("ignore:Cannot find activity to cancel"),
]


ALWAYS = {
    *("changes_applied", "holidays_set", "withdrawn", "unit_predicate_set", "gate_opened"),
    *("reminded", "became_overdue", "period_closed"),
}
# What depends on who happens to be what; other seeds, which once failed, need not have it.
USUALLY = {
    *("handed_over", "due_moved", "rung_postponed", "delegated", "turn_expired"),
    *("plan_returned", "objected", "objection_decided"),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The small one; with ``--full`` the whole year instead, after what has failed before."""
    if "plan" in metafunc.fixturenames:
        option = metafunc.config.getoption
        whole = Plan(option("--year-seed"), option("--year-people"), 6, **WHOLE)
        plans = [*seeds.read(), whole] if option("--full") else [SMALL]
        ids = [f"seed-{plan.seed}-people-{plan.people}" for plan in plans]
        metafunc.parametrize("plan", plans, ids=ids, scope="module")


@pytest.fixture(scope="module")
async def judge(plan, postgres, tmp_path_factory):
    """The year, played once; it is judged by many tests."""
    async with (
        fresh_copy(postgres) as database,
        skipped_house(database, ORG, plan.setting_up) as house,
    ):
        year = Year.of(plan, house, tmp_path_factory.mktemp("year"))
        await kept_if_it_fails(plan, year.play())
        yield Judge(year)


async def kept_if_it_fails(plan, judging):
    """Whatever goes wrong, the plan is kept to be played again."""
    try:
        return await judging
    except Exception:
        seeds.keep(plan)
        raise


@pytest.fixture(autouse=True)
def keep_a_failing_plan(request, plan):
    """The same for what the tests below find."""
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed > failed:
        seeds.keep(plan)


class TestRecord:
    async def test_the_judge_finds_nothing(self, judge):
        assert problems_of(await judge.report()) is None

    async def test_deciding_everything_again_gives_the_same_bytes(self, judge):
        again = await judge.again()
        assert again.differences == ()
        assert (again.total, again.files > 50, again.refusals > 0) == (0, True, True)

    async def test_every_predicate_is_what_the_ratings_amount_to(self, judge):
        assert await judge.ratings() == []


class TestPeriods:
    async def test_every_time_has_run_and_was_not_late(self, judge):
        noted, expected = await judge.runs()
        assert noted == expected

    async def test_every_period_is_opened_and_closed(self, judge):
        rows = await judge.rows("SELECT period, kind, closed_at FROM period_run")
        assert {(r["period"], r["kind"]) for r in rows} == opened(judge.year.plan)
        still_open = {r["period"] for r in rows if r["closed_at"] is None}
        assert still_open == {str(y) for y in [2026] if judge.year.plan.ends < date(2027, 4, 1)}

    async def test_everybody_has_one_file_a_period_and_kind(self, judge):
        files = await judge.rows("SELECT period, kind, person FROM file")
        roster = await judge.rows("SELECT * FROM roster WHERE excluded_because IS NULL")
        keys = [(r["period"], r["kind"], r["person"]) for r in files]
        assert max(Counter(keys).values()) == 1
        assert sorted(keys) == sorted((r["period"], r["kind"], r["person"]) for r in roster)

    async def test_every_file_of_a_closed_period_has_a_verdict(self, judge):
        frozen, counted = await judge.figures()
        assert frozen == counted
        files = await judge.rows(
            "SELECT count(*) AS files FROM file JOIN period_run USING (org, period, kind)"
            " WHERE closed_at IS NOT NULL"
        )
        assert sum(frozen.values()) == files[0]["files"] > 0


class TestMail:
    async def test_every_days_mail_is_what_was_counted_beside_it(self, judge):
        found, counted = await judge.mail(), judge.year.post.days
        assert {d: (found[d], counted.get(d)) for d in found if found[d] != counted.get(d)} == {}
        assert sum(map(len, judge.year.post.days.values())) > 100

    async def test_nobody_gets_any_on_a_free_day(self, judge):
        post, days = judge.year.post, await judge.mail()
        free = {day for day in days if post.is_free(day, judge.year.plan.at(day))}
        assert {day for day in free if days[day]} == set()
        assert len(free) >= 5
        assert set(post.decreed) <= free

    async def test_each_was_taken_once(self, judge):
        taken = judge.year.house.server.times()
        unsent = await judge.rows("SELECT * FROM mail WHERE sent_at IS NULL")
        assert unsent == []
        [rows] = await judge.rows("SELECT count(*) AS mails FROM mail")
        assert (len(taken), set(taken.values())) == (rows["mails"], {1})


class TestPlay:
    async def test_everything_happened_that_it_is_about(self, judge):
        rows = await judge.rows("SELECT DISTINCT kind FROM event")
        wanted = ALWAYS if judge.year.plan in seeds.read() else ALWAYS | USUALLY
        assert wanted - {row["kind"] for row in rows} == set()


def opened(plan: Plan) -> set[tuple[str, str]]:
    """The periods of a plan with their kinds: part-time PPPK are evaluated by the quarter."""
    months = range(1, 13 if plan.opens_until.year > 2026 else plan.opens_until.month)
    quarters = {(f"2026-TW{(m - 1) // 3 + 1}", "triwulanan_paruh_waktu") for m in months}
    return {*((f"2026-{m:02}", "bulanan") for m in months), *quarters, ("2026", "tahunan")}
