"""What an organisation file's problems say, and every cell of what is read from a good one."""

from datetime import date
from uuid import UUID

import pytest

from domain.organisation_file import decode, read_rows, to_posts_and_holdings, write_rows
from schemas.code import Capacity, Level, Office, PersonKind
from schemas.organisation import Holding, HoldingRow, Post
from tests.unit.organisation_lines import (
    BASE,
    BOSS,
    HEAD,
    HEADER,
    HR,
    MAYOR,
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


def said(text: str) -> list[tuple[int, str, str]]:
    return [(e.row, e.column, e.problem) for e in read_rows(text)[1]]


def remedies(text: str) -> list[str]:
    return [e.remedy for e in read_rows(text)[1]]


class TestProblems:
    """Where a sentence has blanks, what they are filled with."""

    @pytest.mark.parametrize(
        ("text", "row", "problem"),
        [
            (base_and(BASE[-1].rsplit(",", 3)[0]), 8, "the row has 9 cells, the header 12"),
            (base_and(BASE[-1] + ",,x"), 8, "the row has 14 cells, the header 12"),
            (base_with(STAFF, unit="x" * 201), STAFF, "the cell has more than 200 characters"),
            (
                base_with(STAFF, office="yes"),
                STAFF,
                "the word is not one of: hr, sekda",
            ),
            (
                base_with(STAFF, kind="PPK"),
                STAFF,
                "the word is not one of: PNS, PPPK, PPPK paruh waktu, pejabat negara",
            ),
            (
                base_with(STAFF, kind="PNS"),
                STAFF,
                "the identity number is that of a PPPK, the row says PNS",
            ),
            (
                base_with(BOSS, kind="PPPK paruh waktu"),
                BOSS,
                "the identity number is that of a PNS, the row says PPPK",
            ),
            (base_with(HEAD, capacity="Plh"), HEAD, "Plh needs the decree it rests on"),
            (base_with(HEAD, capacity="pj"), HEAD, "Pj needs the decree it rests on"),
            (
                base_and(line(HEAD, **PLT, identity_number=BASE[3][:18], name="X")),
                8,
                "the person has another name in row 5",
            ),
            (
                base_and(line(HEAD, **PLT, unit="Dinas Lain")),
                8,
                "the post has another unit in row 5",
            ),
            (
                base_and(line(SEKDA, **PLT, office="")),
                8,
                "the post has another office in row 3",
            ),
            (
                base_and(line(HEAD, identity_number=OTHER, name="Y")),
                8,
                "the post has another definitive holder at the same time (row 5)",
            ),
            (
                base_and(line(HEAD, **PLT), line(HEAD, **PLT, identity_number=OTHER, name="Y")),
                9,
                "the post has another Plt at the same time (row 8)",
            ),
            (
                base_and(line(STAFF, post="Staf 2")),
                8,
                "the person has another definitive post at the same time (row 7)",
            ),
            (
                base_and(line(STAFF, from_="2021-01-01")),
                8,
                "the person holds the post in this capacity already (row 7)",
            ),
            (
                base_with(STAFF, superior_post=""),
                STAFF,
                "the post has no superior, but the highest post is that of row 2",
            ),
            (
                base_with(HEAD, office="hr"),
                HEAD,
                "the unit is marked hr, but so is the unit of row 4",
            ),
            (
                base_with(HEAD, office="sekda"),
                HEAD,
                "the post is marked sekda, but so is that of row 3",
            ),
            (
                base_with(HEAD, superior_post="Kadis"),
                HEAD,
                "the posts lead to each other: Kadis > Kadis",
            ),
        ],
    )
    def test_name_the_other_row_and_what_is_known(self, text, row, problem) -> None:
        assert [(r, p) for r, _, p in said(text)] == [(row, problem)]

    def test_a_circle_is_told_from_its_first_row_once(self) -> None:
        lines = list(BASE)
        lines[HR - 2] = changed(lines[HR - 2], superior_post="Kasubbag")
        lines[HEAD - 2] = changed(lines[HEAD - 2], superior_post="Kaban")
        assert said(file_of(lines)) == [
            (HR, "superior_post", "the posts lead to each other: Kaban > Kasubbag > Kadis > Kaban")
        ]

    def test_every_second_root_is_measured_by_the_regional_head(self) -> None:
        lines = [BASE[3], *BASE[:3], *BASE[4:]]
        lines[0] = changed(lines[0], superior_post="")
        assert said(file_of(lines)) == [
            (
                2,
                "superior_post",
                "the post has no superior, but the highest post is that of row 3",
            )
        ]

    def test_without_a_regional_head_the_first_post_at_the_top_is_the_root(self) -> None:
        lines = [changed(BASE[1], superior_post=""), *BASE[2:]]
        assert said(file_of(lines)) == []
        assert [
            (r, c) for r, c, _ in said(file_of([*lines, changed(BASE[0], level="JPT pratama")]))
        ] == [(7, "superior_post")]

    def test_what_no_post_above_could_appraise_is_said_of_each_below(self) -> None:
        worker = line(STAFF, post="Ketua", superior_post="Wali Kota", level="fungsional",
                      identity_number=OTHER, kind="PNS", name="Y")  # fmt: skip
        below = changed(BASE[STAFF - 2], superior_post="Ketua")
        assert said(file_of([*BASE[:5], worker, below])) == []
        alone = file_of([changed(worker, superior_post=""), below])
        assert [(r, c) for r, c, _ in said(alone)] == [(3, "superior_post")]

    def test_who_is_below_a_post_that_no_row_describes_is_not_blamed(self) -> None:
        for superior, extra in (("Hilang", ""), ("Kasubbag", "x")):
            chief = line(STAFF, post="Ketua", superior_post=superior, level="fungsional",
                         identity_number=OTHER, kind="PNS", name="Y", from_="2020-01-02" + extra)  # fmt: skip
            below = changed(BASE[STAFF - 2], superior_post="Ketua")
            found = said(file_of([*BASE[:5], chief, below]))
            assert [(row, column) for row, column, _ in found] == [
                (7, "from" if extra else "superior_post")
            ]

    def test_the_hr_office_may_have_several_posts_of_one_unit(self) -> None:
        clerk = line(STAFF, post="Staf HR", unit="BKPSDMD", superior_post="Kaban", office="hr",
                     identity_number=OTHER, kind="PNS", name="Y")  # fmt: skip
        assert said(base_and(clerk)) == []


class TestRemedies:
    def test_missing_columns_are_named_in_both_languages(self) -> None:
        text = file_of(BASE).replace(",office,", ",", 1)
        assert remedies(text) == ["add it, or its Indonesian name kantor"]

    def test_the_columns_are_listed_where_there_is_no_header(self) -> None:
        assert remedies("\n".join(BASE)) == [
            (
                "let the first line name the columns: identity_number, name, kind, post, capacity, "
                "decree, unit, superior_post, level, office, from, to"
            )
        ]

    @pytest.mark.parametrize(
        ("written", "column"), [("jabatn", "post"), ("Kapasits", "capacity"), ("leveel", "level")]
    )
    def test_a_mistyped_column_is_recognised_in_either_language(self, written, column) -> None:
        found = {
            e.column: e.remedy for e in read_rows(file_of(BASE).replace(column, written, 1))[1]
        }
        assert found[column].endswith(f"; perhaps it is the column {written}")
        assert "; did you mean " in found[written]

    def test_a_column_that_may_hold_a_number_is_not_repeated(self) -> None:
        for heading in ("198501012020212006", "x" * 41, "a1"):
            (error,) = read_rows(HEADER + f",{heading}\n" + BASE[0] + ",\n")[1]
            assert (error.column, error.remedy) == ("header", "remove or rename it")
        for heading in ("x" * 40, "z"):
            (error,) = read_rows(HEADER + f",{heading}\n" + BASE[0] + ",\n")[1]
            assert error.column == heading

    def test_neither_is_one_of_invisible_characters_or_of_none(self) -> None:
        lines = [changed(each, to_=",") for each in BASE]
        for heading in ("", "sh\u200boe"):
            text = "\n".join([HEADER.replace(",to", f",{heading},to"), *lines])
            assert [(e.row, e.column) for e in read_rows(text)[1]] == [(1, "header")]

    def test_a_word_nobody_could_mean_gets_no_guess(self) -> None:
        assert remedies(base_with(STAFF, level="eselon IV")) == ["use one of them"]
        assert remedies(base_with(STAFF, superior_post="Presiden")) == ["add a row for it"]

    def test_a_near_word_is_suggested_as_it_is_written(self) -> None:
        assert remedies(base_with(STAFF, kind="pnss")) == ["use one of them; did you mean PNS?"]
        assert remedies(base_with(STAFF, kind="PPPK PARUH")) == [
            "use one of them; did you mean PPPK paruh waktu?"
        ]

    def test_a_post_that_leads_nobody_is_no_guess_unless_only_capitals_differ(self) -> None:
        another = line(STAFF, post="Stat", identity_number=OTHER, kind="PNS", name="Y",
                       superior_post="Staff")  # fmt: skip
        assert remedies(base_and(another)) == ["add a row for it"]
        assert remedies(base_and(changed(another, superior_post="STAF")))[-1].endswith(
            "did you mean Staf?"
        )

    def test_ten_missing_posts_get_a_guess_and_no_more(self) -> None:
        lost = [
            line(STAFF, post=f"Staf {n}", superior_post=f"Kasubbag{'x' * n}", kind="PNS",
                 identity_number=f"1976010120010110{n + 10}", name=f"Y {n}")
            for n in range(1, 4)
        ]  # fmt: skip
        assert [r.endswith("did you mean Kasubbag?") for r in remedies(base_and(*lost))] == [
            True
        ] * 3
        unlike = [
            line(STAFF, post=f"Jabatan {n}", superior_post=f"Jauh {n}", kind="PNS",
                 identity_number=f"1976010120010110{n + 30}", name=f"Y {n}")
            for n in range(10)
        ]  # fmt: skip
        assert remedies(base_and(*unlike[:9], lost[0]))[-1].endswith("did you mean Kasubbag?")
        assert remedies(base_and(*unlike, lost[0]))[-1] == "add a row for it"


class TestCells:
    @pytest.mark.parametrize("text", ["x" * 200, "12345678901234", "1.2 3.4 a", "a=1", "a-b@c+d"])
    def test_what_is_only_nearly_wrong_is_read(self, text) -> None:
        rows, errors = read_rows(base_with(STAFF, name=text))
        assert errors == []
        assert rows[-1].name == text

    @pytest.mark.parametrize(
        "text", ["123456789012345", "1 2.3 4.5 6.7 8.9 0.1 2.3 4.5", "x" * 201]
    )
    def test_what_is_just_wrong_is_not(self, text) -> None:
        assert [(r, c) for r, c, _ in said(base_with(STAFF, name=text))] == [(STAFF, "name")]

    def test_a_decree_may_be_a_long_number(self) -> None:
        rows, errors = read_rows(base_with(STAFF, decree="123456789012345678"))
        assert (errors, rows[-1].decree) == ([], "123456789012345678")

    def test_a_holding_may_last_one_day(self) -> None:
        rows, errors = read_rows(base_with(STAFF, to_="2020-01-02"))
        assert (errors, rows[-1].held_to) == ([], date(2020, 1, 2))

    @pytest.mark.parametrize(
        "day", ["2020-00-10", "31/02/2020", "2020-1-02", "1/01/2020", "20200102"]
    )
    def test_what_is_no_day_is_not_read(self, day) -> None:
        assert said(base_with(STAFF, from_=day)) == [(STAFF, "from", "the cell is not a date")]

    def test_a_state_official_needs_eighteen_digits_too(self) -> None:
        assert said(base_with(MAYOR, identity_number="1")) == [
            (MAYOR, "identity_number", "the identity number does not have 18 digits")
        ]

    def test_a_number_is_looked_at_even_if_the_kind_is_not_known(self) -> None:
        found = said(base_with(STAFF, kind="x", identity_number="1"))
        assert [column for _, column, _ in found] == ["identity_number", "kind"]

    def test_a_formula_in_the_number_is_the_one_problem_of_that_cell(self) -> None:
        found = said(base_with(STAFF, identity_number="=1"))
        assert [column for _, column, _ in found] == ["identity_number"]

    @pytest.mark.parametrize("column", ["kind", "capacity", "level", "office"])
    def test_a_word_that_is_not_known_is_found_in_its_column(self, column) -> None:
        assert [c for _, c, _ in said(base_with(STAFF, **{column: "xyz"}))] == [column]

    def test_a_row_with_two_empty_cells_is_told_of_both(self) -> None:
        found = said(base_with(STAFF, name="", level="", capacity="", post="", kind=""))
        assert [(c, p) for _, c, p in found] == [
            (c, "the cell is empty") for c in ("name", "kind", "post", "capacity", "level")
        ]


class TestRows:
    def test_every_cell_is_where_it_belongs(self) -> None:
        acting = line(HR, post="Kadis", unit="Dinas", office="", from_="2026-02-01",
                      to_="2026-07-31", **PLT)  # fmt: skip
        rows, errors = read_rows(base_and(acting))
        assert errors == []
        assert rows[1] == HoldingRow(
            identity_number="197101011996011002",
            name="Orang Dua",
            kind=PersonKind.PNS,
            post="Sekda",
            capacity=Capacity.DEFINITIVE,
            decree=None,
            unit="Setda",
            superior_post="Wali Kota",
            level=Level.JPT,
            office=Office.SEKDA,
            held_from=date(2020, 1, 2),
            held_to=None,
        )
        assert rows[6] == HoldingRow(
            identity_number="197201011997011003",
            name="Orang Tiga",
            kind=PersonKind.PNS,
            post="Kadis",
            capacity=Capacity.PLT,
            decree="SK 1",
            unit="Dinas",
            superior_post="Sekda",
            level=Level.JPT,
            office=None,
            held_from=date(2026, 2, 1),
            held_to=date(2026, 7, 31),
        )

    def test_become_posts_and_holdings_with_all_they_say(self) -> None:
        acting = line(HR, post="Kadis", unit="Dinas", office="", from_="2026-02-01",
                      to_="2026-07-31", **PLT)  # fmt: skip
        rows, _ = read_rows(base_and(acting))
        ids = {row.identity_number: UUID(int=n) for n, row in enumerate(rows)}
        posts, holdings = to_posts_and_holdings(rows, ids)
        first = date(2020, 1, 2)
        assert posts[2:4] == [
            Post(id="Kaban", unit="BKPSDMD", superior="Sekda", level=Level.JPT, office=Office.HR,
                 from_on=first),
            Post(id="Kadis", unit="Dinas", superior="Sekda", level=Level.JPT, office=None,
                 from_on=first),
        ]  # fmt: skip
        person = ids["197201011997011003"]
        assert [h for h in holdings if h.person == person] == [
            Holding(person=person, post="Kaban", capacity=Capacity.DEFINITIVE, decree=None,
                    from_on=first),
            Holding(person=person, post="Kadis", capacity=Capacity.PLT, decree="SK 1",
                    from_on=date(2026, 2, 1), to_on=date(2026, 7, 31)),
        ]  # fmt: skip

    def test_are_written_with_the_english_header_and_plain_lines(self) -> None:
        rows, _ = read_rows(file_of(BASE))
        assert write_rows(rows) == file_of(BASE)
        assert write_rows([]) == HEADER + "\n"

    def test_a_lost_byte_is_reported_and_not_guessed(self) -> None:
        for data in (b"\x81", b"\xff\xfe\x00", b"\xfe\xff\x00"):
            assert decode(data) == "\ufffd"

    def test_either_order_of_bytes_is_read(self) -> None:
        assert decode(b"\xff\xfea\x00") == decode(b"\xfe\xff\x00a") == "a"

    def test_a_mark_at_the_start_is_no_part_of_the_header(self) -> None:
        assert read_rows("\ufeff" + file_of(BASE)) == read_rows(file_of(BASE))

    def test_the_separator_of_the_header_counts_whatever_cells_hold(self) -> None:
        semicolons = file_of(BASE).replace(",", ";").replace("Orang Enam", "Orang, a, b, c, d, e")
        rows, errors = read_rows("\n\n" + semicolons)
        assert (errors, rows[-1].name) == ([], "Orang, a, b, c, d, e")
