"""The note of an outgoing supervisor: who gives it, until when, what is kept, and why it is refused."""

from datetime import date, timedelta

import pytest

from domain.interim import former_of, interim_data, note_until, refuse_interim
from domain.organisation import Organisation
from domain.override import with_override
from domain.regulation import load
from domain.rulebook import Override, Rulebook
from schemas.code import Act, Capacity, EventKind, Rating
from schemas.error import ErrorType, Refusal
from schemas.file import Former
from schemas.file_body import RecordInterim
from schemas.organisation import Seat
from tests.builders import CALENDAR, Cast, file_key, holding, organisation, wib
from tests.stories import Story, story_at
from tests.unit.deciding import fact, refusal

LAST, UNTIL = date(2026, 3, 6), date(2026, 3, 13)  # a Friday; five working days later
DAY = timedelta(days=1)
NOTED_AT = wib(4, 7)
NOTE = RecordInterim(note="Tertib.")
CAST = Cast()
SEAT = Seat(person=CAST.supervisor, post="boss", capacity=Capacity.PLT, decree="SK 1")
FORMER = Former(seat=SEAT, first=date(2026, 3, 1), last=LAST)
OPEN, SIGNED = story_at("scoring", cast=CAST).state, story_at("acceptance", cast=CAST).state
ABOVE, BELOW = Rating.ABOVE, Rating.BELOW


def two_days() -> Rulebook:
    """The rules of an organisation that gives two working days from 10 March on."""
    rules = load()
    given = Override(
        1, "penilai.serah_terima", {"working_days": 2}, date(2026, 3, 10), "SE 1", wib(1, 1)
    )
    return with_override(rules, given)


def refused(on: date, note: RecordInterim = NOTE, state=OPEN, book=None) -> Refusal | None:
    return refuse_interim(state, note, FORMER, on, book or load(), CALENDAR)


def late(until: str) -> Refusal:
    return Refusal(
        type=ErrorType.DEADLINE_PASSED,
        rule="interim.late",
        params={"last": "2026-03-06", "until": until},
    )


class TestRefused:
    def test_five_working_days_after_his_last_one(self) -> None:
        assert refused(LAST) is None
        assert refused(UNTIL) is None
        assert refused(UNTIL + DAY) == late("2026-03-13")
        assert refused(UNTIL + 60 * DAY) == late("2026-03-13")

    def test_by_the_days_that_hold_when_he_gives_it(self) -> None:
        assert refused(date(2026, 3, 9), book=two_days()) is None
        assert refused(date(2026, 3, 10), book=two_days()) is None
        assert refused(date(2026, 3, 11), book=two_days()) == late("2026-03-10")

    def test_once_the_result_is_signed_whatever_the_day(self) -> None:
        for on in (LAST, UNTIL + DAY):
            found = refused(on, state=SIGNED)
            assert found == Refusal(type=ErrorType.NOT_NOW, rule="interim.signed")

    @pytest.mark.parametrize(
        ("given", "missing"),
        [
            ({}, None),
            ({"work_result": ABOVE, "behaviour": BELOW}, None),
            ({"work_result": ABOVE}, "behaviour"),
            ({"behaviour": BELOW}, "work_result"),
        ],
    )
    def test_half_a_rating_is_none(self, given, missing) -> None:
        note = RecordInterim(note="a", **given)
        half = Refusal(type=ErrorType.INVALID, rule="interim.half_rating", field=missing)
        assert refused(UNTIL, note) == (None if missing is None else half)
        assert refused(UNTIL + DAY, note) == late("2026-03-13")


class TestUntil:
    @pytest.mark.parametrize(
        ("on", "state", "former", "found"),
        [
            (LAST, OPEN, FORMER, UNTIL),
            (UNTIL, OPEN, FORMER, UNTIL),
            (UNTIL + DAY, OPEN, FORMER, None),
            (LAST, SIGNED, FORMER, None),
            (LAST, OPEN, None, None),
        ],
    )
    def test_is_the_last_day_for_whoever_may_give_one(self, on, state, former, found) -> None:
        assert note_until(state, former, on, load(), CALENDAR) == found

    def test_is_counted_by_the_rule_of_the_day(self) -> None:
        on = date(2026, 3, 10)
        assert note_until(OPEN, FORMER, on, two_days(), CALENDAR) == on


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, {}),
        (
            {"work_result": ABOVE, "behaviour": BELOW},
            {"work_result": ABOVE.value, "behaviour": BELOW.value},
        ),
    ],
)
def test_kept_are_his_days_and_the_ratings_but_not_the_text(given, kept) -> None:
    days = {"first": "2026-03-01", "last": "2026-03-06"}
    assert interim_data(RecordInterim(note="a", **given), FORMER) == days | kept


def city(cast: Cast, last: date) -> Organisation:
    """One whose supervisor goes after a day, and somebody else comes the day after."""
    return organisation(
        cast,
        holding(cast.supervisor, "boss", to_on=last),
        holding(cast.hr_head, "boss", from_on=last + DAY),
        vacant=("boss", "hr head"),
    )


class TestFormer:
    FILE = file_key(CAST)

    def former(self, on: date, last: date = LAST, person=CAST.supervisor) -> Former | None:
        return former_of(city(CAST, last), self.FILE, "staff", person, on)

    def test_is_whoever_was_the_supervisor_for_his_days(self) -> None:
        seat = Seat(person=CAST.supervisor, post="boss", capacity=Capacity.DEFINITIVE)
        expected = Former(seat=seat, first=date(2026, 3, 1), last=LAST)
        assert self.former(LAST + DAY) == expected
        assert self.former(UNTIL + 60 * DAY) == expected

    def test_is_nobody_before_the_day_after_his_last(self) -> None:
        assert self.former(LAST) is None
        assert self.former(date(2026, 3, 1), date(2026, 2, 27)) is None

    def test_reached_into_the_period(self) -> None:
        assert self.former(date(2026, 3, 2), date(2026, 2, 28)) is None
        first = self.former(date(2026, 3, 2), date(2026, 3, 1))
        assert first is not None
        assert (first.first, first.last) == (date(2026, 3, 1), date(2026, 3, 1))

    @pytest.mark.parametrize(("first", "is_one"), [(31, True), (32, False)])
    def test_began_before_the_period_was_over(self, first: int, is_one: bool) -> None:
        came = date(2026, 3, 1) + timedelta(days=first - 1)
        later = organisation(
            CAST,
            holding(CAST.hr_head, "boss", to_on=came - DAY),
            holding(CAST.supervisor, "boss", from_on=came, to_on=date(2026, 4, 8)),
            vacant=("boss", "hr head"),
        )
        found = former_of(later, self.FILE, "staff", CAST.supervisor, date(2026, 4, 9))
        assert (found is not None) is is_one
        assert found is None or (found.first, found.last) == (came, date(2026, 4, 8))

    def test_days_that_others_begin_or_end_on_do_not_part_his(self) -> None:
        more = holding(CAST.stranger, "chief", Capacity.PLH, date(2026, 3, 4), date(2026, 3, 4))
        busy = Organisation.of(
            (p for found in city(CAST, LAST).posts.values() for p in found),
            (*city(CAST, LAST).holdings(), more),
        )
        found = former_of(busy, self.FILE, "staff", CAST.supervisor, LAST + DAY)
        assert found is not None
        assert (found.first, found.last) == (date(2026, 3, 1), LAST)

    @pytest.mark.parametrize("person", [CAST.employee, CAST.superior, CAST.hr_head])
    def test_is_nobody_else(self, person) -> None:
        assert self.former(LAST + DAY, person=person) is None

    def test_whoever_comes_back_is_none_until_he_goes_again(self) -> None:
        back, gone = date(2026, 3, 10), date(2026, 3, 19)
        both = organisation(
            CAST,
            holding(CAST.supervisor, "boss", to_on=LAST),
            holding(CAST.supervisor, "boss", from_on=back, to_on=gone),
            vacant=("boss",),
        )
        found = {
            on: former_of(both, self.FILE, "staff", CAST.supervisor, on)
            for on in (back - DAY, back, gone, gone + DAY)
        }
        assert found[back] is found[gone] is None
        first, last = found[back - DAY], found[gone + DAY]
        assert first is not None
        assert last is not None
        assert (first.first, first.last) == (date(2026, 3, 1), LAST)
        assert (last.first, last.last) == (back, gone)


class TestDecide:
    """The whole way through the decider of acts."""

    def story(self) -> Story:
        cast = Cast()
        story = story_at("scoring", cast=cast)
        story.city = city(cast, date(2026, 4, 6))
        return story

    def note(self, story: Story, at=NOTED_AT, **body):
        said = {"note": "a", **body}
        return story.decide(Act.RECORD_INTERIM, story.cast.supervisor, at, said=said)

    def test_leaves_the_file_as_it_is(self) -> None:
        story = self.story()
        found = self.note(story, work_result=ABOVE, behaviour=BELOW)
        assert not isinstance(found, Refusal)
        [made] = found
        assert (made.kind, made.happened_at) == (EventKind.INTERIM_RECORDED, NOTED_AT)
        assert made.before is made.after is story.state
        assert (made.cause, made.rung, made.notices) == ("act:record_interim", None, ())
        assert made.seat == Seat(
            person=story.cast.supervisor, post="boss", capacity=Capacity.DEFINITIVE
        )
        assert (made.on_behalf_of, made.has_content) == (None, True)
        assert made.data == {
            "first": "2026-03-01",
            "last": "2026-04-06",
            "work_result": ABOVE.value,
            "behaviour": BELOW.value,
            "rules": {"penilai.level_min": 1, "penilai.serah_terima": 1},
        }

    def test_is_refused_as_the_rule_says(self) -> None:
        story = self.story()
        assert fact(self.note(story, wib(4, 13, 23, 59))).data["last"] == "2026-04-06"
        assert refusal(self.note(story, wib(4, 14, 0))).params == {
            "last": "2026-04-06",
            "until": "2026-04-13",
        }
        assert refusal(self.note(story, behaviour=BELOW)).field == "work_result"

    def test_of_a_shape_that_nobody_reads_is_refused(self) -> None:
        assert refusal(self.note(self.story(), mark=9)).rule == "command.unreadable"

    def test_is_not_for_the_present_supervisor(self) -> None:
        story = self.story()
        found = story.decide(Act.RECORD_INTERIM, story.cast.hr_head, NOTED_AT)
        assert refusal(found).rule == "act.role"
