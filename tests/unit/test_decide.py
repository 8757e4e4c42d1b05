"""The decider of acts: what each demands, and what follows."""

from datetime import date, timedelta

import pytest

from domain.decide import decide
from schemas.code import Act, End, EventKind, Predicate, Rating, Role, Stage, Topic
from schemas.error import ErrorType, Refusal
from schemas.file_body import ObjectionOutcome, WithdrawalCause
from tests.builders import RULES, TURNS, Cast, command, holding, organisation, wib
from tests.stories import Story, story_at
from tests.unit.deciding import fact, realisations, refusal, results, ruling


class TestTransition:
    """Every act, in the turn that offers it: what it is called, and where the file goes."""

    @pytest.mark.parametrize(
        ("turn", "act", "kind", "to"),
        [
            ("plan_submission", Act.SUBMIT_PLAN, EventKind.PLAN_SUBMITTED, "plan_agreement"),
            ("plan_agreement", Act.AGREE_PLAN, EventKind.PLAN_AGREED, "report_submission"),
            ("plan_agreement", Act.RETURN_PLAN, EventKind.PLAN_RETURNED, "plan_submission"),
            ("report_submission", Act.SUBMIT_REPORT, EventKind.REPORT_SUBMITTED, "scoring"),
            ("scoring", Act.SCORE, EventKind.SCORED, "feedback_giving"),
            ("scoring", Act.RETURN_REPORT, EventKind.REPORT_RETURNED, "report_submission"),
            ("feedback_giving", Act.GIVE_FEEDBACK, EventKind.FEEDBACK_GIVEN, "feedback_response"),
            ("feedback_response", Act.RESPOND_TO_FEEDBACK, EventKind.FEEDBACK_ANSWERED, "meeting"),
            ("meeting", Act.RECORD_MEETING, EventKind.MEETING_RECORDED, "signing"),
            ("signing", Act.SIGN, EventKind.SIGNED, "acceptance"),
            ("acceptance", Act.SIGN, EventKind.SIGNED, "accepted"),
            ("acceptance", Act.OBJECT, EventKind.OBJECTED, "objection"),
            ("objection", Act.DECIDE_OBJECTION, EventKind.OBJECTION_DECIDED, "decided"),
        ],
    )
    def test_leads_where_the_definition_says(self, turn, act, kind, to):
        story = story_at(turn)
        before = story.state
        done = fact(story.decide(act))
        assert (done.kind, done.after.turn) == (kind, to)
        assert done.after.version == before.version + 1
        assert done.after.visit == before.visit + 1
        assert done.cause == f"act:{act}"
        assert done.happened_at == done.after.entered_at == story.at

    def test_whoever_is_awaited_next_is_told(self):
        story = story_at("plan_submission")
        (notice,) = fact(story.decide(Act.SUBMIT_PLAN)).notices
        assert (notice.topic, notice.recipient) == (Topic.TASK, story.cast.supervisor)

    def test_an_act_with_words_has_content_and_one_without_has_none(self):
        assert fact(story_at("plan_submission").decide(Act.SUBMIT_PLAN)).has_content
        assert not fact(story_at("plan_agreement").decide(Act.AGREE_PLAN)).has_content
        assert not fact(story_at("signing").decide(Act.SIGN)).has_content

    def test_the_same_arguments_give_the_same_answer(self):
        story = story_at("scoring")
        made = command(story.state, Act.SCORE, story.cast.supervisor, story.at)
        context = story.resolve(story.at, made.actor)
        assert decide(story.state, made, context, RULES) == decide(
            story.state, made, context, RULES
        )


class TestSubmitPlan:
    def test_remembers_the_results_and_counts_the_plan(self):
        after = fact(
            story_at("plan_submission").decide(Act.SUBMIT_PLAN, said=results("a1", "b1"))
        ).after
        assert (after.proposed, after.planned, after.plan_version) == (("a1", "b1"), (), 0)

    def test_is_in_force_once_it_is_agreed(self):
        story = story_at("plan_agreement")
        assert story.act(Act.RETURN_PLAN).proposed == ()
        story.act(Act.SUBMIT_PLAN, said=results("c1"))
        after = story.act(Act.AGREE_PLAN)
        assert (after.proposed, after.planned, after.plan_version) == ((), ("c1",), 1)

    def test_a_repeated_result_is_refused_by_its_place(self):
        decided = story_at("plan_submission").decide(
            Act.SUBMIT_PLAN, said=results("a1", "b1", "a1")
        )
        assert refusal(decided) == Refusal(
            type=ErrorType.INVALID,
            rule="result.id.repeated",
            field="results.2.id",
            params={"id": "a1"},
        )

    def test_a_returned_plan_gets_a_fresh_clock(self):
        story = story_at("plan_agreement")
        returned = fact(story.decide(Act.RETURN_PLAN, at=wib(3, 10))).after
        assert returned.due_at == wib(3, 12, 0)


class TestSubmitReport:
    def story(self, *planned: str) -> Story:
        story = story_at("plan_submission")
        story.act(Act.SUBMIT_PLAN, said=results(*planned))
        story.act(Act.AGREE_PLAN)
        return story

    def test_has_one_line_for_each_planned_result_in_any_order(self):
        done = fact(self.story("a1", "b1").decide(Act.SUBMIT_REPORT, said=realisations("b1", "a1")))
        assert done.after.reported == ("b1", "a1")

    @pytest.mark.parametrize(
        ("ids", "field", "rule", "params"),
        [
            (("a1", "a1"), "results.1.id", "result.id.repeated", {"id": "a1"}),
            (("a1", "x1"), "results.1.id", "report.result.unknown", {"id": "x1"}),
            (("a1",), "results", "report.result.missing", {"id": "b1"}),
        ],
    )
    def test_anything_else_is_refused_by_field_and_rule(self, ids, field, rule, params):
        decided = self.story("a1", "b1").decide(Act.SUBMIT_REPORT, said=realisations(*ids))
        assert refusal(decided) == Refusal(
            type=ErrorType.INVALID, rule=rule, field=field, params=params
        )

    def test_a_month_without_a_plan_is_reported_freely(self):
        story = Story().wait(wib(4, 1))
        assert story.state.turn == "report_submission"
        done = fact(story.decide(Act.SUBMIT_REPORT, said=realisations("p1", "q1")))
        assert done.after.reported == ("p1", "q1")

    @pytest.mark.parametrize("returned", [False, True], ids=["submitted", "returned"])
    def test_a_plan_that_was_never_agreed_binds_nobody(self, returned):
        story = story_at("plan_submission")
        story.act(Act.SUBMIT_PLAN, said=results("a1", "b1"))
        if returned:
            story.act(Act.RETURN_PLAN)
        story.wait(wib(4, 1))
        assert story.state.turn == "report_submission"
        assert story.state.proposed == (() if returned else ("a1", "b1"))
        assert story.state.planned == ()
        done = fact(story.decide(Act.SUBMIT_REPORT, said=realisations("c1")))
        assert done.after.reported == ("c1",)

    def test_a_returned_report_is_forgotten(self):
        story = story_at("scoring")
        assert story.state.reported
        assert story.act(Act.RETURN_REPORT).reported == ()


class TestScore:
    def test_two_ratings_give_the_predicate(self):
        story = story_at("scoring")
        after = fact(story.decide(Act.SCORE, work_result="above", behaviour="below")).after
        assert (after.work_result, after.behaviour) == (Rating.ABOVE, Rating.BELOW)
        assert after.predicate is Predicate.POOR

    def test_is_refused_before_the_report_is_overdue(self):
        story = story_at("report_submission")
        due = story.state.due_at
        assert due is not None
        early = story.decide(Act.SCORE, story.cast.supervisor, due - timedelta(microseconds=1))
        assert refusal(early) == Refusal(
            type=ErrorType.NOT_NOW,
            rule="act.before_due",
            params={"act": "score", "due_at": "2026-04-06T17:00:00.000000Z"},
        )

    def test_works_on_what_is_there_once_the_report_is_overdue(self):
        story = story_at("report_submission")
        assert story.state.due_at is not None
        late = fact(story.decide(Act.SCORE, story.cast.supervisor, story.state.due_at))
        assert late.after.turn == "feedback_giving"
        assert late.after.reported == ()

    def test_the_employee_does_not_score_an_overdue_report(self):
        story = story_at("report_submission")
        decided = story.decide(Act.SCORE, story.cast.employee, wib(4, 7))
        assert refusal(decided).rule == "act.role"


class TestRecordMeeting:
    def test_may_leave_the_ratings_alone(self):
        story = story_at("meeting")
        after = fact(story.decide(Act.RECORD_MEETING)).after
        assert after.predicate == story.state.predicate

    def test_may_change_them_with_a_reason(self):
        story = story_at("scoring")
        story.act(Act.SCORE, work_result="meets", behaviour="meets")
        story.until("meeting")
        changed = {"work_result": "above", "behaviour": "above", "reason": "new evidence"}
        after = fact(story.decide(Act.RECORD_MEETING, changed=changed)).after
        assert after.predicate is Predicate.VERY_GOOD

    def test_a_change_that_changes_nothing_is_refused(self):
        story = story_at("meeting")
        changed = {
            "work_result": story.state.work_result,
            "behaviour": story.state.behaviour,
            "reason": "none",
        }
        decided = story.decide(Act.RECORD_MEETING, changed=changed)
        assert refusal(decided) == Refusal(
            type=ErrorType.INVALID, rule="meeting.nothing_changed", field="changed"
        )

    @pytest.mark.parametrize(
        ("held_on", "rule", "params"),
        [
            ("2026-04-09", "meeting.in_future", {"date": "2026-04-09"}),
            (
                "2026-02-27",
                "meeting.before_period",
                {"date": "2026-02-27", "first": "2026-03-01"},
            ),
        ],
    )
    def test_a_date_outside_is_refused(self, held_on, rule, params):
        story = story_at("meeting")
        decided = story.decide(Act.RECORD_MEETING, at=wib(4, 8, 23), held_on=held_on)
        assert refusal(decided) == Refusal(
            type=ErrorType.INVALID, rule=rule, field="held_on", params=params
        )

    @pytest.mark.parametrize("held_on", ["2026-03-01", "2026-04-08"])
    def test_the_first_day_and_today_are_inside(self, held_on):
        story = story_at("meeting")
        assert fact(story.decide(Act.RECORD_MEETING, at=wib(4, 8, 0), held_on=held_on))

    def test_today_is_today_in_wib(self):
        """00:30 WIB on the 8th is still the 7th in UTC."""
        story = story_at("meeting")
        at = wib(4, 8, 0, 30)
        assert at.date() == date(2026, 4, 7)
        assert fact(story.decide(Act.RECORD_MEETING, at=at, held_on="2026-04-08"))

    def test_nobody_attends_twice(self):
        decided = story_at("meeting").decide(
            Act.RECORD_MEETING, attendance=["employee", "employee"]
        )
        assert refusal(decided) == Refusal(
            type=ErrorType.INVALID, rule="meeting.attendee.repeated", field="attendance"
        )


class TestSign:
    def test_the_supervisors_signature_delivers_the_result(self):
        story = story_at("signing")
        decided = story.decide(Act.SIGN)
        signed, delivered = fact(decided), fact(decided, 1)
        assert (signed.kind, delivered.kind) == (EventKind.SIGNED, EventKind.DELIVERED)
        assert signed.after.supervisor_signature.person == story.cast.supervisor
        assert signed.after.delivered_at is None
        assert delivered.after.delivered_at == story.at
        assert delivered.data == {"channel": "inbox", "recipient": str(story.cast.employee)}
        assert delivered.after.version == signed.after.version
        assert signed.notices == ()
        assert [(n.topic, n.recipient) for n in delivered.notices] == [
            (Topic.RESULT, story.cast.employee)
        ]

    def test_the_employees_signature_accepts_and_closes(self):
        story = story_at("acceptance")
        after = fact(story.decide(Act.SIGN)).after
        assert after.employee_signature.person == story.cast.employee
        assert (after.end, after.stage, after.awaits) == (End.ACCEPTED, Stage.CLOSED, None)
        assert (after.due_at, after.ended_at) == (None, story.at)

    def test_each_signs_his_own(self):
        story = story_at("acceptance")
        story.act(Act.SIGN)
        assert story.state.supervisor_signature != story.state.employee_signature


class TestObject:
    def test_suspends_the_effects_and_waits_for_the_superior(self):
        story = story_at("acceptance")
        after = fact(story.decide(Act.OBJECT)).after
        assert after.is_suspended
        assert after.objected_at == story.at
        assert after.awaits is Role.SUPERIOR

    def test_is_not_possible_before_the_result_is_signed(self):
        story = story_at("signing")
        decided = story.decide(Act.OBJECT, story.cast.employee)
        assert refusal(decided) == Refusal(
            type=ErrorType.NOT_NOW,
            rule="act.turn",
            params={"act": "object", "turn": "signing", "awaits": "supervisor"},
        )

    def test_after_the_window_is_refused_with_the_instant_it_closed(self):
        story = story_at("acceptance").wait(wib(4, 20))
        assert story.state.end is End.DEEMED_ACCEPTED
        decided = story.decide(Act.OBJECT, story.cast.employee, wib(4, 20))
        assert refusal(decided) == Refusal(
            type=ErrorType.DEADLINE_PASSED,
            rule="turn.expired",
            params={"turn": "acceptance", "at": "2026-03-05T17:00:00.000000Z"},
        )


class TestDecideObjection:
    def story(self) -> Story:
        story = story_at("scoring")
        story.act(Act.SCORE, work_result="meets", behaviour="below")
        return story.until("objection")

    def test_upheld_sets_the_new_ratings_and_lifts_the_suspension(self):
        after = fact(
            self.story().decide(Act.DECIDE_OBJECTION, said=ruling("upheld", "meets", "meets"))
        ).after
        assert after.predicate is Predicate.GOOD
        assert (after.objection, after.is_suspended) == (ObjectionOutcome.UPHELD, False)
        assert after.end is End.DECIDED

    def test_rejected_leaves_them(self):
        after = fact(self.story().decide(Act.DECIDE_OBJECTION, said=ruling("rejected"))).after
        assert after.predicate is Predicate.POOR
        assert (after.objection, after.is_suspended) == (ObjectionOutcome.REJECTED, False)
        assert after.end is End.DECIDED

    @pytest.mark.parametrize(
        ("said", "field", "rule"),
        [
            (ruling("rejected", "meets"), "work_result", "objection.rejected_with_rating"),
            (ruling("rejected", None, "meets"), "work_result", "objection.rejected_with_rating"),
            (ruling("upheld"), "work_result", "objection.upheld_without_rating"),
            (ruling("upheld", "meets"), "behaviour", "objection.upheld_without_rating"),
            (ruling("upheld", None, "meets"), "work_result", "objection.upheld_without_rating"),
            (ruling("upheld", "meets", "below"), "work_result", "objection.nothing_changed"),
        ],
    )
    def test_a_ruling_that_contradicts_itself_is_refused(self, said, field, rule):
        decided = self.story().decide(Act.DECIDE_OBJECTION, said=said)
        assert refusal(decided) == Refusal(type=ErrorType.INVALID, rule=rule, field=field)

    def test_is_final(self):
        story = self.story()
        story.act(Act.DECIDE_OBJECTION, said=ruling("rejected"))
        again = story.decide(Act.OBJECT, story.cast.employee)
        assert refusal(again).type is ErrorType.CLOSED


class TestWithdraw:
    @pytest.mark.parametrize("turn", TURNS)
    @pytest.mark.parametrize("cause", list(WithdrawalCause))
    def test_ends_the_file_from_every_open_turn_without_a_rating(self, turn, cause):
        story = story_at(turn)
        done = fact(story.decide(Act.WITHDRAW, story.cast.hr, cause=cause))
        assert (done.kind, done.after.end) == (EventKind.WITHDRAWN, End.WITHDRAWN)
        assert done.after.withdrawal is cause
        assert done.after.awaits is None

    def test_is_the_hr_offices_alone(self):
        story = Story()
        for actor in (story.cast.employee, story.cast.supervisor, story.cast.unit_head):
            assert refusal(story.decide(Act.WITHDRAW, actor)).rule == "act.role"

    def test_anybody_in_the_hr_office_may(self):
        story = Story()
        assert fact(story.decide(Act.WITHDRAW, story.cast.hr_head))

    def test_nobody_withdraws_his_own_file_though_he_sits_in_the_hr_office(self):
        cast = Cast()
        own = Story(cast=cast, city=organisation(cast, holding(cast.employee, "hr clerk")))
        assert own.resolve(own.at, cast.employee).hr_actor is not None
        assert refusal(own.decide(Act.WITHDRAW, cast.employee)).rule == "act.role"

    def test_a_closed_file_is_past_it(self):
        story = story_at("acceptance")
        story.act(Act.SIGN)
        decided = story.decide(Act.WITHDRAW, story.cast.hr)
        assert refusal(decided).type is ErrorType.CLOSED


class TestClosed:
    def test_an_act_is_refused_with_the_end_and_its_instant(self):
        story = story_at("acceptance")
        story.act(Act.SIGN, at=wib(4, 14))
        decided = story.decide(Act.SCORE, story.cast.supervisor)
        assert refusal(decided) == Refusal(
            type=ErrorType.CLOSED,
            rule="file.closed",
            params={"end": "accepted", "at": "2026-04-14T02:00:00.000000Z"},
        )

    def test_a_stranger_learns_nothing(self):
        story = story_at("acceptance")
        story.act(Act.SIGN)
        decided = story.decide(Act.SIGN, story.cast.stranger)
        assert refusal(decided).type is ErrorType.NOT_AUTHORISED
