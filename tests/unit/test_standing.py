"""What a file's page offers somebody is what the decider would take from him, and no more."""

from datetime import timedelta

import pytest

from schemas.code import Act, End, Role
from schemas.error import Refusal
from storage.read import standing
from tests.builders import RULES, TURNS, Story, story_at

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
