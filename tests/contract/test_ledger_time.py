"""What every ledger promises of time: wake-ups, deadlines, and what lies between them."""

from datetime import UTC, datetime, timedelta

from runtime.clock import Clock
from schemas.code import Act, End, EventKind
from tests.builders import wib

TICK = timedelta(microseconds=1)


class TestWake:
    async def test_the_awaited_one_is_recorded_and_the_next_one_named(self, opened):
        wake = (await opened.ask()).agenda.wake
        progress = await opened.ask(wake=wake)
        assert await opened.kinds() == [EventKind.FILE_OPENED, EventKind.BECAME_OVERDUE]
        assert (await opened.events())[-1].happened_at == wake.at
        assert (progress.agenda.wake.rung, progress.agenda.wake.at) == ("boss", wib(3, 5, 8))
        assert progress.agenda.version == 1

    async def test_a_repeated_one_changes_nothing(self, opened):
        wake = (await opened.ask()).agenda.wake
        first = await opened.ask(wake=wake)
        assert await opened.ask(wake=wake) == first
        assert await opened.rungs() == [(1, "overdue")]

    async def test_an_early_one_changes_nothing(self, opened):
        agenda = (await opened.ask()).agenda
        early = agenda.wake.model_copy(update={"at": agenda.wake.at - TICK})
        assert (await opened.ask(wake=early)).agenda == agenda
        assert await opened.rungs() == []

    async def test_one_of_an_earlier_visit_changes_nothing(self, opened):
        stale = (await opened.ask()).agenda.wake
        await opened.act(Act.SUBMIT_PLAN, wib(3, 2, 9))
        await opened.act(Act.AGREE_PLAN, wib(3, 2, 10))
        agenda = (await opened.ask(wake=stale)).agenda
        assert agenda.turn == "report_submission"
        assert await opened.rungs() == []

    async def test_missed_ones_are_recorded_one_by_one_at_their_own_instants(self, opened):
        wake = (await opened.ask()).agenda.wake.model_copy(update={"at": wib(3, 10, 12)})
        await opened.ask(wake=wake)
        found = [(e.kind, e.happened_at) for e in (await opened.events())[1:]]
        assert found == [
            (EventKind.BECAME_OVERDUE, wib(3, 5, 0)),
            (EventKind.ESCALATED, wib(3, 5, 8)),
            (EventKind.ESCALATED, wib(3, 6, 8)),
            (EventKind.ESCALATED, wib(3, 10, 8)),
        ]
        assert await opened.rungs() == [
            (1, r) for r in ("overdue", "boss", "superior", "unit_head")
        ]

    async def test_a_file_nobody_touches_comes_to_its_end_by_wake_ups_alone(self, opened):
        agenda, last = (await opened.ask()).agenda, wib(3, 1)
        while agenda.wake is not None:
            assert agenda.wake.at > last, "the next wake-up lies after the one that came"
            last = agenda.wake.at
            agenda = (await opened.ask(wake=agenda.wake)).agenda
        assert agenda.end is End.UNRATEABLE
        rungs = await opened.rungs()
        assert len(set(rungs)) == len(rungs)
        assert [r for v, r in rungs if v == 1] == [
            "overdue",
            "boss",
            "superior",
            "unit_head",
            "hr",
            "sekda",
            "expire",
        ]

    async def test_a_closed_file_sleeps_on(self, opened):
        wake = (await opened.ask()).agenda.wake
        await opened.act(Act.WITHDRAW, wib(3, 2, 9), opened.cast.hr)
        agenda = (await opened.ask(wake=wake)).agenda
        assert (agenda.end, agenda.wake) == (End.WITHDRAWN, None)
        assert await opened.rungs() == []

    async def test_the_timer_gets_the_real_instant(self, build):
        """A demonstration's clock: a day of business in a minute and a half."""
        began = datetime(2026, 11, 24, 12, tzinfo=UTC)
        clock = Clock(wib(3, 2, 8), began, 960.0)
        house = await build(clock=clock)
        wake = (await house.open()).wake
        assert wake is not None
        assert wake.real_at == began + timedelta(hours=64) / 960
