"""Periods: months, quarters, thirds, halves and years, and how they are written."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.period import Period

LENGTHS = (1, 3, 4, 6, 12)
days = st.dates(date(2000, 1, 1), date(2099, 11, 30))
lengths = st.sampled_from(LENGTHS)


class TestText:
    @pytest.mark.parametrize(
        ("text", "first", "last"),
        [
            ("2026-03", date(2026, 3, 1), date(2026, 3, 31)),
            ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
            ("2026-TW1", date(2026, 1, 1), date(2026, 3, 31)),
            ("2026-TW4", date(2026, 10, 1), date(2026, 12, 31)),
            ("2026-C2", date(2026, 5, 1), date(2026, 8, 31)),
            ("2026-S2", date(2026, 7, 1), date(2026, 12, 31)),
            ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ],
    )
    def test_says_which_days(self, text, first, last):
        period = Period.parse(text)
        assert (period.starts_on, period.ends_on) == (first, last)
        assert str(period) == text

    @pytest.mark.parametrize(
        "text",
        ["", "2026-13", "2026-00", "2026-3", "26-03", "2026-TW5", "2026-S3", "2026-C4", "2026-TW0",
         "2026-tw1", "2026-X1", " 2026", "2026-03-01", "1999-01"],
    )  # fmt: skip
    def test_anything_else_is_refused_with_an_example(self, text):
        with pytest.raises(ValueError, match="2026-TW1"):
            Period.parse(text)

    @given(days, lengths)
    def test_is_read_back_as_written(self, day, months):
        period = Period.containing(day, months)
        assert Period.parse(str(period)) == period


class TestDays:
    @given(days, lengths)
    def test_every_day_lies_in_exactly_one(self, day, months):
        period = Period.containing(day, months)
        assert period.starts_on <= day <= period.ends_on
        assert period.following.starts_on == period.ends_on + timedelta(days=1)
        assert period.following.months == months

    @given(days, lengths)
    def test_the_first_month_after_it_is_the_next_day(self, day, months):
        period = Period.containing(day, months)
        assert period.month_after(1).starts_on == period.ends_on + timedelta(days=1)
        assert period.month_after(0).ends_on == period.ends_on

    def test_a_year_does_not_fall_into_fifths(self):
        with pytest.raises(ValueError, match="5 months"):
            Period.containing(date(2026, 1, 1), 5)
