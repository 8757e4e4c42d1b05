"""A worker dies between the commit and the end of its workflow task, and nobody asks again.

The workflow is then behind the record. Nobody may ever be refused for that, and it heals.
"""

import asyncio
import contextlib
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus

from gateway.answer import Status
from gateway.sweep import Sweep
from schemas.identifier import FileKey
from tests.support.crash_worker import Doom
from tests.support.stack import House, Step, problems_of, running_house, small_city
from tests.support.waiting import eventually

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]
NO_SWEEP = 3600.0  # nothing but what a test does may heal a workflow
STEPS = 9  # from the plan to the employee's signature
UNDECIDED = 5
HEALED = 4


@pytest.fixture(scope="module")
def doom(directory):
    return Doom(directory / "doom")


@pytest.fixture(scope="module")
async def house(directory, doom):
    async with running_house(
        directory, workers=[doom.spec(1), doom.spec(2)], sweep_seconds=NO_SWEEP
    ) as house:
        yield house


@pytest.fixture(scope="module")
def repetitions(is_full):
    return 25 if is_full else 6


@pytest.fixture(scope="module")
async def files(house, repetitions):
    """Files in all stages; each is hurt by one test only."""
    files = await house.open_month(small_city(2 * repetitions + UNDECIDED + HEALED))
    await asyncio.gather(*(house.walk(file, n % (STEPS - 1)) for n, file in enumerate(files)))
    return files


async def lose(house: House, doom: Doom, file: FileKey) -> tuple[Step, UUID]:
    """Send an act whose worker dies right after the commit, and whose caller goes away."""
    step, command_id = await house.step(file), uuid4()
    doom.after_commit(command_id)
    await _abandon(house, doom, step, command_id)
    assert await house.outcome(command_id) is not None, "it died too early"
    return step, command_id


async def _abandon(house: House, doom: Doom, step: Step, command_id: UUID) -> None:
    caller = asyncio.create_task(house.until_decided(step, command_id))
    await eventually(lambda: doom.has_struck(command_id), 30)
    caller.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await caller


async def kill_server(house: House) -> None:
    """What the server alone knew of an update goes with it."""
    house.stack.kill("temporal")
    await house.works()


async def one_effect(house: House, step: Step, command_id: UUID) -> None:
    """A command's repetition gets its one outcome, and there is one set of events."""
    again = await house.send(step, command_id)
    assert again.status is Status.DONE, again
    assert again.version == step.version + 1
    kinds = await house.kinds(command_id)
    assert kinds
    assert len(kinds) == len(set(kinds)), kinds


async def follow(house: House, lost: Step, command_id: UUID) -> None:
    """The next act, made of the page as it is now, is done; the lost one has happened once."""
    following = await house.step(lost.file)
    assert following.version == lost.version + 1
    answer = await house.until_decided(following)
    assert answer.status is Status.DONE, answer
    await one_effect(house, lost, command_id)
    assert (await house.state(lost.file)).version == lost.version + 2
    await house.catches_up(lost.file)


class TestNextAct:
    async def test_is_never_refused_after_a_worker_died(self, house, doom, files, repetitions):
        """The next act comes at once, while the server still waits for the dead worker."""
        async with asyncio.TaskGroup() as group:
            for file in files[:repetitions]:
                lost = await lose(house, doom, file)
                assert await house.is_behind(file)
                group.create_task(follow(house, *lost))
        assert not problems_of(await house.check())

    async def test_is_never_refused_after_worker_and_server_died(
        self, house, doom, files, repetitions
    ):
        for file in files[repetitions : 2 * repetitions]:
            lost = await lose(house, doom, file)
            await kill_server(house)
            assert await house.is_behind(file), "something has healed it already"
            await follow(house, *lost)
        assert not problems_of(await house.check())

    async def test_comes_after_the_one_that_was_lost_before_its_commit(
        self, house, doom, files, repetitions
    ):
        """The lost act is stored and undecided, and only the ledger can know of it."""
        for file in files[2 * repetitions :][:UNDECIDED]:
            step, command_id = await house.step(file), uuid4()
            doom.before_commit(command_id)
            await _abandon(house, doom, step, command_id)
            await kill_server(house)
            assert await house.outcome(command_id) is None
            same = await house.until_decided(step)
            assert same.status is Status.REFUSED, "the lost act was received first"
            await one_effect(house, step, command_id)
            assert (await house.state(file)).version == step.version + 1
        assert not problems_of(await house.check())


class TestNoFurtherAct:
    @pytest.mark.parametrize("is_told", [False, True], ids=["caller gone", "caller repeats"])
    async def test_the_sweep_heals_it_and_a_closed_file_completes(
        self, house, doom, files, monkeypatch, is_told
    ):
        monkeypatch.setattr("gateway.sweep.UNTOLD_AFTER_SECONDS", 0.0)
        last, middle = files[-2:] if is_told else files[-4:-2]
        while (await house.state(last)).turn != "acceptance":
            await house.walk(last, 1)
        for file in (last, middle):
            lost = await lose(house, doom, file)
            await kill_server(house)
            if is_told:  # from the record, of which the workflow still knows nothing
                await one_effect(house, *lost)
        for file in (last, middle):
            assert await house.is_behind(file)
            assert await house.status(file) is WorkflowExecutionStatus.RUNNING
        assert (await house.state(last)).is_closed

        assert await Sweep(house.owner, house.client, house.settings.org).round() >= 2
        await house.catches_up(last)
        await house.catches_up(middle)
        await house.completes(last)
        assert not problems_of(await house.check())
