"""Decrees that become known while a workflow waits: its timer follows, and nothing rings twice."""

from schemas.code import Act, EventKind
from tests.builders import wib
from tests.decrees import day, free, midnight, six_days, working


class TestDecree:
    async def test_in_the_middle_of_a_month_the_deadline_comes_a_day_later(self, stage):
        await stage.sleep_until(wib(3, 2, 10))
        stage.ledger.book = free(day(3, 4), at=wib(3, 2, 10))
        await stage.refresh()
        await stage.sleep_until(wib(3, 5, 12))
        assert EventKind.BECAME_OVERDUE not in stage.kinds()
        await stage.sleep_until(wib(3, 6, 7))
        [overdue] = [e for e in stage.events if e.kind is EventKind.BECAME_OVERDUE]
        assert overdue.happened_at == midnight(3, 5)

    async def test_that_nobody_told_it_of_is_taken_in_at_its_own_instant(self, stage):
        """No refresh comes: the next wake-up finds the decree."""
        await stage.sleep_until(wib(3, 2, 10))
        stage.ledger.book = free(day(3, 4), at=wib(3, 2, 11))
        await stage.sleep_until(wib(3, 5, 12))
        assert stage.kinds()[-1] is EventKind.DUE_MOVED
        assert stage.events[-1].happened_at == wib(3, 2, 11)
        await stage.sleep_until(wib(3, 6, 7))
        assert stage.kinds().count(EventKind.BECAME_OVERDUE) == 1

    async def test_two_and_one_taken_back(self, stage):
        await stage.sleep_until(wib(3, 2, 10))
        first = free(day(3, 4), at=wib(3, 2, 10))
        second = free(day(3, 5), at=wib(3, 2, 11), book=first)
        stage.ledger.book = second
        await stage.refresh()
        assert stage.state.due_at == midnight(3, 6)
        await stage.sleep_until(wib(3, 3, 10))
        stage.ledger.book = working(day(3, 5), at=wib(3, 3, 10), book=second)
        await stage.refresh()
        assert stage.state.due_at == midnight(3, 5)
        await stage.sleep_until(wib(3, 6, 12))
        rungs = stage.record.rungs
        assert len(set(rungs)) == len(rungs)
        assert (1, "overdue") in rungs

    async def test_a_unit_of_six_days_ends_its_window_on_a_saturday(self, stage):
        acts = (
            (Act.SUBMIT_PLAN, wib(3, 2, 9)),
            (Act.AGREE_PLAN, wib(3, 2, 10)),
            (Act.SUBMIT_REPORT, wib(3, 31)),
            (Act.SCORE, wib(4, 1, 7)),
            (Act.GIVE_FEEDBACK, wib(4, 1, 8)),
            (Act.RESPOND_TO_FEEDBACK, wib(4, 1, 9)),
            (Act.RECORD_MEETING, wib(4, 1, 10)),
        )
        for act, at in acts:
            await stage.sleep_until(at)
            await stage.act(act)
        await stage.sleep_until(wib(4, 8, 9))
        await stage.act(Act.SIGN)
        assert stage.state.due_at == midnight(4, 13)
        stage.ledger.book = six_days("dinas", day(4, 1), at=wib(4, 8, 10))
        await stage.refresh()
        assert stage.state.due_at == midnight(4, 11)
        result = await stage.result()
        assert result.end == "deemed_accepted"
        assert stage.events[-1].happened_at == midnight(4, 11)
