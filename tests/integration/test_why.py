"""Every file of a played month is explained from the record itself, by the role of the web."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.output import Ambiguous, Exit
from cli.why_view import why_json
from domain.definition import shape
from domain.process import MONTHLY
from schemas.code import Act
from schemas.text import heading
from storage.organisation import read_organisation
from storage.read.explanation import read_explanation
from storage.read.file import show_file
from tests.support.played_record import BEGIN, ORG, PlayedRecord
from tests.support.stack import small_city

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def record(fresh_database):
    made = PlayedRecord(fresh_database)
    await made.begin(small_city(4))
    await made.play(BEGIN + timedelta(days=62))
    return made


class TestWhy:
    async def test_every_file_is_explained_with_its_events_and_names(self, record) -> None:
        async with record.database.web.acquire() as connection:
            organisation = await read_organisation(connection, ORG)
        asked = {"at": record.now, "person": record.people[0]}
        place = (record.database.web, organisation)
        turns = set()
        for key in record.agendas:
            read = await read_explanation(*place, key.file_id, **asked)
            page = await show_file(*place, key.file_id, **asked)
            turns |= {reason.params.get("turn") for reason in read.explanation.reasons()}
            assert [e.kind for e in read.explanation.history] == [e.kind for e in page.timeline]
            assert page.standing is not None
            assert read.explanation.offered == page.standing.acts
            assert len(read.explanation.refused) == len(Act) - len(page.standing.acts)
            assert set(read.names) == read.explanation.people()
            sentences = [s for r in why_json(read)["holder"] for s in r["said"].values()]
            assert sentences
            assert not any("{" in sentence for sentence in sentences)
        assert turns - {None} <= {t.name for t in shape(MONTHLY).turn}
        assert len(turns) > 5


@pytest.fixture
def ask(record, monkeypatch):
    """Run the command on the record, in this process and without Temporal."""
    asked: list[Any] = []
    monkeypatch.setattr("cli.why.run", asked.append)
    settings = SimpleNamespace(org=ORG, language="id")
    session = SimpleNamespace(
        pool=record.database.web, calendar=record.calendar, clock=record.clock, settings=settings
    )

    async def command(*line: str):
        result = CliRunner().invoke(app, ["why", *line])
        assert result.exit_code == 0, result.output
        return await asked.pop()(session)

    return command


class TestCommand:
    async def test_explains_a_file_by_the_beginning_of_its_id(self, record, ask, capsys) -> None:
        file = str(next(iter(record.agendas)).file_id)
        assert await ask(file[:8]) is Exit.OK
        said = capsys.readouterr().out
        assert heading("result", "id") in said
        assert heading("refused", "id") not in said

    async def test_tells_somebody_what_he_may_not_do(self, record, ask, capsys) -> None:
        key = next(iter(record.agendas))
        line = (str(key.file_id), "--as", str(key.person), "--json")
        assert await ask(*line) is Exit.OK
        page = json.loads(capsys.readouterr().out)
        refused = {each["act"]: each for each in page["refused"]}
        assert page["person"] == str(key.person)
        assert set(refused["score"]["said"]) == {"id", "en"}
        assert [c["rule"] for c in refused["decide_objection"]["rules"]] == ["keberatan.pemutus"]

    async def test_a_file_that_does_not_exist_names_the_remedy(self, ask) -> None:
        with pytest.raises(Ambiguous, match="siklus file list"):
            await ask("ffffffff-ffff")
