"""What the answers say: the days that were counted, the people who acted, the rules behind them."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from domain.decision import Rules
from domain.definition import shape
from domain.wake import open_gate
from domain.working_calendar import WorkingCalendar
from schemas import text
from schemas.code import Act, Capacity, End, Rating
from schemas.explanation import Explanation, Reason
from schemas.file import ProcessId
from tests.builders import CALENDAR, RULES, Cast, holding, mandate, organisation, wib
from tests.stories import Story, story_at
from tests.unit.test_explanation import explained, said

ANNUAL = Rules(shape(ProcessId(id="tahunan", version=1)), CALENDAR)


def codes(reasons: tuple[Reason, ...]) -> list[str]:
    return [r.code for r in reasons]


def find(reasons: tuple[Reason, ...], code: str) -> Reason:
    return next(r for r in reasons if r.code == code)


def rules_of(reason: Reason) -> set[str]:
    return {c.rule for c in reason.rules}


class TestDeadline:
    def test_names_the_working_day_and_the_holidays_left_out(self) -> None:
        first, free = explained(story_at("scoring")).deadline
        assert said(first) == (
            "scoring: until the end of working day 6 counted from 1 Apr 2026, which is 9 Apr 2026."
        )
        assert rules_of(first) == {"bulanan.jendela", "kalender.zona"}
        assert free.params["days"] == "2026-04-03"
        assert "3 Apr 2026" in said(free, "id")

    def test_a_turn_that_began_late_has_a_fresh_clock(self) -> None:
        story = story_at("report_submission")
        story.act(Act.SUBMIT_REPORT, at=wib(4, 20))
        first, fresh = explained(story).deadline
        assert first.params["on"] == "2026-04-09"
        assert said(fresh) == (
            "scoring: it began on 20 Apr 2026 only, so it is due 1 working day(s) after that at "
            "the earliest: 21 Apr 2026."
        )

    def test_the_fresh_clock_leaves_its_own_holidays_out(self) -> None:
        story = story_at("plan_agreement")
        story.act(Act.RETURN_PLAN, at=wib(3, 17))
        found = explained(story).deadline
        assert codes(found) == ["deadline.nth", "deadline.fresh_clock", "deadline.free_days"]
        days = str(found[-1].params["days"]).split(",")
        assert days[0] == "2026-03-18"
        assert found[1].params["on"] == "2026-03-25"

    def test_a_free_day_on_which_a_turn_began_was_never_to_be_counted(self) -> None:
        story = story_at("plan_agreement")
        story.act(Act.RETURN_PLAN, at=wib(3, 18))
        assert not CALENDAR.is_working_day(date(2026, 3, 18))
        assert "2026-03-18" not in str(explained(story).deadline[-1].params["days"])

    def test_the_window_of_a_months_result_counts_from_its_delivery(self) -> None:
        story = story_at("signing")
        story.act(Act.SIGN, at=wib(4, 13))
        [only] = explained(story).deadline
        assert (only.params["begun_on"], only.params["on"]) == ("2026-04-13", "2026-04-16")
        assert "keberatan.periodik" in rules_of(only)

    def test_the_window_of_a_years_result_moves_to_a_working_day(self) -> None:
        story = Story(rules=ANNUAL, at=wib(1, 5)).until("signing")
        story.act(Act.SIGN, at=wib(3, 10))
        first, rolled, free = explained(story).deadline
        assert (first.params["number"], first.params["on"]) == (14, "2026-03-24")
        assert (rolled.params["first"], rolled.params["on"]) == ("2026-03-24", "2026-03-25")
        assert free.params["days"] == "2026-03-24"
        assert {"keberatan.jendela", "keberatan.hitungan"} <= rules_of(first)

    def test_a_plan_of_a_year_is_due_on_the_months_last_working_day(self) -> None:
        story = Story(rules=ANNUAL, at=wib(1, 5)).until("plan_agreement")
        first, *_ = explained(story).deadline
        assert (first.code, first.params["on"]) == ("deadline.month_end", "2026-01-30")
        assert "skp.batas_tetap" in rules_of(first)

    def test_a_year_without_a_decree_is_called_provisional(self) -> None:
        story = Story(rules=ANNUAL, at=wib(1, 5)).until("running")
        assert story.state.entered_at.year == 2026
        assert "deadline.provisional" in codes(explained(story).deadline)
        assert "deadline.provisional" not in codes(explained(story_at("scoring")).deadline)

    def test_a_day_counted_by_an_older_calendar_stays_and_is_called_so(self) -> None:
        story = story_at("scoring")
        newer = WorkingCalendar(
            CALENDAR.free_days | {date(2026, 4, 8)},
            CALENDAR.known_years,
            CALENDAR.provisional_years,
        )
        story.rules = Rules(RULES.process, newer)
        [only] = explained(story).deadline
        assert only.code == "deadline.other_calendar"
        assert (only.params["on"], only.params["base"]) == ("2026-04-09", "2026-04-10")

    def test_it_has_passed_from_its_own_instant_on(self) -> None:
        story = story_at("scoring")
        due = story.state.due_at
        assert due is not None
        before = explained(story, at=due - timedelta(microseconds=1))
        assert "deadline.passed" not in codes(before.deadline)
        assert "deadline.passed" in codes(explained(story, at=due).deadline)


class TestHolder:
    def at_scoring(self, *more, vacant=(), mandates=(), cast=None) -> Explanation:
        cast = cast or Cast()
        story = story_at("scoring", cast=cast)
        story.city = organisation(cast, *more, vacant=vacant, mandates=mandates)
        return explained(story)

    def test_names_post_and_person(self) -> None:
        cast = Cast()
        seat = self.at_scoring(cast=cast).holder[-1]
        names = {cast.supervisor: "Ibu Contoh"}
        assert text.because(seat, "id", names).startswith(
            "Pejabat penilai adalah Ibu Contoh (boss)"
        )
        assert rules_of(seat) == {"penilai.level_min"}

    def test_an_acting_official_is_named_with_his_decree_and_rule(self) -> None:
        cast = Cast()
        acting = holding(cast.stranger, "boss", Capacity.PLT)
        seat = self.at_scoring(acting, vacant=("boss",), cast=cast).holder[-1]
        assert "as Plt. boss (decree SK 1)" in said(seat)
        assert rules_of(seat) == {"penilai.level_min", "plt.boleh_menilai"}

    def test_a_mandate_is_named_with_whom_it_stands_for(self) -> None:
        cast = Cast()
        found = self.at_scoring(mandates=(mandate(cast.sekda),), cast=cast).holder[-1]
        assert found.code == "holder.mandated"
        assert said(found) == (
            f"May act as well: {str(cast.sekda)[:8]}, by mandate SK 9 for boss, "
            f"on behalf of {str(cast.supervisor)[:8]}."
        )

    def test_a_day_to_day_stand_in_is_passed_over(self) -> None:
        cast = Cast()
        found = self.at_scoring(
            holding(cast.stranger, "boss", Capacity.PLH), vacant=("boss",), cast=cast
        ).holder
        assert rules_of(find(found, "holder.plh_only")) == {"plh.boleh_menilai"}
        assert found[-1].params["post"] == "chief"

    def test_a_stand_in_is_told_the_rule_that_keeps_him_from_scoring(self) -> None:
        cast = Cast()
        story = story_at("scoring", cast=cast)
        acting = holding(cast.stranger, "boss", Capacity.PLH)
        story.city = organisation(cast, acting, vacant=("boss",))
        refused = {r.act: r for r in explained(story, cast.stranger).refused}
        assert "plh.boleh_menilai" in {c.rule for c in refused[Act.SCORE].rules}
        elsewhere = {r.act: r for r in explained(story, cast.unit_head).refused}
        assert {c.rule for c in elsewhere[Act.SCORE].rules} == {"penilai.level_min"}

    def test_vacant_posts_are_passed_over(self) -> None:
        found = self.at_scoring(vacant=("boss", "chief")).holder
        passed = [r.params["post"] for r in found if r.code == "holder.post_vacant"]
        assert passed == ["boss", "chief"]
        assert found[-1].params["post"] == "head"

    def test_nobody_appraises_himself(self) -> None:
        cast = Cast()
        acting = holding(cast.employee, "boss", Capacity.PLT)
        found = self.at_scoring(acting, vacant=("boss",), cast=cast).holder
        assert rules_of(find(found, "holder.himself")) == {"penilai.bukan_diri"}

    def test_without_anybody_above_the_post_is_vacant(self) -> None:
        found = self.at_scoring(vacant=("boss", "chief", "head", "sekda", "mayor")).holder
        assert found[-1].code == "holder.vacant"
        assert Counter(codes(found))["holder.post_vacant"] == 5

    def test_a_supervisor_with_nobody_above_decides_himself(self) -> None:
        story = story_at("objection")
        story.city = organisation(story.cast, vacant=("chief", "head", "sekda", "mayor"))
        seat = explained(story).holder[-1]
        assert seat.code == "holder.nobody_above"
        assert seat.params["person"] == str(story.cast.supervisor)

    def test_a_delegated_file_says_since_when(self) -> None:
        story = story_at("scoring")
        story.wait(wib(4, 17))
        found = explained(story).holder
        since = find(found, "holder.delegated_since")
        assert rules_of(since) == {"eskalasi.pengalihan"}
        assert story.state.is_delegated
        assert since.params["at"] == explained(story).holder[0].params["since"]
        assert found[-1].params["person"] == str(story.cast.superior)

    def test_an_employees_own_turn_of_a_delegated_file_is_not_delegated(self) -> None:
        story = story_at("scoring").wait(wib(4, 17))
        story.act(Act.RETURN_REPORT)
        assert story.state.is_delegated
        assert codes(explained(story).holder) == ["holder.role", "holder.employee"]

    def test_a_turn_that_time_led_to_names_the_one_that_ran_out(self) -> None:
        story = story_at("plan_agreement").wait(wib(4, 1, 8))
        assert story.state.turn == "report_submission"
        ran_out = find(explained(story).holder, "holder.ran_out")
        assert ran_out.params["late"] == "plan_agreement"
        story.act(Act.SUBMIT_REPORT)
        assert "holder.ran_out" not in codes(explained(story).holder)


class TestResult:
    def test_says_who_rated_what_by_which_matrix(self) -> None:
        story = story_at("scoring")
        story.act(Act.SCORE, work_result=Rating.ABOVE, behaviour=Rating.BELOW)
        scored, stands = explained(story).result
        assert scored.params["person"] == str(story.cast.supervisor)
        assert "above expectation, behaviour below expectation" in said(scored)
        assert "the predicate is Poor" in said(scored)
        assert rules_of(scored) == rules_of(stands) == {"predikat.matriks"}

    def test_a_score_without_a_report_is_called_so(self) -> None:
        story = story_at("report_submission")
        story.act(Act.SCORE, story.cast.supervisor, story.state.due_at)
        assert explained(story).result[0].code == "result.scored_unreported"

    @pytest.mark.parametrize("changes", [False, True])
    def test_a_meeting_says_whether_it_changed_the_ratings(self, changes) -> None:
        story = story_at("scoring")
        story.act(Act.SCORE, work_result=Rating.MEETS, behaviour=Rating.MEETS)
        story.until("meeting")
        changed = {
            "work_result": "below",
            "behaviour": "below",
            "reason": "a",
        }
        options: dict[str, Any] = {"changed": changed} if changes else {}
        story.act(Act.RECORD_MEETING, at=wib(4, 6), **options)
        found = explained(story).result
        assert ("result.meeting_changed" in codes(found)) is changes
        assert ("result.meeting_unchanged" in codes(found)) is not changes
        assert found[-1].params["predicate"] == ("sangat_kurang" if changes else "baik")

    @pytest.mark.parametrize("outcome", ["upheld", "rejected"])
    def test_an_objection_says_how_it_was_decided_and_by_whom(self, outcome) -> None:
        story = story_at("scoring")
        story.act(Act.SCORE, work_result=Rating.MEETS, behaviour=Rating.MEETS)
        story.until("objection")
        ratings = {"work_result": "above", "behaviour": "above"} if outcome == "upheld" else {}
        story.act(Act.DECIDE_OBJECTION, said={"outcome": outcome, "reasons": "a", **ratings})
        ruling = find(explained(story).result, f"result.objection_{outcome}")
        assert ruling.params["person"] == str(story.cast.superior)
        assert ruling.params["predicate"] == ("sangat_baik" if ratings else "baik")
        assert "keberatan.pemutus" in rules_of(ruling)

    def test_silence_after_delivery_is_called_so_with_its_instant(self) -> None:
        story = story_at("signing")
        story.act(Act.SIGN, at=wib(4, 13))
        story.wait(wib(4, 20))
        assert story.state.end is End.DEEMED_ACCEPTED
        silent = find(explained(story).result, "result.deemed_accepted")
        assert "16 Apr 2026 24:00 WIB" in said(silent)
        assert rules_of(silent) == {"keberatan.periodik"}

    def test_an_unrateable_file_names_what_was_owed_by_whom(self) -> None:
        story = story_at("scoring")
        story.wait(wib(5, 4))
        assert story.state.end is End.UNRATEABLE
        found = explained(story).result
        owed = find(found, "result.unrateable")
        assert (owed.params["turn"], owed.params["other"]) == ("scoring", str(story.cast.superior))
        assert found[-1].code == "result.none_ever"

    def test_a_suspended_result_is_called_so_until_it_is_decided(self) -> None:
        story = story_at("objection")
        assert "result.suspended" in codes(explained(story).result)
        story.act(Act.DECIDE_OBJECTION)
        assert "result.suspended" not in codes(explained(story).result)

    def test_a_gate_that_nobody_opened_is_called_so(self) -> None:
        story = story_at("unit_predicate").wait(wib(4, 24))
        found = explained(story).result
        assert rules_of(find(found, "result.gate_ran_out.unit_predicate")) == {
            "bulanan.jendela",
            "bulanan.lewat",
            "organisasi.wajib_sebelum_final",
        }


class TestRefused:
    def test_an_act_that_came_too_late_cites_its_window(self) -> None:
        story = story_at("acceptance").wait(wib(4, 20))
        assert story.state.end is End.DEEMED_ACCEPTED
        refused = {r.act: r for r in explained(story, story.cast.employee).refused}
        assert refused[Act.OBJECT].refusal.rule == "turn.expired"
        assert [c.rule for c in refused[Act.OBJECT].rules] == ["keberatan.periodik"]

    def test_nobody_is_offered_to_rate_himself(self) -> None:
        story = story_at("scoring")
        refused = {r.act: r for r in explained(story, story.cast.employee).refused}
        [rule] = refused[Act.SCORE].rules
        assert (rule.rule, rule.source) == ("penilai.bukan_diri", "project decision")

    def test_nobody_is_offered_anything_where_nobody_was_asked_about(self) -> None:
        found = explained(story_at("scoring"))
        assert (found.offered, found.refused) == ((), ())


class TestSuperiorPlan:
    """Who waits for whose plan, until when, and how it ended, each with the rule behind it."""

    def waiting(self) -> Story:
        return Story(rules=ANNUAL, at=wib(1, 5)).until("superior_plan")

    def test_says_whose_plan_is_waited_for_and_until_when(self) -> None:
        story = self.waiting()
        reason = find(explained(story).holder, "holder.superior_plan")
        assert reason.params["other"] == str(story.cast.supervisor)
        assert rules_of(reason) == {"skp.gate_atasan", "skp.gate_lewat"}
        assert "13 Feb 2026 24:00 WIB" in said(reason)

    def test_says_what_has_to_happen_before_a_plan_is_submitted(self) -> None:
        story = self.waiting()
        refused = {r.act: r for r in explained(story, story.cast.employee).refused}
        answer = refused[Act.SUBMIT_PLAN]
        assert answer.refusal.rule == "gate.superior_plan"
        assert {c.rule for c in answer.rules} == {"skp.gate_atasan", "skp.gate_lewat"}
        sentence = text.explain(answer.refusal, "id").message
        assert sentence == (
            "ajukan rencana: SKP atasan belum ditetapkan; SKP pejabat penilai harus disepakati "
            "lebih dahulu (batas 30 Jan 2026 24:00 WIB)."
        )
        assert refused[Act.SUBMIT_REPORT].refusal.rule == "act.turn"

    def test_says_which_version_let_it_through(self) -> None:
        story = self.waiting()
        story.superior_agreed_at = wib(1, 20)
        story.wait(wib(1, 20, 12))
        opened = explained(story).history[-1].reasons[0]
        assert opened.code == "event.gate.superior_plan"
        assert (opened.params["other"], opened.params["number"]) == (str(story.cast.supervisor), 1)
        assert rules_of(opened) == {"skp.gate_atasan"}

    def test_says_that_nothing_was_left_to_wait_for(self) -> None:
        story = self.waiting()
        context = story.resolve(wib(1, 20), None).model_copy(update={"superior_plan": None})
        story.facts += open_gate(story.state, wib(1, 20), context, ANNUAL)
        story.state = story.facts[-1].after
        opened = explained(story, at=wib(1, 21)).history[-1].reasons[0]
        assert opened.code == "event.superior_ended"
        assert opened.params["other"] == str(story.cast.supervisor)

    def test_says_that_it_waited_no_longer(self) -> None:
        story = self.waiting().wait(wib(2, 14, 0))
        reason = find(explained(story).result, "result.gate_ran_out.superior_plan")
        assert rules_of(reason) == {"skp.gate_atasan", "skp.gate_lewat"}
