"""What every ledger promises of decrees that become known while a file runs."""

from datetime import timedelta

from schemas.code import Act, EventKind
from tests.builders import wib
from tests.contract.house import in_acceptance
from tests.decrees import day, free, midnight, six_days, working

NEWS = wib(3, 2, 10)


class TestDecree:
    async def test_moves_the_due_date_and_the_wake_up_and_tells_the_awaited_once(self, opened):
        before = (await opened.ask()).agenda
        await opened.decree(free(day(3, 4), at=NEWS))
        after = (await opened.ask()).agenda
        assert (before.due_at, after.due_at) == (midnight(3, 4), midnight(3, 5))
        assert after.wake.at > before.wake.at
        assert await opened.kinds() == [EventKind.FILE_OPENED, EventKind.DUE_MOVED]
        assert (await opened.ask()).agenda == after
        assert (await opened.notices())[-1] == ("due_moved", opened.cast.employee)
        assert len(await opened.kinds()) == 2

    async def test_an_old_wake_up_that_comes_after_it_changes_nothing(self, opened):
        old = (await opened.ask()).agenda.wake
        await opened.decree(free(day(3, 4), at=NEWS))
        agenda = (await opened.ask(wake=old)).agenda
        assert agenda.due_at == midnight(3, 5)
        assert await opened.rungs() == []

    async def test_what_was_received_before_it_is_decided_by_the_calendar_of_then(self, opened):
        command_id = await opened.store(Act.SUBMIT_PLAN, NEWS - timedelta(minutes=1))
        await opened.decree(free(day(3, 4), at=NEWS))
        await opened.ask(command_id=command_id)
        kinds = [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED, EventKind.DUE_MOVED]
        assert await opened.kinds() == kinds
        *_, submitted, moved = await opened.events()
        assert submitted.calendar != moved.calendar
        assert submitted.data["set"].get("due_at") is None  # the fourth, as it was

    async def test_what_rang_stays_rung_when_the_time_comes_again(self, opened):
        await opened.ask(wake=(await opened.ask()).agenda.wake)
        assert await opened.rungs() == [(1, "overdue")]
        await opened.decree(free(day(3, 4), at=wib(3, 5, 7)))
        agenda = (await opened.ask()).agenda
        assert agenda.due_at == midnight(3, 5)
        assert agenda.wake.rung == "boss"
        await opened.ask(wake=agenda.wake)
        assert await opened.rungs() == [(1, "overdue"), (1, "boss")]

    async def test_one_taken_back_never_comes_before_the_next_working_day(self, opened):
        granted = free(day(3, 3), day(3, 4), at=NEWS)
        await opened.decree(granted)
        assert (await opened.ask()).agenda.due_at == midnight(3, 6)
        await opened.decree(working(day(3, 3), day(3, 4), at=wib(3, 4, 10), book=granted))
        assert (await opened.ask()).agenda.due_at == midnight(3, 5)

    async def test_the_window_of_an_objection_is_counted_on(self, opened):
        await in_acceptance(opened)
        assert (await opened.ask()).agenda.due_at == midnight(4, 16)
        await opened.decree(free(day(4, 15), at=wib(4, 14, 9)))
        assert (await opened.ask()).agenda.due_at == midnight(4, 17)

    async def test_a_file_that_is_opened_late_takes_it_in_at_its_own_instant(self, house):
        await house.decree(free(day(3, 4), at=NEWS))
        assert (await house.open()).due_at == midnight(3, 5)
        assert await house.kinds() == [EventKind.FILE_OPENED, EventKind.DUE_MOVED]

    async def test_a_week_of_six_days_reaches_the_unit(self, opened):
        await in_acceptance(opened)
        await opened.decree(six_days("dinas", day(4, 1), at=wib(4, 14, 9)))
        assert (await opened.ask()).agenda.due_at == midnight(4, 16)
        await opened.decree(
            free(day(4, 16), at=wib(4, 14, 10), book=six_days("dinas", day(4, 1), at=wib(4, 14, 9)))
        )
        assert (await opened.ask()).agenda.due_at == midnight(4, 17)
        await opened.decree(
            free(
                *(day(4, 16), day(4, 17)),
                at=wib(4, 14, 11),
                book=free(
                    day(4, 16),
                    at=wib(4, 14, 10),
                    book=six_days("dinas", day(4, 1), at=wib(4, 14, 9)),
                ),
            )
        )
        assert (await opened.ask()).agenda.due_at == midnight(4, 18)  # a Saturday
