"""The worker is away while a deadline passes. What was received in time is decided first."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest

from runtime.clock import Clock
from schemas.code import Act, End, Via
from schemas.error import ErrorType
from schemas.identifier import FileKey
from storage.command import Request, Stored, store
from tests.builders import wib
from tests.support.crash_worker import Doom
from tests.support.stack import ORG, House, problems_of, running_house, small_city
from tests.support.waiting import eventually

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120)]
DAY_SECONDS = 3.0
NO_SWEEP = 3600.0
MOMENT = timedelta(seconds=1)


@pytest.fixture(scope="module")
def doom(directory):
    return Doom(directory / "doom")


@pytest.fixture(scope="module")
async def house(directory, doom):
    """A working week passes in some twenty seconds."""
    async with running_house(
        directory,
        workers=[doom.spec()],
        begins=wib(3, 2, 7),
        speed=86_400 / DAY_SECONDS,
        sweep_seconds=NO_SWEEP,
    ) as house:
        yield house


@pytest.fixture(scope="module")
async def files(house):
    return await house.open_month(small_city(6))


async def to_acceptance(house: House, file: FileKey) -> datetime:
    """Let everybody do their part up to the supervisor's signature; when the window ends."""
    while (await house.state(file)).turn != "acceptance":
        await house.walk(file, 1)
    due = (await house.state(file)).due_at
    assert due is not None
    return due


async def received_at(house: House, file: FileKey, at: datetime) -> UUID:
    """Store the employee's objection as the gateway does, at an instant of our own choosing."""
    step, command_id = await house.step(file, Act.OBJECT), uuid4()
    request = Request(
        command_id, ORG, file.stream, step.act, step.actor, step.body, step.version, Via.WEB, None
    )
    async with house.web.acquire() as connection:
        stored = await store(connection, request, Clock.standard(lambda: at))
    assert stored == Stored(is_new=True)
    return command_id


async def kinds(house: House, file: FileKey) -> list[str]:
    rows = await house.web.fetch(
        "SELECT kind FROM event WHERE stream = $1 ORDER BY number", file.stream
    )
    return [row["kind"] for row in rows]


class TestDeadlinePassesMeanwhile:
    async def test_a_timer_never_overtakes_what_was_stored_in_time(self, house, doom, files):
        in_time, at_the_last, too_late, silent = files[:4]
        dues = await asyncio.gather(*(to_acceptance(house, file) for file in files[:4]))
        doom.keep_away()
        house.stack.kill("worker-1")
        assert house.clock.now() < min(dues), "this machine is too slow for this clock"
        first = await received_at(house, in_time, dues[0] - MOMENT)
        last = await received_at(house, at_the_last, dues[1] - timedelta(microseconds=1))
        late = await received_at(house, too_late, dues[2] + MOMENT)
        await eventually(lambda: house.clock.now() > max(dues) + 2 * MOMENT, 60)
        assert await house.outcome(first) is None
        doom.let_come()

        for command_id, file in ((first, in_time), (last, at_the_last)):
            outcome = await eventually(partial(house.outcome, command_id), 60)
            assert outcome["verdict"] == "accepted", outcome
            happened = await kinds(house, file)
            assert "objected" in happened
            assert "turn_expired" not in happened
            assert "deemed" not in str((await house.state(file)).end)
        outcome = await eventually(lambda: house.outcome(late), 60)
        assert outcome["refusal"]["type"] == ErrorType.DEADLINE_PASSED
        for file in (too_late, silent):
            await house.completes(file)
            assert (await house.state(file)).end is End.DEEMED_ACCEPTED
            assert (await kinds(house, file)).count("turn_expired") == 1


class TestNextWakeUp:
    async def test_heals_what_nobody_asked_for_again(self, house, doom, files):
        """The act went on to a stage of which the workflow knows nothing until time rings."""
        file = files[4]
        step, command_id = await house.step(file), uuid4()
        doom.after_commit(command_id)
        caller = asyncio.create_task(house.until_decided(step, command_id))
        await eventually(lambda: doom.has_struck(command_id), 30)
        caller.cancel()
        await asyncio.wait({caller})
        house.stack.kill("temporal")
        await house.works()
        await house.catches_up(file, 60)
        assert len(await house.kinds(command_id)) == 1
        assert not problems_of(await house.check())
