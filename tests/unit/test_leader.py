"""The file of a unit's head: what the unit's predicate suggests, and that the decision says so."""

import pytest

from domain.leader import suggested
from domain.override import READ
from schemas.code import Act, Capacity, OrganisationPredicate, Rating
from schemas.file import UnitPredicate
from schemas.organisation import Seat
from tests.stories import Story, story_at
from tests.unit.test_explanation import explained, said

SUGGESTED = {
    OrganisationPredicate.OUTSTANDING: Rating.ABOVE,
    OrganisationPredicate.GOOD: Rating.MEETS,
    OrganisationPredicate.NEEDS_IMPROVEMENT: Rating.BELOW,
    OrganisationPredicate.POOR: Rating.BELOW,
    OrganisationPredicate.VERY_POOR: Rating.BELOW,
}


class Led(Story):
    """A story about the head of the unit, whose predicate may be set."""

    predicate: OrganisationPredicate | None = OrganisationPredicate.GOOD
    post = "staff"

    def resolve(self, at, actor):
        found = super().resolve(at, actor)
        head = Seat(person=self.cast.employee, post=self.post, capacity=Capacity.DEFINITIVE)
        unit = self.predicate and UnitPredicate(predicate=self.predicate, number=1)
        chain = found.chain.model_copy(update={"unit_head": head})
        return found.model_copy(update={"chain": chain, "unit_predicate": unit})


def scored(story: Story, rating: Rating):
    """The event of a score."""
    story.until("scoring")
    story.act(Act.SCORE, work_result=rating.value)
    return story.facts[-1]


def led(predicate=OrganisationPredicate.GOOD) -> Led:
    story = Led()
    story.predicate = predicate
    return story


class TestLeader:
    @pytest.mark.parametrize("rating", Rating)
    @pytest.mark.parametrize("predicate", OrganisationPredicate)
    def test_the_event_says_whether_the_rating_follows_the_unit(self, predicate, rating) -> None:
        fact = scored(led(predicate), rating)
        assert fact.data["suggestion"] == {
            "rule": "organisasi.pimpinan",
            "unit_predicate": predicate.value,
            "work_result": SUGGESTED[predicate].value,
            "differs": rating is not SUGGESTED[predicate],
        }
        assert fact.data["rules"]["organisasi.pimpinan"] == 1
        assert fact.after.work_result is rating

    def test_a_change_in_the_meeting_is_measured_as_well(self) -> None:
        story = led().until("meeting")
        other = next(r for r in (Rating.ABOVE, Rating.BELOW) if r is not story.state.work_result)
        changed = {"work_result": other.value, "behaviour": "meets", "reason": "a"}
        story.act(Act.RECORD_MEETING, changed=changed)
        told = [f.data["suggestion"] for f in story.facts if f.cause == "act:record_meeting"]
        assert [isinstance(each, dict) and each["differs"] for each in told] == [True]

    def test_a_meeting_that_changes_nothing_says_nothing(self) -> None:
        story = led().until("meeting")
        story.act(Act.RECORD_MEETING)
        assert "suggestion" not in story.facts[-1].data

    def test_nothing_is_suggested_before_the_unit_has_its_predicate(self) -> None:
        assert "suggestion" not in scored(led(None), Rating.ABOVE).data

    def test_nothing_is_suggested_to_others_than_the_head_in_that_post(self) -> None:
        assert "suggestion" not in scored(Story(), Rating.ABOVE).data
        acting = led()
        acting.post = "head"
        assert "suggestion" not in scored(acting, Rating.ABOVE).data

    @pytest.mark.parametrize(
        ("rating", "part"), [(Rating.MEETS, "follows"), (Rating.ABOVE, "otherwise")]
    )
    def test_it_is_explained_with_its_rule(self, rating, part) -> None:
        story = led()
        scored(story, rating)
        reason = next(r for r in explained(story).result if r.code.startswith("result.leader"))
        assert part in said(reason)
        assert [c.rule for c in reason.rules] == ["organisasi.pimpinan"]

    def test_an_organisation_may_set_what_its_predicates_mean(self) -> None:
        assert ("organisasi.pimpinan", "ratings") in READ

    def test_a_state_without_a_rating_is_no_matter_of_it(self) -> None:
        story = story_at("scoring")
        context = led().resolve(story.at, None)
        known = story.rules.known(context)
        on = story.rules.calendar.local_date(story.at)
        assert suggested(story.state, {}, context, known, on) == {}
