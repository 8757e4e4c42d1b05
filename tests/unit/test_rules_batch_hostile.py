"""Every way to be wrong that we could think of: a line of its own error, that stops no other."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from domain.rules.batch.answer import answer
from domain.rules.batch.request import LONGEST_LINE, ErrorCode
from tests.unit.batch import (
    CREDIT,
    DEADLINE,
    LEADER,
    LEGACY,
    NUMBER,
    OBJECTION,
    PERIOD,
    PREDICATE,
    SPREAD,
    TALENT,
    TODAY,
    counts,
    run,
    with_,
)


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
