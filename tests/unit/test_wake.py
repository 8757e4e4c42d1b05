"""What time does to a file nobody acts on, over the holidays of March 2026.

18 to 24 March has no working day: Nyepi and its joint leave, Idul Fitri and its joint leave, and
a weekend. February's month is scored, signed and objected to round that week.
"""

from datetime import date, datetime, timedelta

import pytest

from domain.decision import Fact, Notice
from domain.wake import decide_wake, open_gate
from domain.working_calendar import ZONE
from schemas.code import Act, Change, End, EventKind, Role, Stage, Topic
from schemas.file import Owed, Postponed
from tests.builders import CALENDAR, RULES, SET, Cast, change, organisation, wib
from tests.stories import Story, story_at
from tests.unit.test_explanation import changed

FEBRUARY = "2026-02"
REMINDED, OVERDUE, ESCALATED, SKIPPED = (
    EventKind.REMINDED,
    EventKind.BECAME_OVERDUE,
    EventKind.ESCALATED,
    EventKind.RUNG_SKIPPED,
)
LONG_AFTER = datetime(2027, 1, 1, tzinfo=ZONE)


def february(turn: str, **options) -> Story:
    """February's file, at a turn since 10:00 on Monday, 2 March."""
    story = Story(period=FEBRUARY, at=wib(2, 2), **options).until("report_submission")
    story.at = wib(3, 2, 10)
    return story.until(turn)


def passing(story: Story, until: datetime = LONG_AFTER) -> list[Fact]:
    """What time alone does to the file from now on."""
    begun = len(story.facts)
    return story.wait(until).facts[begun:]


def table(facts: list[Fact]) -> list[tuple[str, EventKind, datetime]]:
    return [(f.rung or "", f.kind, f.happened_at) for f in facts]


class TestLadder:
    def test_of_a_report_in_march(self):
        facts = passing(february("report_submission"))
        assert table(facts) == [
            ("reminder", REMINDED, wib(3, 2, 8)),
            ("overdue", OVERDUE, wib(3, 5, 0)),
            ("boss", ESCALATED, wib(3, 5, 8)),
            ("superior", ESCALATED, wib(3, 6, 8)),
            ("unit_head", ESCALATED, wib(3, 10, 8)),
            ("hr", ESCALATED, wib(3, 12, 8)),
            ("sekda", ESCALATED, wib(3, 25, 8)),
            ("horizon", EventKind.FILE_EXPIRED, wib(4, 1, 0)),
        ]

    def test_of_a_score_over_idul_fitri(self):
        facts = passing(february("scoring"))
        assert table(facts) == [
            ("reminder", REMINDED, wib(3, 5, 8)),
            ("overdue", OVERDUE, wib(3, 10, 0)),
            ("boss", ESCALATED, wib(3, 10, 8)),
            ("superior", SKIPPED, wib(3, 11, 8)),
            ("unit_head", ESCALATED, wib(3, 13, 8)),
            ("delegate", EventKind.DELEGATED, wib(3, 16, 8)),
            # the superior's own visit begins, with a fresh day and a ladder of its own
            ("overdue", OVERDUE, wib(3, 18, 0)),
            ("boss", ESCALATED, wib(3, 25, 8)),
            ("superior", SKIPPED, wib(3, 26, 8)),
            ("unit_head", SKIPPED, wib(3, 30, 8)),
            ("horizon", EventKind.FILE_EXPIRED, wib(4, 1, 0)),
        ]

    def test_of_a_signature_over_idul_fitri(self):
        facts = passing(february("signing"), wib(3, 27))
        assert table(facts) == [
            ("reminder", REMINDED, wib(3, 9, 8)),
            ("overdue", OVERDUE, wib(3, 12, 0)),
            ("boss", ESCALATED, wib(3, 12, 8)),
            ("superior", SKIPPED, wib(3, 13, 8)),
            ("unit_head", ESCALATED, wib(3, 17, 8)),
            ("delegate", EventKind.DELEGATED, wib(3, 25, 8)),
            ("overdue", OVERDUE, wib(3, 27, 0)),
            ("boss", ESCALATED, wib(3, 27, 8)),
        ]

    def test_of_an_objection_over_idul_fitri(self):
        facts = passing(february("objection"))
        assert table(facts) == [
            ("reminder", REMINDED, wib(3, 25, 8)),
            ("overdue", OVERDUE, wib(3, 28, 0)),
            ("boss", ESCALATED, wib(3, 30, 8)),
            ("hr", ESCALATED, wib(4, 7, 8)),
            ("expire", EventKind.TURN_EXPIRED, wib(4, 14, 0)),
        ]

    @pytest.mark.parametrize("turn", ["report_submission", "scoring", "signing", "objection"])
    def test_nobody_is_bothered_on_a_free_day_or_before_eight(self, turn):
        for fact in passing(february(turn)):
            told = fact.happened_at.astimezone(ZONE)
            is_deadline = (told.hour, told.minute) == (0, 0)
            day = told.date() - timedelta(days=is_deadline)
            assert CALENDAR.is_working_day(day), fact
            assert is_deadline or told.hour == 8, fact

    @pytest.mark.parametrize("turn", ["plan_submission", "scoring", "signing", "objection"])
    def test_each_rung_comes_once_in_a_visit(self, turn):
        facts = passing(story_at(turn))
        climbed = [(f.before.visit, f.rung) for f in facts if f.before]
        assert len(set(climbed)) == len(climbed)

    def test_a_rung_changes_neither_stage_nor_version_nor_visit(self):
        story = february("scoring")
        before = story.state
        for fact in passing(story, wib(3, 13, 8)):
            after = fact.after
            assert (after.stage, after.version, after.visit) == (
                before.stage,
                before.version,
                before.visit,
            )

    def test_says_which_rung_of_which_visit_it_was(self):
        story = february("scoring")
        (reminder,) = passing(story, wib(3, 5, 8))
        assert reminder.data == {
            "rung": "reminder",
            "visit": story.state.visit,
            "rules": {"eskalasi.tangga": 1},
        }
        assert reminder.cause == "time:reminder"
        assert reminder.seat is None

    def test_nothing_happens_a_microsecond_too_early(self):
        story = february("scoring")
        assert passing(story, wib(3, 5, 8) - timedelta(microseconds=1)) == []
        assert len(passing(story, wib(3, 5, 8))) == 1


class TestRecipient:
    def told(self, story: Story, until: datetime = LONG_AFTER) -> dict[str, object]:
        names = {person: name for name, person in vars(story.cast).items()}
        return {
            f.rung or "": [(n.topic, names[n.recipient]) for n in f.notices]
            for f in passing(story, until)
        }

    def test_of_a_late_report(self):
        assert self.told(february("report_submission"), wib(3, 25, 8)) == {
            "reminder": [(Topic.REMINDER, "employee")],
            "overdue": [(Topic.OVERDUE, "employee")],
            "boss": [(Topic.ESCALATION, "supervisor")],
            "superior": [(Topic.ESCALATION, "superior")],
            "unit_head": [(Topic.ESCALATION, "unit_head")],
            "hr": [(Topic.ESCALATION, "hr_head")],
            "sekda": [(Topic.ESCALATION, "sekda")],
        }

    def test_of_a_late_score(self):
        assert self.told(february("scoring"), wib(3, 16, 8)) == {
            "reminder": [(Topic.REMINDER, "supervisor")],
            "overdue": [(Topic.OVERDUE, "supervisor")],
            "boss": [(Topic.ESCALATION, "superior")],
            "superior": [],
            "unit_head": [(Topic.ESCALATION, "unit_head")],
            "delegate": [(Topic.DELEGATION, "superior")],
        }

    def test_of_a_late_objection(self):
        told = self.told(february("objection"), wib(4, 7, 8))
        assert told["boss"] == [(Topic.ESCALATION, "unit_head")]
        assert told["hr"] == [(Topic.ESCALATION, "hr_head")]

    def test_is_whoever_has_the_post_on_the_rungs_own_day(self):
        cast = Cast()
        story = february("scoring", cast=cast)
        assert self.told(story, wib(3, 5, 8)) == {"reminder": [(Topic.REMINDER, "supervisor")]}
        story.city = organisation(cast, vacant=("boss",))
        assert self.told(story, wib(3, 10, 0)) == {"overdue": [(Topic.OVERDUE, "superior")]}

    def test_a_rung_without_such_a_person_is_skipped_and_says_so(self):
        cast = Cast()
        story = february("report_submission", cast=cast)
        story.city = organisation(cast, vacant=("sekda", "hr head"))
        facts = {f.rung: f for f in passing(story, wib(3, 25, 8))}
        for rung in ("hr", "sekda"):
            assert facts[rung].kind is SKIPPED
            assert facts[rung].data["why"] == "nobody"
            assert facts[rung].notices == ()

    def test_a_rung_whose_recipient_was_told_in_this_visit_is_skipped_and_says_so(self):
        facts = {f.rung: f for f in passing(february("scoring"), wib(3, 11, 8))}
        assert facts["superior"].kind is SKIPPED
        assert facts["superior"].data["why"] == "already_told"

    def test_who_was_told_in_an_earlier_visit_is_told_again(self):
        story = february("scoring").wait(wib(3, 11, 8))
        story.act(Act.RETURN_REPORT, at=wib(3, 11, 9))
        facts = {f.rung: f for f in passing(story, wib(3, 16, 8))}
        assert facts["superior"].notices[0].recipient == story.cast.superior

    def test_a_file_is_overdue_even_if_nobody_can_be_told(self):
        cast = Cast()
        story = february("scoring", cast=cast)
        story.city = organisation(cast, vacant=("boss", "chief", "head", "sekda", "mayor"))
        facts = {f.rung: f for f in passing(story, wib(3, 10, 0))}
        assert facts["overdue"].kind is OVERDUE
        assert facts["overdue"].notices == ()
        assert facts["reminder"].kind is SKIPPED


class TestOnLeave:
    """Whoever is on leave is told on the first working day after it; what is due stays due."""

    LAST = date(2026, 3, 17)  # the days from the 18th to the 24th are free
    BACK = wib(3, 25, 8)

    def woken(self, rung: str, last: date = LAST, **state):
        story = february("report_submission")
        who = story.cast.supervisor if rung == "boss" else story.cast.employee
        away = changed(story, change(Change.ANNUAL_LEAVE, who, date(2026, 3, 2), last))
        before = story.state.model_copy(update=state)
        [fact] = decide_wake(before, rung, story.at, away.resolve(story.at, None), RULES)
        return before, story.at, fact

    @pytest.mark.parametrize("rung", ["reminder", "boss"])
    def test_a_rung_is_put_off_and_neither_climbed_nor_told(self, rung: str) -> None:
        before, at, fact = self.woken(rung)
        assert (fact.kind, fact.happened_at) == (EventKind.RUNG_POSTPONED, at)
        assert (fact.cause, fact.rung, fact.seat) == (f"leave:{rung}", None, None)
        assert (fact.notices, fact.has_content) == ((), False)
        assert fact.before is before
        late = Postponed(rung=rung, at=self.BACK)
        assert fact.after == before.model_copy(update={"postponed": (late,)})
        assert {k: v for k, v in fact.data.items() if k != "rules"} == {
            "rung": rung,
            "visit": before.visit,
            "until": "2026-03-17",
        }

    def test_a_rung_that_is_put_off_again_keeps_its_latest_time_and_the_others(self) -> None:
        other = Postponed(rung="boss", at=wib(3, 9, 8))
        first = Postponed(rung="reminder", at=wib(3, 4, 8))
        _, _, fact = self.woken("reminder", postponed=(first, other))
        assert fact.after.postponed == (other, Postponed(rung="reminder", at=self.BACK))

    def test_that_it_is_overdue_is_said_in_time(self) -> None:
        before, _, fact = self.woken("overdue")
        assert fact.kind is OVERDUE
        assert fact.after.done_rungs == ("overdue",)
        assert fact.notices == (Notice(Topic.OVERDUE, before.file.person),)

    def test_the_last_day_of_a_leave_is_of_it(self) -> None:
        assert self.woken("reminder", date(2026, 3, 2))[2].kind is EventKind.RUNG_POSTPONED


class TestGate:
    def test_that_opens_lets_the_file_on(self) -> None:
        story = story_at("unit_predicate")
        story.unit_set_at = story.at
        before, context = story.state, story.resolve(story.at, None)
        assert before.unit_predicate is None
        [fact] = open_gate(before, story.at, context, RULES)
        assert (fact.kind, fact.happened_at) == (EventKind.GATE_OPENED, story.at)
        assert (fact.cause, fact.rung, fact.seat) == ("fact:unit_predicate", None, None)
        assert fact.before is before
        assert fact.data == {
            "rule": "organisasi.wajib_sebelum_final",
            "turn": "unit_predicate",
            "rules": fact.data["rules"],
        }
        after = fact.after
        assert (after.turn, after.unit_predicate) == ("signing", SET)
        assert (after.visit, after.version) == (before.visit + 1, before.version + 1)
        assert (after.entered_at, after.owner) == (story.at, story.cast.supervisor)
        assert fact.notices == (Notice(Topic.TASK, story.cast.supervisor),)


class TestDelegate:
    def test_gives_the_task_to_the_superior_after_five_working_days(self):
        story = february("scoring").wait(wib(3, 16, 8))
        fact = story.facts[-1]
        assert fact.kind is EventKind.DELEGATED
        assert fact.data == {
            "from": str(story.cast.supervisor),
            "to": str(story.cast.superior),
            "rules": {"bulanan.jendela": 1, "eskalasi.pengalihan": 1},
        }
        assert (fact.after.turn, fact.after.awaits) == ("scoring", Role.SUPERIOR)
        assert fact.after.is_delegated
        assert fact.before is not None
        assert fact.after.visit == fact.before.visit + 1
        assert fact.after.due_at == wib(3, 18, 0)

    def test_is_skipped_where_nobody_stands_above(self):
        cast = Cast()
        story = february("scoring", cast=cast)
        story.city = organisation(cast, vacant=("chief", "head", "sekda", "mayor"))
        facts = {f.rung: f for f in passing(story, wib(3, 30))}
        assert facts["delegate"].kind is SKIPPED
        assert facts["delegate"].data["why"] == "nobody"
        assert story.state.awaits is Role.SUPERVISOR
        assert not story.state.is_delegated

    @pytest.mark.parametrize("turn", ["plan_agreement", "meeting"])
    def test_is_not_for_turns_that_end_by_themselves(self, turn):
        assert EventKind.DELEGATED not in [f.kind for f in passing(story_at(turn), wib(4, 9))]


class TestExpiry:
    def test_a_month_goes_on_without_its_plan(self):
        story = Story()
        fact = passing(story, wib(4, 1, 0))[-1]
        assert (fact.kind, fact.happened_at) == (EventKind.TURN_EXPIRED, wib(4, 1, 0))
        assert fact.after.turn == "report_submission"
        assert fact.after.passed_over == ("plan_submission",)
        assert fact.data == {"turn": "plan_submission", "rules": {"bulanan.jendela": 1}}
        assert [n.recipient for n in fact.notices] == [story.cast.employee]

    def test_both_plan_turns_can_be_passed_over_only_one_at_a_time(self):
        story = story_at("plan_agreement").wait(wib(4, 1, 0))
        assert story.state.passed_over == ("plan_agreement",)

    def test_silence_on_the_feedback_is_recorded(self):
        story = story_at("feedback_response").wait(wib(4, 10, 0))
        assert story.state.turn == "meeting"
        assert story.state.passed_over == ("feedback_response",)
        assert OVERDUE not in [f.kind for f in story.facts]

    def test_a_meeting_that_is_not_held_is_passed_over(self):
        story = february("meeting").wait(wib(3, 18, 0))
        assert story.state.turn == "signing"
        assert story.state.passed_over == ("meeting",)

    def test_a_result_is_deemed_accepted_with_the_proof_of_its_delivery(self):
        story = february("signing")
        story.act(Act.SIGN, at=wib(3, 16, 15))
        assert story.state.due_at == wib(3, 27, 0)
        fact = passing(story)[-1]
        assert (fact.kind, fact.after.end) == (EventKind.TURN_EXPIRED, End.DEEMED_ACCEPTED)
        assert fact.happened_at == wib(3, 27, 0)
        assert fact.data == {
            "turn": "acceptance",
            "delivered_at": "2026-03-16T08:00:00.000000Z",
            "rules": {"keberatan.periodik": 1},
        }
        assert [(n.topic, n.recipient) for n in fact.notices] == [
            (Topic.CLOSED, story.cast.employee)
        ]

    def test_the_window_of_an_objection_is_three_working_days_however_long_they_take(self):
        """Delivered on the last working day before the holidays: eight days longer."""
        story = february("signing")
        story.act(Act.SIGN, at=wib(3, 17, 15))
        assert story.state.due_at == wib(3, 28, 0)

    def test_an_objection_nobody_decides_ends_undecided_with_its_effects_suspended(self):
        story = february("objection")
        fact = passing(story)[-1]
        assert (fact.happened_at, fact.after.end) == (wib(4, 14, 0), End.UNDECIDED)
        assert fact.after.is_suspended
        assert fact.after.predicate is not None


class TestHorizon:
    @pytest.mark.parametrize(
        ("turn", "role", "owner"),
        [
            ("report_submission", Role.EMPLOYEE, "employee"),
            ("scoring", Role.SUPERIOR, "superior"),
            ("feedback_giving", Role.SUPERIOR, "superior"),
        ],
    )
    def test_an_open_file_ends_unrateable_and_names_who_owed_what(self, turn, role, owner):
        story = february(turn)
        fact = passing(story)[-1]
        assert (fact.kind, fact.happened_at) == (EventKind.FILE_EXPIRED, wib(4, 1, 0))
        assert fact.after.end is End.UNRATEABLE
        assert fact.after.owed == Owed(turn=turn, role=role, person=vars(story.cast)[owner])
        assert (fact.after.stage, fact.after.awaits, fact.after.due_at) == (
            Stage.CLOSED,
            None,
            None,
        )

    def test_the_supervisor_owes_what_could_be_delegated_to_nobody(self):
        cast = Cast()
        story = february("scoring", cast=cast)
        story.city = organisation(cast, vacant=("chief", "head", "sekda", "mayor"))
        story.wait(LONG_AFTER)
        assert story.state.owed == Owed(
            turn="scoring", role=Role.SUPERVISOR, person=cast.supervisor
        )

    def test_nobody_is_named_where_nobody_is(self):
        cast = Cast()
        story = february("scoring", cast=cast)
        story.city = organisation(cast, vacant=("boss", "chief", "head", "sekda", "mayor"))
        story.wait(LONG_AFTER)
        assert story.state.owed == Owed(turn="scoring", role=Role.SUPERVISOR, person=None)

    def test_a_file_nobody_touches_goes_from_its_plan_to_the_horizon(self):
        story = Story()
        facts = passing(story)
        assert [f.kind for f in facts if f.kind not in (ESCALATED, SKIPPED, REMINDED)] == [
            OVERDUE,
            EventKind.TURN_EXPIRED,
            OVERDUE,
            EventKind.FILE_EXPIRED,
        ]
        assert (story.state.end, story.state.ended_at) == (End.UNRATEABLE, wib(5, 1, 0))

    @pytest.mark.parametrize("turn", ["acceptance", "objection"])
    def test_a_delivered_result_outlives_it(self, turn):
        story = february("signing")
        story.act(Act.SIGN, at=wib(3, 31, 15))
        if turn == "objection":
            story.act(Act.OBJECT, at=wib(3, 31, 16))
        story.wait(wib(4, 1, 12))
        assert story.state.turn == turn
        assert story.wait(LONG_AFTER).state.end in (End.DEEMED_ACCEPTED, End.UNDECIDED)


class TestWithdrawn:
    def test_time_does_nothing_to_it_any_more(self):
        story = february("scoring")
        story.act(Act.WITHDRAW, story.cast.hr)
        assert passing(story) == []

    def test_a_death_leaves_no_rating_owed(self):
        story = february("scoring")
        story.act(Act.WITHDRAW, story.cast.hr)
        assert (story.state.owed, story.state.predicate) == (None, None)


class TestObjectionWindow:
    """Oracle O-10: the last day is accepted, the next one is not."""

    def story(self) -> Story:
        story = february("signing")
        story.act(Act.SIGN, at=wib(3, 9, 15))
        assert story.state.due_at == CALENDAR.end_of_day(date(2026, 3, 12))
        return story

    def test_the_last_second_is_accepted(self):
        story = self.story()
        assert story.act(Act.OBJECT, at=wib(3, 12, 23, 59, 59)).turn == "objection"

    def test_the_next_second_finds_the_result_accepted(self):
        story = self.story().wait(wib(3, 13, 0))
        assert story.state.end is End.DEEMED_ACCEPTED
