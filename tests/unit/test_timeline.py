"""One order of events: commands and wake-ups merge by their own instants."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.decision import Rules
from domain.definition import shape
from domain.process import MONTHLY
from domain.timeline import Step, advance, agenda, opened
from schemas.code import Act, End, EventKind, Role, Topic
from schemas.command import StoredCommand
from schemas.error import ErrorType
from tests.builders import CALENDAR, command, file_key, wib
from tests.stories import Story, story_at

TICK = timedelta(microseconds=1)


def happened(steps: list[Step]) -> list[str]:
    """What was decided, in order: the kinds of events, and refusals by their type."""
    found: list[str] = []
    for step in steps:
        found += [str(step.refusal.type)] if step.refusal else [f.kind.value for f in step.facts]
    return found


def run(story: Story, commands: list[StoredCommand], until=None) -> list[Step]:
    return list(advance(story.state, commands, until, story.resolve, story.rules))


class TestOpened:
    def test_the_file_waits_for_its_employee(self):
        story = Story()
        (fact,) = story.facts
        assert (fact.kind, fact.before) == (EventKind.FILE_OPENED, None)
        state = fact.after
        assert (state.turn, state.awaits, state.visit, state.version) == (
            "plan_submission",
            Role.EMPLOYEE,
            1,
            1,
        )
        assert state.process == MONTHLY
        assert state.due_at == wib(3, 5, 0)
        assert [(n.topic, n.recipient) for n in fact.notices] == [(Topic.TASK, story.cast.employee)]

    def test_is_the_same_whenever_it_is_noticed(self):
        story = Story()
        again = opened(
            file_key(story.cast),
            "dinas",
            "staff",
            wib(3, 2),
            story.resolve(wib(3, 2), None),
            Rules(shape(MONTHLY), CALENDAR),
        )
        assert again == story.facts[0]


class TestOrder:
    def test_nothing_asked_nothing_done(self):
        assert run(story_at("scoring"), []) == []

    def test_commands_are_decided_in_the_order_given(self):
        story = story_at("plan_submission")
        cast = story.cast
        commands = [
            command(story.state, Act.SUBMIT_PLAN, cast.employee, wib(3, 2, 10)),
            command(story.state, Act.SUBMIT_PLAN, cast.employee, wib(3, 2, 11)),
            command(story.state, Act.AGREE_PLAN, cast.supervisor, wib(3, 2, 12)),
        ]
        assert happened(run(story, commands)) == ["plan_submitted", "not_now", "plan_agreed"]

    def test_a_wake_up_before_a_command_is_decided_first(self):
        story = story_at("report_submission")
        late = command(story.state, Act.SUBMIT_REPORT, story.cast.employee, wib(4, 7, 9))
        assert happened(run(story, [late])) == [
            "reminded",
            "became_overdue",
            "escalated",
            "report_submitted",
        ]

    def test_a_wake_up_after_the_last_command_is_left_for_its_time(self):
        story = story_at("report_submission")
        early = command(story.state, Act.SUBMIT_REPORT, story.cast.employee, wib(3, 31))
        assert happened(run(story, [early])) == ["report_submitted"]

    def test_a_command_at_the_instant_of_a_wake_up_goes_first(self):
        story = story_at("report_submission")
        due = story.state.due_at
        assert due is not None
        made = command(story.state, Act.SUBMIT_REPORT, story.cast.employee, due)
        assert happened(run(story, [made], due)) == ["reminded", "report_submitted"]

    def test_missed_wake_ups_are_decided_one_by_one_at_their_own_instants(self):
        steps = run(story_at("report_submission"), [], wib(4, 8, 12))
        assert [(s.facts[0].rung, s.facts[0].happened_at) for s in steps] == [
            ("reminder", wib(4, 1, 8)),
            ("overdue", wib(4, 7, 0)),
            ("boss", wib(4, 7, 8)),
            ("superior", wib(4, 8, 8)),
        ]

    def test_a_wake_up_is_decided_at_its_very_instant(self):
        (step,) = run(story_at("report_submission"), [], wib(4, 1, 8))
        assert (step.facts[0].rung, step.facts[0].happened_at) == ("reminder", wib(4, 1, 8))

    def test_a_wake_up_that_comes_early_changes_nothing(self):
        assert run(story_at("report_submission"), [], wib(4, 1, 8) - TICK) == []

    @pytest.mark.parametrize(
        ("offset", "expected"),
        [
            (-TICK, ["reminded", "objected"]),
            (timedelta(0), ["reminded", "objected"]),
            (TICK, ["reminded", "turn_expired", "deadline_passed"]),
        ],
    )
    def test_an_objection_noticed_late_is_judged_by_when_it_was_received(self, offset, expected):
        """However late it is processed, even together with the wake-up it was racing."""
        story = story_at("signing")
        story.act(Act.SIGN, at=wib(4, 13, 15))
        due = story.state.due_at
        assert due == wib(4, 17, 0)
        made = command(story.state, Act.OBJECT, story.cast.employee, due + offset)
        assert happened(run(story, [made], wib(4, 20))) == expected

    def test_a_lost_month_is_made_up_in_one_call(self):
        story = Story()
        steps = run(story, [], wib(12, 1))
        assert steps[-1].facts[-1].after.end is End.UNRATEABLE
        instants = [f.happened_at for s in steps for f in s.facts]
        assert instants == sorted(instants)

    def test_what_comes_after_the_end_is_refused(self):
        story = story_at("acceptance")
        cast = story.cast
        commands = [
            command(story.state, Act.SIGN, cast.employee, story.at),
            command(story.state, Act.OBJECT, cast.employee, story.at + TICK),
        ]
        steps = run(story, commands)
        assert happened(steps) == ["signed", "closed"]


class TestContext:
    def test_each_step_has_the_context_of_its_own_instant_and_actor(self):
        story = story_at("report_submission")
        asked: list[tuple[object, UUID | None]] = []

        def resolve(at, actor):
            asked.append((at, actor))
            return story.resolve(at, actor)

        late = command(story.state, Act.SUBMIT_REPORT, story.cast.employee, wib(4, 2))
        list(advance(story.state, [late], None, resolve, story.rules))
        assert asked == [(wib(4, 1, 8), None), (wib(4, 2), story.cast.employee)]

    def test_a_refused_command_has_no_facts_and_leaves_the_state(self):
        story = story_at("scoring")
        made = command(story.state, Act.SCORE, story.cast.stranger, story.at)
        (step,) = run(story, [made])
        assert step.facts == ()
        assert step.command == made
        assert step.refusal is not None
        assert step.refusal.type is ErrorType.NOT_AUTHORISED


class TestAgenda:
    def test_says_who_is_awaited_for_what_until_when(self):
        story = story_at("scoring")
        found = agenda(story.state, 7, story.resolve(story.at, None), story.rules)
        assert (found.number, found.turn, found.stage) == (7, "scoring", story.state.stage)
        assert (found.version, found.visit) == (story.state.version, story.state.visit)
        assert (found.awaits, found.awaited_person) == (Role.SUPERVISOR, story.cast.supervisor)
        assert found.due_at == wib(4, 10, 0)
        assert found.wake is not None
        assert (found.wake.rung, found.wake.at) == ("reminder", wib(4, 7, 8))
        assert not found.is_closed

    def test_of_a_closed_file_waits_for_nothing(self):
        story = story_at("acceptance")
        story.act(Act.SIGN)
        found = agenda(story.state, 9, story.resolve(story.at, None), story.rules)
        assert (found.end, found.awaits, found.awaited_person) == (End.ACCEPTED, None, None)
        assert (found.due_at, found.wake) == (None, None)
        assert found.is_closed
