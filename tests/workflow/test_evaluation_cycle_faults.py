"""What a file's workflow does when the ledger fails, has gone on, or is asked in odd ways."""

import asyncio
import inspect
from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateStage

from schemas.code import Act, End, EventKind
from schemas.cycle import Knock, Verdict
from schemas.error import ErrorType
from tests.builders import wib
from tests.fakes.ledger import Fault
from tests.support.waiting import eventually
from tests.workflow.stage import Stage
from workflows.evaluation_cycle import EvaluationCycle

SECOND = timedelta(seconds=1)


class TestStaleAgenda:
    """The record has moved on behind the workflow's back: a crash after a commit did that."""

    async def behind(self, stage: Stage, act: Act) -> None:
        command_id = await stage.store(act)
        await stage.ledger.advance_file(stage.question(command_id))

    async def test_the_next_rightful_act_is_not_refused(self, stage):
        await stage.ready()
        await self.behind(stage, Act.SUBMIT_PLAN)
        agenda = await stage.act(Act.AGREE_PLAN)
        assert agenda.turn == "report_submission"

    async def test_a_refusal_heals_it_too(self, stage):
        """The wrong one comes next: his refusal brings the workflow the earlier wake-up."""
        await stage.act(Act.SUBMIT_PLAN)
        await stage.act(Act.AGREE_PLAN)
        await stage.sleep_until(wib(4, 8))
        await self.behind(stage, Act.SUBMIT_REPORT)
        assert stage.next_wake == wib(4, 10, 0)
        answer = await stage.refused(Act.SIGN, stage.cast.employee)
        assert answer.agenda.turn == "scoring"
        await stage.sleep_until(wib(4, 10, 0))
        assert stage.record.rungs[-1] == (stage.state.visit, "overdue")

    async def test_the_next_wake_up_heals_it(self, stage):
        await stage.ready()
        await self.behind(stage, Act.SUBMIT_PLAN)
        await stage.sleep_until(wib(3, 5, 0))
        assert stage.record.rungs == ((2, "overdue"),)

    async def test_the_signal_heals_it(self, stage):
        await stage.act(Act.SUBMIT_PLAN)
        await stage.act(Act.AGREE_PLAN)
        await self.behind(stage, Act.SUBMIT_REPORT)
        await stage.refresh()
        await stage.sleep_until(wib(4, 10, 0))
        wakes = [q.wake for q in stage.ledger.asked if q.wake]
        assert [w.visit for w in wakes] == [stage.state.visit] * len(wakes)

    async def test_the_signal_has_what_was_only_stored_decided(self, stage):
        await stage.ready()
        command_id = await stage.store(Act.SUBMIT_PLAN)
        await stage.handle.signal(EvaluationCycle.refresh)
        await eventually(lambda: command_id in stage.ledger.outcomes)
        assert (await stage.act(Act.AGREE_PLAN)).turn == "report_submission"

    async def test_a_file_that_was_closed_behind_it_ends_at_the_next_question(self, stage):
        await stage.ready()
        made = await stage.store(Act.WITHDRAW, stage.cast.hr)
        await stage.ledger.advance_file(stage.question(made))
        await stage.handle.signal(EvaluationCycle.refresh)
        assert (await stage.result()).end is End.WITHDRAWN


class TestLedgerFailure:
    """Whatever happens to one call, there is exactly one set of events, and the caller hears of it."""

    @pytest.mark.parametrize(
        "faults",
        [
            [Fault.BEFORE_COMMIT],
            [Fault.AFTER_COMMIT],
            [Fault.BEFORE_COMMIT, Fault.BEFORE_COMMIT],
            [Fault.AFTER_COMMIT, Fault.BEFORE_COMMIT, Fault.BEFORE_COMMIT],
            [Fault.HANG_AFTER],
        ],
        ids=lambda faults: "+".join(f.name.lower() for f in faults),
    )
    async def test_an_act_is_done_once(self, stage, faults):
        await stage.ready()
        stage.ledger.faults.extend(faults)
        agenda = await stage.act(Act.SUBMIT_PLAN)
        assert agenda.turn == "plan_agreement"
        assert stage.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]
        assert not stage.ledger.faults

    @pytest.mark.parametrize("fault", [Fault.BEFORE_COMMIT, Fault.AFTER_COMMIT])
    async def test_a_rung_is_climbed_once(self, stage, fault):
        await stage.ready()
        stage.ledger.faults.append(fault)
        await stage.sleep_until(wib(3, 5, 0))
        assert stage.record.rungs == ((1, "overdue"),)
        assert not stage.ledger.faults

    @pytest.mark.parametrize("fault", [Fault.BEFORE_COMMIT, Fault.AFTER_COMMIT])
    async def test_a_file_is_opened_once(self, environment, cached_workflows, fault):
        async with Stage.open(environment, cached_workflows, is_working=False) as stage:
            stage.ledger.faults.append(fault)
            await stage.begin_work()
            await stage.act(Act.SUBMIT_PLAN)
            assert stage.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]

    async def test_both_short_tries_hang_and_the_patient_one_answers(self, stage):
        await stage.ready()
        stage.ledger.faults.extend([Fault.HANG_BEFORE, Fault.HANG_BEFORE])
        agenda = await stage.act(Act.SUBMIT_PLAN)
        assert agenda.turn == "plan_agreement"
        assert stage.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]


class TestOutage:
    async def test_a_minute_without_postgres_leaves_the_history_flat(self, stage):
        """One marker and one activity, however often it is tried meanwhile."""
        await stage.ready()
        await eventually(stage.is_idle)
        before = len((await stage.history()).events)
        stage.ledger.is_away = True
        command_id = await stage.store(Act.SUBMIT_PLAN)
        act = asyncio.create_task(stage.knock(Act.SUBMIT_PLAN, command_id))
        asked = len(stage.ledger.asked)
        await eventually(lambda: len(stage.ledger.asked) >= asked + 4)
        await stage.skip_to(await stage.now() + timedelta(minutes=1))
        await eventually(lambda: len(stage.ledger.asked) >= asked + 10)
        stage.ledger.is_away = False
        assert (await act).agenda.turn == "plan_agreement"
        added = [e for e in (await stage.history()).events][before:]
        assert len(added) <= 14, [e.event_type for e in added]
        assert stage.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]


class TestMessages:
    async def test_updates_before_the_first_task_are_answered(self, environment, cached_workflows):
        async with Stage.open(environment, cached_workflows, is_working=False) as stage:
            # The month was opened, and the file by a worker that has died since.
            await stage.ledger.advance_file(stage.question())
            command_id = await stage.store(Act.SUBMIT_PLAN)
            act = asyncio.create_task(stage.knock(Act.SUBMIT_PLAN, command_id))
            await stage.begin_work()
            assert (await act).agenda.turn == "plan_agreement"

    async def test_the_file_may_be_opened_by_the_first_act(self, environment, cached_workflows):
        async with Stage.open(environment, cached_workflows, is_working=False) as stage:
            command_id = await stage.store_unopened(Act.SUBMIT_PLAN)
            act = asyncio.create_task(stage.knock(Act.SUBMIT_PLAN, command_id))
            await stage.begin_work()
            assert (await act).agenda.turn == "plan_agreement"
            assert stage.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]

    async def test_twelve_at_once_have_one_winner_and_eleven_reasons(self, stage):
        await stage.ready()
        ids = [await stage.store(Act.SUBMIT_PLAN, version=1) for _ in range(12)]
        answers = await asyncio.gather(*(stage.answer(Act.SUBMIT_PLAN, i) for i in ids))
        verdicts = [a.outcome.verdict for a in answers]
        assert verdicts.count(Verdict.ACCEPTED) == 1
        refusals = {a.outcome.refusal.type for a in answers if a.outcome.refusal}
        assert refusals == {ErrorType.VERSION_CONFLICT}
        assert stage.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]

    async def test_twelve_deliveries_of_one_command_are_one_act(self, stage):
        await stage.ready()
        command_id = await stage.store(Act.SUBMIT_PLAN)
        answers = await asyncio.gather(
            *(stage.knock(Act.SUBMIT_PLAN, command_id) for _ in range(12))
        )
        assert {a.outcome.verdict for a in answers} == {Verdict.ACCEPTED}
        assert stage.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]

    async def test_an_unknown_command_is_refused_and_the_file_goes_on(self, stage):
        answer = await stage.refused_knock()
        assert answer.outcome.refusal.type is ErrorType.NOT_FOUND
        assert (await stage.act(Act.SUBMIT_PLAN)).turn == "plan_agreement"

    async def test_an_act_that_comes_with_the_closing_one_is_answered_or_the_ledger_has_it(
        self, stage
    ):
        await stage.ready()
        closing = await stage.store(Act.WITHDRAW, stage.cast.hr)
        later = await stage.store(Act.SUBMIT_PLAN, at=await stage.now() + SECOND)
        await asyncio.gather(
            stage.knock(Act.WITHDRAW, closing), stage.answer(Act.SUBMIT_PLAN, later)
        )
        assert (await stage.result()).end is End.WITHDRAWN
        outcome = await stage.decide_by_short_workflow(later)
        assert outcome.refusal.type is ErrorType.CLOSED

    async def test_an_update_accepted_before_the_end_is_answered_before_the_end(self, stage):
        await stage.ready()
        closing = await stage.store(Act.WITHDRAW, stage.cast.hr)
        update = await stage.handle.start_update(
            EvaluationCycle.withdraw,
            Knock(command_id=closing),
            id=str(closing),
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
        )
        assert (await stage.result()).end is End.WITHDRAWN
        assert (await update.result()).outcome.verdict is Verdict.ACCEPTED


class TestShape:
    @pytest.mark.parametrize("act", list(Act))
    def test_every_act_has_an_update_of_its_name_with_one_knock(self, act):
        update = getattr(EvaluationCycle, act.value)
        definition = update._defn
        assert definition.name == act.value
        _, *parameters = inspect.signature(update).parameters.values()
        assert [p.annotation for p in parameters] == [Knock]

    def test_there_is_no_update_without_an_act(self):
        updates = {n for n, m in vars(EvaluationCycle).items() if hasattr(m, "validator")}
        assert updates == {a.value for a in Act}
