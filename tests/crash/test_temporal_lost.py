"""Temporal's database is gone. Postgres is the record: everything open goes on."""

import asyncio
from uuid import uuid4

import pytest

from audit.report import Invariant
from gateway.answer import Status
from tests.support.stack import ORG, problems_of, running_house, small_city
from tests.support.waiting import eventually

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120)]
STORED = 3


def lose_temporal(house):
    """Delete what the server keeps."""
    for part in (house.settings.data / "temporal").glob("temporal.db*"):
        part.unlink()


async def known(house):
    """The workflows that Temporal has."""
    query = f'EvalOrg="{ORG}"'
    return {found.id async for found in house.client.list_workflows(query)}


async def decided(house, command_id):
    outcome = await eventually(lambda: house.outcome(command_id), 60)
    assert outcome["verdict"] == "accepted", outcome


class TestLostWhileNothingRan:
    async def test_every_open_file_goes_on_and_what_was_stored_is_decided(self, directory):
        async with running_house(directory) as house:
            files = await house.open_month(small_city())
            await asyncio.gather(*(house.walk(file, n % 8) for n, file in enumerate(files)))
            await house.walk(files[0], 9)  # closed: nothing is to be made for it
            acts = [(await house.step(file), uuid4()) for file in files[1 : 1 + STORED]]
            async with house.hanging("worker-1"):  # stored, and never decided
                answers = await asyncio.gather(*(house.send(*act) for act in acts))
                assert [answer.status for answer in answers] == [Status.STORED] * STORED
                house.stack.kill("temporal")
                house.stack.kill("worker-1")
        lose_temporal(house)

        async with running_house(directory) as house:
            assert house.stack.fresh
            for _, command_id in acts:
                await decided(house, command_id)
            # Before anybody acts, for an act would bring its workflow back, too.
            report = await house.check()
            assert not problems_of(report)
            assert report.finding(Invariant.WORKFLOWS).checked == len(files) - 1
            assert files[0].workflow_id not in await known(house)
            for file in files[1:]:
                answer = await house.until_decided(await house.step(file))
                assert answer.status is Status.DONE
            assert not problems_of(await house.check())


class TestLostWhileTheRestRuns:
    async def test_every_open_file_goes_on(self, other_directory):
        async with running_house(other_directory) as house:
            files = await house.open_month(small_city())
            house.stack.kill("temporal")
            lose_temporal(house)
            await house.works()
            answer = await house.until_decided(await house.step(files[0]))
            assert answer.status is Status.DONE
            await eventually(lambda: in_order(house), 60, 1.0)


async def in_order(house):
    """No problem at all; the last look's problems are in the failure message."""
    problems = problems_of(await house.check())
    assert not problems, problems
    return True
