"""A file of addresses: every bad row by row, column, problem and remedy; nothing of it repeated."""

from uuid import uuid4

import pytest

from domain.contact_file import read_contacts, write_contacts
from domain.organisation_problem import PROBLEMS, RowError
from schemas.order_body import Contact
from simulation.city import generate, synthetic_addresses

ROWS = generate(4, seed=1)
NUMBERS = list(dict.fromkeys(row.identity_number for row in ROWS))
PEOPLE = {number: uuid4() for number in NUMBERS}
ONE, TWO = NUMBERS[:2]


def places(text: str) -> list[tuple[int, str]]:
    _, errors = read_contacts(text, PEOPLE)
    assert all(e.problem and e.remedy for e in errors)
    said = " ".join(e.problem + e.remedy for e in errors)
    assert not any(number in said for number in NUMBERS)
    assert "rahasia" not in said
    return [(e.row, e.column) for e in errors]


class TestRead:
    def test_a_written_file_reads_back(self) -> None:
        rows, errors = read_contacts(write_contacts(synthetic_addresses(ROWS)), PEOPLE)
        assert errors == []
        assert [row.person for row in rows] == list(PEOPLE.values())
        assert all(str(row.address).endswith(".invalid") for row in rows)

    def test_indonesian_names_other_separators_and_a_missing_language_will_do(self) -> None:
        (row,), errors = read_contacts(f"NIP;surel\n{ONE[:8]} {ONE[8:]};a@kota.example\n", PEOPLE)
        assert (errors, row.person, row.language) == ([], PEOPLE[ONE], "id")

    def test_a_row_without_an_address_takes_it_away(self) -> None:
        (row,), _ = read_contacts(f"nip,surel\n{ONE},\n", PEOPLE)
        assert row.address is None

    @pytest.mark.parametrize(
        ("body", "where"),
        [
            ("", (1, "file")),
            ("123,rahasia@a.example,id", (2, "identity_number")),
            ("199001012015031999,rahasia@a.example,id", (2, "identity_number")),
            (f"{ONE},rahasia,id", (2, "email")),
            (f"{ONE},rahasia@localhost,id", (2, "email")),
            (f'{ONE},"rahasia@a.example, b@a.example",id', (2, "email")),
            (f"{ONE},rahasia@a.example,jv", (2, "language")),
            (f"{ONE},rahasia@a.example", (2, "row")),
            (f"{ONE},a@a.example,id\n{ONE},b@a.example,id", (3, "identity_number")),
            (f"{ONE},rahasia@a.example,id\n{TWO},Rahasia@A.example,id", (3, "email")),
        ],
    )
    def test_what_is_wrong_is_named_by_its_place(self, body: str, where) -> None:
        assert places(f"identity_number,email,language\n{body}\n") == [where]

    @pytest.mark.parametrize(
        "header", ["nip,language", "nip,surel,telepon", "nip,surel,surel", "a"]
    )
    def test_a_header_that_does_not_fit_is_refused(self, header: str) -> None:
        assert places(f"{header}\n") != []
        assert {row for row, _ in places(f"{header}\n")} == {1}

    def test_every_problem_of_a_file_is_named_at_once(self) -> None:
        text = f"nip,surel,bahasa\n1,x,y\n{ONE},a@a.example,id\n2,x,y\n"
        assert places(text) == [
            (row, column) for row in (2, 4) for column in ("identity_number", "email", "language")
        ]


COLUMNS = "the columns are identity_number, email, language"
HEADER = "identity_number,email,language"


class TestWords:
    """Each problem in full: where it stands, what it is, and what to do about it."""

    @pytest.mark.parametrize(
        ("header", "problems"),
        [
            ("nip,bahasa", [("email", "the column is missing",
                             "add it, or its Indonesian name surel")]),
            ("surel", [("identity_number", "the column is missing",
                        "add it, or its Indonesian name nip")]),
            ("nip,surel,telepon", [("header", "a column is not known", COLUMNS)]),
            ("nip,e-mail,SUREL", [("header", "a column appears twice", "remove one of the two")]),
            ("nip,surel,x,y", [("header", "a column is not known", COLUMNS)]),
            ("a,bahasa,language", [
                ("identity_number", "the column is missing", "add it, or its Indonesian name nip"),
                ("email", "the column is missing", "add it, or its Indonesian name surel"),
                ("header", "a column is not known", COLUMNS),
                ("header", "a column appears twice", "remove one of the two"),
            ]),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("blank", [0, 2])
    def test_of_a_header(self, header: str, problems, blank: int) -> None:
        found = read_contacts("\n" * blank + f"{header}\n{ONE},a@a.example,id\n", PEOPLE)
        assert found == ([], [RowError(1 + blank, *each) for each in problems])

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            ("123,a@a.example,id", (2, "identity_number", *PROBLEMS["identity.length"])),
            ("199001012015031999,a@a.example,", (
                2, "identity_number", "nobody of that number is on record",
                "correct the number, or import the organisation first")),
            (f"{ONE},a,id", (
                2, "email", "the cell is no e-mail address", "write it as name@office.example")),
            (f"{ONE},a@a.example,jv", (
                2, "language", "the word is not one of: id, en",
                "use one of them, or leave it empty")),
            (f"{ONE},a@a.example", (
                2, "row", "the row has not as many cells as the header",
                "add or remove separators")),
            (f"\n{ONE},a@a.example,id\n\n{ONE},b@a.example,id", (
                5, "identity_number", "the same stands in row 3",
                "keep one row for each person")),
            (f"{ONE},a@a.example,id\n{TWO},A@A.example,id", (
                3, "email", "the same stands in row 2",
                "give each person an address of his own")),
            (f'{ONE},a@a.example,id\n{TWO},"b', (3, "row", *PROBLEMS["row.quote"])),
            ("", (1, "file", *PROBLEMS["file.no_rows"])),
        ],
    )  # fmt: skip
    def test_of_a_row(self, body: str, problem) -> None:
        _, errors = read_contacts(f"{HEADER}\n{body}\n", PEOPLE)
        assert errors == [RowError(*problem)]

    @pytest.mark.parametrize("text", ["", "\n\n"])
    def test_of_a_file(self, text: str) -> None:
        assert read_contacts(text, PEOPLE) == (
            [],
            [RowError(1, "file", *PROBLEMS["file.empty"])],
        )

    def test_of_a_header_that_cannot_be_read(self) -> None:
        found = read_contacts(f'{HEADER},"\n{ONE},a@a.example,id\n', PEOPLE)
        assert found == ([], [RowError(1, "row", *PROBLEMS["row.quote"])])


class TestRows:
    @pytest.mark.parametrize(
        ("language", "found"), [("", "id"), ("id", "id"), ("ID", "id"), ("en", "en"), ("EN", "en")]
    )
    def test_keep_person_address_and_language(self, language: str, found) -> None:
        rows, errors = read_contacts(f"\ufeff{HEADER}\n{ONE},Budi@a.example,{language}\n", PEOPLE)
        assert errors == []
        assert rows == [Contact(person=PEOPLE[ONE], address="Budi@a.example", language=found)]

    def test_without_a_fault_are_kept_beside_those_with_one(self) -> None:
        body = [f"{ONE},x,id", f"{TWO},,en", "1,c@a.example,id"]
        rows, errors = read_contacts("\n".join([HEADER, *body]), PEOPLE)
        assert rows == [Contact(person=PEOPLE[TWO], address=None, language="en")]
        assert [(e.row, e.column) for e in errors] == [(2, "email"), (4, "identity_number")]

    def test_several_people_may_have_no_address(self) -> None:
        rows, errors = read_contacts(f"{HEADER}\n{ONE},,\n{TWO},,\n", PEOPLE)
        assert (len(rows), errors) == (2, [])

    def test_are_written_as_they_are_read(self) -> None:
        written = write_contacts([(ONE, "a@a.example"), (TWO, "")])
        assert written == f"{HEADER}\n{ONE},a@a.example,id\n{TWO},,id\n"
