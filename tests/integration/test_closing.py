"""A period is closed: every file has its verdict, and nothing that comes later changes a figure."""

from datetime import timedelta

import pytest

from audit.again.run import recompute
from audit.check import check
from domain.working_calendar import load
from schemas.code import Act, End, OrganisationAct
from schemas.cycle import Verdict
from schemas.period import BULANAN
from simulation.city import generate
from storage.read.period import read_frozen, read_unrateable
from tests.builders import wib
from tests.support.played_record import DAY, END, ORG, PERIOD, UNITS_SET, PlayedRecord
from tests.support.stack import problems_of

pytestmark = pytest.mark.timeout(120)
CLOSING = {"period": PERIOD, "kind": BULANAN}
LATE = {"what": "[Simulasi] realisasi di atas kertas", "reason": "[Simulasi] pegawai dirawat"}
HORIZON = "2026-04-30T17:00:00.000000Z"


class Undecided(PlayedRecord):
    """Objections are made, and nobody decides any."""

    async def _somebody_acts(self, key):
        if self.agendas[key].turn != "objection":
            await super()._somebody_acts(key)


@pytest.fixture
async def record(fresh_database):
    """A month in which nobody does anything."""
    made = Undecided(fresh_database)
    await made.begin(generate(14, seed=3))
    return made


async def judged(record):
    return await check(record.database.web, None, ORG, load())


def problems(report, invariant):
    return [p.what for f in report.findings if f.id == invariant for p in f.problems]


async def close(record, actor=None, **other):
    return await record.order(OrganisationAct.CLOSE_PERIOD, CLOSING | other, actor)


async def closed_month(record):
    record.now = END
    outcome = await close(record)
    assert outcome.verdict is Verdict.ACCEPTED, outcome
    return outcome


def office(record, key):
    """Somebody of the HR office, for the file of somebody else."""
    today = record._today()
    return next(p for p in record.people if record.city.hr_seat(p, today) and p != key.person)


async def one_unrateable(record):
    stream = await record.database.web.fetchval(
        "SELECT stream FROM file WHERE ended = 'unrateable' ORDER BY stream LIMIT 1"
    )
    return next(key for key in record.agendas if key.stream == stream)


class TestClosing:
    async def test_laggards_end_first_and_block_nobody(self, record):
        """No timer has rung: that the files are past their horizon is seen by the order alone."""
        outcome = await closed_month(record)
        files = len(record.agendas)
        assert outcome.data["unrateable"] == files > 0
        assert {a.end for a in record.agendas.values()} == {End.UNRATEABLE}
        owed = await read_unrateable(record.database.web, ORG, PERIOD)
        assert len(owed) == files
        assert all(row.turn == "report_submission" and row.person for row in owed)
        assert problems_of(await judged(record)) is None

    async def test_is_refused_before_the_horizon_and_says_how_many_and_until_when(self, record):
        record.now = wib(4, 20, 9)
        outcome = await close(record)
        assert outcome.refusal is not None
        assert outcome.refusal.rule == "period.not_over"
        assert outcome.refusal.params["files"] == len(record.agendas)
        assert outcome.refusal.params["until"] == HORIZON
        assert problems_of(await judged(record)) is None

    async def test_happens_once(self, record):
        await closed_month(record)
        again = await close(record, record.officer())
        assert again.refusal is not None
        assert again.refusal.rule == "period.closed"
        events = "SELECT count(*) FROM event WHERE kind = 'period_closed'"
        assert await record.database.web.fetchval(events) == 1
        assert problems_of(await judged(record)) is None

    async def test_is_refused_where_nothing_was_opened_and_to_outsiders(self, record):
        record.now = END
        for refused, rule in (
            (await close(record, period="2026-02"), "period.unopened"),
            (await close(record, record.people[-1]), "act.role"),
        ):
            assert refused.refusal is not None
            assert refused.refusal.rule == rule
        assert problems_of(await judged(record)) is None

    async def test_objections_outlive_the_horizon_and_are_waited_for(self, record):
        await record.play(UNITS_SET)
        await record.set_units(PERIOD)
        await record.play(wib(4, 30, 9))
        record.now = wib(5, 1, 1)
        waiting = await still_open(record)
        assert {record.agendas[key].turn for key in waiting} >= {"objection"}
        refused = (await close(record)).refusal
        assert refused is not None
        assert (refused.rule, refused.params["files"]) == ("period.exempt_files", len(waiting))
        assert refused.params["until"] > HORIZON
        for key in waiting:
            said = {"cause": "wrong_file", "reason": "[Simulasi] salah berkas"}
            await record.act(key, Act.WITHDRAW, office(record, key), said)
        outcome = await close(record)
        assert outcome.verdict is Verdict.ACCEPTED, outcome
        kinds = [name for name in ("done", "done_by_superior", "unrateable", "withdrawn")
                 if outcome.data[name]]  # fmt: skip
        assert len(kinds) >= 3, outcome.data
        frozen = await read_frozen(record.database.web, ORG, PERIOD)
        assert sum(row.files for row in frozen) == len(record.agendas)
        assert problems_of(await judged(record)) is None


async def still_open(record):
    rows = await record.database.web.fetch("SELECT stream FROM file WHERE ended IS NULL")
    streams = {row["stream"] for row in rows}
    for key in list(record.agendas):
        if key.stream in streams:
            await record.let_time_pass(key)
    return [key for key, agenda in record.agendas.items() if agenda.end is None]


class TestLateWork:
    async def test_is_an_event_of_the_closed_file_and_changes_no_figure(self, record):
        await closed_month(record)
        before = await read_frozen(record.database.web, ORG, PERIOD)
        key = await one_unrateable(record)
        state = await record.state(key)
        officer = office(record, key)
        outcome = await record.act(key, Act.RECORD_LATE, officer, LATE)
        assert outcome.verdict is Verdict.ACCEPTED, outcome
        assert await record.state(key) == state
        assert await read_frozen(record.database.web, ORG, PERIOD) == before
        late = [r for r in await read_unrateable(record.database.web, ORG, PERIOD) if r.late]
        assert [(row.file, row.late) for row in late] == [(key.file_id, 1)]
        again = await recompute(record.database.databases.web, ORG, PERIOD, 1)
        assert (again.files, again.total) == (len(record.agendas), 0)
        assert problems_of(await judged(record)) is None

    async def test_is_for_the_hr_office_and_for_files_without_a_result(self, record):
        key = next(iter(record.agendas))
        officer = office(record, key)
        early = await record.act(key, Act.RECORD_LATE, officer, LATE)
        assert early.refusal is not None
        assert early.refusal.rule == "late.not_unrateable"
        await closed_month(record)
        outsider = await record.act(key, Act.RECORD_LATE, key.person, LATE)
        assert outsider.refusal is not None
        assert outsider.refusal.rule == "act.role"
        assert problems_of(await judged(record)) is None


class TestJudge:
    @pytest.mark.parametrize(
        ("forgery", "invariant", "said"),
        [
            ("UPDATE period_summary SET files = files + 1", "closed", "frozen figures"),
            ("UPDATE period_summary SET verdict = 'done'", "closed", "frozen figures"),
            ("DELETE FROM period_summary", "closed", "frozen figures"),
            ("UPDATE period_run SET closed_at = closed_at + interval '1 second'", "closed", "instant"),
            ("UPDATE period_run SET closed_at = NULL", "closed", "not closed"),
            ("UPDATE file SET unit = unit || ' lain'", "closed", "other figures"),
            ("UPDATE file SET ended = 'accepted' WHERE ended = 'unrateable'", "closed", "other figures"),
        ],
    )  # fmt: skip
    async def test_a_forged_closing_is_found(self, record, forgery, invariant, said):
        await closed_month(record)
        await record.database.owner.execute(forgery)
        assert any(said in what for what in problems(await judged(record), invariant))

    async def test_a_refusal_that_names_another_number_is_found(self, record):
        record.now = END - 10 * DAY
        await close(record)
        await record.database.owner.execute(
            "UPDATE command SET outcome = jsonb_set(outcome, '{refusal,params,files}', '1')"
            " WHERE act = 'close_period'"
        )
        assert any("period.not_over" in what for what in problems(await judged(record), "I8"))

    async def test_a_file_that_ended_after_the_closing_is_found(self, record):
        await closed_month(record)
        later = (END + timedelta(hours=1)).isoformat()
        await record.database.owner.execute(
            "UPDATE file SET state = jsonb_set(state, '{ended_at}', to_jsonb($1::text))", later
        )
        found = problems(await judged(record), "closed")
        assert any("had not ended" in what for what in found)
