"""Periods by the workflows and by hand: opened, refused, closed by an occurrence of the schedule."""

from functools import partial

import pytest
from pydantic import JsonValue

from schemas.code import OrganisationAct
from schemas.occurrence import Occurrence
from schemas.task_queue import DISPATCH
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

pytestmark = pytest.mark.timeout(180)
JANUARY = "2026-01"
HORIZON = wib(2, 28, 0)
CLOSING = Occurrence(org=ORG, schedule="close-month", nominal=wib(3, 1, 0, 30))


@pytest.fixture(scope="module")
async def house():
    """The last day before January's horizon passes in 36 seconds."""
    directory = make_directory()
    async with running_house(directory, begins=wib(2, 27, 0), speed=2400) as running:
        rows: list[JsonValue] = [row.model_dump(mode="json") for row in small_city(8)]
        await running.order(OrganisationAct.IMPORT_ORGANISATION, {"rows": rows})
        yield running
    remove_directory(directory)


@pytest.fixture
def run(house):
    """Run a command on this stack."""
    return partial(siklus, SIKLUS_DATA=str(house.settings.data), SIKLUS_ORG=ORG)


class TestByHandAndByItself:
    async def test_a_month_is_opened_refused_and_closed(self, house, run):
        opened = await run("period", "open", "--period", JANUARY, "--json")
        assert opened.code == 0, opened.err
        files = opened.json["opened"]
        assert files == opened.json["data"]["included"] > 0
        handle = house.client.get_workflow_handle(f"period/{ORG}/{JANUARY}/bulanan/open")
        assert (await handle.result())["files"] == files

        assert house.clock.now() < HORIZON, "this machine is too slow for this clock"
        early = await run("period", "close", "--period", JANUARY, "--json")
        assert early.code == 3, early.err
        assert early.json["refusal"]["rule"] == "period.not_over"
        assert early.json["refusal"]["params"]["files"] == files

        await eventually(lambda: house.clock.now() > HORIZON, 90)
        closed = await house.client.execute_workflow(
            "ClosePeriods", CLOSING, id="close-january", task_queue=DISPATCH
        )
        assert closed == {f"{JANUARY}/bulanan": files}
        shown = (await run("period", "show", JANUARY, "--json")).json
        assert shown["closed"]["bulanan"] is not None
        assert sum(row["files"] for row in shown["summary"]) == files
        assert {row["verdict"] for row in shown["summary"]} == {"unrateable"}
        assert len(shown["unrateable"]) == files
        assert all(row["person"] and row["turn"] for row in shown["unrateable"])
        again = await run("period", "close", "--period", JANUARY)
        assert again.code == 3
        assert "period.closed" in again.out
        row = await house.web.fetchrow("SELECT * FROM occurrence WHERE schedule = 'close-month'")
        assert row["told"] == {f"{JANUARY}/bulanan": files}
        assert row["ended_at"] is not None
        report = await house.check()
        assert problems_of(report) is None
