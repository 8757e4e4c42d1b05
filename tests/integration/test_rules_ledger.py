"""What an organisation sets of the rules for itself, from the order to the files it is about."""

from datetime import UTC, date, datetime, timedelta

import pytest

from activities.ledger import PostgresLedger
from audit.check import check
from domain.working_calendar import ZONE
from schemas.code import Act, OrganisationAct, RulesAct
from schemas.cycle import Advance, StreamAct, Verdict
from schemas.identifier import FileKey, rules_stream
from schemas.period import BULANAN
from simulation.city import generate
from simulation.texts import Matter, body
from storage.organisation import read_organisation
from tests.support.deciding_again import differences
from tests.support.judging import Record
from tests.support.played_record import BEGIN, NEXT_PERIOD, ORG, PlayedRecord

WINDOWS = "bulanan.jendela"
APRIL = datetime(2026, 4, 1, 7, tzinfo=ZONE).astimezone(UTC)
PLANNING = (Act.SUBMIT_PLAN, Act.AGREE_PLAN)


@pytest.fixture
async def record(fresh_database):
    made = PlayedRecord(fresh_database)
    await made.begin(generate(14, seed=3))
    return made


async def overrides(record):
    rows = await record.database.web.fetch("SELECT * FROM rule_override ORDER BY number")
    return [(r["rule"], r["parameters"], r["from_on"], r["since"]) for r in rows]


async def judged(record):
    """Every problem but overslept wake-ups: time stands still here."""
    report = await check(record.database.web, None, ORG, record.calendar)
    return [f.problems for f in report.findings if f.total and f.id != "I5"]


async def does(record, key, *acts):
    """Acts of whoever is awaited, an hour after one another; until when the next one has time."""
    for act in acts:
        record.now += timedelta(hours=1)
        state = await record.state(key)
        said = body(act, Matter(state.planned, None, None, record._today()), record.chance)
        outcome = await record.act(key, act, record.agendas[key].awaited_person, said)
        assert outcome.verdict is Verdict.ACCEPTED, outcome
    return record.agendas[key].due_at


async def of_post(record, post):
    """The file of whoever holds a post."""
    person = await record.database.web.fetchval("SELECT person FROM roster WHERE post = $1", post)
    return next(key for key in record.agendas if key.person == person)


def post_of(record, person):
    return record.city.own_post(person, record._today()).post


def due(year, month, working_day, record):
    day = record.calendar.nth_working_day(year, month, working_day)
    return record.calendar.end_of_day(day)


class TestSetting:
    async def test_is_kept_with_its_event_and_answered_with_what_was_set(self, record):
        outcome = await record.set_rule(WINDOWS, {"scoring": 7}, "2026-04-01", record.officer())
        assert outcome.verdict is Verdict.ACCEPTED
        said = {"version": 1, "rule": WINDOWS, "values": '{"scoring":7}', "from": "2026-04-01"}
        assert outcome.data == said
        assert await overrides(record) == [(WINDOWS, {"scoring": 7}, date(2026, 4, 1), BEGIN)]

    async def test_a_refusal_leaves_nothing_but_its_outcome(self, record):
        for rule, values, actor, refusal in (
            (WINDOWS, {"scoring": 0}, None, "rules.minimum"),
            ("keberatan.jendela", {"days": 1}, None, "rules.fixed"),
            (WINDOWS, {"scoring": 7}, record.people[-1], "act.role"),
        ):
            outcome = await record.set_rule(rule, values, "2026-04-01", actor)
            assert outcome.refusal is not None
            assert outcome.refusal.rule == refusal
        assert await overrides(record) == []
        assert await judged(record) == []

    async def test_what_was_stored_first_is_decided_first(self, record):
        """The worker finds the ledger of the stream, and asks it about the older order, too."""
        stream = rules_stream(ORG)
        ids = [record.people[0], record.people[1]]
        for command_id, scoring in zip(ids, (7, 5), strict=True):
            said = {"rule": WINDOWS, "values": {"scoring": scoring}, "from_on": "2026-04-01",
                    "source": "SE 1"}  # fmt: skip
            await record._store(command_id, stream, RulesAct.SET_RULE, None, said, None)
        ledger = PostgresLedger(record.database.worker, record.calendar, record.clock)
        outcome = await ledger.decide_command(StreamAct(stream=stream, command_id=ids[1]))
        assert outcome.data["version"] == 2
        assert [values for _, values, *_ in await overrides(record)] == [
            {"scoring": 7},
            {"scoring": 5},
        ]


class TestFiles:
    async def test_follow_what_was_known_when_their_period_was_opened(self, record):
        """The month before goes on as it began; the month after is due by the new number."""
        march = next(iter(record.agendas))
        await does(record, march, *PLANNING)
        await record.set_rule(WINDOWS, {"scoring": 7}, "2026-04-01")
        record.now = APRIL
        await record.open(NEXT_PERIOD)
        april = FileKey(org=ORG, period=NEXT_PERIOD, kind=BULANAN, person=march.person)
        assert str((await record.state(march)).process) == "bulanan/1/0"
        assert str((await record.state(april)).process) == "bulanan/1/1"
        await does(record, april, *PLANNING)
        record.now = datetime(2026, 4, 2, 9, tzinfo=ZONE).astimezone(UTC)
        assert await does(record, march, Act.SUBMIT_REPORT) == due(2026, 4, 6, record)
        record.now = datetime(2026, 5, 4, 9, tzinfo=ZONE).astimezone(UTC)
        assert await does(record, april, Act.SUBMIT_REPORT) == due(2026, 5, 7, record)
        assert await judged(record) == []
        assert await differences(Record(record.database, record.calendar)) == []

    async def test_of_a_period_opened_before_do_not_follow_though_opened_late(self, record):
        """The roster is frozen with the rules, whenever a worker gets round to a file."""
        record.now = APRIL
        await record.order(OrganisationAct.OPEN_PERIOD, {"period": NEXT_PERIOD, "kind": BULANAN})
        record.now += timedelta(hours=1)
        await record.set_rule(WINDOWS, {"plan": 5}, "2026-04-01", record.officer())
        key = FileKey(
            org=ORG, period=NEXT_PERIOD, kind=BULANAN, person=next(iter(record.agendas)).person
        )
        await record.advance(Advance(file=key))
        assert str((await record.state(key)).process) == "bulanan/1/0"
        assert record.agendas[key].due_at == due(2026, 4, 3, record)
        assert await judged(record) == []

    async def test_go_by_whoever_may_rate_on_the_day_of_the_act(self, record):
        """Raising the level takes the file from its supervisor; what was done before stays."""
        key = await of_post(record, "Pelaksana 0002 Sekretariat Daerah")
        await does(record, key, Act.SUBMIT_PLAN)
        before = record.agendas[key].awaited_person
        record.now += timedelta(hours=1)
        today = record.now.astimezone(ZONE).date().isoformat()
        await record.set_rule("penilai.level_min", {"lowest": "administrator"}, today)
        record.now += timedelta(hours=1)
        refused = await record.act(key, Act.AGREE_PLAN, before, {})
        assert refused.refusal is not None
        assert refused.refusal.rule == "act.role"
        assert post_of(record, before) == "Kepala Subbagian 1 Sekretariat Daerah"
        after = next(p for p in record.people if post_of(record, p) == "Sekretaris Daerah")
        done = await record.act(key, Act.AGREE_PLAN, after, {})
        assert done.verdict is Verdict.ACCEPTED
        rules = await record.database.web.fetch(
            "SELECT kind, convert_from(canonical, 'UTF8')::jsonb->>'rules' AS rules FROM event"
            " WHERE stream = $1 ORDER BY number",
            key.stream,
        )
        later = [r["kind"] for r in rules if r["rules"] == "predikat-1/1"]
        assert later == ["handed_over", "plan_agreed"]
        assert {r["rules"] for r in rules[: -len(later)]} == {"predikat-1/0"}
        assert await judged(record) == []
        assert await differences(Record(record.database, record.calendar)) == []

    async def test_cannot_be_opened_with_rules_that_nobody_set(self, record):
        await record.database.owner.execute("UPDATE period_run SET process = 'bulanan/1/4'")
        assert any("unknown process bulanan/1/4" in p.what for f in await judged(record) for p in f)


class TestOrganisation:
    async def test_is_read_under_the_rules_of_its_newest_day(self, record):
        await record.set_rule("plh.boleh_menilai", {"allowed": True}, "2026-04-01")
        async with record.database.web.acquire() as connection:
            city = await read_organisation(connection, ORG)
        assert city.rules.version == 1
        assert record.city.rules.version == 0
