"""Who decides on an objection: never whoever signed the result, where anybody stands above him."""

from datetime import timedelta

import pytest

from domain.decide import decide
from domain.owner import owner_of
from schemas.code import Act, End, EventKind, Role, Topic
from schemas.error import Refusal
from tests.builders import command
from tests.stories import Story, story_at
from tests.unit.test_explanation import explained


def objected(*, is_delegated: bool) -> Story:
    """A result signed by the supervisor, or after a delegation by the superior, and objected to."""
    story = story_at("scoring")
    if is_delegated:
        while not story.state.is_delegated:
            story.wait(story.at + timedelta(days=1))
    story.until("objection")
    signed = story.state.supervisor_signature
    assert signed is not None
    cast = story.cast
    assert signed.person == (cast.superior if is_delegated else cast.supervisor)
    return story


@pytest.mark.parametrize("is_delegated", [False, True])
def test_the_superior_of_whoever_signed_is_awaited_and_told(is_delegated: bool) -> None:
    story = objected(is_delegated=is_delegated)
    wanted = story.cast.unit_head if is_delegated else story.cast.superior
    assert story.state.awaits is Role.SUPERIOR
    assert story.state.owner == wanted
    assert owner_of(story.state, story.resolve(story.at, None).chain) == wanted
    fact = next(f for f in story.facts if f.kind is EventKind.OBJECTED)
    assert [n.recipient for n in fact.notices if n.topic is Topic.TASK] == [wanted]


@pytest.mark.parametrize("is_delegated", [False, True])
def test_he_alone_may_decide(is_delegated: bool) -> None:
    story = objected(is_delegated=is_delegated)
    cast = story.cast
    decider, other = cast.superior, cast.unit_head
    if is_delegated:
        decider, other = other, decider
    for person in (other, cast.supervisor, cast.employee, cast.hr):
        refused = story.decide(Act.DECIDE_OBJECTION, person)
        assert isinstance(refused, Refusal)
        assert refused.rule in {"act.role", "act.other_role"}
    assert story.act(Act.DECIDE_OBJECTION, decider).end is End.DECIDED


def test_where_nobody_stands_above_he_decides_himself() -> None:
    story = objected(is_delegated=True)
    context = story.resolve(story.at, None)
    alone = context.chain.model_copy(update={"superior_boss": None})
    made = command(story.state, Act.DECIDE_OBJECTION, story.cast.superior, story.at)
    decided = decide(story.state, made, context.model_copy(update={"chain": alone}), story.rules)
    assert not isinstance(decided, Refusal)
    assert owner_of(story.state, alone) == story.cast.superior


def test_the_boss_is_told_of_lateness_once_at_most() -> None:
    """The rung of the boss finds nobody above who is not awaited already."""
    story = objected(is_delegated=True)
    story.wait(story.at + timedelta(days=40))
    kinds = {f.rung: f.kind for f in story.facts if f.before and f.before.turn == "objection"}
    assert kinds["reminder"] is EventKind.REMINDED
    assert kinds["boss"] is EventKind.RUNG_SKIPPED
    assert kinds["hr"] is EventKind.ESCALATED


def test_the_explanation_says_why_it_is_not_the_superior() -> None:
    codes = [reason.code for reason in explained(objected(is_delegated=True)).holder]
    assert "holder.not_his_own_rating" in codes
    assert "holder.superior" not in codes
    usual = [reason.code for reason in explained(objected(is_delegated=False)).holder]
    assert "holder.superior" in usual
    assert "holder.not_his_own_rating" not in usual
