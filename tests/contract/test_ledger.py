"""What every ledger promises, the one on Postgres and the one in memory: the same tests for both."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from schemas.code import Act, End, EventKind, Role, Topic
from schemas.cycle import Advance, Verdict
from schemas.error import ErrorType
from storage.ledger import NotInRoster
from tests.builders import file_key, unique_cast, wib
from tests.contract.house import in_acceptance

TICK = timedelta(microseconds=1)


class TestOpen:
    async def test_the_first_question_opens_the_file(self, house):
        agenda = await house.open()
        assert (agenda.number, agenda.version, agenda.visit) == (0, 1, 1)
        assert (agenda.turn, agenda.awaits) == ("plan_submission", Role.EMPLOYEE)
        assert agenda.awaited_person == house.cast.employee
        assert agenda.wake is not None
        assert (agenda.wake.rung, agenda.wake.at) == ("overdue", wib(3, 5, 0))
        assert await house.kinds() == [EventKind.FILE_OPENED]

    async def test_opening_again_changes_nothing(self, house):
        first = await house.open()
        assert await house.open() == first
        assert await house.kinds() == [EventKind.FILE_OPENED]

    async def test_twenty_at_once_open_it_once(self, house):
        agendas = await asyncio.gather(*(house.open() for _ in range(20)))
        assert set(map(repr, agendas)) == {repr(agendas[0])}
        assert await house.kinds() == [EventKind.FILE_OPENED]

    async def test_nothing_is_opened_for_somebody_who_is_in_no_roster(self, house):
        stranger = file_key(unique_cast(), org=house.org)
        with pytest.raises(NotInRoster):
            await house.ledger.advance_file(Advance(file=stranger))

    @pytest.mark.parametrize("is_asked_about", [True, False])
    async def test_what_was_stored_before_is_decided_in_the_same_call(self, house, is_asked_about):
        command_id = await house.store_unopened(Act.SUBMIT_PLAN, wib(3, 2, 9))
        progress = await house.ask(command_id=command_id if is_asked_about else None)
        assert progress.agenda.turn == "plan_agreement"
        outcome = await house.outcome(command_id)
        assert outcome is not None
        assert outcome.verdict is Verdict.ACCEPTED
        assert progress.outcome == (outcome if is_asked_about else None)

    async def test_whoever_is_awaited_is_told(self, opened):
        assert await opened.notices() == [(Topic.TASK, opened.cast.employee)]


class TestAct:
    async def test_an_accepted_one_has_its_outcome_and_the_new_agenda(self, opened):
        progress = await opened.act(Act.SUBMIT_PLAN, wib(3, 2, 9))
        assert progress.outcome is not None
        assert (progress.outcome.verdict, progress.outcome.version) == (Verdict.ACCEPTED, 2)
        assert progress.outcome.refusal is None
        assert (progress.agenda.turn, progress.agenda.version) == ("plan_agreement", 2)
        assert await opened.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]

    async def test_a_refused_one_is_an_answer_too_and_leaves_the_file(self, opened):
        before = await opened.state()
        progress = await opened.act(Act.AGREE_PLAN, wib(3, 2, 9), opened.cast.supervisor)
        assert progress.outcome is not None
        assert progress.outcome.verdict is Verdict.REFUSED
        assert progress.outcome.refusal is not None
        assert progress.outcome.refusal.type is ErrorType.NOT_NOW
        assert progress.outcome.version == before.version
        assert progress.agenda.turn == "plan_submission"
        assert await opened.state() == before
        assert await opened.kinds() == [EventKind.FILE_OPENED]

    @pytest.mark.parametrize("actor", ["supervisor", "employee"])
    async def test_its_outcome_is_kept(self, opened, actor):
        command_id = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9), getattr(opened.cast, actor))
        progress = await opened.ask(command_id=command_id)
        assert await opened.outcome(command_id) == progress.outcome

    async def test_an_unknown_one_is_refused(self, opened):
        progress = await opened.ask(command_id=uuid4())
        assert progress.outcome is not None
        assert progress.outcome.refusal is not None
        assert progress.outcome.refusal.type is ErrorType.NOT_FOUND
        assert progress.agenda.turn == "plan_submission"

    async def test_asking_again_finds_the_first_outcome_and_the_agenda_of_now(self, opened):
        command_id = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9))
        first = await opened.ask(command_id=command_id)
        await opened.act(Act.AGREE_PLAN, wib(3, 2, 10))
        again = await opened.ask(command_id=command_id)
        assert again.outcome == first.outcome
        assert again.agenda.turn == "report_submission"
        assert (await opened.kinds()).count("plan_submitted") == 1

    async def test_a_refusal_stays_one_though_it_would_be_accepted_now(self, opened):
        early = await opened.store(Act.AGREE_PLAN, wib(3, 2, 9), opened.cast.supervisor)
        first = await opened.ask(command_id=early)
        await opened.act(Act.SUBMIT_PLAN, wib(3, 2, 10))
        assert (await opened.ask(command_id=early)).outcome == first.outcome
        assert (await opened.state()).turn == "plan_agreement"

    async def test_what_it_answers_for_a_closed_file(self, opened):
        await opened.act(Act.WITHDRAW, wib(3, 2, 9), opened.cast.hr)
        progress = await opened.act(Act.SUBMIT_PLAN, wib(3, 2, 10), opened.cast.employee)
        assert progress.agenda.end is End.WITHDRAWN
        assert progress.outcome is not None
        assert progress.outcome.refusal is not None
        assert progress.outcome.refusal.type is ErrorType.CLOSED


class TestNudge:
    async def test_claims_its_day_and_tells_the_awaited_once(self, opened):
        before = await opened.state()
        first = await opened.act(Act.NUDGE, wib(3, 2, 9), opened.cast.supervisor)
        again = await opened.store(Act.NUDGE, wib(3, 2, 10), opened.cast.superior)
        second = await opened.ask(command_id=again)
        assert first.outcome.verdict is Verdict.ACCEPTED
        assert second.outcome.refusal.rule == "nudge.again"
        assert (before.visit, "nudge/2026-03-02") in await opened.rungs()
        assert (await opened.notices()).count(("nudge", opened.cast.employee)) == 1
        assert second.agenda.version == before.version
        assert second.agenda.due_at == before.due_at


class TestOrder:
    async def test_earlier_commands_are_decided_before_the_one_asked_about(self, opened):
        agree = await opened.store(Act.AGREE_PLAN, wib(3, 2, 10), opened.cast.supervisor)
        submit = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9))
        progress = await opened.ask(command_id=agree)
        assert progress.outcome is not None
        assert progress.outcome.verdict is Verdict.ACCEPTED
        assert progress.agenda.turn == "report_submission"
        assert await opened.outcome(submit) is not None

    async def test_at_one_instant_the_id_decides(self, opened):
        first, second = sorted([uuid4(), uuid4()])
        at = wib(3, 2, 9)
        await opened.store(Act.SUBMIT_PLAN, at, command_id=second)
        await opened.store(Act.SUBMIT_PLAN, at, command_id=first)
        await opened.ask(command_id=second)
        verdicts = [await opened.outcome(i) for i in (first, second)]
        assert [v.verdict for v in verdicts] == [Verdict.ACCEPTED, Verdict.REFUSED]

    async def test_without_a_command_everything_stored_is_decided(self, opened):
        ids = [
            await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9)),
            await opened.store(Act.AGREE_PLAN, wib(3, 2, 10), opened.cast.supervisor),
        ]
        progress = await opened.ask()
        assert progress.outcome is None
        assert progress.agenda.turn == "report_submission"
        assert [(await opened.outcome(i)).verdict for i in ids] == [Verdict.ACCEPTED] * 2

    async def test_each_has_the_version_that_it_made_itself(self, opened):
        submit = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9))
        agree = await opened.store(Act.AGREE_PLAN, wib(3, 2, 10), opened.cast.supervisor)
        await opened.ask()
        versions = [(await opened.outcome(i)).version for i in (submit, agree)]
        assert versions == [2, 3]

    async def test_a_wake_up_cannot_overtake_an_objection_that_was_stored_in_time(self, opened):
        await in_acceptance(opened)
        wake = (await opened.ask()).agenda.wake.model_copy(update={"at": wib(4, 17, 0)})
        objection = await opened.store(Act.OBJECT, wib(4, 16, 23, 59, 59))
        progress = await opened.ask(wake=wake)
        assert progress.agenda.turn == "objection"
        assert (await opened.outcome(objection)).verdict is Verdict.ACCEPTED

    async def test_one_that_was_stored_a_second_later_has_missed_it(self, opened):
        await in_acceptance(opened)
        objection = await opened.store(Act.OBJECT, wib(4, 17, 0, 0, 1))
        progress = await opened.ask(command_id=objection)
        assert progress.agenda.end is End.DEEMED_ACCEPTED
        assert progress.outcome.refusal.type is ErrorType.DEADLINE_PASSED
        assert progress.outcome.refusal.params["at"] == "2026-04-16T17:00:00.000000Z"
