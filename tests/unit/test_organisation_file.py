"""Organisation files: every problem where it is, nothing where there is none, no personal data."""

import re
from datetime import date
from pathlib import Path

import pytest

from domain.organisation_file import read_rows
from domain.organisation_problem import PROBLEMS, RowError
from domain.organisation_table import COLUMNS
from schemas.code import PersonKind
from schemas.organisation import HoldingRow

DOCUMENT = Path(__file__).parents[2] / "docs" / "organisation-file.md"

from tests.unit.organisation_lines import (
    BASE,
    BOSS,
    HEAD,
    HEADER,
    HR,
    MAYOR,
    NAMES,
    OTHER,
    PLT,
    SEKDA,
    STAFF,
    base_and,
    base_with,
    changed,
    file_of,
    line,
)


def is_of(error: RowError, code: str) -> bool:
    """Whether the error's problem is that of the code, whatever its blanks are filled with."""
    pattern = re.sub(r"\\\{\w+\\\}", ".*", re.escape(PROBLEMS[code][0]))
    return re.fullmatch(pattern, error.problem) is not None


# (code, file, row, column): each file has this problem and no other.
CASES = [
    ("file.empty", "", 1, "file"),
    ("file.empty", "\ufeff\n \n;;\n", 1, "file"),
    ("file.no_rows", HEADER + "\n\n", 1, "file"),
    ("file.binary", "n\0i\0p\0,\0n\0a\0m\0a\0\n", 1, "file"),
    ("header.none", "\n".join(BASE), 1, "header"),
    ("header.missing", file_of(BASE).replace(",office,", ",", 1), 1, "office"),
    ("header.twice", HEADER + ",nip\n" + BASE[0] + ",\n", 1, "identity_number"),
    ("header.unknown", HEADER + ",shoe size\n" + BASE[0] + ",\n", 1, "shoe size"),
    ("row.quote", base_and('"198001012001011009,Orang,PNS'), 8, "row"),
    ("row.unreadable", base_and('198001012001011009,"Orang"x,PNS'), 8, "row"),
    ("row.width", base_and(BASE[-1].rsplit(",", 3)[0]), 8, "row"),
    ("row.width", base_and("", BASE[-1] + ",,x"), 9, "row"),
    ("cell.empty", base_with(STAFF, unit=" "), STAFF, "unit"),
    ("cell.empty", base_with(STAFF, from_=""), STAFF, "from"),
    ("cell.control", base_with(STAFF, name="Orang\0Enam"), STAFF, "name"),
    ("cell.control", base_with(STAFF, post="Sta\u200bf"), STAFF, "post"),
    ("cell.encoding", base_with(STAFF, name="Orang \ufffd"), STAFF, "name"),
    ("cell.formula", base_with(STAFF, name='=HYPERLINK("x")'), STAFF, "name"),
    ("cell.formula", base_with(STAFF, decree="-"), STAFF, "decree"),
    ("cell.formula", base_with(STAFF, identity_number="+198501012020212006"), STAFF, NAMES[0]),
    ("cell.formula", base_with(STAFF, kind=" @PNS"), STAFF, "kind"),
    ("cell.long", base_with(STAFF, unit="x" * 201), STAFF, "unit"),
    ("cell.identity_number", base_with(STAFF, post="198501012020212006"), STAFF, "post"),
    ("cell.identity_number", base_with(STAFF, name="Enam 19850101 202021 2 006"), STAFF, "name"),
    ("cell.unknown", base_with(STAFF, kind="PPK"), STAFF, "kind"),
    ("cell.unknown", base_with(STAFF, level="eselon IV"), STAFF, "level"),
    ("cell.unknown", base_with(STAFF, office="yes"), STAFF, "office"),
    ("cell.date", base_with(STAFF, from_="2020-02-30"), STAFF, "from"),
    ("cell.date", base_with(STAFF, from_="01/31/2020"), STAFF, "from"),
    ("cell.date", base_with(STAFF, to_="44197"), STAFF, "to"),
    ("identity.empty", base_with(STAFF, identity_number=""), STAFF, NAMES[0]),
    ("identity.spreadsheet", base_with(STAFF, identity_number="1.98E+17"), STAFF, NAMES[0]),
    ("identity.not_digits", base_with(STAFF, identity_number="'98501012020212006"), 7, NAMES[0]),
    ("identity.length", base_with(STAFF, identity_number="19850101202021200"), STAFF, NAMES[0]),
    ("identity.birth_date", base_with(STAFF, identity_number="198513012020212006"), 7, NAMES[0]),
    ("identity.appointment", base_with(STAFF, identity_number="198501012020312006"), 7, NAMES[0]),
    ("identity.gender", base_with(STAFF, identity_number="198501012020213006"), STAFF, NAMES[0]),
    ("identity.serial", base_with(STAFF, identity_number="198501012020212000"), STAFF, NAMES[0]),
    ("identity.kind", base_with(STAFF, kind="PNS"), STAFF, NAMES[0]),
    ("identity.kind", base_with(BOSS, kind="PPPK paruh waktu"), BOSS, NAMES[0]),
    ("capacity.decree", base_with(HEAD, capacity="plt"), HEAD, "decree"),
    ("capacity.decree", base_with(HEAD, capacity="Plh"), HEAD, "decree"),
    ("capacity.decree", base_with(HEAD, capacity="Pj"), HEAD, "decree"),
    ("capacity.mandate", base_with(HEAD, capacity="mandat"), HEAD, "capacity"),
    ("dates.order", base_with(HEAD, to_="2020-01-01"), HEAD, "to"),
    ("person.name", base_and(line(HEAD, **PLT, identity_number=BASE[3][:18], name="X")), 8, "name"),
    (
        "person.kind",
        base_and(
            line(
                HEAD,
                **PLT,
                identity_number=BASE[5][:18],
                name="Orang Enam",
                kind="PPPK paruh waktu",
            )
        ),
        8,
        "kind",
    ),
    ("post.differs", base_and(line(HEAD, **PLT, unit="Dinas Lain")), 8, "unit"),
    ("post.differs", base_and(line(HEAD, **PLT, superior_post="Wali Kota")), 8, "superior_post"),
    ("post.differs", base_and(line(HEAD, **PLT, level="administrator")), 8, "level"),
    ("post.differs", base_and(line(SEKDA, **PLT, office="")), 8, "office"),
    ("post.two_holders", base_and(line(HEAD, identity_number=OTHER, name="Y")), 8, "from"),
    (
        "post.two_acting",
        base_and(line(HEAD, **PLT), line(HEAD, **PLT, identity_number=OTHER, name="Y")),
        9,
        "from",
    ),
    ("person.two_posts", base_and(line(STAFF, post="Staf 2")), 8, "from"),
    ("holding.twice", base_and(line(STAFF, from_="2021-01-01")), 8, "from"),
    ("superior.unknown", base_with(STAFF, superior_post="Kasubag"), STAFF, "superior_post"),
    ("superior.cycle", base_with(HEAD, superior_post="Kasubbag"), HEAD, "superior_post"),
    ("superior.cycle", base_with(HEAD, superior_post="Kadis"), HEAD, "superior_post"),
    ("superior.second_root", base_with(STAFF, superior_post=""), STAFF, "superior_post"),
    (
        "superior.no_appraiser",
        file_of([line(HEAD, superior_post="", level="fungsional"), BASE[4]]),
        3,
        "superior_post",
    ),
    ("office.two_hr", base_with(HEAD, office="hr"), HEAD, "office"),
    ("office.two_sekda", base_with(HEAD, office="sekda"), HEAD, "office"),
]


class TestProblems:
    @pytest.mark.parametrize(("code", "text", "row", "column"), CASES)
    def test_a_file_with_one_problem_reports_exactly_that(self, code, text, row, column):
        _, errors = read_rows(text)
        assert [(e.row, e.column) for e in errors] == [(row, column)]
        assert is_of(errors[0], code)
        assert "{" not in errors[0].problem + errors[0].remedy

    def test_every_problem_has_a_case(self):
        ours = {code for code in PROBLEMS if not code.startswith("change.")}
        assert {code for code, *_ in CASES} == ours

    def test_every_problem_is_explained_in_the_documentation(self):
        page = DOCUMENT.read_text(encoding="utf-8")
        for problem, remedy in PROBLEMS.values():
            shown = [re.sub(r"\{\w+\}", "…", s.replace("{hint}", "")) for s in (problem, remedy)]
            assert f"| {shown[0]} | {shown[1]} |" in page

    @pytest.mark.parametrize(("code", "text", "row", "column"), CASES)
    def test_no_message_names_a_person_or_repeats_a_number(self, code, text, row, column):
        for error in read_rows(text)[1]:
            said = error.problem + error.remedy + error.column
            assert "Orang" not in said
            assert not re.search(r"\d{6}", said)

    def test_all_problems_of_a_row_are_reported_in_the_order_of_the_columns(self):
        text = base_with(STAFF, identity_number="1", kind="x", from_="y", to_="z")
        columns = [e.column for e in read_rows(text)[1]]
        assert columns == ["identity_number", "kind", "from", "to"]

    def test_all_missing_columns_are_reported(self):
        _, errors = read_rows("nip,nama,unit,foo\n")
        missing = {"kind", "post", "capacity", "decree", "superior_post", "level", "office"}
        assert {e.column for e in errors} == missing | {"from", "to", "foo"}


class TestSuggestions:
    def remedy(self, text: str) -> str:
        (error,) = read_rows(text)[1]
        return error.remedy

    def test_a_mistyped_word_gets_the_nearest(self):
        assert self.remedy(base_with(STAFF, level="pelaksna")).endswith("did you mean pelaksana?")

    def test_a_mistyped_superior_gets_the_nearest_post(self):
        remedy = self.remedy(base_with(STAFF, superior_post="Kasubag"))
        assert remedy.endswith("did you mean Kasubbag?")
        remedy = self.remedy(base_with(STAFF, superior_post="KASUBBAG"))
        assert remedy.endswith("did you mean Kasubbag?")

    def test_a_mistyped_column_is_named_on_both_sides(self):
        _, errors = read_rows(file_of(BASE).replace("identity_number", "Identiy Number", 1))
        remedies = {e.column: e.remedy for e in errors}
        assert remedies["identity_number"].endswith("perhaps it is the column Identiy Number")
        assert remedies["Identiy Number"].endswith("did you mean identity_number?")

    def test_a_cycle_is_named_with_its_path(self):
        (error,) = read_rows(base_with(HEAD, superior_post="Kasubbag"))[1]
        assert error.problem.endswith("Kadis > Kasubbag > Kadis")


class TestConsequences:
    def test_a_bad_row_is_no_missing_superior_of_others(self):
        for cells in ({"from_": "soon"}, {"name": "A, B"}, {"level": "x"}):
            _, errors = read_rows(base_with(HEAD, **cells))
            assert [e.row for e in errors] == [HEAD]

    def test_a_bad_highest_post_is_no_missing_root(self):
        _, errors = read_rows(base_with(MAYOR, from_="soon"))
        assert [e.row for e in errors] == [MAYOR]

    def test_an_unclosed_quote_blames_its_own_row_only(self):
        opened = BASE[0].replace("Orang", '"Orang')
        _, errors = read_rows(file_of([*BASE[1:], opened]))
        assert [(e.row, e.column) for e in errors] == [(7, "row")]

    def test_an_unreadable_line_does_not_end_the_reading(self):
        text = file_of([BASE[0], '1,"a"b', *BASE[1:5], changed(BASE[5], level="x")])
        assert [e.row for e in read_rows(text)[1]] == [3, 8]


class TestLines:
    def test_a_quoted_newline_shifts_no_row_number(self):
        lines = list(BASE)
        lines[2] = lines[2].replace("Orang Tiga", '"Orang\r\n\nTiga"')
        lines[5] = changed(lines[5], level="x")
        rows, errors = read_rows(file_of(lines))
        assert [e.row for e in errors] == [STAFF + 2]
        assert rows[2].name == "Orang Tiga"

    def test_a_record_over_several_lines_is_where_it_starts(self):
        text = base_with(HEAD, level="x").replace("Orang Empat", '"Orang\nEmpat"')
        assert [e.row for e in read_rows(text)[1]] == [HEAD]

    def test_blank_lines_are_skipped_and_counted(self):
        text = file_of(["", ",,,,,,,,,,,", *BASE[:5], "", changed(BASE[5], level="x"), "", ""])
        assert [e.row for e in read_rows(text)[1]] == [10]

    @pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
    def test_any_line_end_is_read(self, end):
        text = base_with(STAFF, level="x").replace("\n", end)
        assert [e.row for e in read_rows(text)[1]] == [STAFF]


class TestSpellings:
    def expected(self) -> list[HoldingRow]:
        rows, errors = read_rows(file_of(BASE))
        assert errors == []
        return rows

    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_the_separator_is_found(self, separator):
        assert read_rows(file_of(BASE).replace(",", separator)) == (self.expected(), [])

    def test_indonesian_and_capital_headers_are_accepted(self):
        for names in (COLUMNS.values(), [n.upper().replace("_", " ") for n in COLUMNS]):
            text = "\n".join([",".join(names), *BASE])
            assert read_rows(text) == (self.expected(), [])

    def test_columns_may_come_in_any_order(self):
        lines = [",".join(reversed(line.split(","))) for line in (HEADER, *BASE)]
        assert read_rows("\n".join(lines)) == (self.expected(), [])

    def test_words_are_accepted_in_any_capitals(self):
        text = base_with(STAFF, kind="pppk", capacity="DEFINITIF", level="Pelaksana")
        assert read_rows(text) == (self.expected(), [])

    def test_both_date_formats_are_read(self):
        text = base_with(STAFF, from_="02/01/2020", to_="31/12/2030")
        row = read_rows(text)[0][-1]
        assert (row.held_from, row.held_to) == (date(2020, 1, 2), date(2030, 12, 31))

    def test_numbers_and_spaces_are_tidied(self):
        text = base_with(STAFF, identity_number="19850101 202021 2 006", superior_post=" Kasubbag ")
        assert read_rows(text) == (self.expected(), [])

    def test_empty_cells_beyond_the_header_do_not_count(self):
        text = "\n".join(f"{line},," for line in (HEADER, *BASE))
        assert read_rows(text) == (self.expected(), [])

    def test_a_state_official_may_have_any_eighteen_digits(self):
        rows, errors = read_rows(base_with(MAYOR, identity_number="000000000000000001"))
        assert errors == []
        assert rows[0].kind is PersonKind.STATE_OFFICIAL

    def test_the_example_of_the_documentation_is_in_order(self):
        found = re.search(r"```csv\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
        assert found is not None
        rows, errors = read_rows(found[1])
        assert (len(rows), errors) == (6, [])


class TestHoldings:
    def test_one_holding_may_follow_another_at_once(self):
        after = line(HEAD, identity_number=OTHER, name="Y", from_="2026-03-01")
        lines = list(BASE)
        lines[HEAD - 2] = line(HEAD, to_="2026-02-28")
        assert read_rows(file_of([*lines, after]))[1] == []
        lines[HEAD - 2] = line(HEAD, to_="2026-03-01")
        assert [e.row for e in read_rows(file_of([*lines, after]))[1]] == [8]

    def test_an_overlap_with_a_longer_one_further_up_is_found(self):
        short = line(HEAD, identity_number=OTHER, name="Y", from_="2021-01-01", to_="2021-01-31")
        late = line(HEAD, identity_number="197701012002011008", name="Z", from_="2024-01-01")
        errors = read_rows(base_and(short, late))[1]
        assert [(e.row, f"row {HEAD}" in e.problem) for e in errors] == [(8, True), (9, True)]

    def test_an_acting_holding_beside_the_definitive_ones_is_in_order(self):
        acting = line(HR, post="Kadis", unit="Dinas", office="", **PLT)
        assert read_rows(base_and(acting))[1] == []

    def test_a_vacant_head_is_described_by_its_acting_holder(self):
        lines = [*BASE[:3], line(HR, post="Kadis", unit="Dinas", office="", **PLT), *BASE[4:]]
        assert read_rows(file_of(lines))[1] == []
