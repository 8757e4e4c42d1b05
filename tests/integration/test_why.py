"""Every file of a played month is explained from the record itself, by the role of the web."""

from datetime import timedelta

import pytest

from cli.why_view import why_json
from domain.process import MONTHLY, load
from schemas.code import Act
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
        place = (record.database.web, organisation, record.calendar)
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
        assert turns - {None} <= {t.name for t in load(MONTHLY).turn}
        assert len(turns) > 5
