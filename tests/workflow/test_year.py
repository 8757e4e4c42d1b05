"""The annual file through a whole year: agreed in January, revised, evaluated after it, objected to."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.definition import kinds
from domain.working_calendar import ZONE
from schemas.code import Act, End, EventKind, Role, Topic
from schemas.cycle import Advance
from schemas.error import ErrorType
from schemas.file import SuperiorPlan
from schemas.identifier import FileKey
from tests.builders import command
from tests.fakes.ledger import Enrolment
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


@pytest.fixture
async def below(environment, cached_workflows):
    """The same, and its supervisor has an annual file, too, so that it waits for his plan."""
    annual, opened_at = kinds()["tahunan"], wib(2026, 1, 2, 8)
    async with Stage.open(
        environment, cached_workflows, process=annual, opened_at=opened_at, is_started=False
    ) as stage:
        stage.ledger.enrol(above(stage), Enrolment("dinas", "boss", opened_at, annual))
        await stage.start()
        await stage.ready()
        yield stage


def above(stage: Stage) -> FileKey:
    """The file of the supervisor."""
    return stage.file.model_copy(update={"person": stage.cast.supervisor})


async def his_plan(stage: Stage, at: datetime, *, is_decided: bool = True) -> None:
    """The supervisor's plan is submitted, and agreed by his own; decided now, or only stored."""
    ledger = stage.ledger
    ledger.advance(Advance(file=above(stage)))
    state = ledger.records[above(stage)].state
    for act, actor, when in (
        (Act.SUBMIT_PLAN, stage.cast.supervisor, at - SECOND),
        (Act.AGREE_PLAN, stage.cast.superior, at),
    ):
        ledger.store(command(state, act, actor, when))
    if is_decided:
        ledger.advance(Advance(file=above(stage)))


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


class TestBelow:
    """A subordinate's plan waits for the one above, which is late, and not for ever."""

    async def test_it_waits_for_the_supervisor_whose_side_is_chased(self, below):
        assert (below.state.turn, below.state.awaits) == ("superior_plan", Role.SUPERVISOR)
        assert below.state.superior_plan == SuperiorPlan(person=below.cast.supervisor)
        answer = await below.refused(Act.SUBMIT_PLAN, below.cast.employee)
        assert answer.outcome.refusal.rule == "gate.superior_plan"
        await below.sleep_until(wib(2026, 2, 2))
        assert below.kinds()[-2:] == [EventKind.BECAME_OVERDUE, EventKind.ESCALATED]
        told = [person for _, topic, person in below.record.notices if topic == Topic.ESCALATION]
        assert told == [below.cast.superior]

    async def test_the_agreement_of_that_plan_lets_it_through_at_its_own_instant(self, below):
        agreed = wib(2026, 1, 20, 14)
        await below.sleep_until(wib(2026, 1, 20, 15))
        await his_plan(below, agreed)
        await below.refresh()
        assert below.kinds()[-1] is EventKind.GATE_OPENED
        assert below.events[-1].happened_at == agreed
        assert below.state.superior_plan.agreed.version == 1
        agenda = await below.act(Act.SUBMIT_PLAN, said=results("r1"))
        assert agenda.turn == "plan_agreement"

    async def test_a_plan_that_came_after_it_is_taken_though_nobody_refreshed(self, below):
        """And though nobody decided the agreement that was stored a second before."""
        await below.sleep_until(wib(2026, 1, 20, 15))
        await his_plan(below, await below.now() - SECOND, is_decided=False)
        submitted = await below.store(Act.SUBMIT_PLAN, below.cast.employee, said=results("r1"))
        progress = await below.knock(Act.SUBMIT_PLAN, submitted)
        assert progress.agenda.turn == "plan_agreement"
        assert below.kinds()[-2:] == [EventKind.GATE_OPENED, EventKind.PLAN_SUBMITTED]

    async def test_when_that_plan_is_too_late_it_goes_on_and_says_so(self, below):
        """Due on Friday, 30 January; ten working days later nobody waits any more."""
        assert below.state.due_at == wib(2026, 1, 31, 0)
        await below.sleep_until(wib(2026, 2, 14, 0) - SECOND)
        assert below.state.turn == "superior_plan"
        await below.sleep_until(wib(2026, 2, 14, 0))
        assert (below.state.turn, below.state.awaits) == ("plan_submission", Role.EMPLOYEE)
        assert below.state.passed_over == ("superior_plan",)
        assert below.state.superior_plan == SuperiorPlan(person=below.cast.supervisor)
        await his_plan(below, await below.now())
        await below.act(Act.SUBMIT_PLAN, said=results("r1"))
        assert (await below.act(Act.AGREE_PLAN)).turn == "running"
        assert EventKind.GATE_OPENED not in below.kinds()

    async def test_a_file_of_his_that_ends_without_a_plan_is_waited_for_no_more(self, below):
        await below.sleep_until(wib(2026, 1, 20, 15))
        below.ledger.advance(Advance(file=above(below)))
        state = below.ledger.records[above(below)].state
        at = await below.now() - SECOND
        below.ledger.store(command(state, Act.WITHDRAW, below.cast.hr, at))
        await below.refresh()
        assert (below.state.turn, below.state.superior_plan) == ("plan_submission", None)
        assert below.events[-1].happened_at == at

    async def test_a_month_cites_the_plan_that_was_agreed(self, below):
        await below.sleep_until(wib(2026, 1, 20, 15))
        await his_plan(below, wib(2026, 1, 20, 14))
        await below.refresh()
        await below.act(Act.SUBMIT_PLAN, said=results("r1"))
        await below.act(Act.AGREE_PLAN)
        month = below.file.model_copy(update={"period": "2026-02", "kind": "bulanan"})
        below.ledger.enrol(month, Enrolment("dinas", "staff", wib(2026, 2, 2, 8)))
        below.ledger.advance(Advance(file=month))
        first = below.ledger.contexts[below.ledger.records[month].events[0].context_hash]
        assert first.plan is not None
        assert first.plan.version == 1


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
