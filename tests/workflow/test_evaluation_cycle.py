"""A file's life from plan to sign-off, at real durations, over the holidays of March 2026."""

import asyncio
import inspect
from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateStage

from schemas.code import Act, End, EventKind, Role
from schemas.cycle import Knock, Verdict
from schemas.error import ErrorType
from schemas.file import Owed
from tests.builders import wib
from tests.fakes.ledger import Fault
from tests.support.waiting import eventually
from tests.workflow.scenarios import scored
from tests.workflow.stage import Stage
from workflows.evaluation_cycle import EvaluationCycle

SECOND = timedelta(seconds=1)


async def month_until_signing(stage: Stage) -> None:
    """Everything in time, up to the supervisor's signature."""
    await scored(stage)
    await stage.act(Act.GIVE_FEEDBACK)
    await stage.act(Act.RESPOND_TO_FEEDBACK)
    await stage.act(Act.RECORD_MEETING)


async def delivered(stage: Stage) -> None:
    """The result reaches the employee on Monday, 13 April: three working days, until the 16th."""
    await month_until_signing(stage)
    await stage.sleep_until(wib(4, 13, 15))
    await stage.act(Act.SIGN)


class TestHappyMonth:
    async def test_ends_accepted_with_every_act_recorded_once(self, stage):
        await month_until_signing(stage)
        await stage.act(Act.SIGN)
        await stage.act(Act.SIGN)
        result = await stage.result()
        assert (result.end, result.version) == (End.ACCEPTED, stage.state.version)
        assert stage.kinds() == [
            EventKind.FILE_OPENED,
            EventKind.PLAN_SUBMITTED,
            EventKind.PLAN_AGREED,
            EventKind.REPORT_SUBMITTED,
            EventKind.SCORED,
            EventKind.FEEDBACK_GIVEN,
            EventKind.FEEDBACK_ANSWERED,
            EventKind.MEETING_RECORDED,
            EventKind.SIGNED,
            EventKind.DELIVERED,
            EventKind.SIGNED,
        ]

    async def test_each_act_answers_with_what_is_waited_for_now(self, stage):
        agenda = await stage.act(Act.SUBMIT_PLAN)
        assert (agenda.turn, agenda.awaits) == ("plan_agreement", Role.SUPERVISOR)
        assert stage.role_of(agenda.awaited_person) is Role.SUPERVISOR
        agenda = await stage.act(Act.RETURN_PLAN)
        assert (agenda.turn, agenda.awaits, agenda.version) == (
            "plan_submission",
            Role.EMPLOYEE,
            3,
        )

    async def test_a_refusal_is_an_answer_with_its_reason(self, stage):
        answer = await stage.refused(Act.SCORE, stage.cast.stranger)
        assert answer.outcome.refusal.type is ErrorType.NOT_AUTHORISED
        assert answer.agenda.turn == "plan_submission"
        assert (await stage.act(Act.SUBMIT_PLAN)).turn == "plan_agreement"


class TestHolidays:
    async def test_reminders_stay_away_from_the_idul_fitri_week(self, stage):
        """A plan that nobody submits: the last rung waits from 12 to 25 March."""
        await stage.sleep_until(wib(3, 17, 23))
        assert [e.happened_at for e in stage.events][-1] == wib(3, 12, 8)
        await stage.sleep_until(wib(3, 24, 23))
        assert [e.happened_at for e in stage.events][-1] == wib(3, 12, 8)
        await stage.sleep_until(wib(3, 25, 8))
        assert [e.happened_at for e in stage.events][-1] == wib(3, 25, 8)
        assert stage.record.rungs[-1] == (1, "sekda")

    async def test_a_deadline_after_easter_is_three_working_days_into_april(self, stage):
        await stage.act(Act.SUBMIT_PLAN)
        agenda = await stage.act(Act.AGREE_PLAN)
        assert agenda.due_at == wib(4, 7, 0)
        await stage.sleep_until(wib(4, 7, 0) - SECOND)
        assert EventKind.BECAME_OVERDUE not in stage.kinds()
        await stage.sleep_until(wib(4, 7, 0))
        assert EventKind.BECAME_OVERDUE in stage.kinds()


class TestNobodyTouchesIt:
    async def test_it_climbs_each_rung_once_and_ends_unrateable(self, stage):
        result = await stage.result()
        assert result.end is End.UNRATEABLE
        assert [rung for visit, rung in stage.record.rungs if visit == 1] == [
            "overdue",
            "boss",
            "superior",
            "unit_head",
            "hr",
            "sekda",
            "expire",
        ]
        assert [rung for visit, rung in stage.record.rungs if visit == 2] == [
            "reminder",
            "overdue",
            "boss",
            "superior",
            "unit_head",
            "hr",
            "sekda",
            "horizon",
        ]
        assert stage.state.ended_at == wib(5, 1, 0)
        assert stage.state.owed == Owed(
            turn="report_submission", role=Role.EMPLOYEE, person=stage.cast.employee
        )

    async def test_every_wake_up_is_asked_for_at_its_own_instant_and_once(self, stage):
        await stage.result()
        asked = [q.wake for q in stage.ledger.asked if q.wake is not None]
        assert [w.rung for w in asked] == [rung for _, rung in stage.record.rungs]
        assert len({(w.visit, w.rung) for w in asked}) == len(asked)


class TestObjection:
    async def test_at_the_last_second_is_accepted_and_decided(self, stage):
        await delivered(stage)
        await stage.sleep_until(wib(4, 16, 23, 59, 59))
        agenda = await stage.act(Act.OBJECT)
        assert (agenda.turn, agenda.awaits) == ("objection", Role.SUPERIOR)
        assert stage.state.is_suspended
        await stage.act(Act.DECIDE_OBJECTION)
        assert (await stage.result()).end is End.DECIDED

    async def test_one_second_later_is_refused_with_the_instant_it_closed(self, stage):
        await delivered(stage)
        await stage.sleep_until(wib(4, 16, 23, 59, 58))
        command_id = await stage.store(Act.OBJECT, at=wib(4, 17, 0, 0, 0) + SECOND)
        await stage.sleep_until(wib(4, 17, 0, 0, 1))
        assert (await stage.result()).end is End.DEEMED_ACCEPTED
        # The workflow has ended, so the gateway asks by the short one.
        outcome = await stage.decide_by_short_workflow(command_id)
        assert outcome.refusal.type is ErrorType.DEADLINE_PASSED
        assert outcome.refusal.params == {
            "turn": "acceptance",
            "at": "2026-04-16T17:00:00.000000Z",
        }

    async def test_stored_in_time_it_wins_though_the_knock_never_came(self, stage):
        """The gateway died after storing it: the timer itself finds it, and does not overtake it."""
        await delivered(stage)
        await stage.sleep_until(wib(4, 16, 23, 59, 59))
        command_id = await stage.store(Act.OBJECT)
        await stage.sleep_until(wib(4, 17, 1))
        assert stage.ledger.outcomes[command_id].verdict is Verdict.ACCEPTED
        assert stage.state.turn == "objection"

    async def test_nobody_decides_it_and_it_ends_undecided(self, stage):
        await delivered(stage)
        await stage.act(Act.OBJECT)
        assert (await stage.result()).end is End.UNDECIDED
        assert stage.state.is_suspended


class TestDeath:
    @pytest.mark.parametrize("days", [0, 9, 35])
    async def test_in_the_middle_ends_the_file_and_no_timer_rings_any_more(self, stage, days):
        await stage.ready()
        await stage.sleep_until(wib(3, 2, 9) + timedelta(days=days))
        await stage.act(Act.WITHDRAW, stage.cast.hr)
        assert (await stage.result()).end is End.WITHDRAWN
        known = stage.events
        await stage.skip_to(wib(6, 1))
        assert stage.events == known
        assert stage.state.predicate is None


class TestLateSupervisor:
    async def test_his_task_becomes_the_superiors_who_finishes_the_file(self, stage):
        await stage.act(Act.SUBMIT_PLAN)
        await stage.act(Act.AGREE_PLAN)
        await stage.sleep_until(wib(4, 1))
        await stage.act(Act.SUBMIT_REPORT)
        await stage.sleep_until(wib(4, 16, 8))
        assert stage.state.awaits is Role.SUPERIOR
        answer = await stage.refused(Act.SCORE, stage.cast.supervisor)
        assert answer.outcome.refusal.rule == "act.other_role"
        for act in (
            Act.SCORE,
            Act.GIVE_FEEDBACK,
            Act.RESPOND_TO_FEEDBACK,
            Act.RECORD_MEETING,
            Act.SIGN,
        ):
            await stage.act(act)
        assert stage.state.supervisor_signature.person == stage.cast.superior
        await stage.act(Act.SIGN)
        assert (await stage.result()).end is End.ACCEPTED


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
