"""Whether a handover tells the outgoing supervisor of his note, by where the file stands then."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from domain.succession import decide_succession
from schemas import text
from schemas.code import Topic
from schemas.file import Former
from tests.builders import RULES
from tests.stories import story_at

DAY = timedelta(days=1)


def handed_over(turn: str, *, days_ago: int = 1, is_former: bool = True):
    """The fact of a handover in a turn from somebody whose last day is so long ago, and from whom."""
    story = story_at(turn)
    on, chain = RULES.calendar.local_date(story.at), story.resolve(story.at, None).chain
    assert story.state.awaits is not None
    seat = chain.holder_for(story.state.awaits, story.state)
    assert seat is not None
    former = Former(seat=seat, first=date(2026, 3, 1), last=on - days_ago * DAY)
    nobody = {"supervisor": None, "superior": None}
    context = story.resolve(story.at, None).model_copy(
        update={
            "chain": chain.model_copy(update=nobody),
            "former": former if is_former else None,
        }
    )
    [fact] = decide_succession(story.state, story.at, context, RULES)
    return fact, seat.person


def told(fact) -> list[UUID]:
    return [n.recipient for n in fact.notices if n.topic is Topic.INTERIM]


@pytest.mark.parametrize("turn", ["plan_agreement", "scoring", "feedback_giving", "signing"])
def test_before_the_signature_he_is_told_with_the_last_day(turn: str) -> None:
    fact, who = handed_over(turn)
    assert told(fact) == [who]
    last = RULES.calendar.local_date(fact.happened_at) - DAY
    assert fact.data["note_until"] == str(RULES.calendar.add_working_days(last, 5))
    assert "penilai.serah_terima" in fact.data["rules"]


@pytest.mark.parametrize(
    ("turn", "given"),
    [
        ("objection", {}),
        ("scoring", {"days_ago": 30}),
        ("scoring", {"is_former": False}),
    ],
    ids=["after the signature", "too late", "never the supervisor"],
)
def test_who_may_leave_none_is_told_nothing(turn: str, given) -> None:
    fact, _ = handed_over(turn, **given)
    assert told(fact) == []
    assert "note_until" not in fact.data
    assert "penilai.serah_terima" not in fact.data["rules"]


@pytest.mark.parametrize(("language", "said"), [("id", "9 Apr 2026"), ("en", "9 Apr 2026")])
def test_the_words_say_until_when(language, said: str) -> None:
    until = date(2026, 4, 9)
    words = text.notice(Topic.INTERIM, language, turn="scoring", end=None, until=until)
    assert said in words
    assert said in text.mail("interim", language, group="topic", turn="x", until=said)
