"""What every ledger promises of a file whose people move: one owner at any moment, told once."""

from datetime import date, timedelta

import pytest

from schemas.code import Act, Capacity, Change, End, EventKind, Role, Topic
from schemas.cycle import Verdict
from schemas.error import ErrorType
from schemas.file_body import WithdrawalCause
from schemas.organisation import Absence
from tests.builders import change, wib
from tests.contract.house import House

TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
APRIL_1, APRIL_2, APRIL_7 = date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 7)


@pytest.fixture
async def scoring(opened: House) -> House:
    """A file that waits for its supervisor's score."""
    await opened.act(Act.SUBMIT_PLAN, wib(3, 2, 9))
    await opened.act(Act.AGREE_PLAN, wib(3, 2, 10))
    await opened.act(Act.SUBMIT_REPORT, wib(4, 1, 8))
    return opened


def swap(house: House, on: date):
    """The supervisor and a colleague of the employee change places."""
    cast = house.cast
    return (
        change(Change.MUTATION, cast.stranger, on, post="boss"),
        change(Change.MUTATION, cast.supervisor, on, post="other"),
    )


async def told(house: House, topic: Topic):
    """Who was told of something, in order."""
    return [person for found, person in await house.notices() if found == topic]


class TestMutation:
    async def test_the_successor_owns_the_task_at_once_and_is_told_once(self, scoring):
        before = (await scoring.ask()).agenda
        await scoring.change(wib(4, 2, 9), *swap(scoring, APRIL_2))
        for _ in range(3):
            agenda = (await scoring.ask()).agenda
        assert agenda.awaited_person == scoring.cast.stranger
        assert (agenda.due_at, agenda.visit, agenda.version) == (
            before.due_at,
            before.visit,
            before.version,
        )
        last = (await scoring.events())[-1]
        assert (last.kind, last.happened_at) == (EventKind.HANDED_OVER, wib(4, 2, 9))
        assert last.data["from"] == str(scoring.cast.supervisor)
        assert (await told(scoring, Topic.TASK)).count(scoring.cast.stranger) == 1

    async def test_only_the_successor_may_act_from_then_on(self, scoring):
        await scoring.change(wib(4, 2, 9), *swap(scoring, APRIL_2))
        late = await scoring.act(Act.SCORE, wib(4, 2, 10), scoring.cast.supervisor)
        assert late.outcome.refusal.type is ErrorType.NOT_AUTHORISED
        done = await scoring.act(Act.SCORE, wib(4, 2, 11), scoring.cast.stranger)
        assert done.outcome.verdict is Verdict.ACCEPTED
        assert (await scoring.kinds())[-2:] == [EventKind.HANDED_OVER, EventKind.SCORED]

    async def test_what_was_received_before_is_decided_before(self, scoring):
        scored = await scoring.store(Act.SCORE, wib(4, 2, 9) - TICK)
        await scoring.change(wib(4, 2, 9), *swap(scoring, APRIL_2))
        progress = await scoring.ask(command_id=scored)
        assert progress.outcome.verdict is Verdict.ACCEPTED
        assert (await scoring.kinds())[-2:] == [EventKind.SCORED, EventKind.HANDED_OVER]
        assert progress.agenda.turn == "feedback_giving"
        assert progress.agenda.awaited_person == scoring.cast.stranger

    async def test_a_later_day_comes_as_a_wake_up_of_its_own(self, scoring):
        await scoring.change(wib(4, 1, 9), *swap(scoring, APRIL_2))
        agenda = (await scoring.ask()).agenda
        assert agenda.awaited_person == scoring.cast.supervisor
        assert (agenda.wake.rung, agenda.wake.at) == ("handover", wib(4, 2, 0))
        agenda = (await scoring.ask(wake=agenda.wake)).agenda
        assert agenda.awaited_person == scoring.cast.stranger
        assert (await scoring.events())[-1].happened_at == wib(4, 2, 0)

    async def test_a_later_day_comes_before_an_act_of_that_day(self, scoring):
        await scoring.change(wib(4, 1, 9), *swap(scoring, APRIL_2))
        await scoring.act(Act.SCORE, wib(4, 2, 8), scoring.cast.stranger)
        handed, scored = (await scoring.events())[-2:]
        assert (handed.kind, handed.happened_at) == (EventKind.HANDED_OVER, wib(4, 2, 0))
        assert scored.kind == EventKind.SCORED

    async def test_there_and_back_again_is_two_changes(self, scoring):
        cast = scoring.cast
        await scoring.change(wib(4, 2, 9), *swap(scoring, APRIL_2))
        await scoring.change(
            wib(4, 2, 11),
            change(Change.MUTATION, cast.supervisor, APRIL_2, post="boss"),
            change(Change.MUTATION, cast.stranger, APRIL_2, post="other"),
        )
        await scoring.ask()
        handed = [e for e in await scoring.events() if e.kind == EventKind.HANDED_OVER]
        assert [e.happened_at for e in handed] == [wib(4, 2, 9), wib(4, 2, 11)]
        assert (await scoring.state()).owner == cast.supervisor


class TestActing:
    async def test_a_plt_has_the_task_while_his_decree_lasts(self, scoring):
        cast = scoring.cast
        plt = change(Change.PLT, cast.hr, APRIL_2, date(2026, 4, 5), post="boss")
        await scoring.change(wib(4, 1, 9), plt)
        owners = []
        agenda = (await scoring.ask()).agenda
        while agenda.wake.rung == "handover":
            agenda = (await scoring.ask(wake=agenda.wake)).agenda
            owners.append(agenda.awaited_person)
        assert owners == [cast.hr, cast.supervisor]
        assert agenda.wake.at > wib(4, 6, 0)

    async def test_he_acts_in_his_own_name_and_capacity(self, scoring):
        await scoring.change(
            wib(4, 2, 7), change(Change.PLT, scoring.cast.hr, APRIL_2, post="boss")
        )
        await scoring.act(Act.SCORE, wib(4, 2, 8), scoring.cast.hr)
        scored = (await scoring.events())[-1]
        assert (scored.capacity.capacity, scored.capacity.decree) == (Capacity.PLT, "SK 77")


class TestDeath:
    async def test_the_file_ends_by_itself_without_a_predicate(self, scoring):
        wake = (await scoring.ask()).agenda.wake
        await scoring.ask(wake=wake.model_copy(update={"at": wib(4, 7, 9) - SECOND}))
        told_before = await scoring.notices()
        await scoring.change(
            wib(4, 7, 9), change(Change.DEATH, scoring.cast.employee, date(2026, 4, 6))
        )
        agenda = (await scoring.ask()).agenda
        assert (agenda.end, agenda.wake) == (End.WITHDRAWN, None)
        state = await scoring.state()
        assert state.withdrawal is WithdrawalCause.DEATH
        assert state.predicate is None
        assert (await scoring.events())[-1].happened_at == wib(4, 7, 9)
        assert (await scoring.notices())[len(told_before) :] == []

    async def test_what_was_received_before_it_counts(self, scoring):
        scored = await scoring.store(Act.SCORE, wib(4, 7, 9) - TICK)
        await scoring.change(wib(4, 7, 9), change(Change.DEATH, scoring.cast.employee, APRIL_7))
        assert (await scoring.ask(command_id=scored)).outcome.verdict is Verdict.ACCEPTED
        assert (await scoring.kinds())[-2:] == [EventKind.SCORED, EventKind.WITHDRAWN]

    async def test_nothing_that_was_received_after_it_does(self, scoring):
        scored = await scoring.store(Act.SCORE, wib(4, 7, 9) + TICK)
        await scoring.change(wib(4, 7, 9), change(Change.DEATH, scoring.cast.employee, APRIL_7))
        refusal = (await scoring.ask(command_id=scored)).outcome.refusal
        assert (refusal.type, refusal.params["end"]) == (ErrorType.CLOSED, "withdrawn")

    async def test_no_timer_overtakes_it(self, scoring):
        await scoring.change(wib(4, 7, 9), change(Change.DEATH, scoring.cast.employee, APRIL_7))
        wake = (await scoring.ask()).agenda.wake
        assert wake is None
        assert EventKind.BECAME_OVERDUE not in await scoring.kinds()

    async def test_of_the_supervisor_gives_his_tasks_to_who_follows(self, scoring):
        cast = scoring.cast
        await scoring.change(wib(4, 7, 7), change(Change.DEATH, cast.supervisor, APRIL_7))
        agenda = (await scoring.ask()).agenda
        assert agenda.awaited_person == cast.superior
        assert cast.superior in await told(scoring, Topic.TASK)
        assert await told(scoring, Topic.INTERIM) == []
        before = len(await scoring.notices())
        await scoring.ask(wake=agenda.wake.model_copy(update={"at": wib(4, 22, 9)}))
        after = (await scoring.notices())[before:]
        assert len(after) > 2
        assert cast.supervisor not in {person for _, person in after}


class TestNobody:
    async def test_a_task_without_a_holder_is_the_hr_offices_to_fill(self, scoring):
        cast = scoring.cast
        above = (cast.supervisor, cast.superior, cast.unit_head, cast.sekda, cast.mayor)
        gone = [change(Change.RETIREMENT, person, APRIL_2) for person in above]
        await scoring.change(wib(4, 2, 9), *gone)
        agenda = (await scoring.ask()).agenda
        assert (agenda.awaits, agenda.awaited_person) == (Role.SUPERVISOR, None)
        assert await told(scoring, Topic.VACANT) == [cast.hr_head]
        await scoring.change(wib(4, 2, 10), change(Change.PLT, cast.hr, APRIL_2, post="boss"))
        agenda = (await scoring.ask()).agenda
        assert agenda.awaited_person == cast.hr
        assert (await told(scoring, Topic.TASK)).count(cast.hr) == 1


class TestInterim:
    """The supervisor's last day is 1 April; he has five working days for his note, the 3rd being free: until the 9th."""

    async def leave(self, house: House) -> None:
        await house.change(wib(4, 1, 9), *swap(house, APRIL_2))
        await house.ask()

    async def note(self, house: House, at, actor=None, **said):
        return await house.act(
            Act.RECORD_INTERIM, at, actor or house.cast.supervisor, said={"note": "x", **said}
        )

    async def test_the_outgoing_supervisor_leaves_his_word_and_changes_nothing(self, scoring):
        await self.leave(scoring)
        await scoring.act(Act.RETURN_REPORT, wib(4, 2, 8), scoring.cast.stranger)
        before = await scoring.state()
        rated = {"work_result": "above", "behaviour": "meets"}
        done = await self.note(scoring, wib(4, 8, 23), **rated)
        assert done.outcome.verdict is Verdict.ACCEPTED
        kept = next(e for e in await scoring.events() if e.kind == EventKind.INTERIM_RECORDED)
        assert (kept.actor, kept.capacity.post) == (scoring.cast.supervisor, "boss")
        assert {n: kept.data[n] for n in rated} == rated
        assert (kept.data["first"], kept.data["last"]) == ("2026-03-01", "2026-04-01")
        after = await scoring.state()
        assert (after.work_result, after.version, after.owner) == (
            None,
            before.version,
            before.owner,
        )

    @pytest.mark.parametrize(
        ("at", "rule"), [(wib(4, 10, 0), "interim.late"), (wib(4, 9, 23), None)]
    )
    async def test_it_is_taken_for_so_many_working_days(self, scoring, at, rule):
        await self.leave(scoring)
        refusal = (await self.note(scoring, at)).outcome.refusal
        assert (None if refusal is None else refusal.rule) == rule

    async def test_the_outgoing_supervisor_is_told_until_when_once_a_handover(self, scoring):
        cast = scoring.cast
        await scoring.change(wib(4, 1, 9), *swap(scoring, APRIL_2))
        wake = (await scoring.ask()).agenda.wake
        assert await told(scoring, Topic.INTERIM) == []
        for _ in range(2):
            await scoring.ask(wake=wake)
        assert await told(scoring, Topic.INTERIM) == [cast.supervisor]
        handed = (await scoring.events())[-1]
        assert handed.data["note_until"] == "2026-04-09"
        assert "penilai.serah_terima" in handed.data["rules"]
        back = [
            change(Change.MUTATION, cast.supervisor, APRIL_7, post="boss"),
            change(Change.MUTATION, cast.stranger, APRIL_7, post="other"),
        ]
        await scoring.change(wib(4, 7, 9), *back)
        await scoring.ask()  # the days of whoever goes now are none of the period's
        assert await told(scoring, Topic.INTERIM) == [cast.supervisor]
        await scoring.change(wib(4, 8, 9), *swap(scoring, date(2026, 4, 8)))
        await scoring.ask()
        assert await told(scoring, Topic.INTERIM) == [cast.supervisor] * 2

    async def test_a_decree_that_comes_too_late_for_a_note_tells_nobody(self, scoring):
        """From 2 March on somebody else had the post, so his last day is the 1st."""
        await scoring.change(wib(4, 2, 9), *swap(scoring, date(2026, 3, 2)))
        await scoring.ask()
        handed = (await scoring.events())[-1]
        assert handed.kind is EventKind.HANDED_OVER
        assert "note_until" not in handed.data
        assert "penilai.serah_terima" not in handed.data["rules"]
        assert await told(scoring, Topic.INTERIM) == []

    async def test_whoever_was_never_the_supervisor_on_a_day_has_no_note_to_leave(self, scoring):
        cast = scoring.cast
        await scoring.change(wib(4, 2, 9), *swap(scoring, APRIL_2))
        back = [
            change(Change.MUTATION, cast.supervisor, APRIL_2, post="boss"),
            change(Change.MUTATION, cast.stranger, APRIL_2, post="other"),
        ]
        await scoring.change(wib(4, 2, 11), *back)
        await scoring.ask()
        assert await told(scoring, Topic.INTERIM) == [cast.supervisor]

    async def test_half_a_rating_is_none(self, scoring):
        await self.leave(scoring)
        refusal = (await self.note(scoring, wib(4, 2, 9), work_result="meets")).outcome.refusal
        assert (refusal.rule, refusal.field) == ("interim.half_rating", "behaviour")

    async def test_nobody_else_has_it_to_give(self, scoring):
        cast = scoring.cast
        before = await self.note(scoring, wib(4, 1, 8, 30))
        await self.leave(scoring)
        for person in (cast.stranger, cast.superior, cast.employee, cast.hr):
            refusal = (await self.note(scoring, wib(4, 2, 9), person)).outcome.refusal
            assert refusal.type is ErrorType.NOT_AUTHORISED
        assert before.outcome.refusal.type is ErrorType.NOT_AUTHORISED

    async def test_after_the_signature_it_comes_too_late(self, scoring):
        await self.leave(scoring)
        cast = scoring.cast
        for minute, (act, actor) in enumerate(
            [
                (Act.SCORE, cast.stranger),
                (Act.GIVE_FEEDBACK, cast.stranger),
                (Act.RESPOND_TO_FEEDBACK, cast.employee),
                (Act.RECORD_MEETING, cast.stranger),
                (Act.SIGN, cast.stranger),
            ]
        ):
            done = await scoring.act(act, wib(4, 2, 9, minute), actor)
            assert done.outcome.verdict is Verdict.ACCEPTED
        refusal = (await self.note(scoring, wib(4, 2, 10))).outcome.refusal
        assert refusal.rule == "interim.signed"


class TestLeave:
    """The plan is due on 4 March, so a late one is told to the boss on the 5th at 8:00."""

    async def on_leave(self, house: House, until: date) -> None:
        leave = change(Change.SICK_LEAVE, house.cast.supervisor, date(2026, 3, 4), until)
        await house.change(wib(3, 3, 9), leave)

    async def test_a_rung_waits_for_the_first_working_day_after_it(self, opened):
        await self.on_leave(opened, date(2026, 3, 6))
        agenda = (await opened.ask()).agenda
        due = agenda.due_at
        while agenda.wake.at <= wib(3, 5, 8):
            agenda = (await opened.ask(wake=agenda.wake)).agenda
        postponed = (await opened.events())[-1]
        assert (postponed.kind, postponed.happened_at) == (EventKind.RUNG_POSTPONED, wib(3, 5, 8))
        assert agenda.due_at == due
        while EventKind.ESCALATED not in [e.kind for e in await self.of_boss(opened)]:
            agenda = (await opened.ask(wake=agenda.wake)).agenda
        climbed = (await self.of_boss(opened))[-1]
        assert climbed.happened_at == wib(3, 9, 8)
        assert (await opened.rungs()).count((1, "boss")) == 1
        assert (await told(opened, Topic.ESCALATION)).count(opened.cast.supervisor) == 1

    async def of_boss(self, house: House):
        return [e for e in await house.events() if e.data.get("rung") == "boss"]

    async def test_the_deadline_passes_all_the_same(self, opened):
        leave = change(
            Change.ANNUAL_LEAVE, opened.cast.employee, date(2026, 3, 2), date(2026, 3, 9)
        )
        await opened.change(wib(3, 2, 9), leave)
        wake = (await opened.ask()).agenda.wake
        await opened.ask(wake=wake)
        last = (await opened.events())[-1]
        assert (last.kind, last.happened_at) == (EventKind.BECAME_OVERDUE, wib(3, 5, 0))

    async def test_a_file_that_moves_on_meanwhile_forgets_it(self, opened):
        await self.on_leave(opened, date(2026, 3, 6))
        await opened.ask(
            wake=(await opened.ask()).agenda.wake.model_copy(update={"at": wib(3, 5, 9)})
        )
        assert (await opened.state()).postponed
        await opened.act(Act.SUBMIT_PLAN, wib(3, 5, 10))
        assert (await opened.state()).postponed == ()

    async def test_whoever_is_suspended_is_no_supervisor_meanwhile(self, scoring):
        cast = scoring.cast
        await scoring.change(wib(4, 2, 9), change(Change.SUSPENSION, cast.supervisor, APRIL_2))
        assert (await scoring.ask()).agenda.awaited_person == cast.superior
        await scoring.change(wib(4, 7, 9), change(Change.RETURN, cast.supervisor, APRIL_7))
        assert (await scoring.ask()).agenda.awaited_person == cast.supervisor


def test_absences_are_rows_like_any_other():
    """The table takes every kind of absence that a change may be about."""
    assert set(Absence.model_fields) == {"person", "kind", "decree", "from_on", "to_on"}
