"""A file's life from plan to sign-off, at real durations, over the holidays of March 2026."""

from datetime import timedelta

import pytest

from schemas.code import Act, End, EventKind, Role
from schemas.cycle import Verdict
from schemas.error import ErrorType
from schemas.file import Owed
from tests.builders import wib
from tests.workflow.scenarios import scored
from tests.workflow.stage import Stage

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
