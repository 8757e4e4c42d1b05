"""What every ledger promises when calls meet, fail and are repeated, and that all agree."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from schemas.code import Act, End, EventKind
from schemas.cycle import Advance, StreamAct, Verdict
from schemas.error import ErrorType
from storage.chain import digest, event_bytes, genesis
from tests.builders import wib
from tests.contract.house import House, in_acceptance, in_memory, on_postgres
from tests.fakes.ledger import Fault

TICK = timedelta(microseconds=1)


class TestConcurrency:
    async def test_twenty_deliveries_of_one_command_are_one_act(self, opened):
        command_id = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9))
        answers = await asyncio.gather(*(opened.ask(command_id=command_id) for _ in range(20)))
        assert {repr(a.outcome) for a in answers} == {repr(answers[0].outcome)}
        assert answers[0].outcome.verdict is Verdict.ACCEPTED
        assert await opened.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]

    async def test_of_ten_racing_commands_of_one_version_one_wins(self, opened):
        """Every other one is told that the file has moved on, and to which version."""
        await opened.act(Act.SUBMIT_PLAN, wib(3, 2, 9))
        await opened.act(Act.AGREE_PLAN, wib(3, 2, 10))
        await opened.act(Act.SUBMIT_REPORT, wib(3, 3))
        ids = [
            await opened.store(act, wib(3, 3, 10, n), version=4)
            for n, act in enumerate([Act.SCORE, Act.RETURN_REPORT] * 5)
        ]
        answers = await asyncio.gather(*(opened.ask(command_id=i) for i in ids))
        verdicts = [a.outcome.verdict for a in answers]
        assert verdicts == [Verdict.ACCEPTED] + [Verdict.REFUSED] * 9
        assert (await opened.kinds()).count("scored") == 1
        refusals = [a.outcome.refusal for a in answers if a.outcome.refusal]
        assert {r.type for r in refusals} == {ErrorType.VERSION_CONFLICT}
        assert {r.params["version"] for r in refusals} == {5}

    async def test_of_ten_withdrawals_of_one_version_one_wins_and_the_rest_find_it_closed(
        self, opened
    ):
        ids = [
            await opened.store(Act.WITHDRAW, wib(3, 2, 9, n), opened.cast.hr, version=1)
            for n in range(10)
        ]
        answers = await asyncio.gather(*(opened.ask(command_id=i) for i in ids))
        refusals = [a.outcome.refusal.type for a in answers if a.outcome.refusal]
        assert refusals == [ErrorType.CLOSED] * 9

    async def test_of_ten_forms_of_one_version_the_rest_have_a_version_conflict(self, opened):
        """Where the turn comes again: plan returned, ten old forms arrive."""
        await opened.act(Act.SUBMIT_PLAN, wib(3, 2, 9), version=1)
        await opened.act(Act.RETURN_PLAN, wib(3, 2, 10))
        ids = [await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 11, n), version=1) for n in range(9)]
        ids.append(await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 12), version=3))
        answers = await asyncio.gather(*(opened.ask(command_id=i) for i in ids))
        types = [a.outcome.refusal.type if a.outcome.refusal else None for a in answers]
        assert types == [ErrorType.VERSION_CONFLICT] * 9 + [None]


class TestCrash:
    async def test_before_the_commit_nothing_was_written_and_the_retry_does_it(self, opened):
        command_id = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9))
        await opened.crash(Advance(file=opened.file, command_id=command_id), Fault.BEFORE_COMMIT)
        assert await opened.outcome(command_id) is None
        assert await opened.kinds() == [EventKind.FILE_OPENED]
        again = await opened.ask(command_id=command_id)
        assert again.outcome.verdict is Verdict.ACCEPTED
        assert await opened.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]

    async def test_after_the_commit_the_retry_finds_its_own_outcome(self, opened):
        command_id = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9))
        await opened.crash(Advance(file=opened.file, command_id=command_id), Fault.AFTER_COMMIT)
        written = await opened.outcome(command_id)
        again = await opened.ask(command_id=command_id)
        assert again.outcome == written
        assert again.outcome.verdict is Verdict.ACCEPTED
        assert again.agenda.turn == "plan_agreement"
        assert await opened.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]

    @pytest.mark.parametrize("fault", [Fault.BEFORE_COMMIT, Fault.AFTER_COMMIT])
    async def test_while_opening_there_is_one_file(self, house, fault):
        await house.crash(Advance(file=house.file), fault)
        assert (await house.open()).number == 0
        assert await house.kinds() == [EventKind.FILE_OPENED]

    @pytest.mark.parametrize("fault", [Fault.BEFORE_COMMIT, Fault.AFTER_COMMIT])
    async def test_at_a_wake_up_the_rung_is_climbed_once(self, opened, fault):
        wake = (await opened.ask()).agenda.wake
        await opened.crash(Advance(file=opened.file, wake=wake), fault)
        await opened.ask(wake=wake)
        assert await opened.rungs() == [(1, "overdue")]


class TestDecideCommand:
    async def test_an_act_on_a_closed_file_has_its_refusal(self, opened):
        await opened.act(Act.WITHDRAW, wib(3, 2, 9), opened.cast.hr)
        late = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 10), opened.cast.employee)
        question = StreamAct(stream=opened.file.stream, command_id=late)
        outcome = await opened.ledger.decide_command(question)
        assert outcome.refusal is not None
        assert outcome.refusal.type is ErrorType.CLOSED
        assert await opened.ledger.decide_command(question) == outcome

    async def test_an_act_on_an_open_one_is_decided_just_as_well(self, opened):
        command_id = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9))
        question = StreamAct(stream=opened.file.stream, command_id=command_id)
        assert (await opened.ledger.decide_command(question)).verdict is Verdict.ACCEPTED


class TestChain:
    async def test_every_event_names_the_hash_of_the_one_before(self, opened):
        await in_acceptance(opened)
        await opened.act(Act.SIGN, wib(4, 14))
        events = await opened.events()
        assert [e.number for e in events] == list(range(len(events)))
        hashes = [digest(event_bytes(e)) for e in events]
        assert [e.previous for e in events] == [genesis(opened.file.stream), *hashes[:-1]]


class TestSameness:
    """The fake may not drift: one story, told to both, leaves the same record."""

    async def tell(self, house: House, ids: list[UUID]) -> None:
        await house.open()
        wake = (await house.ask()).agenda.wake
        assert wake is not None
        await house.ask(wake=wake.model_copy(update={"at": wib(3, 10, 9)}))
        plan = {"results": [{"id": "a1", "result": "b", "indicator": "c", "target": "d"}]}
        said = {
            Act.SUBMIT_PLAN: plan,
            Act.AGREE_PLAN: {},
            Act.SUBMIT_REPORT: {"results": [{"id": "a1", "realisation": "b", "evidence": "c"}]},
        }
        for n, (act, body) in enumerate(said.items()):
            await house.act(act, wib(3, 11, 9, n), said=body, command_id=ids[n])
        await house.act(Act.SIGN, wib(3, 12), house.cast.stranger, command_id=ids[-1])
        await house.ask(wake=wake.model_copy(update={"at": wib(6, 1)}))

    async def test_the_record_is_the_same(self, database):
        fake = await in_memory()
        real = await on_postgres(database, cast=fake.cast, org=fake.org)
        ids = [uuid4() for _ in range(4)]
        for house in (fake, real):
            await self.tell(house, ids)
        unsalted = {"previous": "", "content_hash": None}
        assert [e.model_copy(update=unsalted) for e in await fake.events()] == [
            e.model_copy(update=unsalted) for e in await real.events()
        ]
        assert await fake.state() == await real.state()
        assert await fake.rungs() == await real.rungs()
        assert await fake.notices() == await real.notices()
        assert (await real.state()).end is End.UNRATEABLE
        for command_id in ids:
            assert await fake.outcome(command_id) == await real.outcome(command_id) is not None
