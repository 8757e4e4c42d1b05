"""What a change of the organisation does to an open file: by itself, in time, and whom it tells."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from domain.decision import Notice
from domain.owner import owner_on
from domain.succession import Move, decide_succession, is_by_organisation, is_moved
from domain.timeline import advance, agenda
from schemas.code import Act, Change, End, EventKind, Role, Stage, Topic
from schemas.cycle import Agenda, WakeUp
from schemas.file import Former
from schemas.file_body import WithdrawalCause
from tests.builders import RULES, Cast, change, holding, organisation, wib
from tests.stories import Story, story_at
from tests.unit.test_explanation import changed

ON, AT = date(2026, 4, 7), wib(4, 7)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
ABOVE = ("boss", "chief", "head", "sekda", "mayor")


def replaced(cast: Cast, on: date = ON):
    """A city whose supervisor another takes the place of, from a day on."""
    return organisation(
        cast,
        holding(cast.supervisor, "boss", to_on=on - DAY),
        holding(cast.stranger, "boss", from_on=on),
        vacant=("boss", "other"),
    )


class TestOwnerOn:
    """Whom a file waits for on a day, by the organisation alone."""

    CAST = Cast()
    CITY = replaced(CAST)

    @pytest.mark.parametrize(
        ("turn", "on", "owner"),
        [
            ("scoring", ON - DAY, "supervisor"),
            ("scoring", ON, "stranger"),
            ("scoring", ON + DAY, "stranger"),
            ("report_submission", ON, "employee"),
        ],
    )
    def test_is_who_has_the_role_that_day(self, turn: str, on: date, owner: str) -> None:
        state = story_at(turn, cast=self.CAST).state
        assert owner_on(self.CITY, state, on) == vars(self.CAST)[owner]

    def test_follows_the_post_of_the_file(self) -> None:
        state = story_at("scoring", cast=self.CAST).state
        gone = organisation(self.CAST, vacant=("staff",))
        elsewhere = state.model_copy(update={"post": "chief"})
        assert owner_on(gone, state, ON) == self.CAST.supervisor
        assert owner_on(gone, elsewhere, ON) == self.CAST.unit_head

    def test_is_nobody_where_nobody_is_or_the_file_has_ended(self) -> None:
        story = story_at("scoring", cast=self.CAST)
        empty = organisation(self.CAST, vacant=ABOVE)
        assert owner_on(empty, story.state, ON) is None
        story.act(Act.WITHDRAW, story.cast.hr)
        assert owner_on(self.CITY, story.state, ON) is None


class TestDeath:
    def dead(self, on: date = ON):
        story = story_at("scoring")
        story.at = AT
        after = changed(story, change(Change.DEATH, story.cast.employee, on))
        context = after.resolve(AT, None)
        assert is_moved(story.state, context)
        [fact] = decide_succession(story.state, AT, context, RULES)
        return story.state, fact

    def test_ends_the_file_and_tells_nobody(self) -> None:
        before, fact = self.dead(ON - DAY)
        assert (fact.kind, fact.happened_at, fact.cause) == (
            EventKind.WITHDRAWN,
            AT,
            "fact:death",
        )
        assert fact.before is before
        assert (fact.seat, fact.on_behalf_of, fact.rung) == (None, None, None)
        assert (fact.notices, fact.has_content) == ((), False)
        assert {k: v for k, v in fact.data.items() if k != "rules"} == {"died_on": "2026-04-06"}

    def test_leaves_what_it_ended_by_and_nobody_awaited(self) -> None:
        before, fact = self.dead()
        ended = fact.after
        assert (ended.end, ended.ended_at, ended.stage) == (End.WITHDRAWN, AT, Stage.CLOSED)
        assert ended.withdrawal is WithdrawalCause.DEATH
        assert (ended.awaits, ended.owner, ended.due_at) == (None, None, None)
        assert (ended.version, ended.visit) == (before.version + 1, before.visit + 1)

    def test_goes_before_any_handover(self) -> None:
        story = story_at("scoring")
        story.at = AT
        gone = [change(Change.DEATH, p, ON) for p in (story.cast.employee, story.cast.supervisor)]
        context = changed(story, *gone).resolve(AT, None)
        [fact] = decide_succession(story.state, AT, context, RULES)
        assert fact.kind is EventKind.WITHDRAWN


class TestHandover:
    def handed_over(self, *, vacant: tuple[str, ...] = (), leaves_note: bool = False):
        story = story_at("scoring")
        cast, context = story.cast, story.resolve(AT, None)
        seat = context.chain.supervisor
        assert seat is not None
        former = Former(seat=seat, first=date(2026, 3, 1), last=ON - DAY)
        city = organisation(cast, holding(cast.stranger, "boss"), vacant=("boss", "other"))
        story.city = organisation(cast, vacant=vacant) if vacant else city
        context = story.resolve(AT, None)
        context = context.model_copy(update={"former": former if leaves_note else None})
        [fact] = decide_succession(story.state, AT, context, RULES)
        return cast, story.state, fact

    def test_gives_the_task_and_nothing_else_away(self) -> None:
        cast, before, fact = self.handed_over()
        assert (fact.kind, fact.happened_at) == (EventKind.HANDED_OVER, AT)
        assert fact.before is before
        assert fact.after == before.model_copy(update={"owner": cast.stranger})
        assert (fact.cause, fact.seat, fact.rung) == ("fact:organisation", None, None)
        assert {k: v for k, v in fact.data.items() if k != "rules"} == {
            "from": str(cast.supervisor),
            "to": str(cast.stranger),
        }

    def test_a_task_that_nobody_has_says_so(self) -> None:
        _, _, fact = self.handed_over(vacant=ABOVE)
        assert (fact.data["to"], fact.after.owner) == (None, None)

    @pytest.mark.parametrize(
        ("vacant", "leaves_note", "told"),
        [
            ((), False, [(Topic.TASK, "stranger")]),
            ((), True, [(Topic.TASK, "stranger"), (Topic.INTERIM, "supervisor")]),
            (ABOVE, False, [(Topic.VACANT, "hr_head")]),
            (ABOVE, True, [(Topic.VACANT, "hr_head"), (Topic.INTERIM, "supervisor")]),
            ((*ABOVE, "hr head"), False, []),
            ((*ABOVE, "hr head"), True, [(Topic.INTERIM, "supervisor")]),
        ],
    )
    def test_tells_the_new_owner_or_the_office_and_who_may_leave_a_note(
        self, vacant, leaves_note: bool, told
    ) -> None:
        cast, _, fact = self.handed_over(vacant=vacant, leaves_note=leaves_note)
        assert fact.notices == tuple(Notice(topic, vars(cast)[who]) for topic, who in told)
        assert fact.data.get("note_until") == ("2026-04-13" if leaves_note else None)


@pytest.mark.parametrize("kind", EventKind)
def test_handover_and_death_are_what_the_organisation_does(kind: EventKind) -> None:
    by_it = {EventKind.HANDED_OVER, EventKind.WITHDRAWN}
    assert is_by_organisation(kind) is (kind in by_it)


class TestInTime:
    """A change of the organisation takes its place among what else happens to a file."""

    def steps(self, *, has_come: bool, at: datetime = AT, until: datetime | None = None):
        story = story_at("scoring")
        cast = story.cast
        story.city = replaced(cast, at.date())
        asked: list[tuple[datetime, UUID | None]] = []

        def resolve(when: datetime, actor: UUID | None):
            asked.append((when, actor))
            return story.resolve(when, actor)

        def moves(state):
            return Move(at, has_come) if state.owner == cast.supervisor else None

        found = list(advance(story.state, [], until, resolve, RULES, moves=moves))
        return story, asked, found

    def test_that_is_on_record_is_decided_for_the_outgoing_owner(self) -> None:
        story, asked, [reminder, step] = self.steps(has_come=True)
        assert reminder.facts[0].kind is EventKind.REMINDED
        assert asked == [(wib(4, 7, 8), None), (AT, story.cast.supervisor)]
        [fact] = step.facts
        assert (fact.kind, fact.happened_at) == (EventKind.HANDED_OVER, AT)
        assert fact.after.owner == story.cast.stranger
        assert step.context == story.resolve(AT, story.cast.supervisor)
        assert step.context.former is not None
        assert (step.command, step.refusal, dict(step.rules)) == (None, None, {})

    @pytest.mark.parametrize(("late", "count"), [(-TICK, 0), (timedelta(0), 1), (TICK, 1)])
    def test_that_is_a_day_to_come_waits_for_it(self, late: timedelta, count: int) -> None:
        day = wib(4, 3, 0)
        story, asked, found = self.steps(has_come=False, at=day, until=day + late)
        assert len(found) == count
        assert asked == [(day, story.cast.supervisor)] * count

    def test_that_is_a_day_to_come_waits_where_nobody_asks_for_a_time(self) -> None:
        assert self.steps(has_come=False)[2] == []

    def test_does_nothing_to_a_file_that_has_ended(self) -> None:
        story = story_at("scoring")
        story.act(Act.WITHDRAW, story.cast.hr)
        found = advance(
            story.state, [], AT, story.resolve, RULES, moves=lambda _: Move(AT, has_come=True)
        )
        assert list(found) == []


class TestAgenda:
    REMINDER = wib(4, 7, 8)

    def agenda(self, move: Move | None = None, story: Story | None = None) -> tuple[Story, Agenda]:
        story = story or story_at("scoring")
        context = story.resolve(story.at, None)
        return story, agenda(story.state, 4, context, story.rules, move)

    def test_says_what_the_file_waits_for(self) -> None:
        story, found = self.agenda()
        state = story.state
        assert found == Agenda(
            number=4,
            version=state.version,
            stage=Stage.SCORING,
            turn="scoring",
            visit=state.visit,
            awaits=Role.SUPERVISOR,
            awaited_person=story.cast.supervisor,
            due_at=wib(4, 10, 0),
            wake=WakeUp(visit=state.visit, rung="reminder", at=self.REMINDER),
            end=None,
        )

    @pytest.mark.parametrize(
        ("at", "rung"),
        [
            (REMINDER - TICK, "handover"),
            (REMINDER, "reminder"),
            (REMINDER + TICK, "reminder"),
        ],
    )
    def test_wakes_for_a_handover_that_comes_first(self, at: datetime, rung: str) -> None:
        story, found = self.agenda(Move(at, has_come=False))
        first = min(at, self.REMINDER)
        assert found.wake == WakeUp(visit=story.state.visit, rung=rung, at=first)

    def test_of_a_file_that_has_ended_waits_for_nobody(self) -> None:
        story = story_at("scoring")
        story.act(Act.WITHDRAW, story.cast.hr)
        _, found = self.agenda(story=story)
        assert (found.wake, found.awaits, found.awaited_person) == (None, None, None)
        assert (found.due_at, found.end, found.stage) == (None, End.WITHDRAWN, Stage.CLOSED)
