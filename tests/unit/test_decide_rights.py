"""The decider of acts: who may do what, on which version of a file, and when it is too late."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from domain.decide import decide, may_ever
from schemas.code import Act, Capacity, EventKind, Role
from schemas.error import ErrorType, Refusal
from tests.builders import RULES, TURNS, Cast, command, holding, mandate, organisation, wib
from tests.stories import Story, story_at
from tests.unit.deciding import fact, refusal, ruling


class TestVersion:
    def test_a_form_of_the_present_version_is_accepted(self):
        story = story_at("scoring")
        assert fact(story.decide(Act.SCORE, version=story.state.version))

    @pytest.mark.parametrize("behind", [1, 2, -1])
    def test_any_other_version_is_refused_with_both(self, behind):
        story = story_at("scoring")
        expected = story.state.version - behind
        decided = story.decide(Act.SCORE, version=expected)
        assert refusal(decided) == Refusal(
            type=ErrorType.VERSION_CONFLICT,
            rule="file.version",
            field="expected_version",
            params={"expected": expected, "version": story.state.version},
        )

    def test_a_reminder_does_not_invalidate_an_open_form(self):
        story = story_at("report_submission")
        version = story.state.version
        story.wait(wib(4, 2))
        assert EventKind.REMINDED in [f.kind for f in story.facts]
        assert fact(story.decide(Act.SUBMIT_REPORT, at=wib(4, 2, 10), version=version))

    @pytest.mark.parametrize("act", [Act.SCORE, Act.RETURN_REPORT])
    def test_the_loser_of_a_race_learns_that_the_file_has_moved_on(self, act):
        """Not merely that it is not the time for it: his form was right when he opened it."""
        story = story_at("scoring")
        version = story.state.version
        story.act(Act.SCORE, version=version)
        decided = story.decide(act, story.cast.supervisor, version=version)
        assert refusal(decided).type is ErrorType.VERSION_CONFLICT

    def test_a_second_signature_from_one_form_learns_it_too(self):
        story = story_at("signing")
        version = story.state.version
        story.act(Act.SIGN, version=version)
        decided = story.decide(Act.SIGN, story.cast.supervisor, version=version)
        assert refusal(decided).type is ErrorType.VERSION_CONFLICT

    def test_who_is_too_late_is_told_so_whatever_the_version_of_his_form(self):
        story = Story()
        version = story.state.version
        story.wait(wib(4, 1))
        decided = story.decide(Act.SUBMIT_PLAN, story.cast.employee, version=version)
        assert refusal(decided).type is ErrorType.DEADLINE_PASSED

    def test_who_has_no_right_is_told_so_before_any_version(self):
        story = story_at("scoring")
        decided = story.decide(Act.SCORE, story.cast.stranger, version=99)
        assert refusal(decided).type is ErrorType.NOT_AUTHORISED


class TestAuthority:
    def test_the_stranger_is_nothing_to_the_file(self):
        story = story_at("scoring")
        for act in Act:
            decided = story.decide(act, story.cast.stranger)
            assert refusal(decided) == Refusal(
                type=ErrorType.NOT_AUTHORISED, rule="act.role", params={"act": act.value}
            )

    def test_an_act_without_an_actor_is_refused(self):
        story = story_at("plan_submission")
        made = command(story.state, Act.SUBMIT_PLAN, None, story.at)
        decided = decide(story.state, made, story.resolve(story.at, None), RULES)
        assert refusal(decided).rule == "act.role"

    @pytest.mark.parametrize("turn", TURNS)
    def test_nobody_acts_for_another(self, turn):
        """In each turn only whoever is awaited does the turn's acts."""
        story = story_at(turn)
        for act in RULES.process.find(turn).acts:
            for person in story.cast.people():
                decided = story.decide(act, person)
                if person == story.cast.acting_for(story.state):
                    assert fact(decided).seat.person == person
                else:
                    assert refusal(decided).type is ErrorType.NOT_AUTHORISED

    def test_the_wrong_one_of_two_rightful_people_is_told_who_is_awaited(self):
        story = story_at("acceptance")
        decided = story.decide(Act.SIGN, story.cast.supervisor)
        assert refusal(decided) == Refusal(
            type=ErrorType.NOT_AUTHORISED,
            rule="act.other_role",
            params={"act": "sign", "awaits": "employee"},
        )

    def test_it_follows_the_post_on_the_day_of_the_act(self):
        cast = Cast()
        successor = cast.stranger
        city = organisation(
            cast,
            holding(cast.supervisor, "boss", to_on=date(2026, 3, 31)),
            holding(successor, "boss", from_on=date(2026, 4, 1)),
            vacant=("boss", "other"),
        )
        story = story_at("scoring", cast=cast, city=city)
        last, first = wib(3, 31, 23, 59), wib(4, 1, 0)
        assert fact(story.decide(Act.SCORE, cast.supervisor, last))
        assert refusal(story.decide(Act.SCORE, successor, last)).rule == "act.role"
        assert fact(story.decide(Act.SCORE, successor, first))
        assert refusal(story.decide(Act.SCORE, cast.supervisor, first)).rule == "act.role"

    def test_a_plt_acts_in_that_capacity(self):
        cast = Cast()
        city = organisation(cast, holding(cast.stranger, "boss", Capacity.PLT), vacant=("other",))
        seat = fact(story_at_plt(cast, city).decide(Act.SCORE, cast.stranger)).seat
        assert (seat.capacity, seat.post, seat.decree) == (Capacity.PLT, "boss", "SK 1")

    def test_a_predecessor_s_open_form_finds_no_one_but_the_plt(self):
        cast = Cast()
        city = organisation(cast, holding(cast.stranger, "boss", Capacity.PLT), vacant=("other",))
        decided = story_at_plt(cast, city).decide(Act.SCORE, cast.supervisor)
        assert refusal(decided).rule == "act.role"

    def test_a_person_without_a_post_keeps_his_own_file(self):
        cast = Cast()
        gone = holding(cast.employee, "staff", to_on=date(2026, 3, 31))
        story = story_at("acceptance", cast=cast, city=organisation(cast, gone, vacant=("staff",)))
        done = fact(story.decide(Act.SIGN, at=wib(4, 14)))
        assert (done.seat.person, done.seat.post) == (cast.employee, "staff")

    def test_a_supervisor_with_nobody_above_decides_the_objection(self):
        cast = Cast()
        city = organisation(cast, vacant=("chief", "head", "sekda", "mayor"))
        story = story_at_top(cast, city)
        assert fact(story.decide(Act.DECIDE_OBJECTION, cast.supervisor, said=ruling("rejected")))


def story_at_plt(cast: Cast, city) -> Story:
    """A file at scoring whose supervisor's post somebody else is acting for since April."""
    story = story_at("scoring", cast=cast)
    story.city, story.at = city, wib(4, 1)
    return story


def story_at_top(cast: Cast, city) -> Story:
    """A file at objection, after everybody above the supervisor has left."""
    story = story_at("objection", cast=cast)
    story.city = city
    return story


class TestMandate:
    def city(self, cast: Cast, person: UUID, **dates):
        return organisation(cast, mandates=(mandate(person, **dates),))

    def test_whoever_has_one_acts_for_the_supervisor(self):
        cast = Cast()
        story = story_at("scoring", cast=cast, city=self.city(cast, cast.stranger))
        done = fact(story.decide(Act.SCORE, cast.stranger))
        assert (done.seat.person, done.seat.capacity) == (cast.stranger, Capacity.MANDATE)
        assert (done.seat.decree, done.on_behalf_of) == ("SK 9", cast.supervisor)

    def test_the_supervisor_may_still_act_himself(self):
        cast = Cast()
        story = story_at("scoring", cast=cast, city=self.city(cast, cast.stranger))
        assert fact(story.decide(Act.SCORE, cast.supervisor)).on_behalf_of is None

    @pytest.mark.parametrize(
        ("at", "is_accepted"),
        [
            (wib(4, 1, 0) - timedelta(microseconds=1), False),
            (wib(4, 1, 0), True),
            (wib(4, 3, 0) - timedelta(microseconds=1), True),
            (wib(4, 3, 0), False),
        ],
    )
    def test_it_counts_on_its_days_only(self, at, is_accepted):
        cast = Cast()
        city = self.city(cast, cast.stranger, from_on=date(2026, 4, 1), to_on=date(2026, 4, 2))
        story = story_at("scoring", cast=cast, city=city)
        decided = story.decide(Act.SCORE, cast.stranger, at)
        assert isinstance(decided, Refusal) is not is_accepted

    def test_nobody_appraises_himself_by_a_mandate(self):
        cast = Cast()
        story = story_at("scoring", cast=cast, city=self.city(cast, cast.employee))
        assert refusal(story.decide(Act.SCORE, cast.employee)).rule == "act.role"

    def test_it_gives_no_part_in_the_employees_acts(self):
        cast = Cast()
        story = story_at("acceptance", cast=cast, city=self.city(cast, cast.stranger))
        assert refusal(story.decide(Act.SIGN, cast.stranger)).rule == "act.other_role"
        assert refusal(story.decide(Act.OBJECT, cast.stranger)).rule == "act.role"


class TestDelegation:
    def story(self) -> Story:
        story = story_at("scoring").wait(wib(4, 16, 8))
        assert story.state.is_delegated
        return story

    def test_the_task_is_the_superiors_and_no_longer_the_supervisors(self):
        story = self.story()
        assert story.state.awaits is Role.SUPERIOR
        assert fact(story.decide(Act.SCORE, story.cast.superior))
        decided = story.decide(Act.SCORE, story.cast.supervisor)
        assert refusal(decided) == Refusal(
            type=ErrorType.NOT_AUTHORISED,
            rule="act.other_role",
            params={"act": "score", "awaits": "superior"},
        )

    def test_every_later_task_of_the_supervisor_is_the_superiors_too(self):
        story = self.story()
        owners = []
        while not story.state.is_closed:
            owners.append((story.state.turn, story.state.awaits))
            act = next(iter(RULES.process.find(story.state.turn).acts))
            story.act(act)
        assert owners == [
            ("scoring", Role.SUPERIOR),
            ("feedback_giving", Role.SUPERIOR),
            ("feedback_response", Role.EMPLOYEE),
            ("meeting", Role.SUPERIOR),
            ("signing", Role.SUPERIOR),
            ("acceptance", Role.EMPLOYEE),
        ]
        signature = story.state.supervisor_signature
        assert signature is not None
        assert signature.person == story.cast.superior

    def test_an_overdue_report_is_then_scored_by_the_superior(self):
        story = self.story()
        story.act(Act.RETURN_REPORT)
        assert story.state.due_at is not None
        late = story.state.due_at
        assert refusal(story.decide(Act.SCORE, story.cast.supervisor, late)).rule == (
            "act.other_role"
        )
        assert fact(story.decide(Act.SCORE, story.cast.superior, late))


class TestExpiredTurn:
    def test_a_plan_after_the_month_is_refused_with_the_instant_the_turn_ended(self):
        story = Story().wait(wib(4, 1))
        decided = story.decide(Act.SUBMIT_PLAN, story.cast.employee)
        assert refusal(decided) == Refusal(
            type=ErrorType.DEADLINE_PASSED,
            rule="turn.expired",
            params={"turn": "plan_submission", "at": "2026-03-31T17:00:00.000000Z"},
        )

    def test_an_answer_after_its_day_is_refused_with_the_instant_the_turn_ended(self):
        story = story_at("feedback_response").wait(wib(4, 10))
        assert story.state.turn == "meeting"
        decided = story.decide(Act.RESPOND_TO_FEEDBACK, story.cast.employee)
        assert refusal(decided).params == {
            "turn": "feedback_response",
            "at": "2026-04-09T17:00:00.000000Z",
        }

    def test_an_act_of_no_expired_turn_is_merely_not_due(self):
        story = Story().wait(wib(4, 1))
        assert refusal(story.decide(Act.OBJECT, story.cast.employee)).type is ErrorType.NOT_NOW


class TestMayEver:
    @pytest.mark.parametrize(
        ("act", "roles"),
        [
            (Act.SUBMIT_PLAN, {Role.EMPLOYEE}),
            (Act.SCORE, {Role.SUPERVISOR, Role.SUPERIOR}),
            (Act.SIGN, {Role.EMPLOYEE, Role.SUPERVISOR, Role.SUPERIOR}),
            (Act.DECIDE_OBJECTION, {Role.SUPERIOR}),
            (Act.WITHDRAW, {Role.HR}),
        ],
    )
    def test_it_asks_for_a_role_that_does_the_act_in_some_turn(self, act, roles):
        story = Story()
        allowed = {
            role
            for role in Role
            for person in [story.cast.in_role(role)]
            if may_ever(act, person, story.state, story.resolve(story.at, person), RULES)
        }
        assert allowed == roles
