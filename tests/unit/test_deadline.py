"""From a turn to instants, over the real holidays of 2026."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.deadline import due_at, due_on, expires_at, horizon_at, next_wake, wakes
from domain.process import Due, Expiry, Turn
from schemas.code import Act, Role, Stage
from schemas.file import RungTime
from schemas.period import Period
from tests.builders import CALENDAR, RULES, TURNS, wib
from tests.stories import story_at

MARCH = Period(year=2026, month=3)
FEBRUARY = Period(year=2026, month=2)
PROCESS = RULES.process


def due(anchor, working_days, at_least=1):
    return Due(anchor=anchor, working_days=working_days, at_least=at_least)


class TestDueOn:
    @pytest.mark.parametrize(
        ("anchor", "working_days", "entered_on", "expected"),
        [
            # counted in the period's own month
            ("period_start", 3, date(2026, 3, 1), date(2026, 3, 4)),
            ("period_start", 12, date(2026, 3, 1), date(2026, 3, 17)),
            ("period_start", 13, date(2026, 3, 1), date(2026, 3, 25)),
            # counted in the month after it: 3 April is a holiday
            ("period_end", 3, date(2026, 3, 31), date(2026, 4, 6)),
            ("period_end", 6, date(2026, 3, 31), date(2026, 4, 9)),
            ("period_end", 7, date(2026, 3, 31), date(2026, 4, 10)),
            ("period_end", 8, date(2026, 3, 31), date(2026, 4, 13)),
            # counted from the day the turn began, over seven days without work
            ("entered", 3, date(2026, 3, 16), date(2026, 3, 26)),
            ("entered", 14, date(2026, 3, 2), date(2026, 3, 27)),
            ("entered", 3, date(2026, 3, 13), date(2026, 3, 25)),
        ],
    )
    def test_counts_working_days_from_its_anchor(self, anchor, working_days, entered_on, expected):
        assert due_on(due(anchor, working_days), MARCH, entered_on, CALENDAR) == expected

    @pytest.mark.parametrize(
        ("entered_on", "expected"),
        [
            (date(2026, 3, 3), date(2026, 3, 4)),
            (date(2026, 3, 4), date(2026, 3, 5)),
            (date(2026, 3, 17), date(2026, 3, 25)),
            (date(2026, 3, 20), date(2026, 3, 25)),
        ],
    )
    def test_a_turn_that_begins_late_gets_a_fresh_day(self, entered_on, expected):
        assert due_on(due("period_start", 3), MARCH, entered_on, CALENDAR) == expected

    def test_more_fresh_days_can_be_asked_for(self):
        asked = due("period_start", 3, at_least=2)
        assert due_on(asked, MARCH, date(2026, 3, 10), CALENDAR) == date(2026, 3, 12)

    def test_the_year_turns(self):
        december = Period(year=2026, month=12)
        assert due_on(due("period_end", 3), december, date(2026, 12, 31), CALENDAR) == date(
            2027, 1, 6
        )

    @pytest.mark.parametrize("day", [18, 19, 20, 21, 22, 23, 24])
    def test_no_deadline_falls_into_the_idul_fitri_week(self, day):
        for working_days in range(1, 18):
            last_day = due_on(due("period_start", working_days), MARCH, MARCH.starts_on, CALENDAR)
            assert last_day != date(2026, 3, day)


class TestDueAt:
    def test_the_last_day_counts_until_midnight_in_wib(self):
        turn = PROCESS.find("report_submission")
        found = due_at(turn, MARCH, wib(3, 31), CALENDAR)
        assert found == wib(4, 7, 0)
        assert found.isoformat() == "2026-04-06T17:00:00+00:00"

    def test_the_day_a_turn_begins_is_the_day_in_wib(self):
        turn = PROCESS.find("acceptance")
        just_before, at_midnight = wib(4, 13, 0) - timedelta(microseconds=1), wib(4, 13, 0)
        assert just_before.date() == at_midnight.date()
        assert due_at(turn, MARCH, just_before, CALENDAR) == wib(4, 16, 0)
        assert due_at(turn, MARCH, at_midnight, CALENDAR) == wib(4, 17, 0)

    def test_what_is_kept_with_a_turn_is_told_apart_by_period_day_and_calendar(self):
        turn = PROCESS.find("scoring")
        without = replace(CALENDAR, free_days=CALENDAR.free_days - {date(2026, 4, 3)})
        asked = [
            (period, entered, calendar)
            for period in (FEBRUARY, MARCH)
            for entered in (wib(3, 2), wib(4, 1), wib(4, 20))
            for calendar in (CALENDAR, without)
        ]
        for _ in range(2):
            for period, entered, calendar in asked:
                on = due_on(turn.due, period, calendar.local_date(entered), calendar)
                found = due_at(turn, period, entered, calendar)
                assert found == calendar.end_of_day(on)
        assert due_at(turn, MARCH, wib(4, 1), without) < due_at(turn, MARCH, wib(4, 1), CALENDAR)

    def test_a_turn_with_another_due_date_keeps_nothing_of_the_one_it_was_made_from(self):
        turn = PROCESS.find("report_submission")
        first = due_at(turn, MARCH, wib(3, 31), CALENDAR)
        later = turn.model_copy(update={"due": due("period_end", 9)})
        assert due_at(later, MARCH, wib(3, 31), CALENDAR) > first


class TestHorizon:
    @pytest.mark.parametrize(
        ("period", "expected"),
        [
            (FEBRUARY, wib(4, 1, 0)),
            (MARCH, wib(5, 1, 0)),
            (Period(year=2026, month=4), wib(5, 30, 0)),
        ],
    )
    def test_is_the_end_of_the_next_months_last_working_day(self, period, expected):
        assert horizon_at(PROCESS, period, CALENDAR) == expected


class TestWakes:
    @pytest.mark.parametrize("turn", TURNS)
    def test_are_in_order_and_never_before_the_turn_began(self, turn):
        story = story_at(turn)
        found = wakes(story.state, PROCESS, CALENDAR)
        assert found == sorted(found, key=lambda w: (w.at, w.order))
        assert all(w.at >= story.state.entered_at for w in found)
        assert len({w.rung for w in found}) == len(found)

    @pytest.mark.parametrize("turn", TURNS)
    def test_every_turn_ends_by_time_alone(self, turn):
        rungs = {w.rung for w in wakes(story_at(turn).state, PROCESS, CALENDAR)}
        assert rungs & {"expire", "horizon"}

    def test_a_closed_file_has_none(self):
        story = story_at("acceptance")
        story.act(Act.SIGN)
        assert wakes(story.state, PROCESS, CALENDAR) == []
        assert next_wake(story.state, PROCESS, CALENDAR) is None

    def test_files_with_other_due_dates_have_other_wakes(self):
        """What a turn's course is kept under: its turn, its due date, its period, the calendar."""
        story = story_at("acceptance")
        late = story.state.model_copy(update={"due_at": wib(4, 24, 0)})
        free = replace(CALENDAR, free_days=CALENDAR.free_days | {date(2026, 4, 24)})
        began = [wakes(s, PROCESS, CALENDAR) for s in (story.state, late)]
        assert [w.at for w in began[1] if w.rung == "expire"] == [wib(4, 24, 0)]
        assert [w.at for w in began[0] if w.rung == "expire"] == [story.state.due_at]
        after = [w.at for w in wakes(late, PROCESS, CALENDAR) if w.rung == "superior"]
        moved = [w.at for w in wakes(late, PROCESS, free) if w.rung == "superior"]
        assert after != moved

    def test_a_rung_that_is_done_does_not_come_again(self):
        state = story_at("report_submission").state
        coming = [w.rung for w in wakes(state, PROCESS, CALENDAR)]
        done = state.model_copy(update={"done_rungs": ("reminder", "boss")})
        assert [w.rung for w in wakes(done, PROCESS, CALENDAR)] == [
            r for r in coming if r not in ("reminder", "boss")
        ]

    def test_a_rung_whose_time_had_passed_when_the_turn_began_is_left_out(self):
        story = story_at("report_submission")
        story.act(Act.SUBMIT_REPORT, at=wib(4, 8))
        rungs = [w.rung for w in wakes(story.state, PROCESS, CALENDAR)]
        assert "reminder" not in rungs
        assert rungs[0] == "overdue"

    def test_a_rung_at_the_very_instant_the_turn_began_is_left_out(self):
        story = story_at("report_submission")
        story.act(Act.SUBMIT_REPORT, at=wib(4, 7, 8))
        assert story.state.due_at == wib(4, 10, 0)
        assert next(w.rung for w in wakes(story.state, PROCESS, CALENDAR)) == "overdue"

    def test_at_one_instant_the_end_of_a_turn_goes_before_its_reminders(self):
        found = wakes(story_at("acceptance").state, PROCESS, CALENDAR)
        at_due = [w.rung for w in found if w.at == story_at("acceptance").state.due_at]
        assert at_due == ["expire", "overdue"]

    def test_the_next_one_has_the_visit_it_belongs_to(self):
        state = story_at("scoring").state
        wake = next_wake(state, PROCESS, CALENDAR)
        assert wake is not None
        assert (wake.visit, wake.rung, wake.at) == (state.visit, "reminder", wib(4, 7, 8))

    def test_a_delegated_file_is_not_delegated_again(self):
        story = story_at("scoring").wait(wib(4, 16, 8))
        assert "delegate" not in {w.rung for w in wakes(story.state, PROCESS, CALENDAR)}

    @pytest.mark.parametrize("days", [0, 1, 5])
    def test_an_expiry_is_so_many_working_days_after_the_deadline(self, days):
        turn = Turn(
            name="scoring",
            stage=Stage.SCORING,
            awaits=Role.SUPERVISOR,
            acts={Act.SCORE: "accepted"},
            due=Due(anchor="period_end", working_days=6),
            expires=Expiry(at="due", working_days=days, to="accepted"),
        )
        process = PROCESS.model_copy(update={"turn": (turn,)})
        (expiry,) = [
            w for w in wakes(story_at("scoring").state, process, CALENDAR) if w.rung == "expire"
        ]
        day = CALENDAR.add_working_days(date(2026, 4, 9), days)
        assert expiry.at == CALENDAR.end_of_day(day)


class TestLateOpening:
    """A file that is opened after dates of its own have passed: nothing happens before it exists."""

    def test_the_plans_turn_that_is_over_ends_when_the_file_is_opened(self):
        story = story_at("plan_submission", at=wib(4, 2))
        (first, *_) = wakes(story.state, PROCESS, CALENDAR)
        assert (first.rung, first.at) == ("expire", wib(4, 2))

    def test_the_horizon_that_is_past_ends_the_file_when_it_is_opened(self):
        story = story_at("plan_submission", at=wib(5, 4))
        (first, *_) = wakes(story.state, PROCESS, CALENDAR)
        assert (first.rung, first.at) == ("horizon", wib(5, 4))

    def test_nothing_is_recorded_before_the_opening(self):
        story = story_at("plan_submission", at=wib(4, 2)).wait(wib(4, 30))
        instants = [f.happened_at for f in story.facts]
        assert instants == sorted(instants)


class TestExpiry:
    """When the turn of March's file ends by itself."""

    @pytest.mark.parametrize(
        ("turn", "at"),
        [
            ("plan_submission", wib(4, 1, 0)),
            ("report_submission", None),
            ("scoring", None),
            ("feedback_response", wib(4, 10, 0)),
            ("meeting", wib(4, 18, 0)),
            ("unit_predicate", wib(4, 21, 0)),
        ],
    )
    def test_is_with_its_due_day_some_days_after_it_or_with_the_period(self, turn, at):
        state = story_at(turn).state
        assert expires_at(state, PROCESS.find(turn), CALENDAR) == at

    @pytest.mark.parametrize(
        ("rungs", "at"),
        [
            (("overdue", "expire", "horizon"), wib(4, 3)),
            (("expire",), wib(4, 2)),
            (("overdue", "horizon"), None),
            ((), None),
        ],
    )
    def test_is_what_a_moved_calendar_has_left_in_the_file(self, rungs, at):
        times = tuple(
            RungTime(rung=rung, at=wib(4, day)) for day, rung in enumerate(rungs, start=2)
        )
        state = story_at("meeting").state.model_copy(update={"times": times})
        assert expires_at(state, PROCESS.find("meeting"), CALENDAR) == at
