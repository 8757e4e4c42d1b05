"""The rules of the process: their arithmetic, and that the engine practises what they say."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.deadline import due_at, due_on, expires_at
from domain.definition import DIRECTORY, shape
from domain.process import MONTHLY
from domain.rater import raters
from domain.regulation import load
from domain.rules.annual import AnnualDeadline, AnnualFrame
from domain.rules.gate import (
    PeerFeedback,
    PlhRates,
    PltRates,
    RaterLevel,
    is_level_enough,
    may_rate_as,
)
from domain.rules.objection import (
    ObjectionCount,
    ObjectionDecision,
    ObjectionWindow,
    PeriodicObjection,
    annual_closes_on,
    decided_by,
    periodic_closes_on,
)
from domain.rules.plan import (
    DayOfYear,
    PlanBypass,
    PlanDeadline,
    PlanGate,
)
from domain.rules.window import (
    Cadences,
    MonthlyWindows,
    QuarterlyWindows,
)
from domain.rules.working_time import Zone
from domain.working_calendar import ZONE
from domain.working_calendar import load as load_calendar
from schemas.code import Act, Capacity, Level, PersonKind, Role
from schemas.file import ProcessId
from schemas.identifier import FileKey
from schemas.period import Period
from tests.stories import Story

QUARTERLY = ProcessId(id="triwulanan", version=1)
PART_TIME = ProcessId(id="triwulanan_paruh_waktu", version=1)
ANNUAL = ProcessId(id="tahunan", version=1)
RULES = load().on(date(2026, 3, 1))
CALENDAR = load_calendar()
TUESDAY = date(2026, 3, 10)


class TestObjection:
    WINDOW = RULES.parameters(ObjectionWindow)
    COUNT = RULES.parameters(ObjectionCount)

    def test_a_last_day_of_joint_leave_moves_to_the_next_working_day(self) -> None:
        assert annual_closes_on(TUESDAY, CALENDAR, self.WINDOW, self.COUNT) == date(2026, 3, 25)

    def test_it_stays_where_the_office_does_not_move_it(self) -> None:
        count = self.COUNT.model_copy(update={"rolls_forward": False})
        assert annual_closes_on(TUESDAY, CALENDAR, self.WINDOW, count) == date(2026, 3, 24)

    def test_a_last_day_that_is_a_working_day_stays(self) -> None:
        closes = annual_closes_on(date(2026, 1, 30), CALENDAR, self.WINDOW, self.COUNT)
        assert closes == date(2026, 2, 13)

    def test_fourteen_working_days_are_longer(self) -> None:
        count = self.COUNT.model_copy(update={"kind": "kerja"})
        closes = annual_closes_on(TUESDAY, CALENDAR, self.WINDOW, count)
        assert closes == CALENDAR.add_working_days(TUESDAY, 14)
        assert closes == date(2026, 4, 7)

    def test_a_periodic_result_stands_after_three_working_days(self) -> None:
        rule = RULES.parameters(PeriodicObjection)
        assert periodic_closes_on(date(2026, 4, 13), CALENDAR, rule) == date(2026, 4, 16)
        assert (
            periodic_closes_on(TUESDAY, CALENDAR, rule.model_copy(update={"is_open": False}))
            is None
        )

    def test_the_decision_takes_fourteen_working_days(self) -> None:
        rule = RULES.parameters(ObjectionDecision)
        assert decided_by(date(2026, 4, 13), CALENDAR, rule) == date(2026, 5, 4)


class TestPlan:
    @pytest.mark.parametrize("year", [2025, 2026])
    def test_the_gate_of_the_annual_file_waits_as_long_as_the_rules_say(self, year: int) -> None:
        """To the last instant of the last bypass day, and not a moment longer."""
        gate = shape(ANNUAL).find("superior_plan")
        opened = datetime(year, 1, 6, 2, tzinfo=UTC)
        period = Period.parse(str(year))
        key = FileKey(org="kota", period=str(year), kind="tahunan", person=uuid4())
        due = due_at(gate, period, opened, CALENDAR)
        until = RULES.parameters(PlanDeadline).until.of(year)
        last = CALENDAR.add_working_days(until + timedelta(days=1), -1)
        assert due == CALENDAR.end_of_day(last)
        state = Story().state.model_copy(
            update={"file": key, "turn": gate.name, "entered_at": opened, "due_at": due}
        )
        ends = expires_at(state, gate, CALENDAR)
        assert ends is not None
        days = RULES.parameters(PlanBypass).working_days
        assert ends == CALENDAR.end_of_day(CALENDAR.add_working_days(last, days))
        assert gate.opens is not None
        assert gate.opens.rule == PlanGate.RULE

    @pytest.mark.parametrize(("month", "day"), [(2, 29), (4, 31), (13, 1), (1, 0)])
    def test_a_day_of_every_year_exists(self, month: int, day: int) -> None:
        with pytest.raises(ValidationError):
            DayOfYear(month=month, day=day)


class TestGate:
    @pytest.mark.parametrize("level", Level)
    @pytest.mark.parametrize("delegated", [False, True])
    def test_whoever_is_delegated_rates_whatever_his_level(
        self, level: Level, delegated: bool
    ) -> None:
        rule = RULES.parameters(RaterLevel)
        enough = is_level_enough(level, is_delegated=delegated, rule=rule)
        assert enough is (delegated or level not in (Level.FUNCTIONAL, Level.STAFF))

    def test_a_pengawas_rates_and_a_plh_does_not(self) -> None:
        found = raters(load(), date(2026, 3, 1))
        assert found.levels == set(Level) - {Level.FUNCTIONAL, Level.STAFF}
        assert found.capacities == (Capacity.PJ, Capacity.PLT, Capacity.DEFINITIVE)

    def test_an_organisation_may_let_neither_plt_nor_plh_rate(self) -> None:
        for allowed in (True, False):
            rules = (PltRates(allowed=allowed), PlhRates(allowed=not allowed))
            assert may_rate_as(Capacity.PLT, *rules) is allowed
            assert may_rate_as(Capacity.PLH, *rules) is not allowed
            assert may_rate_as(Capacity.PJ, *rules)

    def test_a_summary_of_peers_that_never_shows_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="shown_from"):
            PeerFeedback(counts_for_rating=False, at_least=3, at_most=5, shown_from=6)


class TestWindows:
    """Where a definition counts otherwise than a rule's function does, both come to the same."""

    @given(st.dates(date(2025, 1, 1), date(2026, 12, 1)))
    def test_an_annual_objection_follows_the_rules(self, delivered_on: date) -> None:
        window, count = RULES.parameters(ObjectionWindow), RULES.parameters(ObjectionCount)
        due = shape(ANNUAL).find("acceptance").due
        last = due_on(due, Period.parse("2025"), delivered_on, CALENDAR)
        assert last == annual_closes_on(delivered_on, CALENDAR, window, count)

    def test_the_annual_result_is_due_on_the_last_working_day_up_to_the_deadline(self) -> None:
        until = RULES.parameters(AnnualDeadline).until.of(2025)
        due = shape(ANNUAL).find("signing").due
        last = due_on(due, Period.parse("2025"), date(2026, 1, 5), CALENDAR)
        assert last == CALENDAR.add_working_days(until + timedelta(days=1), -1)

    def test_part_time_pppk_have_quarters_of_their_own(self) -> None:
        cadence = shape(PART_TIME).cadence
        assert (cadence.months, cadence.people) == (3, (PersonKind.PPPK_PART_TIME,))
        assert RULES.parameters(Cadences).pppk_part_time == "triwulanan"
        assert PersonKind.PPPK_PART_TIME not in shape(MONTHLY).cadence.people

    def test_a_monthly_result_is_final_when_its_objection_window_is_over(self) -> None:
        windows, window = RULES.parameters(MonthlyWindows), RULES.parameters(PeriodicObjection)
        assert windows.final == windows.delivery + window.working_days
        quarter = RULES.parameters(QuarterlyWindows)
        assert quarter.final == quarter.delivery + window.working_days

    def test_a_step_due_before_the_one_it_follows_is_refused(self) -> None:
        windows = RULES.parameters(MonthlyWindows).model_dump()
        with pytest.raises(ValidationError, match="due before"):
            MonthlyWindows(**{**windows, "scoring": windows["organisation"] - 1})


class TestAnnualFrame:
    FRAME = RULES.parameters(AnnualFrame)

    def test_every_window_ends_after_it_starts_and_they_start_in_order(self) -> None:
        spans = [(s.starts.of(2026), s.ends.of(2026)) for s in self.FRAME.steps]
        assert all(start < end for start, end in spans)
        assert all(before[0] < after[0] for before, after in pairwise(spans))

    def test_the_evaluation_ends_by_the_deadline_of_the_year(self) -> None:
        until = RULES.parameters(AnnualDeadline).until.of(2026)
        assert until == date(2027, 1, 31)
        ends = {s.name: s.ends.of(2026) for s in self.FRAME.steps}
        assert ends["kalibrasi"] <= until


def test_days_end_in_the_zone_of_the_rule() -> None:
    assert RULES.parameters(Zone).zone == ZONE.key


class TestNumbers:
    @pytest.mark.parametrize("file", list(DIRECTORY.iterdir()), ids=lambda file: file.name)
    def test_none_stands_in_a_definition_itself(self, file) -> None:
        """But for what makes it that definition, and for a turn in which nobody owes anything."""
        bare = set(numbers_in(tomllib.loads(file.read_text())))
        assert bare <= {"version", "cadence.months", "turn.running.due.working_days"}


def numbers_in(value, path=()):
    """Where numbers stand in a table."""
    if isinstance(value, dict):
        path = (*path, value["name"]) if "name" in value else path
        for key, each in value.items():
            yield from numbers_in(each, (*path, key))
    elif isinstance(value, list):
        for each in value:
            yield from numbers_in(each, path)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield ".".join(path)


EMPLOYEE, HR, FORMER = {Role.EMPLOYEE}, {Role.HR}, {Role.FORMER_SUPERVISOR}
RATERS = {Role.SUPERVISOR, Role.SUPERIOR}
BOTH = EMPLOYEE | RATERS


class TestRoles:
    """Who may ever do an act: by its turns, late, at any time, beside it, or after the end."""

    @pytest.mark.parametrize(
        ("act", "monthly", "annual"),
        [
            (Act.SUBMIT_PLAN, EMPLOYEE, EMPLOYEE),
            (Act.RETURN_PLAN, RATERS, BOTH),
            (Act.AGREE_PLAN, RATERS, BOTH),
            (Act.REVISE_PLAN, set(), BOTH),
            (Act.SUBMIT_REPORT, EMPLOYEE, EMPLOYEE),
            (Act.RETURN_REPORT, RATERS, RATERS),
            (Act.SCORE, RATERS, RATERS),
            (Act.GIVE_FEEDBACK, RATERS, RATERS),
            (Act.RESPOND_TO_FEEDBACK, EMPLOYEE, EMPLOYEE),
            (Act.RECORD_MEETING, RATERS, RATERS),
            (Act.SIGN, BOTH, BOTH),
            (Act.OBJECT, EMPLOYEE, EMPLOYEE),
            (Act.DECIDE_OBJECTION, {Role.SUPERIOR}, {Role.SUPERIOR}),
            (Act.RECORD_INTERIM, FORMER, FORMER),
            (Act.WITHDRAW, HR, HR),
            (Act.RECORD_LATE, HR, HR),
            (Act.NUDGE, BOTH | HR, BOTH | HR),
        ],
    )
    def test_of_an_act_in_each_definition(self, act: Act, monthly, annual) -> None:
        assert shape(MONTHLY).roles_for(act) == monthly
        assert shape(ANNUAL).roles_for(act) == annual

    @pytest.mark.parametrize(
        ("turn", "act", "roles"),
        [
            ("report_submission", Act.SUBMIT_REPORT, EMPLOYEE),
            ("report_submission", Act.SCORE, RATERS),
            ("report_submission", Act.SIGN, set()),
            ("report_submission", Act.WITHDRAW, HR),
            ("signing", Act.SIGN, RATERS),
            ("signing", Act.SCORE, set()),
            ("acceptance", Act.SIGN, EMPLOYEE),
            ("objection", Act.DECIDE_OBJECTION, {Role.SUPERIOR}),
        ],
    )
    def test_of_an_act_in_one_turn_are_also_those_that_do_it_late(self, turn, act, roles) -> None:
        alone = shape(MONTHLY).model_copy(update={"turn": (shape(MONTHLY).find(turn),)})
        assert alone._roles_for(act) == roles
