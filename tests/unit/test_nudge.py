"""A polite nudge: who may send one, how often, and that it moves nothing."""

from datetime import timedelta

import pytest

from domain.citation import of_event
from domain.decision import Fact, Rules
from domain.process import EVERYWHERE
from schemas.code import Act, EventKind, Topic
from schemas.error import ErrorType, Refusal
from tests.builders import CALENDAR, RULES, organisation, wib
from tests.stories import Story, story_at
from tests.unit.test_override import having

FRIDAY, SATURDAY, SUNDAY, MONDAY = (wib(4, day, 10) for day in (10, 11, 12, 13))


def nudged(story: Story, actor, at) -> Fact:
    decided = story.decide(Act.NUDGE, actor, at)
    assert not isinstance(decided, Refusal), decided
    (fact,) = decided
    story.state, story.at = fact.after, at
    return fact


def refused(story: Story, actor, at) -> Refusal:
    decided = story.decide(Act.NUDGE, actor, at)
    assert isinstance(decided, Refusal), decided
    return decided


class TestNudge:
    def test_tells_whoever_is_awaited_and_nobody_else(self) -> None:
        story = story_at("scoring")
        fact = nudged(story, story.cast.employee, FRIDAY)
        assert fact.kind is EventKind.NUDGED
        assert [(n.topic, n.recipient) for n in fact.notices] == [
            (Topic.NUDGE, story.cast.supervisor)
        ]
        assert fact.seat is not None
        assert fact.seat.person == story.cast.employee
        assert not fact.has_content

    def test_changes_no_version_no_step_and_no_deadline(self) -> None:
        story = story_at("scoring")
        before = story.state
        after = nudged(story, story.cast.superior, FRIDAY).after
        assert after.model_copy(update={"done_rungs": before.done_rungs}) == before
        assert set(after.done_rungs) - set(before.done_rungs) == {"nudge/2026-04-10"}

    def test_names_the_rule_it_went_by(self) -> None:
        fact = nudged(story := story_at("scoring"), story.cast.hr, FRIDAY)
        assert fact.data["rules"] == {"sapaan.sopan": 1}
        assert of_event(EventKind.NUDGED) == ("sapaan.sopan",)

    def test_what_time_does_next_is_what_it_was(self) -> None:
        alone, other = story_at("scoring"), story_at("scoring")
        nudged(other, other.cast.employee, alone.at + timedelta(minutes=5))
        until = alone.at + timedelta(days=60)
        assert [f.kind for f in other.wait(until).facts if f.kind is not EventKind.NUDGED] == [
            f.kind for f in alone.wait(until).facts
        ]


class TestHowOften:
    def test_a_second_one_on_the_day_is_refused_whoever_sends_it(self) -> None:
        story = story_at("scoring")
        nudged(story, story.cast.employee, FRIDAY)
        for actor in (story.cast.employee, story.cast.superior, story.cast.hr):
            refusal = refused(story, actor, FRIDAY + timedelta(hours=3))
            assert (refusal.type, refusal.rule) == (ErrorType.NOT_NOW, "nudge.again")

    def test_says_from_when_on_it_is_possible_again(self) -> None:
        story = story_at("scoring")
        nudged(story, story.cast.employee, FRIDAY)
        refusal = refused(story, story.cast.employee, SUNDAY)
        again = wib(4, 13, 0)
        assert refusal.params["at"] == again.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert refused(story, story.cast.employee, again - timedelta(microseconds=1))
        assert nudged(story, story.cast.employee, again)

    def test_one_on_a_free_day_counts_for_the_next_working_day(self) -> None:
        story = story_at("scoring")
        assert nudged(story, story.cast.employee, SATURDAY).rung == "nudge/2026-04-13"
        refused(story, story.cast.employee, MONDAY)
        nudged(story, story.cast.employee, MONDAY + timedelta(days=1))

    def test_a_new_step_may_be_nudged_at_once(self) -> None:
        story = story_at("scoring")
        nudged(story, story.cast.employee, FRIDAY)
        story.act(Act.SCORE, at=FRIDAY + timedelta(minutes=1))
        nudged(story, story.cast.employee, FRIDAY + timedelta(minutes=2))

    def test_an_organisation_may_allow_fewer(self) -> None:
        book = having(("sapaan.sopan", {"working_days": 3}))
        story = story_at("scoring")
        story.rules = Rules(RULES.process, CALENDAR, book)
        resolve = story.resolve

        def known(at, actor):
            return resolve(at, actor).model_copy(update={"rules": f"predikat-1/{book.version}"})

        story.resolve = known  # type: ignore[method-assign]
        nudged(story, story.cast.employee, FRIDAY)
        assert refused(story, story.cast.employee, wib(4, 14, 12)).params["number"] == 3
        nudged(story, story.cast.employee, wib(4, 15, 0))


class TestRefused:
    def test_nobody_nudges_himself(self) -> None:
        story = story_at("scoring")
        assert refused(story, story.cast.supervisor, FRIDAY).rule == "nudge.oneself"

    def test_an_empty_post_is_said(self) -> None:
        story = story_at("scoring")
        story.city = organisation(story.cast, vacant=("boss", "chief", "head", "sekda", "mayor"))
        assert refused(story, story.cast.employee, FRIDAY).rule == "nudge.nobody"

    @pytest.mark.parametrize("who", ["stranger", "unit_head", "sekda"])
    def test_whoever_has_no_part_in_the_file_may_not(self, who) -> None:
        story = story_at("scoring")
        assert refused(story, getattr(story.cast, who), FRIDAY).rule == "act.role"

    def test_a_closed_file_awaits_nobody(self) -> None:
        story = Story().until("accepted")
        assert refused(story, story.cast.supervisor, story.at).rule == "file.closed"

    def test_a_form_of_an_older_file_does_not_fit(self) -> None:
        story = story_at("scoring")
        decided = story.decide(Act.NUDGE, story.cast.employee, FRIDAY, version=1)
        assert isinstance(decided, Refusal)
        assert decided.type is ErrorType.VERSION_CONFLICT

    def test_it_is_nobody_s_act_in_a_definition(self) -> None:
        """It is open everywhere alike, so no definition that files follow had to change."""
        assert all(Act.NUDGE not in turn.acts for turn in RULES.process.turn)
        assert RULES.process.roles_for(Act.NUDGE) == set(EVERYWHERE[Act.NUDGE])
