"""Every code and every refusal has its words, in both languages, with the same placeholders."""

import ast
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import JsonValue

from domain.definition import kinds
from domain.definition import shape as shipped
from domain.regulation import load as load_rules
from domain.roster import Exclusion
from domain.rulebook import Status
from gateway import shape
from schemas import code, text
from schemas.code import Act, End, Topic
from schemas.error import ErrorType, Refusal
from schemas.schedule import RunVerdict

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "gateway", "storage", "activities", "workflows")
# Functions that make a refusal of a rule given by position, as (field, rule, **params).
MAKERS = {"_invalid", "invalid"}


def refusals_in_code() -> dict[str, set[str]]:
    """Every rule that a call names, with the parameters it is given there and its field."""
    found: dict[str, set[str]] = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for scope in _scopes(ast.parse(path.read_text(encoding="utf-8"))):
                for rule, params in _named_in(scope):
                    found[rule] = found.get(rule, params) & params
    return found | {rule: set(shape._PARAMS) | {"field"} for rule in shape_rules()}


def shape_rules() -> set[str]:
    return {*shape._RULES.values(), "shape.invalid"}


def _scopes(module: ast.Module) -> Iterator[ast.AST]:
    """Every function, and every statement of the module itself."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
    for statement in module.body:
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement


def _assigned(scope: ast.AST, name: str, before: int) -> ast.expr | None:
    """What a variable was given last before a line."""
    given = None
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.lineno < before:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Name) and t.id == name for t in targets):
                given = node if given is None or node.lineno > given.lineno else given
    return None if given is None else given.value


def _named_in(scope: ast.AST) -> Iterator[tuple[str, set[str]]]:
    for node in ast.walk(scope):
        if not isinstance(node, ast.Call):
            continue
        keywords = {k.arg: k.value for k in node.keywords if k.arg}
        if isinstance(node.func, ast.Name) and node.func.id in MAKERS:
            yield _text(node.args[1]), {"field", *keywords}
        elif isinstance(rule := keywords.get("rule"), ast.Constant):
            params = keywords.get("params")
            if isinstance(params, ast.Name):
                params = _assigned(scope, params.id, node.lineno)
            names = {_text(k) for k in params.keys} if isinstance(params, ast.Dict) else set()
            yield _text(rule), names | ({"field"} & keywords.keys())


def _text(node: ast.expr | None) -> str:
    assert isinstance(node, ast.Constant), "a rule and its parameters are named by literals"
    return str(node.value)


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


REFUSALS = text._catalogue("refusals")
WORDS = text._catalogue("words")
NOTICES = text._catalogue("notices")
GROUPS = {
    "stage": code.Stage,
    "organisation_predicate": code.OrganisationPredicate,
    "role": code.Role,
    "end": code.End,
    "event": code.EventKind,
    "predicate": code.Predicate,
    "rating": code.Rating,
    "period_verdict": code.PeriodVerdict,
    "run_verdict": RunVerdict,
    "status": Status,
}
PLAN: dict[str, JsonValue] = {"id": "r1", "result": "a", "indicator": "b", "target": "c"}
SCORE: dict[str, JsonValue] = {
    "work_result": "meets",
    "work_result_reason": "a",
    "behaviour": "meets",
    "behaviour_reason": "b",
}
MEETING: dict[str, JsonValue] = {
    "held_on": "2026-04-13",
    "attendance": ["employee"],
    "minutes": "a",
}
WEBHOOK: dict[str, JsonValue] = {"url": "https://a.go.id", "types": ["x"], "description": "a"}
SHAPES: dict[str, tuple[code.AnyAct, JsonValue]] = {
    "shape.blank": (Act.OBJECT, {"reasons": " "}),
    "shape.choice": (Act.SCORE, {**SCORE, "work_result": "superb"}),
    "shape.control": (Act.OBJECT, {"reasons": "a\0"}),
    "shape.date": (Act.RECORD_MEETING, {**MEETING, "held_on": "kemarin"}),
    "shape.event_type": (code.WebhookAct.ADD_WEBHOOK, WEBHOOK),
    "shape.id": (code.WebhookAct.ENABLE_WEBHOOK, {"webhook": "abc"}),
    "shape.web_address": (code.WebhookAct.ADD_WEBHOOK, {**WEBHOOK, "url": "https://1"}),
    "shape.invalid": (Act.RECORD_MEETING, {**MEETING, "held_on": True}),
    "shape.list": (Act.SUBMIT_PLAN, {"results": "r1"}),
    "shape.missing": (Act.OBJECT, {}),
    "shape.object": (Act.OBJECT, []),
    "shape.pattern": (Act.SUBMIT_PLAN, {"results": [{**PLAN, "id": "Satu"}]}),
    "shape.text": (Act.OBJECT, {"reasons": 3}),
    "shape.too_few": (Act.SUBMIT_PLAN, {"results": []}),
    "shape.too_long": (Act.SUBMIT_PLAN, {"results": [{**PLAN, "target": "a" * 201}]}),
    "shape.too_many": (Act.SUBMIT_PLAN, {"results": [PLAN] * 41}),
    "shape.unknown": (Act.OBJECT, {"reasons": "a", "reason": "b"}),
}


class TestRefusals:
    def test_the_catalogue_holds_exactly_the_rules_of_the_code(self) -> None:
        assert refusals_in_code().keys() == set(REFUSALS)

    @pytest.mark.parametrize("rule", REFUSALS)
    def test_both_languages_say_the_same(self, rule: str) -> None:
        entry = REFUSALS[rule]
        assert set(entry) == {"id", "en", "remedy_id", "remedy_en"}
        assert all(sentence.strip() for sentence in entry.values())
        assert placeholders(entry["id"]) == placeholders(entry["en"])
        assert placeholders(entry["remedy_id"]) == placeholders(entry["remedy_en"])

    @pytest.mark.parametrize("rule", REFUSALS)
    def test_every_placeholder_is_filled_wherever_the_rule_is_named(self, rule: str) -> None:
        used = set().union(*(placeholders(sentence) for sentence in REFUSALS[rule].values()))
        assert used <= refusals_in_code()[rule]

    def test_every_rule_of_shape_has_an_example_here(self) -> None:
        assert set(SHAPES) == shape_rules()

    @pytest.mark.parametrize("rule", SHAPES)
    def test_a_wrong_shape_is_said_in_full(self, rule: str) -> None:
        refusal = shape.check_body(*SHAPES[rule])
        assert isinstance(refusal, Refusal)
        assert refusal.rule == rule
        for language in ("id", "en"):
            said = text.explain(refusal, language)
            assert str(refusal.field) in said.message
            assert "{" not in said.message + said.remedy

    def test_a_refusal_reads_as_a_sentence(self) -> None:
        refusal = Refusal(
            type=ErrorType.DEADLINE_PASSED,
            rule="turn.expired",
            params={"turn": "acceptance", "at": "2026-04-15T17:00:00.000000Z"},
        )
        said = text.explain(refusal, "id")
        assert said.message == (
            "Langkah tanda tangan pegawai berakhir pada 15 Apr 2026 24:00 WIB; "
            "tindakan ini diterima sesudahnya."
        )
        assert said.remedy

    def test_a_day_reads_as_people_write_it(self) -> None:
        refusal = Refusal(
            type=ErrorType.INVALID,
            rule="meeting.before_period",
            field="held_on",
            params={"date": "2026-05-03", "first": "2026-08-01"},
        )
        assert "3 Mei 2026" in text.explain(refusal, "id").message
        assert "1 Aug 2026" in text.explain(refusal, "en").message

    @pytest.mark.parametrize(
        ("until", "said"),
        [("2026-12-31T17:00:00.000000Z", "31 Des 2026 24:00 WIB"), ("2026-12-04", "4 Des 2026;")],
    )
    def test_a_limit_reads_as_people_write_it_be_it_a_day_or_an_instant(self, until, said) -> None:
        params = {"until": until, "last": "2026-11-27"}
        refusal = Refusal(type=ErrorType.DEADLINE_PASSED, rule="interim.late", params=params)
        assert said in text.explain(refusal, "id").message
        assert "27 Nov 2026" in text.explain(refusal, "id").message

    def test_choices_are_named_without_a_word_of_another_language(self) -> None:
        refusal = shape.check_body(*SHAPES["shape.choice"])
        assert isinstance(refusal, Refusal)
        assert text.explain(refusal, "id").remedy == "Pilih salah satu: above, meets, below."

    def test_a_rule_of_a_newer_version_is_still_named(self) -> None:
        said = text.explain(Refusal(type=ErrorType.NOT_NOW, rule="moon.full"), "id")
        assert "moon.full" in said.message


class TestSilence:
    """What a person typed is not repeated, least of all an identity number."""

    @pytest.mark.parametrize("key", ["199301222020121001", "Budi Contoh, NIP 1993", "a\n"])
    def test_an_unknown_field_is_named_only_if_it_looks_like_one(self, key: str) -> None:
        refusal = shape.check_body(Act.SIGN, {key: 1})
        assert isinstance(refusal, Refusal)
        assert refusal.field == "?"

    @pytest.mark.parametrize("rule", REFUSALS)
    def test_no_refusal_repeats_an_identity_number(self, rule: str) -> None:
        number = "199301222020121001"
        used = set().union(*(placeholders(sentence) for sentence in REFUSALS[rule].values()))
        params = dict.fromkeys(used - {"field", "at", "due_at", "date", "first", "on"}, number)
        for field in (number, f"results.{number}"):
            refusal = Refusal(type=ErrorType.INVALID, rule=rule, field=field, params=params)
            said = text.explain(refusal, "en")
            assert number not in said.message + said.remedy


class TestWords:
    @pytest.mark.parametrize("group", GROUPS)
    def test_every_code_has_words(self, group: str) -> None:
        assert set(WORDS[group]) == {member.value for member in GROUPS[group]}

    def test_every_act_has_words(self) -> None:
        assert set(WORDS["act"]) == {
            *code.Act,
            *code.OrganisationAct,
            *code.UnitAct,
            *code.RulesAct,
            *code.CalendarAct,
            *code.WebhookAct,
        }

    def test_every_exclusion_has_words(self) -> None:
        assert {*Exclusion, "in the roster"} == set(WORDS["exclusion"])

    def test_every_turn_and_rung_has_words(self) -> None:
        processes = [shipped(key) for key in kinds().values()]
        assert {t.name for p in processes for t in p.turn} == set(WORDS["turn"])
        ladder = {r.name for p in processes for x in p.ladders.values() for r in x.rungs}
        assert ladder | {"expire", "delegate", "horizon"} == set(WORDS["rung"])

    def test_every_source_that_is_no_instrument_has_words(self) -> None:
        decided = {
            str(rule.source)
            for versions in load_rules().spans.values()
            for rule in versions
            if rule.source.decision is not None
        }
        assert decided == set(WORDS["source"])

    def test_no_group_is_unused(self) -> None:
        assert {*GROUPS, "act", "turn", "rung", "exclusion", "source"} == set(WORDS)

    @pytest.mark.parametrize("group", WORDS)
    def test_both_languages_have_a_word(self, group: str) -> None:
        for name, entry in WORDS[group].items():
            assert set(entry) == {"id", "en"}, name
            assert all(said.strip() for said in entry.values()), name
            assert not placeholders(entry["id"] + entry["en"]), name

    def test_a_code_of_a_newer_version_is_shown_as_it_is(self) -> None:
        assert text.word("stage", "mediation", "id") == "mediation"


class TestNotices:
    def test_every_topic_has_a_line(self) -> None:
        assert set(NOTICES) == {topic.value for topic in Topic}

    @pytest.mark.parametrize("topic", Topic)
    def test_both_languages_say_the_same(self, topic: Topic) -> None:
        entry = NOTICES[topic]
        assert set(entry) == {"id", "en"}
        assert placeholders(entry["id"]) == placeholders(entry["en"])

    def test_a_line_is_filled_with_words(self) -> None:
        said = text.notice(Topic.CLOSED, "id", turn="acceptance", end=End.DEEMED_ACCEPTED)
        assert said == "Berkas Anda selesai: dianggap diterima."
        said = text.notice(Topic.TASK, "en", turn="acceptance", end=None)
        assert said == "Your turn: employee to sign or object."


class TestWhen:
    def test_midnight_belongs_to_the_day_that_ended(self) -> None:
        assert text.when(datetime(2026, 4, 6, 17, tzinfo=UTC), "id") == "6 Apr 2026 24:00 WIB"

    def test_a_second_late_shows_the_second(self) -> None:
        at = datetime(2026, 4, 6, 17, 0, 1, tzinfo=UTC)
        assert text.when(at, "en") == "7 Apr 2026 00:00:01 WIB"
