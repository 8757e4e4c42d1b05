"""A file of changes: every bad row with its column, the problem and the remedy; all or nothing."""

from datetime import date
from uuid import UUID

import pytest

from domain.movement_file import CHANGE_COLUMNS, read_changes
from domain.organisation_problem import PROBLEMS, row_error
from schemas.code import Change
from schemas.organisation import DatedChange
from tests.builders import Cast, organisation

TODAY = date(2026, 4, 2)
HEADER = "nip,perubahan,jabatan,sk,mulai,selesai"
CAST = Cast()
CITY = organisation(CAST)


def number(person: UUID) -> str:
    return f"{person.int % 10**18:018d}"


PEOPLE = {number(person): person for person in CAST.people()}
BOSS, STAFF = number(CAST.supervisor), number(CAST.stranger)


def read(*lines: str, header: str = HEADER):
    return read_changes("\n".join([header, *lines]) + "\n", PEOPLE, CITY, TODAY)


def found(*lines: str, header: str = HEADER):
    return [(e.row, e.column, e.problem) for e in read(*lines, header=header)[1]]


def problem(code: str) -> str:
    return PROBLEMS[code][0]


class TestGood:
    def test_rows_become_changes_in_their_order(self):
        changes, errors = read(
            f"{BOSS},Cuti Sakit,,850/3,2026-04-06,17/04/2026", f"{STAFF},plt,boss,800/9,2026-04-01,"
        )
        assert errors == []
        sick, plt = changes
        assert (sick.change, sick.person) == (Change.SICK_LEAVE, CAST.supervisor)
        assert (sick.from_on, sick.to_on) == (date(2026, 4, 6), date(2026, 4, 17))
        assert (plt.change, plt.post, plt.decree) == (Change.PLT, "boss", "800/9")

    def test_english_names_semicolons_and_any_order_do(self):
        header = "to;from;decree;post;change;identity_number"
        [made], errors = read(f";2026-04-01;800/9;boss;Plt;{STAFF}", header=header)
        assert errors == []
        assert made.post == "boss"

    def test_what_is_sent_again_is_held_against_no_organisation(self):
        """By now somebody may have left whom it says so of: that is what it did."""
        lines = (f"{BOSS},meninggal,,474/1,2026-04-01,", f"{BOSS},Plt,boss,800/9,2026-04-02,")
        assert found(*lines) == [(3, "identity_number", problem("change.left"))]
        changes, errors = read_changes("\n".join([HEADER, *lines]), PEOPLE, None, TODAY)
        assert (len(changes), errors) == (2, [])


class TestBad:
    def test_one_bad_row_in_a_big_file_is_named_and_nothing_else(self):
        lines = [
            f"{BOSS},cuti sakit,,850/{n},2026-05-{n:02d},2026-05-{n:02d}" for n in range(1, 29)
        ]
        lines *= 40
        lines[700] = f"{BOSS},cuti sakti,,850/3,2026-04-06,2026-04-17"
        [error] = read(*lines)[1]
        assert (error.row, error.column) == (702, "change")
        assert error.remedy == "use one of them; did you mean cuti sakit?"

    def test_every_bad_row_is_named_at_once(self):
        assert found(
            "1234,Plt,boss,800/9,2026-04-01,",
            f"{STAFF},Plt,bos,800/9,2026-04-01,",
            f"{STAFF},Plt,boss,,2026-04-01,",
            f"{STAFF},Plt,boss,800/9,kemarin,",
            f"{'9' * 18},Plt,boss,800/9,2026-04-01,",
        ) == [
            (2, "identity_number", problem("identity.length")),
            (3, "post", problem("change.post_unknown")),
            (4, "decree", problem("cell.empty")),
            (5, "from", problem("cell.date")),
            (6, "identity_number", problem("change.person_unknown")),
        ]

    def test_an_unknown_post_may_have_been_meant_to_be_another(self):
        [error] = read(f"{STAFF},Plt,hr hed,800/9,2026-04-01,")[1]
        assert error.remedy.endswith("; did you mean hr head?")

    def test_what_rows_are_to_each_other_is_asked_once_all_can_be_read(self):
        swap = [
            f"{STAFF},mutasi,boss,821/1,2026-04-01,",
            f"{BOSS},mutasi,other,821/1,2026-04-01,",
        ]
        assert found(*swap) == []
        assert found(swap[0]) == [(2, "from", problem("change.post_taken"))]
        assert found(swap[0], f"{BOSS},mutasi,other,,2026-04-01,") == [
            (3, "decree", problem("cell.empty"))
        ]

    def test_a_missing_column_is_named_with_its_other_name(self):
        [error] = read(header="nip,perubahan,jabatan,sk,mulai")[1]
        assert (error.row, error.column) == (1, "to")
        assert "selesai" in error.remedy

    @pytest.mark.parametrize("text", ["", "\n\n"])
    def test_an_empty_file_is_one(self, text):
        [error] = read_changes(text, PEOPLE, CITY, TODAY)[1]
        assert error.problem == problem("file.empty")

    def test_a_file_without_rows_is_one(self):
        assert found() == [(1, "file", problem("file.no_rows"))]


class TestWhole:
    """Everything that is read, and every problem in full."""

    def test_a_row_is_read_cell_by_cell(self):
        text = f"\ufeff{HEADER}\n{STAFF},Plt,boss,800/9,2026-04-01,2026-04-30\n"
        assert read_changes(text, PEOPLE, CITY, TODAY) == (
            [
                DatedChange(
                    person=CAST.stranger,
                    change=Change.PLT,
                    post="boss",
                    decree="800/9",
                    from_on=date(2026, 4, 1),
                    to_on=date(2026, 4, 30),
                )
            ],
            [],
        )

    @pytest.mark.parametrize(
        ("text", "errors"),
        [
            ("", [row_error(1, "file", "file.empty")]),
            ('nip,"sk', [row_error(1, "row", "row.quote")]),
            (f"\n\n{HEADER}\n", [row_error(3, "file", "file.no_rows")]),
            (f"{HEADER}\n{STAFF},Plt\n", [row_error(2, "row", "row.width", found=2, expected=6)]),
            (f'{HEADER}\n{STAFF},"Plt\n', [row_error(2, "row", "row.quote")]),
            (f"{HEADER},lain\n", [row_error(1, "lain", "header.unknown", hint="")]),
        ],
    )  # fmt: skip
    def test_a_file_that_cannot_be_read_says_why(self, text, errors):
        assert read_changes(text, PEOPLE, CITY, TODAY) == ([], errors)

    def test_rows_that_can_be_read_are_kept_beside_those_that_cannot(self):
        changes, errors = read(
            f"{STAFF},Plt,boss,800/9,2026-04-01,",
            f"{STAFF},Plt",
            f"{BOSS},tugas belajar,,800/9,2026-04-01,",
        )
        assert [(c.person, c.change) for c in changes] == [
            (CAST.stranger, Change.PLT),
            (CAST.supervisor, Change.STUDY),
        ]
        assert errors == [row_error(3, "row", "row.width", found=2, expected=6)]

    def test_problems_come_in_the_order_of_lines_and_columns(self):
        _, errors = read(
            f"{STAFF},Plt,boss,,kemarin,",
            f"{BOSS},cuti sakit,,850/3,2026-04-06,",
            "1,Plt,boss,,2026-04-01,",
        )
        assert [(e.row, e.column) for e in errors] == [
            (2, "decree"),
            (2, "from"),
            (3, "to"),
            (4, "identity_number"),
            (4, "decree"),
        ]

    def test_columns_have_one_order_whatever_that_of_the_file(self):
        header = "selesai,sk,mulai,jabatan,perubahan,nip"
        _, errors = read("=1,=1,=1,=1,=1,=1", header=header)
        assert [e.column for e in errors] == list(CHANGE_COLUMNS)
        assert {(e.row, e.problem) for e in errors} == {(2, problem("cell.formula"))}

    @pytest.mark.parametrize(
        ("line", "error"),
        [
            (f"{'9' * 18},Plt,boss,1,2026-04-01,",
             row_error(2, "identity_number", "change.person_unknown")),
            ("12,Plt,boss,1,2026-04-01,", row_error(2, "identity_number", "identity.length")),
            (f"{BOSS},aktif kembali,,1,2026-04-01,",
             row_error(2, "identity_number", "change.not_away")),
            (f"{BOSS},cuti sakit,,1,2026-04-01,", row_error(2, "to", "change.leave_open")),
            (f"{BOSS},meninggal,,1,2026-04-03,", row_error(2, "from", "change.death_ahead")),
            (f"{BOSS},Plt,,1,2026-04-01,", row_error(2, "post", "change.post_needed")),
        ],
    )  # fmt: skip
    def test_what_the_organisation_says_to_a_row_names_its_column(self, line, error):
        assert read(line)[1] == [error]

    @pytest.mark.parametrize(
        ("post", "near"),
        [
            ("hr hed", "hr head"),
            ("hr clark", "hr clerk"),
            ("hr hxxd", None),
            ("bos", "boss"),
            ("nowhere", None),
        ],
    )
    def test_a_post_is_suggested_if_it_is_near(self, post, near):
        said = "" if near is None else f"; did you mean {near}?"
        assert read(f"{STAFF},Plt,{post},1,2026-04-01,")[1] == [
            row_error(2, "post", "change.post_unknown", hint=said)
        ]


def test_a_change_has_a_column_for_each_of_its_fields():
    assert set(CHANGE_COLUMNS) == {"identity_number", "change", "post", "decree", "from", "to"}
