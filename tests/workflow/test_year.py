"""The annual file through a whole year: agreed in January, revised, evaluated after it, objected to."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.definition import kinds
from domain.working_calendar import ZONE
from schemas.code import Act, End, EventKind, Role
from schemas.error import ErrorType
from tests.workflow.stage import Stage

SECOND = timedelta(seconds=1)


def wib(year: int, month: int, day: int, hour: int = 9) -> datetime:
    return datetime(year, month, day, hour, tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
async def year(environment, cached_workflows):
    """The annual file of 2026, opened on its first working day."""
    annual, opened_at = kinds()["tahunan"], wib(2026, 1, 2, 8)
    async with Stage.open(
        environment, cached_workflows, process=annual, opened_at=opened_at
    ) as stage:
        yield stage


def results(*ids: str):
    return {"results": [{"id": i, "result": "a", "indicator": "b", "target": "c"} for i in ids]}


def revision(*ids: str):
    return {**results(*ids), "cause": "budget", "reason": "anggaran berubah"}


async def agreed_in_january(year: Stage) -> None:
    await year.act(Act.SUBMIT_PLAN, said=results("r1", "r2"))
    agenda = await year.act(Act.AGREE_PLAN)
    assert (agenda.turn, agenda.due_at) == ("running", wib(2027, 1, 5, 0))


class TestPlan:
    async def test_is_due_in_january_and_chased(self, year):
        """Submitted by the 15th working day, agreed by the month's last one, Friday the 30th."""
        await year.sleep_until(wib(2026, 1, 24, 0))
        assert year.kinds()[-1] is EventKind.BECAME_OVERDUE
        agenda = await year.act(Act.SUBMIT_PLAN, said=results("r1"))
        assert agenda.due_at == wib(2026, 1, 31, 0)

    async def test_nothing_is_owed_while_the_year_runs(self, year):
        await agreed_in_january(year)
        count = len(year.events)
        await year.sleep_until(wib(2026, 12, 31, 23))
        assert len(year.events) == count

    async def test_either_side_revises_and_the_other_decides(self, year):
        await agreed_in_january(year)
        await year.sleep_until(wib(2026, 7, 6))
        await year.act(Act.REVISE_PLAN, said=revision("r1", "r3"))
        assert (year.state.planned, year.state.proposed) == (("r1", "r2"), ("r1", "r3"))
        await year.act(Act.AGREE_PLAN)
        assert (year.state.planned, year.state.plan_version) == (("r1", "r3"), 2)
        agenda = await year.act(Act.REVISE_PLAN, year.cast.supervisor, said=revision("r4"))
        assert (agenda.turn, agenda.awaits) == ("revision_acceptance", Role.EMPLOYEE)
        await year.act(Act.RETURN_PLAN)
        assert (year.state.turn, year.state.planned) == ("running", ("r1", "r3"))

    async def test_a_revision_that_nobody_answers_lapses(self, year):
        await agreed_in_january(year)
        await year.sleep_until(wib(2026, 7, 6))
        await year.act(Act.REVISE_PLAN, said=revision("r9"))
        await year.sleep_until(wib(2026, 8, 1))
        assert (year.state.turn, year.state.planned) == ("running", ("r1", "r2"))
        assert year.state.passed_over == ("revision_agreement",)


class TestEvaluation:
    async def evaluated(self, year: Stage) -> None:
        await agreed_in_january(year)
        await year.sleep_until(wib(2027, 1, 4))
        assert year.state.turn == "report_submission"
        await year.act(Act.SUBMIT_REPORT)
        for act in (Act.SCORE, Act.GIVE_FEEDBACK, Act.RESPOND_TO_FEEDBACK):
            await year.act(act)
        await year.act(Act.RECORD_MEETING)
        await year.act(Act.SIGN)

    async def test_an_objection_on_the_fourteenth_day_is_heard(self, year):
        await self.evaluated(year)
        assert year.state.due_at == wib(2027, 1, 19, 0)
        await year.sleep_until(wib(2027, 1, 19, 0) - SECOND)
        await year.act(Act.OBJECT)
        await year.act(Act.DECIDE_OBJECTION)
        assert (await year.result()).end is End.DECIDED

    async def test_a_second_later_the_result_is_deemed_accepted(self, year):
        await self.evaluated(year)
        await year.sleep_until(wib(2027, 1, 19, 0))
        assert (await year.result()).end is End.DEEMED_ACCEPTED

    async def test_the_report_covers_the_plan_in_force(self, year):
        await agreed_in_january(year)
        await year.sleep_until(wib(2027, 1, 4))
        one = {"results": [{"id": "r1", "realisation": "a", "evidence": "b"}]}
        answer = await year.refused(Act.SUBMIT_REPORT, said=one)
        assert answer.outcome.refusal.type is ErrorType.INVALID
        assert answer.outcome.refusal.params == {"id": "r2"}

    async def test_a_year_without_a_plan_is_evaluated_all_the_same(self, year):
        await year.ready()
        await year.sleep_until(wib(2027, 1, 4))
        assert (year.state.turn, year.state.planned) == ("report_submission", ())
        assert (await year.result()).end is End.UNRATEABLE
