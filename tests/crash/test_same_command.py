"""One command id, many requests: one effect, one answer, and nobody else's business."""

import asyncio
from uuid import uuid4

import pytest

from domain.definition import shape
from domain.process import MONTHLY
from gateway.answer import Status
from schemas.code import Act, Via
from schemas.error import ErrorType
from tests.support.stack import problems_of, running_house, small_city

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120)]
AT_ONCE = 50
INSTEAD = {
    Act.AGREE_PLAN: Act.RETURN_PLAN,
    Act.SCORE: Act.RETURN_REPORT,
}


@pytest.fixture(scope="module")
async def house(directory):
    async with running_house(directory) as house:
        yield house


@pytest.fixture(scope="module")
async def files(house):
    return await house.open_month(small_city(6))


async def fifty(house, step):
    """Send one command fifty times at once; everybody's final answer."""
    command_id = uuid4()
    sending = (house.until_decided(step, command_id) for _ in range(AT_ONCE))
    answers = await asyncio.gather(*sending)
    said = {answer.model_copy(update={"agenda": None}).model_dump_json() for answer in answers}
    assert len(said) == 1, said
    return command_id, answers[0]


def detour_of(state, act):
    """What somebody may do in place of what moves the file on."""
    return Act.OBJECT if state.turn == "acceptance" else INSTEAD.get(act)


class TestFiftyAtOnce:
    async def test_every_act_has_one_effect_and_one_answer(self, house, files):
        """Once straight through, and once with everything returned, objected to and decided."""
        seen = set()
        for file, is_winding in ((files[0], False), (files[1], True)):
            while not (await house.state(file)).is_closed:
                step = await house.step(file)
                detour = detour_of(await house.state(file), step.act) if is_winding else None
                if detour is not None and detour not in seen:
                    step = await house.step(file, detour)
                command_id, answer = await fifty(house, step)
                assert answer.status is Status.DONE, answer
                assert answer.version == step.version + 1
                happened = await house.kinds(command_id)
                assert happened
                assert len(happened) == len(set(happened)), happened
                assert (await house.state(file)).version == step.version + 1
                seen.add(step.act)
            await house.completes(file)
        monthly = shape(MONTHLY)
        unasked = {Act.WITHDRAW, Act.RECORD_LATE, Act.NUDGE, Act.RECORD_INTERIM}
        assert seen == {act for act in Act if monthly.roles_for(act)} - unasked
        assert not problems_of(await house.check())

    async def test_a_refusal_is_the_same_for_all(self, house, files):
        step = await house.step(files[2], Act.SIGN)
        command_id, answer = await fifty(house, step)
        assert answer.status is Status.REFUSED
        assert answer.refusal.type is ErrorType.NOT_NOW
        assert await house.kinds(command_id) == []


class TestAnotherRequest:
    @pytest.fixture
    async def done(self, house, files):
        step, command_id = await house.step(files[3]), uuid4()
        first = await house.until_decided(step, command_id)
        assert first.status is Status.DONE
        return step, command_id, first

    async def sent(self, house, step, command_id, **changed):
        said = {"act": step.act, "body": step.body, "actor": step.actor} | changed
        return await house.gateway.act(
            step.file.file_id,
            said["act"],
            said["body"],
            actor=said["actor"],
            command_id=command_id,
            via=Via.WEB,
            expected_version=changed.get("expected_version", step.version),
        )

    async def test_an_id_is_not_used_for_something_else(self, house, files, done):
        step, command_id, first = done
        before = await house.kinds(command_id)
        other = await house.step(files[4])
        state = await house.state(step.file)
        for answer in (
            await self.sent(house, step, command_id, body=_other_body(step)),
            await self.sent(house, step, command_id, expected_version=state.version + 5),
            await self.sent(house, step, command_id, act=Act.SIGN, body={}),
            await house.send(other, command_id),
        ):
            assert answer.status is Status.REFUSED
            assert answer.refusal.type is ErrorType.COMMAND_REUSED, answer
            assert answer.version is None
            assert answer.agenda is None
        assert await house.kinds(command_id) == before
        assert (await house.state(step.file)).version == state.version
        assert (await house.state(other.file)).version == other.version
        again = await house.send(step, command_id)
        assert (again.status, again.version) == (first.status, first.version)

    async def test_an_id_answers_its_own_actor_only(self, house, files, done):
        """Not even somebody with every right on the file learns what became of it."""
        step, command_id, _ = done
        await house.walk(step.file, 1)
        supervisor = (await house.step(step.file, Act.RETURN_REPORT)).actor
        following = await house.step(step.file)
        actors = {following.actor, supervisor, (await house.step(files[5])).actor} - {step.actor}
        assert actors
        for actor in actors:
            answer = await self.sent(house, step, command_id, actor=actor)
            assert answer.status is Status.REFUSED
            assert answer.refusal.type in (ErrorType.COMMAND_REUSED, ErrorType.NOT_AUTHORISED)
            assert answer.version is None


def _other_body(step):
    [first, *rest] = step.body["results"]
    return {"results": [first | {key: "lain" for key in first if key != "id"}, *rest]}
