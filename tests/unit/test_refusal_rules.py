"""A refused act keeps the rules that it was refused by, in the versions that held for the file."""

from datetime import timedelta

from domain.cited import refused_by
from domain.decision import Rules
from domain.definition import definition
from domain.explain.case import Case
from domain.explain.file import explain_file
from domain.process import MONTHLY
from schemas.code import Act, EventKind
from schemas.error import Refusal
from tests.builders import CALENDAR, command
from tests.stories import Story, story_at
from tests.unit.test_explanation import RULEBOOK, explained
from tests.unit.test_override import WINDOWS, having


def rules_of(story: Story, act: Act, actor) -> dict[str, int]:
    made = command(story.state, act, actor, story.at)
    context = story.resolve(story.at, actor)
    refusal = story.decide(act, actor)
    assert isinstance(refusal, Refusal), act
    return refused_by(refusal, story.state, made, context, story.rules)


class TestRefusedBy:
    def test_who_may_not_appraise_is_told_by_which_rule(self) -> None:
        story = story_at("scoring")
        assert rules_of(story, Act.SCORE, story.cast.stranger) == {"penilai.level_min": 1}
        assert rules_of(story, Act.SCORE, story.cast.employee) == {"penilai.bukan_diri": 1}

    def test_whoever_comes_too_early_is_told_the_rule_of_the_window(self) -> None:
        story = story_at("report_submission")
        assert rules_of(story, Act.SCORE, story.cast.supervisor) == {WINDOWS: 1}

    def test_whoever_comes_too_late_is_told_the_rule_of_the_turn_that_ended(self) -> None:
        story = story_at("acceptance")
        story.wait(story.at + timedelta(days=60))
        assert rules_of(story, Act.OBJECT, story.cast.employee) == {"keberatan.periodik": 1}

    def test_a_gate_names_its_own_rule_and_that_of_its_window(self) -> None:
        story = story_at("unit_predicate")
        found = rules_of(story, Act.SIGN, story.cast.supervisor)
        assert found == {WINDOWS: 1, "organisasi.wajib_sebelum_final": 1}

    def test_the_order_of_steps_is_no_rule_of_the_packs(self) -> None:
        story = story_at("scoring")
        assert rules_of(story, Act.SUBMIT_PLAN, story.cast.employee) == {}

    def test_a_number_that_the_organisation_set_is_named_by_its_version(self) -> None:
        rules = having((WINDOWS, {"report": 2}, RULEBOOK.versions(WINDOWS)[0].effective_from))
        key = MONTHLY.model_copy(update={"rules": 1})
        story = Story(rules=Rules(definition(key, "2026-03", rules), CALENDAR, rules))
        story.until("report_submission")
        assert rules_of(story, Act.SCORE, story.cast.supervisor) == {WINDOWS: 2}


class TestHorizon:
    def test_names_the_rule_that_ended_the_file(self) -> None:
        story = story_at("report_submission").wait(story_at("scoring").at + timedelta(days=200))
        last = story.facts[-1]
        assert last.kind is EventKind.FILE_EXPIRED
        assert last.data["rules"] == {"berkas.batas_akhir": 1}
        told = explained(story)
        cited = {c.rule for r in (*told.result, *told.history[-1].reasons) for c in r.rules}
        assert "berkas.batas_akhir" in cited


def test_an_explanation_without_refused_acts_has_none() -> None:
    story = story_at("scoring")
    context = story.resolve(story.at, None)
    case = Case(story.state, (), context, story.rules, RULEBOOK, story.at)
    assert explain_file(case).attempts == ()
