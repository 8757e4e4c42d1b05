"""A month is opened while everything is killed at random moments: in the end it is open, once."""

import asyncio
import random

import pytest
from pydantic import JsonValue

from schemas.code import OrganisationAct
from schemas.occurrence import Occurrence
from schemas.task_queue import DISPATCH
from tests.builders import wib
from tests.support.nemesis import EVERYTHING, POSTGRES, SERVER, WORKER, Nemesis
from tests.support.stack import ORG, PERIOD, House, problems_of, running_house, small_city
from tests.support.waiting import eventually

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]
NOMINAL = wib(3, 1, 0, 5)
RUN_ID = "open-under-fire"


async def opened_under_fire(house: House, people: int, counts: dict[str, int]) -> Nemesis:
    """Let a schedule's run open the month, and carry out the faults meanwhile."""
    rows: list[JsonValue] = [row.model_dump(mode="json") for row in small_city(people)]
    await house.order(OrganisationAct.IMPORT_ORGANISATION, {"rows": rows})
    occurrence = Occurrence(org=ORG, schedule="open-month", nominal=NOMINAL)
    seed = random.randrange(1_000_000)  # noqa: S311  (from the run's seed, which pytest prints)
    nemesis = Nemesis(house.stack, seed, counts, longest_stall=2.0)
    await house.client.start_workflow("OpenPeriods", occurrence, id=RUN_ID, task_queue=DISPATCH)
    await eventually(lambda: house.web.fetchval("SELECT count(*) > 0 FROM file"), 60)
    await nemesis.run()
    return nemesis


async def result_of(house: House) -> dict[str, int]:
    """What the run says it has opened; whatever is away meanwhile, it ends."""
    handle = house.client.get_workflow_handle(RUN_ID, result_type=dict[str, int])
    return await eventually(lambda: asyncio.wait_for(handle.result(), 5), 120, 0.5)


class TestOpeningUnderFire:
    async def test_some_kills_double_and_lose_nothing(self, directory):
        await self._open(directory, 30, {WORKER: 2, SERVER: 1, POSTGRES: 1, EVERYTHING: 1}, 3)

    @pytest.mark.full
    @pytest.mark.timeout(1200)
    async def test_twenty_kills_double_and_lose_nothing(self, other_directory):
        counts = {WORKER: 9, SERVER: 5, POSTGRES: 4, EVERYTHING: 2}
        await self._open(other_directory, 300, counts, 6)

    async def _open(self, directory, people, counts, pace):
        """At a pace that lets the faults fall into the opening."""
        async with running_house(directory, starts_per_second=pace) as house:
            nemesis = await opened_under_fire(house, people, counts)
            assert len(nemesis.done) == sum(counts.values())
            result = await result_of(house)
            roster = await house.web.fetchval(
                "SELECT count(*) FROM roster WHERE excluded_because IS NULL"
            )
            files = await house.files(PERIOD)
            assert result == {f"{PERIOD}/bulanan": roster}
            assert len(files) == len({file.file_id for file in files}) == roster
            for once in (
                "SELECT count(*) FROM event WHERE kind = 'period_opened'",
                "SELECT count(*) FROM command WHERE act = 'open_period'",
                "SELECT count(*) FROM occurrence WHERE ended_at IS NOT NULL",
            ):
                assert await house.web.fetchval(once) == 1, once
            opened = "SELECT count(*) FROM event WHERE kind = 'file_opened'"
            assert await house.web.fetchval(opened) == roster
            runs = [
                run.id
                async for run in house.client.list_workflows("WorkflowType = 'EvaluationCycle'")
            ]
            assert sorted(runs) == sorted(file.workflow_id for file in files)
            assert problems_of(await house.check()) is None
