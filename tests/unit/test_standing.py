"""What a file's page offers somebody is what the decider would take from him, and no more."""

from datetime import date, timedelta

import pytest

from domain.decision import Rules
from domain.definition import definition, kinds
from domain.fold import dump
from domain.regulation import load as load_rules
from domain.working_calendar import load as load_calendar
from schemas.code import Act, Capacity, End, Role
from schemas.error import Refusal
from storage.read.file import standing
from storage.read.inbox import tasks_of
from tests.builders import RULES, TURNS, Cast, holding, mandate, organisation, wib
from tests.stories import Story, story_at

ENDED = End.ACCEPTED.value


def taken(story: Story, actor, at) -> set[Act]:
    """Every act that would be accepted with a body that fits."""
    return {a for a in Act if not isinstance(story.decide(a, actor, at), Refusal)}


class TestStanding:
    @pytest.mark.parametrize("days", [0, 60], ids=["in time", "overdue"])
    @pytest.mark.parametrize("turn", [*TURNS, ENDED])
    def test_offers_exactly_what_would_be_taken(self, turn, days) -> None:
        story = story_at(turn)
        at = story.at + timedelta(days=days)
        for actor in story.cast.people():
            found = standing(story.state, actor, story.resolve(at, actor), RULES, at)
            assert set(found.acts) == taken(story, actor, at)

    def test_names_what_somebody_is_to_the_file(self) -> None:
        story = story_at("scoring")
        cast, at = story.cast, story.at

        def roles(person):
            return standing(story.state, person, story.resolve(at, person), RULES, at).roles

        assert roles(cast.employee) == (Role.EMPLOYEE,)
        assert roles(cast.supervisor) == (Role.SUPERVISOR,)
        assert roles(cast.hr) == (Role.HR,)
        assert roles(cast.stranger) == ()


class OpenFiles:
    """As much of a database as the query of open files needs."""

    def __init__(self, *stories: Story) -> None:
        self.rows = [
            {
                "id": story.state.file.file_id,
                "name": "Pegawai Contoh",
                "period": story.state.file.period,
                "unit": story.state.unit,
                "state": dump(story.state),
            }
            for story in stories
        ]

    async def fetch(self, query, *args):
        return self.rows

    async def fetchrow(self, query, *args):
        raise AssertionError("an inbox asks for rows")


class TestTasks:
    """A task lies in the inbox of whoever may do it on that day."""

    async def tasks(self, story: Story, city, person, at=None):
        at = at or story.at
        return await tasks_of(OpenFiles(story), city, "kota", person, at)

    async def test_only_who_is_awaited_has_it(self) -> None:
        story = story_at("plan_agreement")
        waiting = {
            person: len(await self.tasks(story, story.city, person))
            for person in story.cast.people()
        }
        assert {p for p, count in waiting.items() if count} == {story.cast.supervisor}

    async def test_it_moves_with_the_post_on_the_day(self) -> None:
        cast = Cast()
        acting = holding(cast.stranger, "boss", Capacity.PLT, from_on=date(2026, 3, 9))
        city = organisation(cast, acting, vacant=("boss",))
        story = story_at("plan_agreement", cast=cast)
        assert await self.tasks(story, city, cast.stranger, wib(3, 8, 23, 59)) == []
        [task] = await self.tasks(story, city, cast.stranger, wib(3, 9, 0))
        assert (task.seat.capacity, task.seat.post) == (Capacity.PLT, "boss")

    async def test_who_has_a_mandate_sees_it_beside_the_holder(self) -> None:
        cast = Cast()
        city = organisation(cast, mandates=(mandate(cast.stranger),))
        story = story_at("scoring", cast=cast)
        [task] = await self.tasks(story, city, cast.stranger)
        assert task.seat.capacity is Capacity.MANDATE
        assert task.acts == (Act.SCORE, Act.RETURN_REPORT)
        assert len(await self.tasks(story, city, cast.supervisor)) == 1

    async def test_what_waits_for_the_plan_above_waits_for_its_author(self) -> None:
        """Also once somebody else is the supervisor: it is the other one's plan that is missing."""
        cast = Cast()
        acting = holding(cast.stranger, "boss", Capacity.PLT, from_on=date(2026, 3, 9))
        annual = Rules(definition(kinds()["tahunan"], "2026", load_rules()), load_calendar())
        story = story_at("superior_plan", cast=cast, rules=annual, at=wib(1, 2))
        now = organisation(cast, acting, vacant=("boss",))
        chief = holding(cast.supervisor, "chief", Capacity.PLT, from_on=date(2026, 3, 9))
        moved = organisation(cast, acting, chief, vacant=("boss",))
        at = wib(3, 9)
        for city, waits in ((story.city, True), (moved, True), (now, False)):
            assert len(await self.tasks(story, city, cast.supervisor, at)) == waits
            assert await self.tasks(story, city, cast.stranger, at) == []
        [task] = await self.tasks(story, moved, cast.supervisor, at)
        assert (task.seat.post, task.acts) == ("chief", ())

    async def test_it_is_late_from_its_due_instant_on(self) -> None:
        story = story_at("scoring")
        due = story.state.due_at
        assert due is not None
        [before] = await self.tasks(
            story, story.city, story.cast.supervisor, due - timedelta(microseconds=1)
        )
        [after] = await self.tasks(story, story.city, story.cast.supervisor, due)
        assert (before.is_overdue, after.is_overdue) == (False, True)
