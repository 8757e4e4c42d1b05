"""The batch: every good request, the stream, and the command."""

import io
import json
from pathlib import Path
from typing import Any, NoReturn, cast

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.rules_batch import run_batch
from domain.regulation import load
from domain.rules.batch.answer import HANDLERS, answer
from domain.rules.batch.request import LONGEST_LINE, ErrorCode
from tests.unit.batch import (
    PREDICATE,
    TALENT,
    TODAY,
    ask,
    counts,
    run,
    with_,
)

GOOD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"rule": "predicate", "work_result": "DIATAS  ESPEKTASI", "behaviour": 3},
        {"predicate": "kurang", "code": 4},
    ),
    (
        {"rule": "predicate", "work_result": "meets", "behaviour": "1"},
        {"predicate": "baik", "code": 2},
    ),
    (
        {"rule": "distribution", "organisation": "Baik", "counts": counts("2/7/1/0/0")},
        {"ok": True, "findings": []},
    ),
    (
        {"rule": "distribution", "organisation": "istimewa", "counts": counts("0/0/0/0/0")},
        {"ok": True, "findings": []},
    ),
    (
        {"rule": "deadline", "from": "2026-03-10", "amount": 14, "unit": "calendar_days"},
        {"date": "2026-03-25"},
    ),
    (
        {"rule": "deadline", "from": "2026-03-17", "amount": 1, "unit": "working_days", "week": 5},
        {"date": "2026-03-25"},
    ),
    (
        {"rule": "deadline", "from": "2026-01-09", "amount": 1, "unit": "working_days", "week": 6},
        {"date": "2026-01-10"},
    ),
    (
        {"rule": "deadline", "from": "2026-01-09", "amount": 2, "unit": "calendar_days", "week": 6},
        {"date": "2026-01-12"},
    ),
    (
        {"rule": "deadline", "from": "2026-01-10", "amount": 0, "unit": "working_days"},
        {"date": "2026-01-12"},
    ),
    (
        {"rule": "identity_number", "value": "19641215 199003 1 009"},
        {
            "kind": "PNS",
            "born_on": "1964-12-15",
            "gender": "male",
            "normalised": "196412151990031009",
        },
    ),
    (
        {"rule": "identity_number", "value": "199312282025212001"},
        {
            "kind": "PPPK",
            "born_on": "1993-12-28",
            "gender": "female",
            "normalised": "199312282025212001",
        },
    ),
    (
        {"rule": "credit", "level": "AHLI_MADYA", "predicate": 3, "months": 12},
        {"credit": "28.13"},
    ),
    (
        {"rule": "credit", "level": "Pemula", "predicate": "Sangat Baik", "months": 12},
        {"credit": "5.63"},
    ),
    (
        {"rule": "legacy_predicate", "score": 110, "new_idea": True},
        {"predicate": "sangat_baik"},
    ),
    (
        {"rule": "legacy_predicate", "score": "89.99", "new_idea": True},
        {"predicate": "butuh_perbaikan"},
    ),
    (
        {"rule": "objection_window", "delivered_on": "2026-03-10", "period_kind": "tahunan"},
        {"until": "2026-03-25T23:59:59+07:00", "decision_due": "2026-04-15"},
    ),
    (
        {"rule": "objection_window", "delivered_on": "2026-04-13", "period_kind": "bulanan"},
        {"until": "2026-04-16T23:59:59+07:00", "decision_due": "2026-05-07"},
    ),
    (
        {"rule": "objection_window", "delivered_on": "2026-04-13", "period_kind": "triwulanan"},
        {"until": "2026-04-16T23:59:59+07:00", "decision_due": "2026-05-07"},
    ),
    (
        {"rule": "organisation_predicate_to_rating", "predicate": "Cukup"},
        {"work_result": "below", "code": 3},
    ),
    ({"rule": "talent_box", "performance": 80, "potential": "93.47"}, {"box": 9}),
    (
        {"rule": "period", "date": "2026-03-10", "kind": "triwulanan"},
        {
            "id": "2026-TW1",
            "start": "2026-01-01",
            "end": "2026-03-31",
            "label": "Triwulan I 2026",
        },
    ),
]


class TestGoodRequests:
    @pytest.mark.parametrize(("request_", "expected"), GOOD)
    def test_are_answered_with_reason_rule_and_source(self, request_, expected) -> None:
        found = ask(**request_)
        rule = load().on(TODAY).rule(found.pop("rule"))
        assert found.pop("source") == str(rule.source)
        assert found.pop("reason").endswith(".")
        assert found == expected

    def test_cover_every_rule(self) -> None:
        assert {request["rule"] for request, _ in GOOD} == set(HANDLERS)

    def test_findings_have_codes_numbers_and_sentences(self) -> None:
        request = {"rule": "distribution", "organisation": "Istimewa"}
        found = ask(**request, counts=counts("8/2/0/0/0"))
        (finding,) = found["findings"]
        assert found["ok"] is False
        assert finding.pop("sentence")["id"] == found["reason"]
        assert finding == {
            "code": "above_maximum",
            "severity": "warning",
            "predicates": ["sangat_baik"],
            "count": 8,
            "limit": 7,
            "total": 10,
            "percent": 70,
        }

    def test_a_unit_too_small_for_the_guide_is_not_in_order(self) -> None:
        found = ask(rule="distribution", organisation="Baik", counts=counts("0/1/0/0/0"))
        (finding,) = found["findings"]
        assert (found["ok"], finding["code"]) == (False, "unsatisfiable_small_n")
        assert finding["severity"] == "info"

    def test_a_number_is_read_exactly(self) -> None:
        line = b'{"rule":"legacy_predicate","score":109.99999999999999999999,"new_idea":true}'
        assert answer(line, TODAY)["predicate"] == "baik"
        line = b'{"rule":"legacy_predicate","score":1.1e2,"new_idea":true}'
        assert answer(line, TODAY)["predicate"] == "sangat_baik"

    def test_a_year_without_a_decree_is_said_to_be_provisional(self) -> None:
        found = ask(rule="deadline", **{"from": "2031-03-10"}, amount=3, unit="working_days")
        assert "sementara" in found["reason"]
        found = ask(rule="deadline", **{"from": "2026-03-10"}, amount=3, unit="working_days")
        assert "sementara" not in found["reason"]

    def test_the_law_of_another_day_may_be_asked_for(self) -> None:
        request: dict[str, Any] = {"rule": "predicate", "work_result": 1, "behaviour": 1}
        assert ask(**request, on="2022-06-30")["predicate"] == "sangat_baik"
        assert ask(**request, on="2021-12-31")["error"]["code"] == "not_in_force"


class TestStream:
    LINE = json.dumps(PREDICATE).encode()

    def test_a_blank_line_has_no_answer(self) -> None:
        blank = b"\n \n\t\r\n" + b" " * 2 * LONGEST_LINE + b"\n"
        assert len(run(blank + self.LINE + b"\n" + blank)) == 1
        assert run(b"") == run(b" \r") == []

    def test_a_line_may_end_as_on_windows_or_with_the_stream(self) -> None:
        assert len(run(self.LINE + b"\r\n" + self.LINE)) == 2

    def test_a_byte_order_mark_is_ignored_at_the_start_only(self) -> None:
        found = run(b"\xef\xbb\xbf" + self.LINE + b"\n\xef\xbb\xbf" + self.LINE)
        assert found[0]["predicate"] == "sangat_baik"
        assert found[1]["error"]["code"] == "invalid_json"

    def test_the_longest_line_is_answered(self) -> None:
        padded = self.LINE + b" " * (LONGEST_LINE - len(self.LINE))
        one_more = padded + b" "
        found = run(padded + b"\r\n" + one_more + b"\n" + padded)
        assert ["error" in each for each in found] == [False, True, False]

    def test_an_answer_is_out_before_the_next_line_is_read(self) -> None:
        written = io.BytesIO()

        class Asking(io.BytesIO):
            asked = 0

            def readline(self, size: int | None = -1, /) -> bytes:
                assert written.getvalue().count(b"\n") == self.asked
                self.asked += 1
                return super().readline(size)

        source = Asking((self.LINE + b"\n") * 3)
        run_batch(source, io.BufferedWriter(cast(io.RawIOBase, written)), TODAY)
        assert source.asked == 4

    def test_a_defect_costs_one_answer(self, monkeypatch, capsys) -> None:
        def defect(*_: object) -> NoReturn:
            raise ZeroDivisionError

        monkeypatch.setitem(HANDLERS, "talent_box", defect)
        found = run(with_(TALENT) + b"\n" + self.LINE)
        assert found[0]["error"]["code"] == "defect"
        assert found[1]["predicate"] == "sangat_baik"
        assert "ZeroDivisionError" in capsys.readouterr().err


class TestCommand:
    @pytest.fixture
    def say(self, monkeypatch):
        def leave(code: int) -> NoReturn:
            raise SystemExit(code)

        monkeypatch.setattr("cli.output.leave", leave)
        return lambda *line, input="": CliRunner().invoke(app, ["rules", *line], input=input)

    def test_answers_and_ends_well(self, say) -> None:
        result = say("--batch", input=json.dumps(PREDICATE) + "\nnope\n\n")
        assert result.exit_code == 0
        first, second = map(json.loads, result.stdout.splitlines())
        assert (first["code"], second["error"]["code"]) == (1, "invalid_json")

    def test_takes_no_command(self, say) -> None:
        result = say("--batch", "list")
        assert result.exit_code == 2
        assert "takes no command" in result.output

    def test_the_manual_names_every_rule_and_every_error(self) -> None:
        manual = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
        said = manual.split("## Rules in a batch")[1].split("\n## ")[0]
        for name in (*HANDLERS, *ErrorCode):
            assert f"`{name}`" in said, name

    def test_help_shows_an_example(self, say) -> None:
        assert "siklus rules --batch" in " ".join(say("--help").output.split())
