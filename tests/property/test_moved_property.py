"""Whatever is decreed whenever: free days never bring a date of a file nearer, and nothing is lost."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.deadline import wakes
from domain.fold import changes, evolve
from schemas.code import EventKind
from tests.builders import TURNS
from tests.decrees import NO_CHANGES, free, working
from tests.stories import Story, is_gate, story_at

MOVES = (EventKind.DUE_MOVED, EventKind.CALENDAR_NOTED)
DAYS = st.dates(date(2026, 2, 20), date(2026, 6, 10))
PLACES = [turn for turn in TURNS if not is_gate(Story().rules.process, turn)]


def coming(story):
    found = wakes(story.state, story.rules.process, story.rules.calendar)
    return {w.rung: w.at for w in found}


def decreed(story, at, days, make=free):
    """The file after a decree that is known now."""
    story.book = make(*days, at=at, book=story.book)
    story.wait(at)
    return story


@given(
    turn=st.sampled_from(PLACES),
    hours=st.integers(0, 400),
    first=st.sets(DAYS, min_size=1, max_size=6),
    second=st.sets(DAYS, min_size=1, max_size=6),
)
def test_free_days_never_bring_a_date_nearer(turn, hours, first, second):
    story = story_at(turn)
    story.wait(story.at + timedelta(hours=hours))
    for days in (first, second):
        visit, due, before = story.state.visit, story.state.due_at, coming(story)
        decreed(story, story.at + timedelta(minutes=1), days)
        if story.state.visit != visit or due is None or story.state.due_at is None:
            continue  # time itself took it on meanwhile
        assert story.state.due_at >= due
        after = coming(story)
        rung_meanwhile = before.keys() - after.keys()
        assert rung_meanwhile <= set(story.state.done_rungs)
        assert all(after[rung] >= before[rung] for rung in before.keys() & after.keys())


@given(
    turn=st.sampled_from(PLACES),
    hours=st.integers(0, 400),
    taken=st.sets(
        st.sampled_from(sorted(d for d in NO_CHANGES.base.free_days if d.year == 2026)),
        min_size=1,
        max_size=8,
    ),
)
def test_days_taken_back_never_bring_one_before_the_next_working_day(turn, hours, taken):
    story = story_at(turn)
    story.wait(story.at + timedelta(hours=hours))
    visit, due, before = story.state.visit, story.state.due_at, coming(story)
    at = story.at + timedelta(minutes=1)
    decreed(story, at, taken, working)
    if story.state.visit != visit or due is None or story.state.due_at is None:
        return
    calendar = story.rules.calendar
    following = calendar.add_working_days(calendar.local_date(at), 1)
    assert story.state.due_at >= min(due, calendar.end_of_day(following))
    for rung, when in coming(story).items():
        floor = calendar.at_eight(following)
        assert when >= min(before.get(rung, floor), floor)


@given(turn=st.sampled_from(PLACES), days=st.sets(DAYS, min_size=1, max_size=6))
def test_the_state_is_the_fold_of_the_changes(turn, days):
    story = decreed(story_at(turn), story_at(turn).at + timedelta(days=400), days)
    state = None
    for fact in story.facts:
        state = evolve(state, changes(fact.before, fact.after))
    assert state == story.state
