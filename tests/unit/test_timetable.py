"""When something is to run by itself, and what a run at some time amounts to."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.timetable import LATE, is_time, times, verdict
from domain.working_calendar import ZONE
from schemas.schedule import RunVerdict, Timing
from storage.read.schedule import Span, expected, timing_at

MONTHLY = Timing(minute=5, hours=(0,), days=(1,))
QUARTERLY = Timing(minute=5, hours=(0,), days=(1,), months=(1, 4, 7, 10))
MORNINGS = Timing(minute=0, hours=(8,), weekdays=(1, 2, 3, 4, 5))
HOURLY = Timing(minute=15)


def wib(month, day, hour=0, minute=0):
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


class TestTimes:
    def test_the_first_of_each_month_in_wib(self):
        found = list(times(MONTHLY, wib(1, 1), wib(4, 1)))
        assert found == [wib(1, 1, 0, 5), wib(2, 1, 0, 5), wib(3, 1, 0, 5)]
        assert found[0].astimezone(UTC) == datetime(2025, 12, 31, 17, 5, tzinfo=UTC)

    def test_the_first_instant_is_left_out_and_the_last_is_in(self):
        at = wib(2, 1, 0, 5)
        assert list(times(MONTHLY, at - timedelta(seconds=1), at)) == [at]
        assert list(times(MONTHLY, at, at + timedelta(days=1))) == []

    def test_only_its_months_weekdays_and_every_hour(self):
        assert len(list(times(QUARTERLY, wib(1, 2), wib(12, 31)))) == 3
        mornings = list(times(MORNINGS, wib(3, 2), wib(3, 9)))
        assert [at.isoweekday() for at in mornings] == [1, 2, 3, 4, 5]
        assert len(list(times(HOURLY, wib(3, 2), wib(3, 3)))) == 24

    def test_another_zone_changes_nothing(self):
        after, until = wib(1, 1).astimezone(UTC), wib(4, 1).astimezone(UTC)
        assert list(times(MONTHLY, after, until)) == list(times(MONTHLY, wib(1, 1), wib(4, 1)))

    def test_is_time(self):
        assert is_time(MONTHLY, wib(2, 1, 0, 5))
        assert not is_time(MONTHLY, wib(2, 1, 0, 6))
        assert not is_time(MONTHLY, wib(2, 2, 0, 5))

    @pytest.mark.parametrize("off", [-1, 0, 1])
    def test_is_time_to_the_microsecond(self, off):
        at = wib(2, 1, 0, 5) + timedelta(microseconds=off)
        assert is_time(MONTHLY, at) is (off == 0)

    @pytest.mark.parametrize("at", [(3, 2, 0, 15), (3, 2, 23, 15)])
    def test_every_hour_is_one_without_hours(self, at):
        assert is_time(HOURLY, wib(*at))
        assert is_time(HOURLY, wib(*at).astimezone(UTC))

    def test_are_in_order_and_end_on_the_very_day_of_the_last_instant(self):
        twice = Timing(minute=30, hours=(6, 18), days=(28, 1))
        assert list(times(twice, wib(2, 28, 6, 30), wib(3, 1, 18, 29))) == [
            wib(2, 28, 18, 30),
            wib(3, 1, 6, 30),
        ]
        assert list(times(HOURLY, wib(3, 2, 23), wib(3, 3, 0, 15))) == [
            wib(3, 2, 23, 15),
            wib(3, 3, 0, 15),
        ]

    def test_the_day_is_that_of_wib(self):
        """The evening of the 28th in UTC is the morning of the 1st."""
        early = Timing(minute=5, hours=(3,), days=(1,))
        after = datetime(2026, 2, 28, 19, tzinfo=UTC)
        assert list(times(early, after, after + timedelta(hours=2))) == [wib(3, 1, 3, 5)]

    def test_all_parts_have_to_fit(self):
        friday_13 = Timing(minute=0, hours=(8,), days=(13,), weekdays=(5,), months=(2, 11))
        found = list(times(friday_13, wib(1, 1), wib(12, 31)))
        assert found == [wib(2, 13, 8), wib(11, 13, 8)]


class TestVerdict:
    @pytest.mark.parametrize(
        ("late", "found"),
        [
            (timedelta(seconds=1), RunVerdict.RAN),
            (LATE, RunVerdict.RAN),
            (LATE + timedelta(seconds=1), RunVerdict.CAUGHT_UP_LATE),
            (timedelta(days=7), RunVerdict.CAUGHT_UP_LATE),
        ],
    )
    def test_goes_by_when_the_run_began(self, late, found):
        at = wib(2, 1, 0, 5)
        assert verdict(MONTHLY, at, at + late) is found

    def test_a_time_that_the_timetable_has_not_is_by_hand(self):
        at = wib(2, 1, 9)
        assert verdict(MONTHLY, at, at) is RunVerdict.BY_HAND
        assert verdict(None, wib(2, 1, 0, 5), at) is RunVerdict.BY_HAND


class TestExpected:
    def test_a_new_timetable_takes_the_place_of_the_old_one_from_then_on(self):
        spans = [
            Span(name="a", since=wib(1, 1), timing=MONTHLY),
            Span(name="b", since=wib(1, 1), timing=QUARTERLY),
            Span(name="a", since=wib(3, 15), timing=QUARTERLY),
            Span(name="a", since=wib(8, 1), timing=None),
        ]
        found = [at for name, at in expected(spans, wib(12, 31)) if name == "a"]
        assert found == [wib(m, 1, 0, 5) for m in (1, 2, 3, 4, 7)]

    def test_a_time_of_before_the_first_timetable_goes_by_that_one(self):
        spans = [
            Span(name="a", since=wib(3, 15), timing=MONTHLY),
            Span(name="a", since=wib(8, 1), timing=None),
        ]
        assert timing_at(spans, "a", wib(1, 1, 0, 5)) == MONTHLY
        assert timing_at(spans, "a", wib(9, 1, 0, 5)) is None
        assert timing_at(spans, "b", wib(9, 1, 0, 5)) is None
