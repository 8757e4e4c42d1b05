"""The rules on the command line: for people, for machines, and for whoever mistypes."""

import json
import re
from datetime import date
from typing import Any, NoReturn

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.output import Exit, out
from cli.rules_view import value_text
from domain.regulation import load


@pytest.fixture
def say(monkeypatch):
    """Run ``siklus rules`` in this process; no stack is there."""

    def leave(code: int) -> NoReturn:
        raise SystemExit(code)

    monkeypatch.setattr("cli.output.leave", leave)
    monkeypatch.setattr(out, "width", 240)
    monkeypatch.setenv("SIKLUS_DATA", "/nonexistent")
    monkeypatch.setenv("SIKLUS_LANGUAGE", "en")

    def run(*line: str) -> Any:
        return CliRunner().invoke(app, ["rules", *line])

    return run


def words(text: str) -> str:
    return re.sub(r"[\s│]+", " ", text)


class TestList:
    def test_names_every_rule_of_the_day_with_its_status(self, say) -> None:
        rows = json.loads(say("list", "--on", "2026-03-01", "--json").stdout)
        rules = load().on(date(2026, 3, 1)).rules
        assert {r["id"]: r["status"] for r in rows} == {r.id: r.status for r in rules.values()}

    def test_leaves_out_what_does_not_hold_yet(self, say) -> None:
        before = say("list", "--on", "2025-12-31", "--json").stdout
        assert "progres_harian.wajib" not in before
        assert "progres_harian.wajib" in say("list", "--on", "2026-01-01", "--json").stdout

    def test_is_a_table_in_the_language_of_the_office(self, say, monkeypatch) -> None:
        assert "the decision is final" in words(say("list").stdout)
        monkeypatch.setenv("SIKLUS_LANGUAGE", "id")
        assert "putusannya final" in words(say("list").stdout)


class TestShow:
    def test_shows_sentence_parameters_source_and_status(self, say) -> None:
        said = words(say("show", "keberatan.jendela").stdout)
        for part in ("within 14 days", "days 14", "PP 30/2019, Pasal 59", "secondary"):
            assert part in said

    def test_marks_what_an_organisation_may_change(self, say) -> None:
        said = words(say("show", "skp.gate_lewat").stdout)
        assert "working_days (adjustable: 1..20) 10" in said
        assert "(adjustable)" not in words(say("show", "skp.versi_mengikat").stdout)

    def test_shows_the_version_of_the_day_among_all(self, say) -> None:
        said = words(say("show", "periode.jenis", "--on", "2024-06-30").stdout)
        assert "version 1 (shown) 2022-01-01 to 2025-01-12" in said
        assert "version 2 since 2025-01-13" in said
        shown = json.loads(say("show", "periode.jenis", "--on", "2025-01-13", "--json").stdout)
        assert (shown["version"], len(shown["versions"])) == (2, 2)
        assert shown["parameters"]["pppk_part_time"] == "triwulanan"

    def test_a_mistyped_id_is_answered_with_near_ones_and_a_remedy(self, say) -> None:
        result = say("show", "keberatan.jendla")
        assert result.exit_code == Exit.USAGE
        assert "near it: keberatan.jendela" in words(result.output)
        assert "siklus rules list shows all" in words(result.output)
        assert "jendla" not in result.output

    def test_a_rule_of_other_days_is_answered_with_them(self, say) -> None:
        result = say("show", "progres_harian.wajib", "--on", "2025-12-31")
        assert result.exit_code == Exit.USAGE
        assert "it is from 2026-01-01 to now; name a day of these with --on" in words(result.output)

    def test_a_day_is_a_date(self, say) -> None:
        assert say("show", "keberatan.jendela", "--on", "besok").exit_code == Exit.USAGE


class TestOwn:
    def test_without_a_running_stack_it_is_said_that_overrides_are_not_in_it(self, say) -> None:
        shown = say("show", "keberatan.jendela", "--json")
        assert "the organisation has set for itself is not in it" in words(shown.stderr)
        assert json.loads(shown.stdout)["overrides"] == []
        assert say("show", "keberatan.jendela", "--packs").stderr == ""

    def test_setting_one_needs_the_stack(self, say) -> None:
        line = ("set", "bulanan.jendela", "scoring=7", "--from", "2030-01-01", "--source", "SE 1")
        assert say(*line).exit_code == Exit.UNAVAILABLE


class TestDiff:
    def test_names_parameters_before_and_after(self, say) -> None:
        said = words(say("diff", "2025-01-12", "2025-01-13").stdout)
        assert "periode.jenis changes version 1, SIASN" in said
        assert "pppk_part_time - triwulanan" in said

    def test_says_what_begins_and_what_ends(self, say) -> None:
        forth = json.loads(say("diff", "2025-12-31", "2026-01-01", "--json").stdout)
        back = json.loads(say("diff", "2026-01-01", "2025-12-31", "--json").stdout)
        (begins,) = (c for c in forth if c["id"] == "progres_harian.wajib")
        (ends,) = (c for c in back if c["id"] == "progres_harian.wajib")
        assert (begins["change"], begins["before"]) == ("begins", None)
        assert (ends["change"], ends["after"]) == ("ends", None)
        assert begins["after"] == ends["before"]

    def test_a_rule_that_begins_has_nothing_before(self, say) -> None:
        said = words(say("diff", "2025-12-31", "2026-01-01").stdout)
        assert "progres_harian.wajib begins - version 1, " in said

    def test_says_that_nothing_differs(self, say) -> None:
        assert "the same rules hold on both days" in say("diff", "2026-03-01", "2026-03-02").stdout


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "yes"),
        (False, "no"),
        (3, "3"),
        (["a", 1], "a, 1"),
        ({"a": 1, "b": [1, 2], "c": None, "d": [3]}, "a 1; b (1, 2); d 3"),
        ([{"a": 1}, {"a": [{"b": 2}, {"b": 3}]}], "a 1\na ((b 2), (b 3))"),
        ([], ""),
    ],
)
def test_a_parameter_in_words(value, text) -> None:
    assert value_text(value) == text
