"""People move while a file waits for them; the workflow notices by a signal or by its own timer."""

from datetime import date, timedelta

import pytest

from domain.movement import move
from schemas.code import Act, Change, End, EventKind, Topic
from schemas.error import ErrorType
from schemas.file_body import WithdrawalCause
from tests.builders import CALENDAR, change, wib
from tests.support.waiting import eventually
from tests.workflow.scenarios import agreed_plan
from tests.workflow.stage import Stage

SECOND = timedelta(seconds=1)


async def decree(stage: Stage, *changes) -> None:
    """Have changes known from now on; nobody tells the workflow yet."""
    now = await stage.now()
    moved = move(stage.ledger.newest, changes, CALENDAR.local_date(now))
    assert moved.wrong == []
    stage.ledger.change(now, moved.result())


@pytest.fixture
async def scoring(stage: Stage) -> Stage:
    """A file that waits for its supervisor's score on 1 April."""
    await agreed_plan(stage)
    await stage.sleep_until(wib(4, 1, 8))
    await stage.act(Act.SUBMIT_REPORT)
    return stage


def told(stage: Stage, person) -> list[str]:
    return [topic for _, topic, recipient in stage.record.notices if recipient == person]


class TestMove:
    async def test_the_supervisor_moves_while_he_should_score(self, scoring):
        cast, due = scoring.cast, scoring.state.due_at
        await scoring.sleep_until(wib(4, 2, 9))
        await decree(
            scoring,
            change(Change.MUTATION, cast.stranger, date(2026, 4, 2), post="boss"),
            change(Change.MUTATION, cast.supervisor, date(2026, 4, 2), post="other"),
        )
        await scoring.refresh()
        await scoring.refresh()
        assert scoring.state.owner == cast.stranger
        assert scoring.state.due_at == due
        assert told(scoring, cast.stranger).count(Topic.TASK) == 1
        refused = await scoring.refused(Act.SCORE, cast.supervisor)
        assert refused.outcome.refusal.type is ErrorType.NOT_AUTHORISED
        agenda = await scoring.act(Act.SCORE, cast.stranger)
        assert agenda.awaited_person == cast.stranger

    async def test_a_plt_of_a_later_day_has_the_task_when_that_day_begins(self, scoring):
        cast = scoring.cast
        plt = change(Change.PLT, cast.hr, date(2026, 4, 3), date(2026, 4, 4), post="boss")
        await decree(scoring, plt)
        await scoring.refresh()
        await scoring.sleep_until(wib(4, 3, 0) - SECOND)
        assert scoring.state.owner == cast.supervisor
        await scoring.sleep_until(wib(4, 3, 0))
        await eventually(lambda: scoring.state.owner == cast.hr)
        await scoring.sleep_until(wib(4, 5, 1))
        await eventually(lambda: scoring.state.owner == cast.supervisor)
        handed = [e for e in scoring.events if e.kind is EventKind.HANDED_OVER]
        assert [e.happened_at for e in handed] == [wib(4, 3, 0), wib(4, 5, 0)]

    async def test_the_employee_dies(self, scoring):
        await scoring.sleep_until(wib(4, 2, 9))
        await decree(scoring, change(Change.DEATH, scoring.cast.employee, date(2026, 4, 1)))
        await scoring.refresh()
        assert (await scoring.result()).end is End.WITHDRAWN
        assert scoring.state.withdrawal is WithdrawalCause.DEATH
        assert scoring.events[-1].happened_at < wib(4, 2, 10)

    async def test_the_supervisor_dies(self, scoring):
        await scoring.sleep_until(wib(4, 2, 9))
        before = len(scoring.record.notices)
        await decree(scoring, change(Change.DEATH, scoring.cast.supervisor, date(2026, 4, 2)))
        await scoring.refresh()
        assert scoring.state.owner == scoring.cast.superior
        await scoring.sleep_until(wib(4, 21, 9))
        after = scoring.record.notices[before:]
        assert len(after) > 2
        assert scoring.cast.supervisor not in {person for _, _, person in after}

    async def test_a_leave_lies_over_a_rung(self, scoring):
        """The score is due on 9 April, so the supervisor is reminded on the 7th at 8:00."""
        cast = scoring.cast
        leave = change(Change.ANNUAL_LEAVE, cast.supervisor, date(2026, 4, 6), date(2026, 4, 7))
        await decree(scoring, leave)
        await scoring.sleep_until(wib(4, 8, 7))
        assert scoring.kinds()[-1] is EventKind.RUNG_POSTPONED
        due = scoring.state.due_at
        await scoring.sleep_until(wib(4, 8, 9))
        last = scoring.events[-1]
        assert (last.kind, last.happened_at) == (EventKind.REMINDED, wib(4, 8, 8))
        assert scoring.state.due_at == due
