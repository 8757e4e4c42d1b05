"""Working days of 2026 against the published decree, and laws that hold for any calendar."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.working_calendar import InvalidCalendar, WorkingCalendar, load, parse_year

HEADER = "date,kind,name\n"
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
CALENDARS = st.frozensets(st.dates(date(2025, 1, 1), date(2027, 12, 31)), max_size=40).map(
    lambda days: WorkingCalendar(days, frozenset({2025, 2026, 2027}))
)


def days_of(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def working_days_of_month(month: int) -> int:
    days = days_of(date(2026, 1, 1), date(2026, 12, 31))
    return sum(load().is_working_day(d) for d in days if d.month == month)


class TestDecree2026:
    def test_seventeen_holidays_and_eight_joint_leave_days(self):
        assert len(load().free_days) == 17 + 8
        assert load().known_years == {2026}

    @pytest.mark.parametrize(
        ("month", "expected"),
        list(enumerate([20, 18, 17, 21, 16, 20, 23, 19, 22, 22, 21, 21], start=1)),
    )
    def test_working_days_of_each_month(self, month, expected):
        assert working_days_of_month(month) == expected

    def test_working_days_of_the_year(self):
        assert sum(map(working_days_of_month, range(1, 13))) == 240

    @pytest.mark.parametrize(("month", "day"), [(1, 8), (3, 6), (4, 8), (5, 8), (6, 8)])
    def test_fifth_working_day(self, month, day):
        assert load().nth_working_day(2026, month, 5) == date(2026, month, day)

    def test_windows_of_the_march_period(self):
        assert load().last_working_day(2026, 3) == date(2026, 3, 31)
        assert load().nth_working_day(2026, 4, 3) == date(2026, 4, 6)
        assert load().nth_working_day(2026, 4, 8) == date(2026, 4, 13)

    def test_last_working_day_of_january(self):
        assert load().last_working_day(2026, 1) == date(2026, 1, 30)

    def test_last_working_day_of_december_looks_into_no_other_year(self):
        assert load().last_working_day(2026, 12) == date(2026, 12, 31)

    def test_the_week_of_eid_has_no_working_day(self):
        assert not any(map(load().is_working_day, days_of(date(2026, 3, 18), date(2026, 3, 24))))
        assert load().add_working_days(date(2026, 3, 17), 1) == date(2026, 3, 25)
        assert load().add_working_days(date(2026, 3, 25), -1) == date(2026, 3, 17)

    def test_a_year_without_a_decree_is_provisional(self):
        assert load().is_provisional(2027)
        assert not load().is_provisional(2026)
        assert load().is_working_day(date(2027, 1, 1))
        assert not load().is_working_day(date(2027, 1, 2))


class TestCounting:
    @given(CALENDARS, DAYS, st.integers(1, 40))
    def test_the_nth_working_day_after_has_n_working_days_up_to_it(self, calendar, day, number):
        found = calendar.add_working_days(day, number)
        assert calendar.is_working_day(found)
        between = days_of(day + timedelta(days=1), found)
        assert sum(map(calendar.is_working_day, between)) == number

    @given(CALENDARS, DAYS, st.integers(1, 40))
    def test_the_nth_working_day_before_has_n_working_days_from_it(self, calendar, day, number):
        found = calendar.add_working_days(day, -number)
        assert calendar.is_working_day(found)
        between = days_of(found, day - timedelta(days=1))
        assert sum(map(calendar.is_working_day, between)) == number

    @given(CALENDARS, DAYS)
    def test_zero_is_the_day_itself(self, calendar, day):
        assert calendar.add_working_days(day, 0) == day

    @given(CALENDARS, DAYS, st.integers(1, 20))
    def test_back_and_forth_from_a_working_day_returns(self, calendar, day, number):
        start = calendar.add_working_days(day, 1)
        assert calendar.add_working_days(calendar.add_working_days(start, number), -number) == start

    @given(CALENDARS, st.integers(2025, 2027), st.integers(1, 12), st.integers(1, 15))
    def test_the_nth_of_a_month_counts_from_its_first_day(self, calendar, year, month, number):
        found = calendar.nth_working_day(year, month, number)
        assert sum(map(calendar.is_working_day, days_of(date(year, month, 1), found))) == number

    def test_counting_in_a_month_starts_at_one(self):
        with pytest.raises(ValueError, match="counted from 1"):
            load().nth_working_day(2026, 1, 0)


class TestInstants:
    def test_a_day_ends_at_the_following_midnight_in_wib(self):
        assert load().end_of_day(date(2026, 4, 6)) == datetime(2026, 4, 6, 17, tzinfo=UTC)
        assert load().end_of_day(date(2026, 4, 6)).tzinfo is UTC

    def test_eight_in_the_morning(self):
        assert load().at_eight(date(2026, 4, 6)) == datetime(2026, 4, 6, 1, tzinfo=UTC)

    @given(DAYS)
    def test_the_end_of_a_day_is_the_first_instant_of_the_next(self, day):
        end = load().end_of_day(day)
        assert load().local_date(end - timedelta(microseconds=1)) == day
        assert load().local_date(end) == day + timedelta(days=1)


class TestValue:
    @given(CALENDARS)
    def test_a_calendar_survives_json(self, calendar):
        value = json.loads(json.dumps(calendar.to_value()))
        assert WorkingCalendar.from_value(value) == calendar

    @given(CALENDARS, CALENDARS)
    def test_versions_are_equal_exactly_when_calendars_are(self, one, other):
        assert (one.version == other.version) == (one == other)
        assert len(one.version) == 16

    def test_the_version_of_2026_never_changes(self):
        assert load().version == "0a5090082f4a8139"

    def test_a_value_that_is_not_what_its_version_says_is_refused(self):
        value = load().to_value()
        value["free_days"].pop()
        with pytest.raises(InvalidCalendar, match="has the content of"):
            WorkingCalendar.from_value(value)

    @pytest.mark.parametrize("key", ["free_days", "known_years", "version"])
    def test_a_malformed_value_is_refused(self, key):
        value = load().to_value()
        del value[key]
        with pytest.raises(InvalidCalendar, match="malformed"):
            WorkingCalendar.from_value(value)

    def test_a_free_day_needs_the_decree_of_its_year(self):
        with pytest.raises(InvalidCalendar, match="2027-01-01"):
            WorkingCalendar(frozenset({date(2027, 1, 1)}), frozenset({2026}))


class TestParseYear:
    def test_a_good_file_is_read(self):
        text = HEADER + '2026-01-01,libur_nasional,"Tahun Baru, Masehi"\n'
        assert parse_year("libur-2026.csv", text) == (2026, frozenset({date(2026, 1, 1)}))

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            ("2026-01-01,libur_nasional,a\n2026-01-01,cuti_bersama,b\n", r"row 3: .* twice"),
            ("2026-01-01,libur,a\n", r"row 2: kind 'libur'"),
            ("2025-12-25,libur_nasional,a\n", r"row 2: .* not lie in 2026"),
            ("1/1/2026,libur_nasional,a\n", r"row 2: .* not a date"),
            ("2026-02-30,libur_nasional,a\n", r"row 2: .* not a date"),
            ("2026-01-01,libur_nasional\n", r"row 2: expected 3 columns, found 2"),
            ("\n", r"row 2: expected 3 columns, found 0"),
        ],
    )
    def test_a_bad_row_is_named(self, rows, message):
        with pytest.raises(InvalidCalendar, match=r"libur-2026\.csv, " + message):
            parse_year("libur-2026.csv", HEADER + rows)

    @pytest.mark.parametrize("text", ["", "tanggal,jenis,nama\n"])
    def test_a_wrong_header_is_named(self, text):
        with pytest.raises(InvalidCalendar, match="row 1: expected the header"):
            parse_year("libur-2026.csv", text)

    def test_the_name_carries_the_year(self):
        with pytest.raises(InvalidCalendar, match="libur-YYYY"):
            parse_year("holidays.csv", HEADER)
