"""The batch: every good request, every way to be wrong, and no line that stops another."""

import io
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, cast

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.rules_batch import run_batch
from domain.regulation import load
from domain.rules.batch.answer import HANDLERS, answer
from domain.rules.batch.request import LONGEST_LINE, ErrorCode
from schemas.code import Predicate

TODAY = date(2026, 11, 24)


def ask(**request: Any) -> Any:
    return answer(json.dumps(request).encode(), TODAY)


def run(source: bytes) -> list[Any]:
    target = io.BytesIO()
    run_batch(io.BytesIO(source), target, TODAY)
    return [json.loads(line) for line in target.getvalue().splitlines()]


def counts(text: str) -> dict[str, int]:
    return dict(zip(Predicate, map(int, text.split("/")), strict=True))


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


PREDICATE = {"rule": "predicate", "work_result": 1, "behaviour": 1}
DEADLINE = {"rule": "deadline", "from": "2026-03-10", "amount": 3, "unit": "working_days"}
SPREAD = {"rule": "distribution", "organisation": "Baik", "counts": counts("2/7/1/0/0")}
CREDIT = {"rule": "credit", "level": "Mahir", "predicate": "Baik", "months": 12}
LEGACY = {"rule": "legacy_predicate", "score": 100, "new_idea": False}
OBJECTION = {"rule": "objection_window", "delivered_on": "2026-03-10", "period_kind": "tahunan"}
TALENT = {"rule": "talent_box", "performance": 80, "potential": 80}
PERIOD = {"rule": "period", "date": "2026-03-10", "kind": "bulanan"}
NUMBER = {"rule": "identity_number", "value": "199301222020121003"}
LEADER = {"rule": "organisation_predicate_to_rating", "predicate": "Baik"}


def with_(request: dict[str, Any], **changed: Any) -> bytes:
    return json.dumps({**request, **changed}).encode()


def without(request: dict[str, Any], name: str) -> bytes:
    return json.dumps({k: v for k, v in request.items() if k != name}).encode()


def raw(request: dict[str, Any], name: str, value: bytes) -> bytes:
    """The request with one value written as given, which need not be JSON."""
    return with_(request, **{name: "HERE"}).replace(b'"HERE"', value)


def spread(**changed: Any) -> bytes:
    return with_(SPREAD, counts={**counts("2/7/1/0/0"), **changed})


BAD_NUMBERS: tuple[Any, ...] = (
    *("199301332020121001", "199301222020131001", "199301212020123001", "199302302020121001"),
    *("1993012120201210011", "19930121202012100", "", "199301222020121000", "19930122202012100x"),
    *("1.99301222020121e17", "\ud800", "\u0661" * 18, None, True, [], {}, 199301222020121003, 1.5),
)

HOSTILE: dict[ErrorCode, list[bytes]] = {
    ErrorCode.TOO_LONG: [
        b"x" * (LONGEST_LINE + 1),
        b'{"rule":"' + b"y" * 3 * LONGEST_LINE + b'"}',
        b" " * (LONGEST_LINE + 10) + b"{}",
        with_(PREDICATE, work_result="a" * LONGEST_LINE),
    ],
    ErrorCode.INVALID_UTF8: [
        b"\xff",
        b'{"rule":"\xff"}',
        b"\xc3\x28",
        b"\xed\xa0\x80",
        json.dumps(PREDICATE).encode("utf-16"),
        b"\x80" * 100,
    ],
    ErrorCode.INVALID_JSON: [
        b"nope",
        b"{",
        b"}",
        b"{}{}",
        b"\0",
        b'{"rule":"pre\0dicate"}',
        b'{"rule":"predicate",}',
        b"{'rule':'predicate'}",
        b'{"rule":predicate}',
        b'{"rule" "predicate"}',
        b'"unfinished',
        b'"\\u12"',
        b"{}//",
        b"\x0b",
        b"\xc2\xa0",
        b"NaN",
        b"[" * 60_000,
        b'{"a":' * 12_000,
        b"[" * 30_000 + b"]" * 30_000,
        raw(LEGACY, "score", b"NaN"),
        raw(LEGACY, "score", b"Infinity"),
        raw(LEGACY, "score", b"-Infinity"),
        raw(LEGACY, "score", b"+100"),
        raw(LEGACY, "score", b"0x64"),
        raw(LEGACY, "score", b"0100"),
        raw(LEGACY, "score", b"100."),
        raw(LEGACY, "score", b".5"),
        raw(LEGACY, "new_idea", b"True"),
    ],
    ErrorCode.DUPLICATE_KEY: [
        b'{"rule":"predicate","rule":"predicate"}',
        b'{"rule":"predicate","work_result":1,"behaviour":1,"behaviour":3}',
        b'{"rule":"predicate","\\u0072ule":"period"}',
        b'{"rule":"x","nested":{"a":1,"a":1}}',
    ],
    ErrorCode.NOT_AN_OBJECT: [b"[]", b'[{"rule":"predicate"}]', b"1", b'"rule"', b"null", b"true"],
    ErrorCode.UNKNOWN_RULE: [
        with_(PREDICATE, rule="predikat"),
        with_(PREDICATE, rule="Predicate"),
        with_(PREDICATE, rule=" predicate"),
        with_(PREDICATE, rule=""),
        with_(PREDICATE, rule="__class__"),
        with_(PREDICATE, rule="\ud800"),
    ],
    ErrorCode.UNKNOWN_FIELD: [
        with_(PREDICATE, extra=1),
        with_(PREDICATE, **{"": None}),
        with_(DEADLINE, Week=5),
        with_(LEGACY, newIdea=True),
        spread(istimewa=1),
        with_(NUMBER, **{"199301222020121003": 1}),
    ],
    ErrorCode.MISSING_FIELD: [
        b"{}",
        b'{"Rule":"predicate"}',
        b'{"rule":"predicate"}',
        *(without(PREDICATE, name) for name in PREDICATE),
        *(without(DEADLINE, name) for name in DEADLINE),
        *(without(CREDIT, name) for name in CREDIT),
        *(without(OBJECTION, name) for name in OBJECTION),
        without(LEGACY, "new_idea"),
        with_(SPREAD, counts={}),
        with_(SPREAD, counts={"baik": 3}),
    ],
    ErrorCode.WRONG_TYPE: [
        with_(PREDICATE, rule=1),
        with_(PREDICATE, rule=None),
        with_(PREDICATE, rule=["predicate"]),
        with_(PREDICATE, work_result=True),
        with_(PREDICATE, work_result=1.0),
        with_(PREDICATE, work_result=None),
        with_(PREDICATE, work_result=[1]),
        with_(PREDICATE, work_result={"label": "above"}),
        with_(DEADLINE, amount="3"),
        with_(DEADLINE, amount=3.0),
        with_(DEADLINE, amount=True),
        with_(DEADLINE, amount=None),
        with_(DEADLINE, unit=5),
        with_(DEADLINE, week="5"),
        with_(DEADLINE, week=None),
        with_(DEADLINE, **{"from": 20260310}),
        with_(SPREAD, counts=[2, 7, 1, 0, 0]),
        with_(SPREAD, counts=None),
        spread(baik="7"),
        spread(baik=7.0),
        spread(baik=False),
        with_(CREDIT, months=12.0),
        with_(CREDIT, level=7.5),
        with_(LEGACY, new_idea="true"),
        with_(LEGACY, new_idea=1),
        with_(LEGACY, new_idea=None),
        with_(LEGACY, score=True),
        with_(LEGACY, score=None),
        with_(LEGACY, score=""),
        with_(LEGACY, score="1e2"),
        with_(LEGACY, score="NaN"),
        with_(LEGACY, score="-1"),
        with_(LEGACY, score=" 100"),
        with_(LEGACY, score="109,99"),
        with_(LEGACY, score="\u0661\u0660\u0660"),
        with_(LEGACY, score="1_0"),
        with_(TALENT, performance=[80]),
        with_(TALENT, potential=True),
        with_(PERIOD, kind=None),
        with_(PERIOD, on=20260310),
        with_(OBJECTION, period_kind=["tahunan"]),
        with_(OBJECTION, delivered_on=None),
    ],
    ErrorCode.UNKNOWN_VALUE: [
        with_(PREDICATE, work_result="Luar Biasa"),
        with_(PREDICATE, work_result=""),
        with_(PREDICATE, work_result=0),
        with_(PREDICATE, work_result=4),
        with_(PREDICATE, work_result=-1),
        with_(PREDICATE, work_result="above\0"),
        with_(PREDICATE, work_result="\ud800"),
        with_(PREDICATE, behaviour="baik"),
        with_(PREDICATE, behaviour=10**900),
        with_(SPREAD, organisation="Sangat Baik"),
        with_(SPREAD, organisation=1),
        with_(CREDIT, level="Ahli"),
        with_(CREDIT, level=1),
        with_(CREDIT, predicate="Cukup"),
        with_(CREDIT, predicate=6),
        with_(LEADER, predicate="luar biasa"),
        with_(DEADLINE, unit="days"),
        with_(DEADLINE, unit="WORKING_DAYS"),
        with_(OBJECTION, period_kind="semesteran"),
        with_(OBJECTION, period_kind=""),
        with_(PERIOD, kind="mingguan"),
    ],
    ErrorCode.OUT_OF_RANGE: [
        with_(DEADLINE, amount=-1),
        with_(DEADLINE, amount=10**6),
        with_(DEADLINE, amount=10**900),
        raw(DEADLINE, "amount", b"9" * 5_000),
        raw(DEADLINE, "amount", b"-" + b"9" * 50_000),
        with_(DEADLINE, week=7),
        with_(DEADLINE, week=0),
        with_(DEADLINE, **{"from": "9999-12-31"}),
        with_(DEADLINE, **{"from": "9999-12-31"}, unit="calendar_days"),
        spread(baik=-1),
        spread(baik=10**9),
        with_(CREDIT, months=0),
        with_(CREDIT, months=13),
        with_(LEGACY, score=-1),
        with_(LEGACY, score=121),
        with_(LEGACY, score="120.01"),
        raw(LEGACY, "score", b"1e999999999"),
        raw(LEGACY, "score", b"1e99999999999999999999"),
        raw(LEGACY, "score", b"-1e-9"),
        raw(LEGACY, "score", b"1." + b"0" * 2_000),
        with_(TALENT, performance=-1),
        with_(TALENT, potential=100.01),
        raw(TALENT, "potential", b"1e400"),
        with_(OBJECTION, delivered_on="9999-12-25"),
        with_(PERIOD, date="1999-12-31"),
        with_(PERIOD, date="2100-01-01"),
    ],
    ErrorCode.INVALID_DATE: [
        with_(DEADLINE, **{"from": "2026-02-30"}),
        with_(DEADLINE, **{"from": "2026-13-01"}),
        with_(DEADLINE, **{"from": "0000-01-01"}),
        with_(DEADLINE, **{"from": "20260310"}),
        with_(DEADLINE, **{"from": "2026-W11-2"}),
        with_(DEADLINE, **{"from": "2026-3-1"}),
        with_(DEADLINE, **{"from": "2026-03-10T00:00:00"}),
        with_(DEADLINE, **{"from": " 2026-03-10"}),
        with_(DEADLINE, **{"from": "2026-03-10\n"}),
        with_(DEADLINE, **{"from": "٢٠٢٦-03-10"}),
        with_(DEADLINE, **{"from": ""}),
        with_(OBJECTION, delivered_on="10/03/2026"),
        with_(PERIOD, date="2027-02-29"),
        with_(PERIOD, on="today"),
    ],
    ErrorCode.INVALID_IDENTITY_NUMBER: [with_(NUMBER, value=value) for value in BAD_NUMBERS],
}
LINES = [(line, code) for code, lines in HOSTILE.items() for line in lines]


class TestHostileLines:
    def test_are_many(self) -> None:
        assert len(LINES) >= 200
        assert len({line for line, _ in LINES}) >= 200

    @pytest.mark.parametrize("code", HOSTILE)
    def test_get_the_error_that_says_why(self, code) -> None:
        for line in HOSTILE[code]:
            found: Any = answer(line, TODAY)
            assert (found["error"]["code"], line[:200]) == (code, line[:200])
            assert set(found["error"]) == {"code", "message"}

    def test_never_stop_the_stream(self) -> None:
        good = json.dumps(PREDICATE).encode()
        found = run(b"".join(line + b"\n" + good + b"\n" for line, _ in LINES))
        assert [each["error"]["code"] for each in found[::2]] == [code for _, code in LINES]
        assert all(each["predicate"] == "sangat_baik" for each in found[1::2])
        assert len(found) == 2 * len(LINES)

    def test_are_not_repeated(self) -> None:
        secret = "199301222020121000"
        lines: Iterable[bytes] = (
            with_(NUMBER, value=secret),
            with_(PREDICATE, work_result=secret),
            with_(PREDICATE, rule=secret),
            with_(PREDICATE, **{secret: secret}),
            with_(DEADLINE, **{"from": secret}),
            with_(PERIOD, kind=secret),
            raw(LEGACY, "score", secret.encode()),
            secret.encode() + b"x",
        )
        for line in lines:
            assert secret not in json.dumps(answer(line, TODAY))


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
