"""Postgres or Temporal is away for a while: hanging, or dead and not coming back.

Whoever acts gets an honest answer within five seconds, and after the outage all goes on.
"""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from time import monotonic
from uuid import uuid4

import pytest

from gateway.answer import Status, Unavailable
from tests.support.stack import problems_of, running_house, small_city
from tests.support.waiting import eventually

pytestmark = [pytest.mark.crash, pytest.mark.timeout(180)]
PATIENCE = 5.5  # five seconds, and a little for a busy machine
FLAT = 25  # events
WAYS = ("hanging", "gone")


@pytest.fixture(scope="module")
async def house(directory):
    async with running_house(directory) as house:
        yield house


@pytest.fixture(scope="module")
async def files(house):
    return await house.open_month(small_city(12))


@pytest.fixture(scope="module")
def outage_seconds(is_full):
    return 60 if is_full else 5


async def decided(house, command_id):
    """Wait until a command has an outcome; it must have been accepted."""
    outcome = await eventually(lambda: house.outcome(command_id), 60)
    assert outcome["verdict"] == "accepted", outcome


async def asks_patiently(house, file):
    """Whether the question to the ledger goes on as a regular activity."""
    handle = house.client.get_workflow_handle(file.workflow_id)
    return (await handle.describe()).raw_description.pending_activities


class TestPostgresAway:
    @pytest.mark.parametrize("how", WAYS)
    async def test_an_act_that_comes_meanwhile_is_sent_away_within_five_seconds(
        self, house, files, how
    ):
        file = files[WAYS.index(how)]
        step, command_id = await house.step(file), uuid4()
        took = []
        async with house.away("postgres", how):
            for _ in range(3):
                began = monotonic()
                with pytest.raises(Unavailable):
                    await house.send(step, command_id)
                took.append(monotonic() - began)
        await house.works()
        assert max(took) <= PATIENCE, took
        assert not await house.owner.fetchval("SELECT true FROM command WHERE id = $1", command_id)
        assert (await house.until_decided(step, command_id)).status is Status.DONE

    @pytest.mark.parametrize("how", WAYS)
    async def test_an_act_that_was_stored_before_waits_and_goes_on(
        self, house, files, how, outage_seconds
    ):
        """The worker is held until the act is stored, and finds no Postgres to decide it.

        Its history does not grow however long that lasts.
        """
        waiting = files[2 + 3 * WAYS.index(how) :][:3]
        acts = [(await house.step(file), uuid4()) for file in waiting]
        async with AsyncExitStack() as outage:
            async with house.hanging("worker-1"):
                sent = [asyncio.create_task(timed(house.send(*act))) for act in acts]
                await eventually(lambda: all_stored(house, acts))
                await outage.enter_async_context(house.away("postgres", how))
            answers = await asyncio.gather(*sent)
            for file in waiting:
                await eventually(partial(asks_patiently, house, file), 20)
            before = [await house.history_length(file) for file in waiting]
            await asyncio.sleep(outage_seconds)  # the outage itself, not a wait for something
            assert [await house.history_length(file) for file in waiting] == before
        for answer, seconds in answers:
            assert answer.status is Status.STORED
            assert seconds <= PATIENCE
        assert max(before) < FLAT
        await house.works()
        for step, command_id in acts:
            await decided(house, command_id)
            await house.catches_up(step.file)
        assert not problems_of(await house.check())


class TestTemporalAway:
    @pytest.mark.parametrize("how", WAYS)
    async def test_an_act_is_stored_and_decided_later(self, house, files, how):
        """Nobody repeats it: the sweep alone sees to it."""
        file = files[8 + WAYS.index(how)]
        step, command_id = await house.step(file), uuid4()
        async with house.away("temporal", how):
            answer, seconds = await timed(house.send(step, command_id))
            assert answer.status is Status.STORED
            assert seconds <= PATIENCE
            assert await house.outcome(command_id) is None
            assert (await house.state(file)).version == step.version, "reading goes on"
        await decided(house, command_id)
        await house.catches_up(file)
        assert not problems_of(await house.check())


async def timed(sending):
    began = monotonic()
    return await sending, monotonic() - began


async def all_stored(house, acts):
    rows = await house.owner.fetch(
        "SELECT outcome FROM command WHERE id = any($1)", [command_id for _, command_id in acts]
    )
    assert all(row["outcome"] is None for row in rows)
    return len(rows) == len(acts)
