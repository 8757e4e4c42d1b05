"""A cadence that does not ship, semesteran, from a data file alone, run to the end."""

import shutil
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from audit.check import check
from domain import definition
from domain.definition import kinds, shape
from domain.working_calendar import ZONE
from schemas.code import Act, OrganisationAct
from schemas.cycle import Advance, Verdict
from schemas.identifier import FileKey
from simulation.city import generate
from simulation.texts import Matter, body
from storage.organisation import read_organisation
from tests.support.played_record import ORG, PlayedRecord

SEMESTERAN = """
like = "triwulanan-1"
id = "semesteran"
version = 1
cadence = { months = 6, people = ["PNS", "PPPK paruh waktu"] }
"""
OPENED = datetime(2026, 1, 5, 8, tzinfo=ZONE).astimezone(UTC)
ROWS = generate(14, seed=3, part_time=2)
WAY = (Act.SUBMIT_PLAN, Act.AGREE_PLAN, Act.SUBMIT_REPORT, Act.SCORE, Act.GIVE_FEEDBACK,
       Act.RESPOND_TO_FEEDBACK, Act.RECORD_MEETING, Act.SIGN, Act.SIGN)  # fmt: skip


@pytest.fixture
def semesteran(tmp_path, monkeypatch):
    """The shipped definitions, and one more file beside them."""
    shipped = Path(str(files("domain"))) / "processes"
    shutil.copytree(shipped, tmp_path / "processes")
    (tmp_path / "processes" / "semesteran-1.toml").write_text(SEMESTERAN)
    monkeypatch.setattr(definition, "DIRECTORY", tmp_path / "processes")
    for cached in (kinds, shape, definition._resolved):
        cached.cache_clear()
    yield
    for cached in (kinds, shape, definition._resolved):
        cached.cache_clear()


@pytest.fixture
async def record(fresh_database, semesteran):
    made = PlayedRecord(fresh_database, now=OPENED)
    data = [row.model_dump(mode="json") for row in ROWS]
    await made.order(OrganisationAct.IMPORT_ORGANISATION, {"rows": data})
    return made


async def read_city(record):
    async with record.database.web.acquire() as connection:
        return await read_organisation(connection, ORG)


async def opened(record):
    order = {"period": "2026-S1", "kind": "semesteran"}
    outcome = await record.order(OrganisationAct.OPEN_PERIOD, order)
    assert outcome.verdict is Verdict.ACCEPTED
    return outcome.data


class TestSemesteran:
    async def test_takes_in_whom_its_file_names(self, record):
        data = await opened(record)
        kinds_in = await record.database.web.fetch(
            "SELECT DISTINCT p.kind FROM roster AS r JOIN person AS p ON p.id = r.person"
            " WHERE r.excluded_because IS NULL"
        )
        assert {row["kind"] for row in kinds_in} == {"PNS", "PPPK paruh waktu"}
        assert data["included"]

    async def test_runs_from_its_plan_to_its_end(self, record):
        await opened(record)
        person = await record.database.web.fetchval(
            "SELECT person FROM roster WHERE excluded_because IS NULL ORDER BY person LIMIT 1"
        )
        key = FileKey(org=ORG, period="2026-S1", kind="semesteran", person=person)
        await record.advance(Advance(file=key))
        record.city, record.people = await read_city(record), [person]
        await record.set_units("2026-S1")
        for act in WAY:
            if act is Act.SUBMIT_REPORT:
                record.now = datetime(2026, 7, 1, 9, tzinfo=ZONE).astimezone(UTC)
                assert record.agendas[key].due_at == datetime(2026, 7, 10, tzinfo=ZONE)
            record.now += timedelta(hours=1)
            state = await record.state(key)
            matter = Matter(state.planned, state.work_result, state.behaviour, date(2026, 7, 1))
            actor = record.agendas[key].awaited_person
            said = body(act, matter, record.chance)
            if act is Act.SIGN:  # one person's predicate is no spread as the guide has it
                said = {"distribution_reason": "[Simulasi] satu orang"}
            outcome = await record.act(key, act, actor, said)
            assert outcome.verdict is Verdict.ACCEPTED, (act, outcome)
        assert (await record.state(key)).end == "accepted"

    async def test_an_untouched_file_ends_by_itself_and_the_judge_agrees(self, record):
        await opened(record)
        people = await record.database.web.fetch(
            "SELECT person FROM roster WHERE excluded_because IS NULL"
        )
        for row in people:
            key = FileKey(org=ORG, period="2026-S1", kind="semesteran", person=row["person"])
            await record.advance(Advance(file=key))
            while record.agendas[key].wake is not None:
                await record.advance(Advance(file=key, wake=record.agendas[key].wake))
        ends = await record.database.web.fetch("SELECT DISTINCT ended FROM file")
        assert {row["ended"] for row in ends} == {"unrateable"}
        report = await check(record.database.web, None, ORG, record.calendar)
        said = [f.problems for f in report.findings if f.total and f.id != "I5"]
        assert said == []

    async def test_a_period_of_another_length_is_refused_with_an_example(self, record):
        order = {"period": "2026-TW1", "kind": "semesteran"}
        outcome = await record.order(OrganisationAct.OPEN_PERIOD, order)
        assert outcome.refusal is not None
        assert outcome.refusal.rule == "period.cadence"
        assert outcome.refusal.params["example"] == "2026-S1"

    async def test_a_kind_that_nobody_defined_is_refused(self, record):
        order = {"period": "2026-03", "kind": "mingguan"}
        outcome = await record.order(OrganisationAct.OPEN_PERIOD, order)
        assert outcome.refusal is not None
        assert outcome.refusal.rule == "period.kind"
        assert "semesteran" in str(outcome.refusal.params["kinds"])
