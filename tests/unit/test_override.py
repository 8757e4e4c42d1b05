"""What an organisation may set of the rules for itself, and what holds from then on."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from domain.deadline import due_on
from domain.definition import definition
from domain.explain.case import Case
from domain.override import (
    Decided,
    InvalidOverride,
    _expected,
    decide_override,
    plain,
    with_override,
)
from domain.process import MONTHLY, InvalidProcess
from domain.rater import raters
from domain.regulation import diff, load
from domain.rulebook import Override, UnknownVersion
from domain.rules.window import MonthlyWindows
from schemas.code import Act, Capacity, Level, PersonKind, RulesAct, Via
from schemas.command import StoredCommand
from schemas.error import ErrorType, Refusal
from schemas.file import ProcessId
from schemas.organisation import Seat
from schemas.period import Period
from tests.builders import CALENDAR, RULES, organisation, unique_cast
from tests.stories import story_at

TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 3, tzinfo=UTC)
WINDOWS = "bulanan.jendela"
ANNUAL = ProcessId(id="tahunan", version=1)


def override(rules, rule, values, from_on=TODAY, since=NOW):
    return Override(rules.version + 1, rule, values, from_on, "Keputusan 800/1", since)


def having(*orders):
    """The packs, and one override after the other."""
    rules = load()
    for order in orders:
        rules = with_override(rules, override(rules, *order))
    return rules


def refused(order, rules=None):
    """The field and the rule that refuse an override."""
    rules = rules or load()
    with pytest.raises(InvalidOverride) as caught:
        with_override(rules, override(rules, *order))
    return caught.value.refusal.field, caught.value.refusal.rule


def command(actor=None, **body):
    said = {"rule": WINDOWS, "values": {"scoring": 7}, "from_on": str(TODAY), "source": "SE 1"}
    return StoredCommand(
        id=uuid4(),
        stream="rules/kota",
        act=RulesAct.SET_RULE,
        actor=actor,
        body=said | body,
        expected_version=None,
        via=Via.SHELL,
        os_user=None,
        received_at=NOW,
    )


class TestRulebook:
    def test_an_override_holds_from_its_day_on_and_not_before(self):
        rules = having((WINDOWS, {"scoring": 7}))
        before, after = rules.on(TODAY - timedelta(days=1)), rules.on(TODAY)
        assert before.parameters(MonthlyWindows).scoring == 6
        assert after.parameters(MonthlyWindows).scoring == 7
        assert after.parameters(MonthlyWindows).report == 3
        assert before.rule(WINDOWS).effective_to == TODAY - timedelta(days=1)

    def test_it_is_a_version_with_its_own_source_and_sentence(self):
        rule = having((WINDOWS, {"scoring": 7})).on(TODAY).rule(WINDOWS)
        assert (rule.version, rule.override, str(rule.source)) == (2, 1, "Keputusan 800/1")
        said = "Set by the organisation: scoring = 7; the rest as in version 1."
        assert rule.sentence.en == said
        assert "assumed" not in rule.status

    def test_a_later_one_adds_to_what_holds_on_its_day(self):
        later = TODAY + timedelta(days=30)
        rules = having((WINDOWS, {"scoring": 7}), (WINDOWS, {"report": 4}, later))
        found = rules.on(later).parameters(MonthlyWindows)
        assert (found.scoring, found.report) == (7, 4)

    def test_one_from_an_earlier_day_ends_where_the_next_begins(self):
        earlier = TODAY - timedelta(days=30)
        rules = having((WINDOWS, {"scoring": 7}), (WINDOWS, {"scoring": 5}, earlier))
        found = [rules.on(d).parameters(MonthlyWindows).scoring for d in (earlier, TODAY)]
        assert found == [5, 7]

    def test_one_from_the_same_day_takes_the_place_of_the_first(self):
        rules = having((WINDOWS, {"scoring": 7}), (WINDOWS, {"scoring": 5}))
        assert rules.on(TODAY).parameters(MonthlyWindows).scoring == 5
        assert len(rules.versions(WINDOWS)) == 2

    def test_it_ends_with_the_version_that_it_adjusts(self):
        law = date(2025, 1, 13)
        rules = having(("periode.jenis", {"pns": "triwulanan"}, date(2024, 1, 1)))
        assert rules.on(law - timedelta(days=1)).rule("periode.jenis").override == 1
        assert rules.on(law).rule("periode.jenis").override is None

    def test_what_was_known_then_stays_at_hand(self):
        later = NOW + timedelta(days=1)
        first = having((WINDOWS, {"scoring": 7}))
        both = with_override(first, override(first, WINDOWS, {"scoring": 5}, TODAY, later))
        assert both.known(1) is first
        assert both.known(0) is load()
        assert both.at(later) is both
        assert both.at(later - timedelta(seconds=1)) is first
        assert both.at(NOW - timedelta(seconds=1)) is load()
        with pytest.raises(UnknownVersion):
            both.known(3)

    def test_they_follow_one_another(self):
        with pytest.raises(UnknownVersion):
            with_override(load(), Override(2, WINDOWS, {"scoring": 7}, TODAY, "SE 1", NOW))

    def test_the_difference_is_what_was_set(self):
        [change] = diff(having((WINDOWS, {"scoring": 7})), TODAY - timedelta(days=1), TODAY)
        assert [(p.name, p.before, p.after) for p in change.parameters] == [("scoring", 6, 7)]


class TestRefused:
    @pytest.mark.parametrize(
        ("order", "field", "rule"),
        [
            (("bulanan.jendelaa", {"scoring": 7}), "rule", "rules.unknown"),
            ((WINDOWS, {"scores": 7}), "values.scores", "rules.fixed"),
            (("keberatan.jendela", {"days": 7}), "values.days", "rules.fixed"),
            ((WINDOWS, {"scoring": 0}), "values.scoring", "rules.minimum"),
            ((WINDOWS, {"scoring": "7"}), "values.scoring", "rules.value"),
            ((WINDOWS, {"scoring": True}), "values.scoring", "rules.value"),
            (("keberatan.hitungan", {"kind": "bulan"}), "values.kind", "rules.allowed"),
            ((WINDOWS, {"scoring": 3}), "values", "rules.together"),
            ((WINDOWS, {"scoring": 6}), "values", "rules.nothing_changed"),
            ((WINDOWS, {"scoring": 7}, date(2021, 12, 31)), "from_on", "rules.not_in_force"),
        ],
    )
    def test_names_field_and_rule(self, order, field, rule):
        assert refused(order) == (field, rule)

    def test_a_value_says_what_is_allowed(self):
        rules = load()
        with pytest.raises(InvalidOverride) as caught:
            with_override(rules, override(rules, WINDOWS, {"scoring": 0}))
        assert caught.value.refusal.params == {"id": WINDOWS, "minimum": "1"}


class TestDecide:
    CAST = unique_cast()
    CITY = organisation(CAST)

    def decide(self, made, rules=None):
        return decide_override(made, self.CITY, rules or load(), TODAY)

    def test_the_administrator_and_the_hr_office_may(self):
        for actor in (None, self.CAST.hr):
            decided = self.decide(command(actor))
            assert isinstance(decided, Decided)
            assert decided.rules.version == decided.override.version == 1
            assert (decided.seat and decided.seat.person) == actor

    def test_nobody_else_may(self):
        assert self.decide(command(self.CAST.employee)).rule == "act.role"

    def test_a_day_that_has_passed_takes_the_hr_office_and_a_reason(self):
        past = str(TODAY - timedelta(days=1))
        for actor, reason, is_accepted in (
            (None, "x", False),
            (self.CAST.hr, None, False),
            (self.CAST.hr, "x", True),
        ):
            decided = self.decide(command(actor, from_on=past, reason=reason))
            assert isinstance(decided, Decided) is is_accepted
            assert is_accepted or (decided.field, decided.rule) == ("from_on", "rules.past")

    def test_a_ladder_that_no_file_could_climb_is_refused(self):
        rungs = [{"name": "horizon", "working_days": 1, "to": "boss"}]
        decided = self.decide(command(rule="eskalasi.tangga", values={"rungs": rungs}))
        assert (decided.rule, decided.params["kind"]) == ("rules.definition", "bulanan")

    def test_what_no_shape_of_today_fits_is_unreadable(self):
        assert self.decide(command(values={})).rule == "command.unreadable"


INVALID = ErrorType.INVALID
READ = "calibration, delivery, organisation, plan, report, scoring"
TO = "awaited, boss, superior, unit_head, unit_superior, hr_head, sekda"
ADJUSTABLE = "plan, report, organisation, scoring, calibration, delivery, final"
LADDER = "eskalasi.tangga"


class TestWhole:
    """All that an accepted order makes, and each refusal in full."""

    CAST = unique_cast()
    CITY = organisation(CAST)

    def decide(self, actor=None, on=TODAY, **body):
        return decide_override(command(actor, **body), self.CITY, load(), on)

    def test_an_accepted_order_is_an_override_of_what_it_says(self):
        from_on = date(2026, 4, 1)
        found = self.decide(self.CAST.hr, from_on=str(from_on), values={"scoring": 7, "report": 4})
        assert isinstance(found, Decided)
        assert found.seat == Seat(
            person=self.CAST.hr, post="hr clerk", capacity=Capacity.DEFINITIVE
        )
        assert found.override == Override(
            version=1,
            rule=WINDOWS,
            values={"scoring": 7, "report": 4},
            from_on=from_on,
            source="SE 1",
            since=NOW,
        )
        windows = found.rules.on(from_on).parameters(MonthlyWindows)
        assert (windows.scoring, windows.report) == (7, 4)

    def test_the_seat_is_that_of_the_day(self):
        assert self.decide(self.CAST.hr, date(2019, 12, 31)).rule == "act.role"

    def test_a_day_that_has_passed_names_today(self):
        assert self.decide(on=TODAY + timedelta(days=1)) == Refusal(
            type=INVALID, rule="rules.past", field="from_on", params={"on": "2026-03-11"}
        )

    def test_the_day_itself_takes_neither_an_office_nor_a_reason(self):
        assert isinstance(self.decide(on=TODAY), Decided)
        assert isinstance(self.decide(on=TODAY - timedelta(days=1)), Decided)

    @pytest.mark.parametrize(
        ("rule", "values", "field", "code", "said"),
        [
            ("skp.batas_tetap", {"until": {"year": 0, "month": 2, "day": 15}},
             "values.until", "unread", {"read": "-"}),
            (WINDOWS, {"scoring": 7, "final": 12}, "values.final", "unread", {"read": READ}),
            (WINDOWS, {"scores": 7}, "values.scores", "fixed", {"adjustable": ADJUSTABLE}),
            ("keberatan.jendela", {"days": 7}, "values.days", "fixed", {"adjustable": "-"}),
            (WINDOWS, {"scoring": 0}, "values.scoring", "minimum", {"minimum": "1"}),
            (WINDOWS, {"scoring": 21}, "values.scoring", "maximum", {"maximum": "20"}),
            (WINDOWS, {"scoring": "7"}, "values.scoring", "value", {"expected": "int type"}),
            (WINDOWS, {"scoring": 3}, "values", "together", {}),
            (WINDOWS, {"scoring": 6}, "values", "nothing_changed", {}),
            ("keberatan.hitungan", {"kind": "bulan"}, "values.kind", "allowed",
             {"allowed": "kalender, kerja"}),
            (LADDER, {"rungs": []}, "values.rungs", "value", {"expected": "length >= 1"}),
            (LADDER, {"rungs": [{"name": "a", "working_days": 1, "to": "x"}]},
             "values.rungs.0.to", "allowed", {"allowed": TO}),
            (LADDER, {"rungs": [{"name": "a", "working_days": 1}]},
             "values.rungs.0.to", "value", {"expected": "missing"}),
            (LADDER, {"rungs": [{"name": "horizon", "working_days": 1, "to": "boss"}]},
             "values", "definition", {"kind": "bulanan"}),
        ],
    )  # fmt: skip
    def test_a_refusal_says_field_rule_and_what_would_do(self, rule, values, field, code, said):
        assert self.decide(rule=rule, values=values) == Refusal(
            type=INVALID, rule=f"rules.{code}", field=field, params={"id": rule, **said}
        )

    def test_a_rule_that_is_not_there_is_not_found(self):
        assert self.decide(rule="bulanan.jendelaa") == Refusal(
            type=ErrorType.NOT_FOUND, rule="rules.unknown", field="rule"
        )

    def test_a_day_before_the_rule_began_is_refused(self):
        early = str(date(2021, 12, 31))
        assert self.decide(self.CAST.hr, from_on=early, reason="a") == Refusal(
            type=INVALID, rule="rules.not_in_force", field="from_on", params={"id": WINDOWS}
        )

    @pytest.mark.parametrize(
        ("kind", "given", "said"),
        [
            ("literal_error", {"expected": "'a' or 'b'", "ge": 1}, "'a' or 'b'"),
            ("greater_than_equal", {"ge": 1}, ">= 1"),
            ("greater_than", {"gt": 0}, "> 0"),
            ("less_than_equal", {"le": 9}, "<= 9"),
            ("less_than", {"lt": 10}, "< 10"),
            ("too_short", {"min_length": 2, "actual_length": 1}, "length >= 2"),
            ("of_two_bounds", {"le": 9, "ge": 1}, ">= 1 <= 9"),
            ("string_too_odd", {}, "string too odd"),
            ("missing", {"other": 3}, "missing"),
        ],
    )
    def test_what_a_value_has_to_be_is_said_in_signs(self, kind, given, said):
        assert _expected(kind, given) == said

    def test_equal_values_are_one_text(self):
        text = '{"a":[1,"é"],"b":true}'
        assert plain({"b": True, "a": [1, "é"]}) == plain({"a": [1, "é"], "b": True}) == text


class TestDefinition:
    """A file has the numbers of its period's first day, by the overrides its key names."""

    RULES = having((WINDOWS, {"scoring": 7}), ("eskalasi.pengalihan", {"working_days": 2}))

    def scoring(self, version, period):
        key = MONTHLY.model_copy(update={"rules": version})
        found = definition(key, period, self.RULES)
        assert found.key == key
        return found.find("scoring").due.working_days, found.find("scoring").delegate_after

    def test_the_first_day_of_the_period_decides(self):
        assert self.scoring(2, "2026-03") == (6, 5)
        assert self.scoring(2, "2026-04") == (7, 2)

    def test_so_does_what_was_known(self):
        assert self.scoring(0, "2026-04") == (6, 5)
        assert self.scoring(1, "2026-04") == (7, 5)

    def test_each_is_worked_out_once(self):
        key = MONTHLY.model_copy(update={"rules": 1})
        newer = with_override(self.RULES, override(self.RULES, WINDOWS, {"report": 2}))
        assert definition(key, "2026-04", self.RULES) is definition(key, "2026-04", newer)

    def test_more_overrides_than_there_are_is_an_error(self):
        with pytest.raises(InvalidProcess, match="rules version 3 is not known; the last is 2"):
            self.scoring(3, "2026-04")

    def test_the_ladder_has_the_rungs_that_were_set(self):
        rungs = [{"name": "overdue", "working_days": 0, "to": "awaited"}]
        rules = having(("eskalasi.tangga", {"rungs": rungs}))
        found = definition(MONTHLY.model_copy(update={"rules": 1}), "2026-04", rules)
        assert [r.name for r in found.ladder_of(found.find("scoring")).rungs] == ["overdue"]

    def test_an_annual_objection_may_count_working_days(self):
        rules = having(("keberatan.hitungan", {"kind": "kerja"}))
        due = (
            definition(ANNUAL.model_copy(update={"rules": 1}), "2027", rules).find("acceptance").due
        )
        assert (due.working_days, due.calendar_days) == (14, None)

    @pytest.mark.parametrize(
        ("rolls", "last"), [(True, date(2027, 1, 25)), (False, date(2027, 1, 23))]
    )
    def test_its_last_day_may_be_free_where_the_organisation_says_so(self, rolls, last):
        """Fourteen days from Saturday, 9 January 2027, end on a Saturday."""
        rules = load() if rolls else having(("keberatan.hitungan", {"rolls_forward": False}))
        key = ANNUAL.model_copy(update={"rules": rules.version})
        due = definition(key, "2027", rules).find("acceptance").due
        assert due_on(due, Period.parse("2027"), date(2027, 1, 9), CALENDAR) == last

    def test_where_nobody_may_object_to_a_month_the_turn_is_gone(self):
        rules = having(("keberatan.periodik", {"is_open": False}))
        found = definition(MONTHLY.model_copy(update={"rules": 1}), "2026-04", rules)
        assert "objection" not in {t.name for t in found.turn}
        assert not found.roles_for(Act.OBJECT)


class TestRaters:
    @pytest.mark.parametrize(
        ("order", "levels", "capacities"),
        [
            (
                ("penilai.level_min", {"lowest": "administrator"}),
                {Level.REGIONAL_HEAD, Level.JPT, Level.ADMINISTRATOR},
                (Capacity.PJ, Capacity.PLT, Capacity.DEFINITIVE),
            ),
            (
                ("plt.boleh_menilai", {"allowed": False}),
                {Level.REGIONAL_HEAD, Level.JPT, Level.ADMINISTRATOR, Level.SUPERVISOR},
                (Capacity.PJ, Capacity.DEFINITIVE),
            ),
            (
                ("plh.boleh_menilai", {"allowed": True}),
                {Level.REGIONAL_HEAD, Level.JPT, Level.ADMINISTRATOR, Level.SUPERVISOR},
                (Capacity.PJ, Capacity.PLT, Capacity.PLH, Capacity.DEFINITIVE),
            ),
        ],
    )
    def test_follow_the_rules_of_the_day(self, order, levels, capacities):
        rules = having(order)
        assert (raters(rules, TODAY).levels, raters(rules, TODAY).capacities) == (
            levels,
            capacities,
        )
        assert raters(rules, TODAY - timedelta(days=1)) == raters(load(), TODAY)

    def test_before_a_rule_began_its_first_version_counts(self):
        assert raters(load(), date(2000, 1, 1)) == raters(load(), TODAY)

    def test_an_appraiser_below_the_level_that_was_set_is_passed_over(self):
        cast = unique_cast()
        city = organisation(cast)
        higher = city.under(having(("penilai.level_min", {"lowest": "JPT pratama"})))
        own = city.own_post(cast.employee, TODAY)
        assert own is not None

        def level_of(city, on):
            seat = city.appraiser(own.post, cast.employee, on)
            return city.post(seat.post, on).level

        assert level_of(city, TODAY) is Level.SUPERVISOR
        assert level_of(higher, TODAY) is Level.JPT
        assert level_of(higher, TODAY - timedelta(days=1)) is Level.SUPERVISOR


class TestCitation:
    """A reason cites the numbers a file goes by, which may not be those of the day."""

    FIRST = date(2026, 3, 1)

    def cited(self, state, id, rules, day=TODAY):
        story = story_at("scoring")
        context = story.resolve(story.at, None)
        case = Case(state, (), context, RULES, rules, story.at)
        [citation] = case.cite((id,), day)
        return citation.source

    def test_of_a_window_is_what_the_file_began_with(self):
        state = story_at("scoring").state
        rules = having((WINDOWS, {"scoring": 7}, self.FIRST))
        later = state.model_copy(update={"process": state.process.model_copy(update={"rules": 1})})
        assert self.cited(state, WINDOWS, rules) == "project decision"
        assert self.cited(later, WINDOWS, rules) == "Keputusan 800/1"
        since = having((WINDOWS, {"scoring": 7}, TODAY))
        assert self.cited(later, WINDOWS, since) == "project decision"

    def test_of_who_may_rate_is_that_of_the_day(self):
        state = story_at("scoring").state
        rules = having(("penilai.level_min", {"lowest": "administrator"}))
        assert self.cited(state, "penilai.level_min", rules) == "Keputusan 800/1"
        before = TODAY - timedelta(days=1)
        assert self.cited(state, "penilai.level_min", rules, before) == "PP 30/2019, Pasal 1"


class TestWhatIsRead:
    @pytest.mark.parametrize(
        ("rule", "values"),
        [
            ("skp.batas_tetap", {"until": {"year": 0, "month": 2, "day": 15}}),
            ("periode.jenis", {"pns": "triwulanan"}),
            (WINDOWS, {"final": 12}),
        ],
    )
    def test_what_decides_nothing_cannot_be_set(self, rule, values):
        order = command(rule=rule, values=values)
        found = decide_override(order, organisation(unique_cast()), load(), TODAY)
        assert not isinstance(found, Decided)
        assert found.rule == "rules.unread"

    def test_nobody_below_the_level_of_the_law_may_be_let_rate(self):
        found = refused(("penilai.level_min", {"lowest": "pelaksana"}))
        assert found == ("values.lowest", "rules.allowed")


class TestCadences:
    def test_a_city_of_two_cadences_has_one_file_for_everybody(self) -> None:
        rules = having(("periode.jenis", {"pppk": "triwulanan"}, date(2026, 4, 1)))
        assert people_of("bulanan", "2026-03", rules) == (PersonKind.PNS, PersonKind.PPPK)
        assert people_of("bulanan", "2026-04", rules) == (PersonKind.PNS,)
        assert people_of("triwulanan", "2026-TW2", rules) == (PersonKind.PPPK,)
        assert people_of("tahunan", "2027", rules) == people_of("tahunan", "2027", load())

    def test_a_cadence_that_nobody_has_is_for_all_whom_it_can_be_for(self) -> None:
        usual = people_of("triwulanan", "2026-TW2", load())
        assert usual == (PersonKind.PNS, PersonKind.PPPK)


def people_of(kind, period, rules):
    """Whom a definition is for in a period, under some rules."""
    key = ProcessId(id=kind, version=1, rules=rules.version)
    return definition(key, period, rules).cadence.people
