"""I9: open files and running workflows are the same."""

from uuid import UUID, uuid4

import pytest
from temporalio.service import RPCError, RPCStatusCode

from audit import workflow
from audit.report import Invariant
from runtime.temporal_client import connect
from tests.support.judging import FakeTemporal, broken, judge, only, open_streams
from tests.support.played_record import ORG, PERIOD

pytestmark = pytest.mark.timeout(120)


class TestWorkflows:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch):
        monkeypatch.setattr(workflow, "SETTLE_SECONDS", 0.1)
        monkeypatch.setattr(workflow, "AGAIN_SECONDS", 0.02)

    async def test_open_files_and_running_workflows_agree(self, record):
        open_ones = await open_streams(record)
        report = await judge(record, FakeTemporal(open_ones))
        assert report.problems == 0
        assert report.finding(Invariant.WORKFLOWS).checked == len(open_ones) > 0

    async def test_a_lost_workflow_is_missed(self, record):
        stream, *rest = sorted(await open_streams(record))
        found = await only(record, "I9", at=f"{stream}: ", client=FakeTemporal(rest))
        assert found["I9"][0].endswith("not there")

    async def test_a_workflow_ahead_of_the_record_is_found(self, record):
        stream, *rest = sorted(await open_streams(record))
        client = FakeTemporal(rest, completed=[stream])
        found = await only(record, "I9", at=f"{stream}: ", client=client)
        assert "ahead of the record" in found["I9"][0]

    async def test_a_workflow_of_a_closed_file_is_found(self, record):
        closed = await record.web.fetchval(
            "SELECT stream FROM file WHERE ended IS NOT NULL LIMIT 1"
        )
        client = FakeTemporal({*await open_streams(record), closed})
        await only(record, "I9", at=f"{closed}: ", client=client)

    async def test_a_workflow_without_a_file_is_found(self, record):
        stray = f"file/{ORG}/{PERIOD}/bulanan/{UUID(int=1)}"
        client = FakeTemporal({*await open_streams(record), stray})
        await only(record, "I9", at=f"{stray}: ", client=client)

    async def test_a_stale_list_is_no_problem(self, record):
        open_ones = await open_streams(record)
        gone = await record.web.fetchval("SELECT stream FROM file WHERE ended IS NOT NULL LIMIT 1")
        assert await broken(record, client=FakeTemporal(open_ones, listed=[gone])) == {}

    async def test_other_organisations_are_none_of_its_business(self, record):
        other = f"file/elsewhere/{PERIOD}/bulanan/{uuid4()}"
        client = FakeTemporal({*await open_streams(record), other})
        assert await broken(record, client=client) == {}

    async def test_a_temporal_that_does_not_answer_is_a_problem(self, record):
        class Away(FakeTemporal):
            def get_workflow_handle(self, workflow_id):
                raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")

        found = await only(record, "I9", at="Temporal: ", client=Away([]))
        assert found["I9"] == ["Temporal: Temporal does not answer: unavailable"]

    async def test_a_temporal_that_was_never_reached_is_a_problem(self, record):
        client = await connect("127.0.0.1:1", lazy=True)
        await only(record, "I9", at="Temporal: Temporal does not answer", client=client)

    async def test_what_was_not_looked_at_is_said(self, record):
        report = await judge(record)
        assert report.finding(Invariant.WORKFLOWS).checked == 0
        note = "not checked: Temporal was not reachable"
        assert report.finding(Invariant.WORKFLOWS).note == note
