"""A file before the gate of its unit's predicate: it goes on at the instant the predicate is set."""

import pytest

from schemas.code import Act, EventKind, Topic
from tests.builders import SET, wib
from tests.stories import Story

GATE = "unit_predicate"
SET_ON = wib(4, 14, 15, 30)


@pytest.fixture
def waiting() -> Story:
    """A file that came to the gate early in April, of a unit without a predicate."""
    story = Story()
    story.until("meeting")
    story.unit_set_at = None
    story.act(Act.RECORD_MEETING, at=wib(4, 13))
    assert story.state.turn == GATE
    return story


class TestOpenGate:
    def test_opens_at_the_instant_of_the_fact_and_not_when_somebody_looks(self, waiting) -> None:
        before = waiting.state
        waiting.unit_set_at = SET_ON
        opened = waiting.wait(wib(4, 14, 23)).facts[-1]
        assert (opened.kind, opened.happened_at) == (EventKind.GATE_OPENED, SET_ON)
        assert opened.cause == "fact:unit_predicate"
        assert opened.data["turn"] == GATE
        assert opened.data["rule"] == "organisasi.wajib_sebelum_final"
        assert opened.before is not None
        assert opened.before.turn == GATE
        assert (opened.after.turn, opened.after.entered_at) == ("signing", SET_ON)
        assert opened.after.unit_predicate == SET
        assert opened.after.version > before.version

    def test_tells_whoever_is_awaited_behind_it(self, waiting) -> None:
        waiting.unit_set_at = SET_ON
        (notice,) = waiting.wait(wib(4, 14, 23)).facts[-1].notices
        assert (notice.topic, notice.recipient) == (Topic.TASK, waiting.cast.supervisor)

    def test_stays_shut_without_the_fact(self, waiting) -> None:
        waiting.wait(wib(4, 14, 23))
        assert waiting.state.turn == GATE
        assert EventKind.GATE_OPENED not in [f.kind for f in waiting.facts]

    def test_is_passed_at_once_when_the_fact_was_there_before(self) -> None:
        story = Story()
        story.until("meeting")
        assert story.act(Act.RECORD_MEETING, at=wib(4, 13)).turn == "signing"
        assert EventKind.GATE_OPENED not in [f.kind for f in story.facts]
