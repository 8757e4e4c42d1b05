"""Working days of 2026 against the published decree, and laws that hold for any calendar."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.regulation import load as load_rules
from domain.rules.working_time import Holidays
from domain.working_calendar import InvalidCalendar, Week, WorkingCalendar, load, parse_year

HEADER = "date,kind,name\n"
CALENDAR_FILES = files("domain") / "calendars"
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
FREE_DAYS = st.frozensets(st.dates(date(2025, 1, 1), date(2027, 12, 31)), max_size=40)
CALENDARS = st.builds(
    lambda days, provisional, week: WorkingCalendar(
        days, frozenset({2025, 2026, 2027}) - provisional, provisional, week
    ),
    FREE_DAYS,
    st.frozensets(st.sampled_from([2026, 2027])),
    st.sampled_from([5, 6]),
)


def days_of(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def working_days_of_month(month: int, year: int = 2026) -> int:
    days = days_of(date(year, 1, 1), date(year, 12, 31))
    return sum(load().is_working_day(d) for d in days if d.month == month)


def shipped(name: str) -> tuple[int, frozenset[date]]:
    return parse_year(name, (CALENDAR_FILES / name).read_text(encoding="utf-8"))


class TestDecree2026:
    def test_seventeen_holidays_and_eight_joint_leave_days(self):
        assert len([d for d in load().free_days if d.year == 2026]) == 17 + 8
        assert 2026 in load().known_years

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


class TestDecree2025:
    """SKB 3 Menteri 1017/2024, 2/2024, 2/2024; 933/2025, 1/2025, 3/2025 adds 18 August."""

    def test_seventeen_holidays_and_eleven_joint_leave_days(self):
        text = (CALENDAR_FILES / "libur-2025.csv").read_text(encoding="utf-8")
        assert (text.count(",libur_nasional,"), text.count(",cuti_bersama,")) == (17, 11)
        assert not load().is_provisional(2025)

    def test_the_week_of_eid_has_no_working_day(self):
        assert not any(map(load().is_working_day, days_of(date(2025, 3, 28), date(2025, 4, 7))))
        assert load().add_working_days(date(2025, 3, 27), 1) == date(2025, 4, 8)

    def test_the_day_after_independence_day_is_joint_leave(self):
        assert not load().is_working_day(date(2025, 8, 18))

    @pytest.mark.parametrize(
        ("month", "expected"),
        list(enumerate([19, 20, 19, 16, 17, 18, 23, 20, 21, 23, 20, 21], start=1)),
    )
    def test_working_days_of_each_month(self, month, expected):
        assert working_days_of_month(month, 2025) == expected


class TestProvisionalYear:
    def test_a_year_without_a_decree_is_provisional(self):
        assert load().is_provisional(2027)
        assert load().is_provisional(2028)
        assert not load().is_provisional(2026)

    def test_holidays_of_a_fixed_date_are_free_before_the_decree(self):
        days = ((1, 1), (5, 1), (6, 1), (8, 17), (12, 25))
        assert shipped("libur-2027.sementara.csv")[1] == {date(2027, *day) for day in days}
        assert not any(load().is_working_day(date(2027, *day)) for day in days)

    def test_a_year_without_any_file_has_its_weekends_only(self):
        assert load().is_working_day(date(2029, 1, 1))
        assert not load().is_working_day(date(2028, 1, 1))

    def test_a_decree_and_a_provisional_file_of_one_year_exclude_each_other(self):
        with pytest.raises(InvalidCalendar, match="2027 is provisional and has a decree"):
            WorkingCalendar(frozenset(), frozenset({2027}), frozenset({2027}))

    def test_the_rule_names_the_years_that_ship(self):
        rule = load_rules().on(date(2026, 3, 1)).parameters(Holidays)
        assert {decree.year for decree in rule.decrees} == load().known_years
        assert rule.provisional_years == load().provisional_years


class TestSixDays:
    def test_saturday_works_and_sunday_does_not(self):
        six = load().with_week(6)
        assert six.is_working_day(date(2026, 4, 11))
        assert not six.is_working_day(date(2026, 4, 12))
        assert six.add_working_days(date(2026, 4, 10), 1) == date(2026, 4, 11)
        assert six.nth_working_day(2026, 4, 3) == date(2026, 4, 4)
        assert six.last_working_day(2026, 1) == date(2026, 1, 31)

    def test_a_free_saturday_is_free(self):
        assert not load().with_week(6).is_working_day(date(2026, 3, 21))

    def test_back_to_five_days_is_the_same_calendar(self):
        assert load().with_week(6) != load()
        assert load().with_week(6).with_week(5) == load()

    def test_can_begin_and_end_on_a_day(self):
        first, last = date(2026, 4, 1), date(2026, 6, 1)
        calendar = replace(load(), weeks=((first, 6), (last, 5)))
        saturdays = [date(2026, 3, 28), date(2026, 4, 4), date(2026, 6, 6)]
        assert [calendar.is_working_day(day) for day in saturdays] == [False, True, False]
        assert calendar.add_working_days(date(2026, 4, 3), 1) == date(2026, 4, 4)
        assert WorkingCalendar.from_value(calendar.to_value()) == calendar
        assert calendar.version != load().version

    @pytest.mark.parametrize("firsts", [(2, 1), (1, 1)])
    def test_weeks_out_of_order_are_no_calendar(self, firsts):
        six: Week = 6
        weeks = tuple((date(2026, 4, first), six) for first in firsts)
        with pytest.raises(InvalidCalendar, match="order"):
            replace(load(), weeks=weeks)

    @given(CALENDARS, DAYS)
    def test_days_other_than_saturdays_are_as_in_five(self, calendar, day):
        five, six = calendar.with_week(5), calendar.with_week(6)
        if day.weekday() == 5:
            assert not five.is_working_day(day)
            assert six.is_working_day(day) == (day not in calendar.free_days)
        else:
            assert five.is_working_day(day) == six.is_working_day(day)

    def test_no_other_week_exists(self):
        with pytest.raises(InvalidCalendar, match="5 or 6"):
            WorkingCalendar(frozenset(), frozenset(), week=7)  # type: ignore[arg-type]


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
        year, days = shipped("libur-2026.csv")
        assert WorkingCalendar(days, frozenset({year})).version == "0a5090082f4a8139"

    def test_a_value_of_before_there_were_other_weeks_is_read(self):
        year, days = shipped("libur-2026.csv")
        value = WorkingCalendar(days, frozenset({year})).to_value()
        assert value.keys() == {"free_days", "known_years", "version"}
        assert WorkingCalendar.from_value(value).week == 5

    @pytest.mark.parametrize("week", [7, "6", None])
    def test_a_value_with_another_week_is_refused(self, week):
        value = load().with_week(6).to_value()
        with pytest.raises(InvalidCalendar):
            WorkingCalendar.from_value({**value, "week": week})

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

    def test_a_provisional_file_says_so_in_its_name(self):
        text = HEADER + "2027-01-01,libur_nasional,a\n"
        found = parse_year("libur-2027.sementara.csv", text)
        assert found == (2027, frozenset({date(2027, 1, 1)}))

    @pytest.mark.parametrize("text", ["", "tanggal,jenis,nama\n"])
    def test_a_wrong_header_is_named(self, text):
        with pytest.raises(InvalidCalendar, match="row 1: expected the header"):
            parse_year("libur-2026.csv", text)

    def test_the_name_carries_the_year(self):
        with pytest.raises(InvalidCalendar, match="libur-YYYY"):
            parse_year("holidays.csv", HEADER)
