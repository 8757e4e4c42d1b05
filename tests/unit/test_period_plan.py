"""Which periods open and close at a time, and when a period can be over at last."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.closing import Ends, last_end_at, refuse_open_files, summarise, totals, verdict_of
from domain.deadline import horizon_at
from domain.definition import kinds, shape
from domain.period_plan import closing_months, opening
from domain.regulation import load
from domain.working_calendar import ZONE
from schemas.code import End, PeriodVerdict, Predicate
from schemas.error import ErrorType, Refusal
from schemas.period import Period
from tests.builders import CALENDAR

MONTHLY, YEARLY = shape(kinds()["bulanan"]), shape(kinds()["tahunan"])
MARCH = Period.parse("2026-03")


def at(year, month, day=1, hour=0, minute=5):
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


def opened(months, nominal):
    return [(str(period), kind) for period, kind in opening(months, nominal, load())]


class TestOpening:
    def test_the_period_is_that_of_the_nominal_time_in_wib(self):
        nominal = at(2026, 4).astimezone(UTC)  # the last of March in UTC
        assert opened(1, nominal) == [("2026-04", "bulanan")]

    def test_part_time_pppk_have_their_quarter_and_everybody_his_year(self):
        assert opened(3, at(2026, 4)) == [("2026-TW2", "triwulanan_paruh_waktu")]
        assert opened(12, at(2026, 1)) == [("2026", "tahunan")]

    def test_before_there_were_any_nobody_has_a_quarter(self):
        assert opened(3, at(2024, 4)) == []


class TestClosingMonths:
    @pytest.mark.parametrize(
        ("months", "found"), [(1, tuple(range(1, 13))), (3, (3, 6, 9, 12)), (12, (3,))]
    )
    def test_are_those_after_the_month_of_a_horizon(self, months, found):
        assert closing_months(months) == found

    @pytest.mark.parametrize("kind", ["bulanan", "triwulanan", "tahunan"])
    def test_the_horizon_has_passed_on_their_first_day(self, kind):
        process = shape(kinds()[kind])
        period = Period.containing(at(2026, 1).date(), process.cadence.months)
        horizon = horizon_at(process, period, CALENDAR)
        month = period.month_after(process.horizon.months_after + 1)
        first = at(month.year, month.month, 1, 0, 30)
        assert horizon <= first < horizon + timedelta(days=5)
        assert month.month in closing_months(process.cadence.months)


class TestLastEnd:
    def test_is_that_of_an_objection_made_at_the_last_moment_and_never_decided(self):
        """Of March: horizon 30 April; acceptance 3, objection 14 and 10 working days after it."""
        last_day = CALENDAR.add_working_days(datetime(2026, 4, 30, tzinfo=ZONE).date(), 3)
        last_day = CALENDAR.add_working_days(last_day, 14)
        last_day = CALENDAR.add_working_days(last_day, 10)
        assert last_end_at(MONTHLY, MARCH, CALENDAR) == CALENDAR.end_of_day(last_day)

    def test_without_exempt_turns_it_is_the_horizon(self):
        turns = tuple(t.model_copy(update={"horizon_exempt": False}) for t in MONTHLY.turn)
        process = MONTHLY.model_copy(update={"turn": turns})
        assert last_end_at(process, MARCH, CALENDAR) == horizon_at(process, MARCH, CALENDAR)

    def test_a_refusal_names_the_horizon_before_it_and_the_last_end_after_it(self):
        horizon = horizon_at(MONTHLY, MARCH, CALENDAR)
        early = refuse_open_files(3, "2026-03", horizon - timedelta(seconds=1), MONTHLY, CALENDAR)
        late = refuse_open_files(1, "2026-03", horizon, MONTHLY, CALENDAR)
        assert early is not None
        assert late is not None
        assert (early.rule, early.params["files"]) == ("period.not_over", 3)
        assert (late.rule, late.params["files"]) == ("period.exempt_files", 1)
        assert str(early.params["until"]) < str(late.params["until"])
        assert refuse_open_files(0, "2026-03", horizon, MONTHLY, CALENDAR) is None


class TestRefusal:
    """Why a period is not closed yet, in full, up to the horizon and from it on."""

    HORIZON = CALENDAR.end_of_day(datetime(2026, 4, 30, tzinfo=ZONE).date())

    @pytest.mark.parametrize(
        ("late", "rule", "until"),
        [
            (-timedelta(microseconds=1), "period.not_over", "2026-04-30T17:00:00.000000Z"),
            (timedelta(0), "period.exempt_files", "2026-06-17T17:00:00.000000Z"),
            (timedelta(days=90), "period.exempt_files", "2026-06-17T17:00:00.000000Z"),
        ],
    )
    def test_names_period_files_and_until_when(self, late, rule, until):
        found = refuse_open_files(2, "2026-03", self.HORIZON + late, MONTHLY, CALENDAR)
        assert found == Refusal(
            type=ErrorType.NOT_NOW,
            rule=rule,
            field="period",
            params={"period": "2026-03", "files": 2, "until": until},
        )

    @pytest.mark.parametrize(("files", "is_refused"), [(0, False), (1, True)])
    def test_one_file_is_enough(self, files, is_refused):
        for at_ in (self.HORIZON - timedelta(days=1), self.HORIZON):
            found = refuse_open_files(files, "2026-03", at_, MONTHLY, CALENDAR)
            assert (found is not None) is is_refused


class TestSummary:
    def test_rows_say_unit_verdict_predicate_and_count_in_that_order(self):
        def ends(unit, end, predicate, files, *, is_delegated=False):
            return Ends(
                unit=unit, end=end, is_delegated=is_delegated, predicate=predicate, files=files
            )

        good, poor = Predicate.GOOD, Predicate.POOR
        rows = [
            ends("b", End.UNDECIDED, good, 1),
            ends("a", End.DECIDED, poor, 1),
            ends("a", End.ACCEPTED, good, 1, is_delegated=True),
            ends("a", End.DEEMED_ACCEPTED, poor, 2),
            ends("a", End.ACCEPTED, good, 3),
            ends("a", End.WITHDRAWN, good, 2),
            ends("a", End.WITHDRAWN, None, 1),
        ]
        found = summarise(rows)
        assert [(r.unit, r.verdict, r.predicate, r.files) for r in found] == [
            ("a", PeriodVerdict.DONE, good, 3),
            ("a", PeriodVerdict.DONE, poor, 3),
            ("a", PeriodVerdict.DONE_BY_SUPERIOR, good, 1),
            ("a", PeriodVerdict.WITHDRAWN, None, 1),
            ("a", PeriodVerdict.WITHDRAWN, good, 2),
            ("b", PeriodVerdict.UNDECIDED, good, 1),
        ]
        assert totals(found) == {
            "done": 6, "done_by_superior": 1, "withdrawn": 3, "undecided": 1, "unrateable": 0
        }  # fmt: skip

    def test_every_end_has_a_verdict(self):
        found = {end: verdict_of(end, is_delegated=False) for end in End}
        assert set(found.values()) == set(PeriodVerdict) - {PeriodVerdict.DONE_BY_SUPERIOR}
        assert verdict_of(End.ACCEPTED, is_delegated=True) is PeriodVerdict.DONE_BY_SUPERIOR
        assert verdict_of(End.UNRATEABLE, is_delegated=True) is PeriodVerdict.UNRATEABLE

    def test_the_order_of_rows_does_not_matter(self):
        rows = [
            Ends(unit=unit, end=end, is_delegated=False, predicate=predicate, files=2)
            for unit in ("b", "a")
            for end, predicate in (
                (End.ACCEPTED, Predicate.GOOD),
                (End.DEEMED_ACCEPTED, Predicate.GOOD),
                (End.UNRATEABLE, None),
            )
        ]
        found = summarise(rows)
        assert found == summarise(reversed(rows))
        assert [(r.unit, r.verdict, r.files) for r in found] == [
            ("a", PeriodVerdict.DONE, 4),
            ("a", PeriodVerdict.UNRATEABLE, 2),
            ("b", PeriodVerdict.DONE, 4),
            ("b", PeriodVerdict.UNRATEABLE, 2),
        ]
        counts = totals(found)
        assert (counts["done"], counts["unrateable"], counts["withdrawn"]) == (8, 4, 0)
