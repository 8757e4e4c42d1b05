"""A file of people's addresses: CSV in, checked rows or every problem of it out, and back.

One row a person: ``identity_number`` (nip), ``email`` (surel) and ``language`` (bahasa: id or en,
may be empty or left out). A row without an address takes the person's address away. No problem
repeats a number or an address, so it may be shown and logged.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from uuid import UUID

from pydantic import ValidationError

from domain.identity_number import InvalidIdentityNumber, normalise
from domain.organisation_problem import RowError, row_error
from domain.organisation_table import Record, read_records
from schemas.order_body import Contact

COLUMNS = {"identity_number": "nip", "email": "surel", "language": "bahasa"}
_NEEDED = ("identity_number", "email")
_SPELLINGS = {s: name for name, alias in COLUMNS.items() for s in (name, alias)} | {
    "e-mail": "email"
}
_LANGUAGES = {"": "id", "id": "id", "en": "en"}


def read_contacts(text: str, people: Mapping[str, UUID]) -> tuple[list[Contact], list[RowError]]:
    """Read a file and report every problem of it, in the order of its lines.

    Args:
        text: of the file.
        people: the id of everybody on record, by identity number.
    """
    records = read_records(text.removeprefix("\ufeff"))
    header = next(records, None)
    if header is None:
        return [], [row_error(1, "file", "file.empty")]
    if isinstance(header, RowError):
        return [], [header]
    names = [_SPELLINGS.get(cell.casefold(), "") for cell in header.cells]
    if problems := _header_problems(header, names):
        return [], problems
    reading = _Reading(people)
    for record in records:
        if isinstance(record, RowError):
            reading.errors.append(record)
        elif len(record.cells) != len(names):
            reading.fail(
                record.row,
                "row",
                "the row has not as many cells as the header",
                "add or remove separators",
            )
        else:
            reading.read(record.row, dict(zip(names, record.cells, strict=True)))
    if not reading.rows and not reading.errors:
        reading.errors.append(row_error(header.row, "file", "file.no_rows"))
    return reading.rows, reading.errors


def _header_problems(header: Record, names: list[str]) -> list[RowError]:
    row, known = header.row, ", ".join(COLUMNS)
    found = [
        RowError(
            row, name, "the column is missing", f"add it, or its Indonesian name {COLUMNS[name]}"
        )
        for name in _NEEDED
        if name not in names
    ]
    if "" in names:
        found.append(RowError(row, "header", "a column is not known", f"the columns are {known}"))
    if len({n for n in names if n}) < len([n for n in names if n]):
        found.append(RowError(row, "header", "a column appears twice", "remove one of the two"))
    return found


class _Reading:
    """The rows so far, with everything that is wrong with them."""

    def __init__(self, people: Mapping[str, UUID]) -> None:
        self.rows: list[Contact] = []
        self.errors: list[RowError] = []
        self._people = people
        self._seen: dict[str, int] = {}

    def fail(self, row: int, column: str, problem: str, remedy: str) -> None:
        """Keep a problem."""
        self.errors.append(RowError(row, column, problem, remedy))

    def read(self, row: int, cells: Mapping[str, str]) -> None:
        """One record; it is kept if nothing is wrong with it."""
        before = len(self.errors)
        person = self._person(row, cells["identity_number"])
        address = self._address(row, cells["email"])
        language = _LANGUAGES.get(cells.get("language", "").casefold())
        if language is None:
            self.fail(
                row,
                "language",
                "the word is not one of: id, en",
                "use one of them, or leave it empty",
            )
        if person is not None and len(self.errors) == before:
            said = {"person": person, "address": address, "language": language}
            self.rows.append(Contact.model_validate(said))

    def _person(self, row: int, cell: str) -> UUID | None:
        try:
            number = normalise(cell)
        except InvalidIdentityNumber as error:
            self.errors.append(row_error(row, "identity_number", f"identity.{error.code}"))
            return None
        person = self._people.get(number)
        if person is None:
            what = "nobody of that number is on record"
            self.fail(
                row, "identity_number", what, "correct the number, or import the organisation first"
            )
        elif self._is_first(row, "identity_number", str(person), "keep one row for each person"):
            return person
        return None

    def _address(self, row: int, cell: str) -> str | None:
        if not cell:
            return None
        try:
            Contact.model_validate({"person": UUID(int=0), "address": cell})
        except ValidationError:
            self.fail(
                row, "email", "the cell is no e-mail address", "write it as name@office.example"
            )
            return None
        self._is_first(row, "email", cell.casefold(), "give each person an address of his own")
        return cell

    def _is_first(self, row: int, column: str, value: str, remedy: str) -> bool:
        other = self._seen.setdefault(f"{column} {value}", row)
        if other != row:
            self.fail(row, column, f"the same stands in row {other}", remedy)
        return other == row


def write_contacts(rows: Iterable[tuple[str, str]]) -> str:
    """Identity numbers and addresses as a file that ``read_contacts`` reads."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((number, address, "id") for number, address in rows)
    return written.getvalue()
