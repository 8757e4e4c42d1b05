"""Every code and every refusal has its words, in both languages, with the same placeholders."""

import re
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.process import MONTHLY, load
from domain.roster import Exclusion
from schemas import code, text
from schemas.error import ErrorType, Refusal

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "gateway", "storage")
RULE = re.compile(r'rule="([a-z_.]+)"|"((?:shape|meeting|objection|report|result)\.[a-z_.]+)"')


def rules_in_code() -> set[str]:
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            found |= {a or b for a, b in RULE.findall(path.read_text(encoding="utf-8"))}
    return found


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


REFUSALS = text._catalogue("refusals")
WORDS = text._catalogue("words")
GROUPS = {
    "stage": code.Stage,
    "role": code.Role,
    "end": code.End,
    "event": code.EventKind,
    "topic": code.Topic,
    "predicate": code.Predicate,
    "rating": code.Rating,
}


class TestRefusals:
    def test_the_catalogue_holds_exactly_the_rules_of_the_code(self) -> None:
        assert len(rules_in_code()) > 30
        assert rules_in_code() == set(REFUSALS)

    @pytest.mark.parametrize("rule", REFUSALS)
    def test_both_languages_say_the_same(self, rule: str) -> None:
        entry = REFUSALS[rule]
        assert set(entry) == {"id", "en", "remedy_id", "remedy_en"}
        assert all(sentence.strip() for sentence in entry.values())
        assert placeholders(entry["id"]) == placeholders(entry["en"])
        assert placeholders(entry["remedy_id"]) == placeholders(entry["remedy_en"])

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


class TestWords:
    @pytest.mark.parametrize("group", GROUPS)
    def test_every_code_has_words(self, group: str) -> None:
        assert set(WORDS[group]) == {member.value for member in GROUPS[group]}

    def test_every_act_has_words(self) -> None:
        assert set(WORDS["act"]) == {*code.Act, *code.OrganisationAct}

    def test_every_exclusion_has_words(self) -> None:
        assert {*Exclusion, "in the roster"} == set(WORDS["exclusion"])

    def test_every_turn_and_rung_has_words(self) -> None:
        process = load(MONTHLY)
        assert {t.name for t in process.turn} == set(WORDS["turn"])
        ladder = {r.name for x in process.ladders.values() for r in x.rungs}
        assert ladder | {"expire", "delegate", "horizon"} == set(WORDS["rung"])

    @pytest.mark.parametrize("group", WORDS)
    def test_both_languages_say_the_same(self, group: str) -> None:
        for name, entry in WORDS[group].items():
            assert set(entry) == {"id", "en"}, name
            assert placeholders(entry["id"]) == placeholders(entry["en"]), name


class TestWhen:
    def test_midnight_belongs_to_the_day_that_ended(self) -> None:
        assert text.when(datetime(2026, 4, 6, 17, tzinfo=UTC), "id") == "6 Apr 2026 24:00 WIB"

    def test_a_second_late_shows_the_second(self) -> None:
        at = datetime(2026, 4, 6, 17, 0, 1, tzinfo=UTC)
        assert text.when(at, "en") == "7 Apr 2026 00:00:01 WIB"
