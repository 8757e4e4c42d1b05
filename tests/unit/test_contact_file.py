"""A file of addresses: every bad row by row, column, problem and remedy; nothing of it repeated."""

from uuid import uuid4

import pytest

from domain.contact_file import read_contacts, write_contacts
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
