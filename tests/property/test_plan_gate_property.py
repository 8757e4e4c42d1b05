"""Plans that wait for plans above them, in whatever order and however late workers get to them.

Three annual files stand one above the other. Whatever people do with them, deciding each thing at
once, or all of it weeks later and any file first, leaves the same three chains of bytes.
"""

from datetime import timedelta
from itertools import chain, pairwise
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from domain.definition import kinds, shape
from runtime.clock import Clock
from schemas.code import Act, EventKind
from schemas.cycle import Advance, WakeUp
from schemas.event import Event
from schemas.identifier import FileKey
from storage.chain import event_bytes
from tests.builders import CALENDAR, Cast, command, file_key, organisation, wib
from tests.fakes.ledger import Enrolment, FakeLedger
from tests.stories import Story

CAST = Cast(*(UUID(int=n, version=4) for n in range(1, 10)))
CITY = organisation(CAST)
ANNUAL = kinds()["tahunan"]
OPENED, END = wib(1, 2, 8), wib(3, 20)
BELOW, MIDDLE, TOP = (
    file_key(CAST, "2026", kind="tahunan").model_copy(update={"person": person})
    for person in (CAST.employee, CAST.supervisor, CAST.superior)
)
POSTS = {BELOW: "staff", MIDDLE: "boss", TOP: "chief"}
ACTORS = {  # who does what with a plan that is in order
    BELOW: (CAST.employee, CAST.supervisor),
    MIDDLE: (CAST.supervisor, CAST.superior),
    TOP: (CAST.superior, CAST.unit_head),
}
FILES = st.sampled_from([BELOW, MIDDLE, TOP])
HOURS = st.integers(1, 24 * 60)
Doing = tuple[FileKey, Act, int]

ALONE = st.tuples(FILES, st.sampled_from([Act.RETURN_PLAN, Act.REVISE_PLAN, Act.WITHDRAW]), HOURS)
AGREED = st.tuples(FILES, HOURS, st.integers(1, 400)).map(
    lambda said: [(said[0], Act.SUBMIT_PLAN, said[1]), (said[0], Act.AGREE_PLAN, sum(said[1:]))]
)
STORIES = st.tuples(st.lists(AGREED, max_size=5), st.lists(ALONE, max_size=3)).map(
    lambda parts: sorted([*chain.from_iterable(parts[0]), *parts[1]], key=lambda d: d[2])
)
CALLS = st.lists(st.tuples(FILES, HOURS), max_size=8)


def ledger() -> FakeLedger:
    made = FakeLedger(CITY, CALENDAR, Clock.standard())
    for key, post in POSTS.items():
        made.enrol(key, Enrolment("dinas", post, OPENED, ANNUAL))
    return made


def stored(made: FakeLedger, doing: Doing, number: int) -> None:
    key, act, hours = doing
    at = OPENED + timedelta(hours=hours, microseconds=number)
    hr = CAST.hr if act is Act.WITHDRAW else None
    actor = hr or ACTORS[key][act in (Act.AGREE_PLAN, Act.RETURN_PLAN)]
    state = Story(cast=CAST).state.model_copy(update={"file": key})
    said: dict[str, JsonValue] = {
        "results": [{"id": "r1", "result": "a", "indicator": "b", "target": "c"}]
    }
    bodies: dict[Act, dict[str, JsonValue]] = {
        Act.SUBMIT_PLAN: said,
        Act.REVISE_PLAN: {**said, "cause": "budget", "reason": "a"},
        Act.RETURN_PLAN: {"reason": "a"},
        Act.WITHDRAW: {"cause": "wrong_file", "reason": "a"},
    }
    command_id = UUID(int=number + 1, version=4)
    made.store(command(state, act, actor, at, said=bodies.get(act, {}), command_id=command_id))


def turn_of(event: Event) -> JsonValue:
    changed = event.data["set"]
    assert isinstance(changed, dict)
    return changed.get("turn")


def pass_time(made: FakeLedger, key: FileKey, until) -> None:
    made.advance(Advance(file=key, wake=WakeUp(visit=1, rung="overdue", at=until)))


def chains(made: FakeLedger) -> dict[FileKey, list[bytes]]:
    for key in POSTS:
        pass_time(made, key, END)
    return {key: [event_bytes(e) for e in made.records[key].events] for key in POSTS}


@settings(max_examples=40)
@given(STORIES, st.permutations(list(POSTS)), CALLS)
def test_the_order_of_workers_never_matters(story: list[Doing], order, calls):
    at_once, late = ledger(), ledger()
    for number, doing in enumerate(story):
        now = OPENED + timedelta(hours=doing[2], microseconds=number)
        for key in POSTS:
            pass_time(at_once, key, now - timedelta(microseconds=1))
        stored(at_once, doing, number)
        at_once.advance(Advance(file=doing[0]))
        stored(late, doing, number)
    for key, hours in calls:
        pass_time(late, key, OPENED + timedelta(hours=hours))
    for key in order:
        pass_time(late, key, END)
    assert chains(late) == chains(at_once)
    assert late.outcomes == at_once.outcomes


@settings(max_examples=60)
@given(STORIES, CALLS)
def test_a_gate_opens_with_the_plan_above_or_with_its_time_and_nobody_submits_before(story, calls):
    made = ledger()
    for number, doing in enumerate(story):
        stored(made, doing, number)
    for key, hours in calls:
        pass_time(made, key, OPENED + timedelta(hours=hours))
    chains(made)
    for key, above in pairwise([BELOW, MIDDLE, TOP]):
        mine, his = made.records[key], made.records[above]
        stands = [e.happened_at for e in his.events if e.kind is EventKind.PLAN_AGREED][:1]
        stands += [] if his.state.ended_at is None else [his.state.ended_at]
        left = next((e for e in mine.events if turn_of(e) == "plan_submission"), None)
        if left is None:
            assert mine.state.end is not None  # withdrawn before
        elif left.kind is EventKind.GATE_OPENED:
            assert left.happened_at == min(stands)
        else:
            assert left.kind is EventKind.TURN_EXPIRED
            assert left.happened_at == wib(2, 14, 0)
            assert not stands or min(stands) >= left.happened_at
        submitted = [e for e in mine.events if e.kind is EventKind.PLAN_SUBMITTED]
        assert all(left and e.number > left.number for e in submitted)


def test_the_stories_are_worth_telling():
    """Somebody waits, is let through, and comes too late: else nothing is shown by the rest."""
    assert shape(ANNUAL).first == "superior_plan"
    made = ledger()
    story = [(TOP, Act.SUBMIT_PLAN, 1), (TOP, Act.AGREE_PLAN, 30), (BELOW, Act.SUBMIT_PLAN, 1100)]
    for number, doing in enumerate(story):
        stored(made, doing, number)
    chains(made)
    kinds_of = {key: [e.kind for e in made.records[key].events] for key in POSTS}
    assert EventKind.GATE_OPENED in kinds_of[MIDDLE]
    assert EventKind.TURN_EXPIRED in kinds_of[BELOW]
    assert EventKind.PLAN_SUBMITTED in kinds_of[BELOW]
