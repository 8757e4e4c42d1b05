"""What the batch says, word for word: the reason in Bahasa, and which field is wrong and why."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.override import with_override
from domain.regulation import load
from domain.rulebook import Override
from domain.rules.batch.answer import answer
from domain.rules.batch.request import ErrorCode, Fields, Problem
from domain.rules.batch.time import answer_objection
from schemas.code import Predicate

TODAY = date(2026, 11, 24)
DEADLINE = {"rule": "deadline", "from": "2026-03-10", "amount": 14, "unit": "calendar_days"}
PREDICATE = {"rule": "predicate", "work_result": 1, "behaviour": 3}
CREDIT = {"rule": "credit", "level": "Ahli Madya", "predicate": 3, "months": 12}
LEGACY = {"rule": "legacy_predicate", "score": 110, "new_idea": True}
TALENT = {"rule": "talent_box", "performance": 80, "potential": "93.47"}
OBJECTION = {"rule": "objection_window", "delivered_on": "2026-04-13", "period_kind": "bulanan"}
PERIOD = {"rule": "period", "date": "2026-03-10", "kind": "triwulanan"}
NUMBER = {"rule": "identity_number", "value": "199301222020121003"}
LEADER = {"rule": "organisation_predicate_to_rating", "predicate": "Cukup"}


def counts(text: str, **changed: Any) -> dict[str, Any]:
    return {**dict(zip(Predicate, map(int, text.split("/")), strict=True)), **changed}


SPREAD = {"rule": "distribution", "organisation": "Baik", "counts": counts("2/7/1/0/0")}


def said(line: bytes) -> str:
    found: Any = answer(line, TODAY)
    return str(found["error"]["message"] if "error" in found else found["reason"])


def ask(request: dict[str, Any], **changed: Any) -> str:
    return said(json.dumps({**request, **changed}).encode())


class TestReasons:
    @pytest.mark.parametrize(
        ("request_", "reason"),
        [
            (
                PREDICATE,
                (
                    "Hasil kerja di atas ekspektasi dan perilaku kerja di bawah ekspektasi: "
                    "predikat Kurang."
                ),
            ),
            (
                SPREAD,
                "Sebaran predikat 10 pegawai sesuai dengan pedoman organisasi berpredikat Baik.",
            ),
            (
                {**SPREAD, "counts": counts("1/9/0/0/0")},
                (
                    "9 dari 10 pegawai berpredikat Baik; pada organisasi Baik paling banyak 7 (70%). "
                    "0 dari 10 pegawai berpredikat Butuh Perbaikan dan/atau Kurang; "
                    "pada organisasi Baik paling sedikit 1."
                ),
            ),
            (
                DEADLINE,
                (
                    "14 hari kalender setelah Selasa, 10 Maret 2026 berakhir pada Rabu, 25 Maret 2026 "
                    "(bergeser dari Selasa, 24 Maret 2026, yang bukan hari kerja)."
                ),
            ),
            (
                {**DEADLINE, "from": "2026-03-11"},
                "14 hari kalender setelah Rabu, 11 Maret 2026 berakhir pada Rabu, 25 Maret 2026.",
            ),
            (
                {**OBJECTION, "delivered_on": "2026-03-10", "period_kind": "tahunan"},
                (
                    "Keberatan dapat diajukan sampai akhir Rabu, 25 Maret 2026 WIB (bergeser dari "
                    "Selasa, 24 Maret 2026, yang bukan hari kerja) dan diputus paling lambat Rabu, 15 April 2026."
                ),
            ),
            (
                {**DEADLINE, "from": "2026-01-09", "amount": 1, "unit": "working_days", "week": 6},
                "1 hari kerja setelah Jumat, 9 Januari 2026 berakhir pada Sabtu, 10 Januari 2026.",
            ),
            (
                {**DEADLINE, "from": "2026-12-30", "amount": 900, "unit": "working_days"},
                (
                    "900 hari kerja setelah Rabu, 30 Desember 2026 berakhir pada Senin, 17 Juni 2030 "
                    "(sementara: hari libur tahun 2027, 2028, 2029 belum ditetapkan)."
                ),
            ),
            (
                {**DEADLINE, "from": "2027-12-30", "amount": 5, "unit": "working_days"},
                (
                    "5 hari kerja setelah Kamis, 30 Desember 2027 berakhir pada Kamis, 6 Januari 2028 "
                    "(sementara: hari libur tahun 2027, 2028 belum ditetapkan)."
                ),
            ),
            (NUMBER, "Nomor 18 angka ini berbentuk NIP yang sah."),
            (
                {**NUMBER, "value": "199312282025212001"},
                "Nomor 18 angka ini berbentuk NI PPPK yang sah.",
            ),
            (
                CREDIT,
                (
                    "Ahli Madya dengan predikat Butuh Perbaikan selama 12 bulan: "
                    "37,5 x 75% x 12/12 = 28,13."
                ),
            ),
            (LEGACY, "Menurut skala lama nilai ini berpredikat Sangat Baik."),
            (
                {**LEGACY, "score": 80},
                "Menurut skala lama nilai ini berpredikat Cukup, yang kini dibaca Butuh Perbaikan.",
            ),
            (
                OBJECTION,
                (
                    "Keberatan dapat diajukan sampai akhir Kamis, 16 April 2026 WIB dan diputus "
                    "paling lambat Kamis, 7 Mei 2026."
                ),
            ),
            (
                LEADER,
                (
                    "Organisasi berpredikat Butuh Perbaikan: "
                    "rating hasil kerja pimpinannya di bawah ekspektasi."
                ),
            ),
            (
                TALENT,
                (
                    "Skor kinerja dan potensial dengan batas 60 dan 80 "
                    "menempatkan pegawai pada kotak 9."
                ),
            ),
            (PERIOD, "Selasa, 10 Maret 2026 termasuk periode Triwulan I 2026."),
            (
                {**PERIOD, "date": "2026-08-16", "kind": "semesteran"},
                "Minggu, 16 Agustus 2026 termasuk periode Semester II 2026.",
            ),
        ],
    )
    def test_are_sentences_of_the_office(self, request_, reason) -> None:
        assert ask(request_) == reason

    def test_a_finding_is_said_in_both_languages(self) -> None:
        request = {**SPREAD, "organisation": "Istimewa", "counts": counts("4/6/0/0/0")}
        found: Any = answer(json.dumps(request).encode(), TODAY)
        assert found["findings"] == [
            {
                "code": "not_dominant",
                "severity": "info",
                "predicates": ["sangat_baik"],
                "count": 4,
                "limit": 6,
                "total": 10,
                "percent": None,
                "sentence": {
                    "id": "4 dari 10 pegawai berpredikat Sangat Baik, padahal pada organisasi "
                    "Istimewa predikat itu sebagian besar.",
                    "en": "4 of 10 have Sangat Baik, which should be the most frequent in an "
                    "organisation rated Istimewa.",
                },
            }
        ]


class TestMessages:
    @pytest.mark.parametrize(
        ("request_", "changed", "message"),
        [
            (PREDICATE, {"work_result": True}, "work_result is a label or a code"),
            (
                PREDICATE,
                {"behaviour": "baik"},
                "behaviour: this is no rating; known are above, meets, below and their codes",
            ),
            (PREDICATE, {"rule": 1}, "rule is a text"),
            (
                PREDICATE,
                {"extra": 1},
                "there is an unknown field; known are work_result, behaviour",
            ),
            (
                DEADLINE,
                {"Week": 5},
                "there is an unknown field; known are from, amount, unit, week",
            ),
            (DEADLINE, {"amount": "3"}, "amount is a whole number"),
            (DEADLINE, {"amount": -1}, "amount is 0 to 10000"),
            (DEADLINE, {"amount": 10_001}, "amount is 0 to 10000"),
            (DEADLINE, {"week": 4}, "week is 5 to 6"),
            (DEADLINE, {"week": 7}, "week is 5 to 6"),
            (DEADLINE, {"unit": "days"}, "unit is one of working_days, calendar_days"),
            (DEADLINE, {"from": "2026-02-30"}, "from is a day of the calendar, YYYY-MM-DD"),
            (DEADLINE, {"from": "10/03/2026"}, "from is a day of the calendar, YYYY-MM-DD"),
            (DEADLINE, {"from": "9999-12-31"}, "from is too far from today"),
            (SPREAD, {"counts": []}, "counts is an object"),
            (SPREAD, {"counts": counts("2/7/1/0/0", baik="7")}, "counts.baik is a whole number"),
            (SPREAD, {"counts": counts("2/7/1/0/0", baik=-1)}, "counts.baik is 0 to 1000000"),
            (SPREAD, {"counts": {}}, "the field counts.sangat_baik is missing"),
            (
                SPREAD,
                {"counts": counts("2/7/1/0/0", istimewa=1)},
                (
                    "there is an unknown field; known are counts.sangat_baik, counts.baik, "
                    "counts.butuh_perbaikan, counts.kurang, counts.sangat_kurang"
                ),
            ),
            (
                SPREAD,
                {"organisation": 1},
                (
                    "organisation: this is no predicate of an organisation; known are istimewa, baik, "
                    "butuh_perbaikan, kurang, sangat_kurang and their codes"
                ),
            ),
            (CREDIT, {"months": 0}, "months is 1 to 12"),
            (CREDIT, {"months": 13}, "months is 1 to 12"),
            (
                CREDIT,
                {"level": "Ahli"},
                (
                    "level: this is no level of a functional post; known are pemula, terampil, mahir, "
                    "penyelia, ahli_pertama, ahli_muda, ahli_madya, ahli_utama and their codes"
                ),
            ),
            (LEGACY, {"new_idea": 1}, "new_idea is true or false"),
            (LEGACY, {"score": "1e2"}, "score is a number, or its digits as a text such as 109.99"),
            (LEGACY, {"score": 121}, "score is 0 to 120"),
            (TALENT, {"performance": -1}, "performance is 0 to 100"),
            (TALENT, {"potential": 100.01}, "potential is 0 to 100"),
            (OBJECTION, {"delivered_on": "9999-12-25"}, "delivered_on is too far from today"),
            (
                OBJECTION,
                {"period_kind": "semesteran"},
                "period_kind is one of bulanan, triwulanan, tahunan",
            ),
            (PERIOD, {"date": "1999-12-31"}, "date lies in 2000 to 2099"),
            (PERIOD, {"date": "2100-01-01"}, "date lies in 2000 to 2099"),
            (PERIOD, {"on": "today"}, "on is a day of the calendar, YYYY-MM-DD"),
            (
                NUMBER,
                {"value": "199301332020121001"},
                "value: Digits 1 to 8 are no date of birth (YYYYMMDD). (birth_date)",
            ),
            (
                NUMBER,
                {"rule": "x"},
                (
                    "rule is one of predicate, distribution, deadline, identity_number, credit, "
                    "legacy_predicate, objection_window, organisation_predicate_to_rating, talent_box, "
                    "period"
                ),
            ),
        ],
    )
    def test_name_the_field_and_what_it_is(self, request_, changed, message) -> None:
        assert ask(request_, **changed) == message

    @pytest.mark.parametrize("request_", [PREDICATE, SPREAD, DEADLINE, CREDIT, LEGACY, TALENT])
    def test_name_every_missing_field(self, request_) -> None:
        for name in request_:
            line = json.dumps({k: v for k, v in request_.items() if k != name}).encode()
            assert said(line) == f"the field {name} is missing"

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            (b"x" * 65_537, "a line has at most 65536 bytes"),
            (b"\xff", "the line is not UTF-8"),
            (b'{"rule":predicate}', "the line is not JSON at character 9"),
            (b"[" * 60_000, "the line is nested too deeply"),
            (b'{"a":NaN}', "NaN and Infinity are not JSON"),
            (b'{"a":1,"a":1}', "a key appears twice"),
            (b"[]", "a request is a JSON object"),
            (b'{"a":' + b"9" * 1_001 + b"}", "a number is too long"),
            (b'{"a":1e99999999999999999999}', "a number is too large"),
        ],
    )
    def test_say_why_a_line_is_none(self, line, message) -> None:
        assert said(line) == message


class TestBounds:
    """The largest and smallest that are still answered."""

    @pytest.mark.parametrize(
        ("request_", "changed"),
        [
            (DEADLINE, {"amount": 0}),
            (DEADLINE, {"amount": 10_000}),
            (SPREAD, {"counts": counts("0/0/0/0/0", baik=1_000_000)}),
            (CREDIT, {"months": 1}),
            (CREDIT, {"months": 12}),
            (LEGACY, {"score": 0}),
            (LEGACY, {"score": 120}),
            (TALENT, {"performance": 0, "potential": 100}),
            (TALENT, {"performance": 100, "potential": 0}),
            (PERIOD, {"date": "2000-01-01"}),
            (PERIOD, {"date": "2099-12-31"}),
        ],
    )
    def test_are_answered(self, request_, changed) -> None:
        assert ask(request_, **changed).endswith(".")

    def test_a_number_may_have_a_thousand_digits(self) -> None:
        digits = b"9" * 1_000
        line = json.dumps(DEADLINE).encode().replace(b"14", digits)
        assert said(line) == "amount is 0 to 10000"


class TestObjection:
    """What an organisation has set for itself decides, and a window that is far away is none."""

    @staticmethod
    def asked(kind: str, day: str, rule: str, values: dict[str, Any]) -> Any:
        order = Override(
            1, rule, values, date(2026, 1, 1), "SK 1", datetime(2026, 1, 1, tzinfo=UTC)
        )
        rules = with_override(load(), order).on(date(2026, 3, 1))
        return answer_objection(Fields({"delivered_on": day, "period_kind": kind}), rules)

    @pytest.mark.parametrize("kind", ["bulanan", "triwulanan"])
    def test_to_a_month_or_quarter_may_be_closed(self, kind: str) -> None:
        with pytest.raises(Problem) as caught:
            self.asked(kind, "2026-04-13", "keberatan.periodik", {"is_open": False})
        found = caught.value.code, caught.value.message
        assert found == (ErrorCode.NOT_OPEN, "nobody may object to such a result")

    def test_to_a_year_may_count_working_days_which_never_move(self) -> None:
        found = self.asked("tahunan", "2026-03-10", "keberatan.hitungan", {"kind": "kerja"})
        assert found == {
            "until": "2026-04-07T23:59:59+07:00",
            "decision_due": "2026-04-27",
            "reason": (
                "Keberatan dapat diajukan sampai akhir Selasa, 7 April 2026 WIB dan diputus "
                "paling lambat Senin, 27 April 2026."
            ),
            "rule": "keberatan.jendela",
            "source": "PP 30/2019, Pasal 59",
        }

    def test_that_moved_says_from_where(self) -> None:
        found = ask({**OBJECTION, "delivered_on": "2026-03-10", "period_kind": "tahunan"})
        assert found == (
            "Keberatan dapat diajukan sampai akhir Rabu, 25 Maret 2026 WIB (bergeser dari "
            "Selasa, 24 Maret 2026, yang bukan hari kerja) dan diputus paling lambat "
            "Rabu, 15 April 2026."
        )

    def test_into_a_year_without_a_decree_is_provisional(self) -> None:
        found = ask({**OBJECTION, "delivered_on": "2026-12-22"})
        assert found == (
            "Keberatan dapat diajukan sampai akhir Selasa, 29 Desember 2026 WIB dan diputus paling "
            "lambat Selasa, 19 Januari 2027 (sementara: hari libur tahun 2027 belum ditetapkan)."
        )

    @pytest.mark.parametrize("kind", ["bulanan", "triwulanan", "tahunan"])
    def test_beyond_every_calendar_is_too_far(self, kind: str) -> None:
        found = ask({**OBJECTION, "delivered_on": "9999-12-25", "period_kind": kind})
        assert found == "delivered_on is too far from today"

    def test_has_exactly_its_fields(self) -> None:
        found = ask({**OBJECTION, "week": 6})
        assert found == ("there is an unknown field; known are delivered_on, period_kind")
