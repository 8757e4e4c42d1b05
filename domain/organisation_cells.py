"""The cells of a record, one by one: text that can be read, words of a list, days."""

import re
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from domain.organisation_problem import RowError, hint, row_error
from domain.organisation_table import Record

MAX_CELL = 200  # a unit is a search attribute of Temporal, which ends at 255 characters
FORMULA = ("=", "+", "-", "@")

_PUBLIC = ("name", "post", "unit", "superior_post")  # columns that never hold a number of 15 digits
_LONG_NUMBER = re.compile(r"(?:\d[\s.]?){15}")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_SLASHED = re.compile(r"(\d\d)/(\d\d)/(\d{4})", re.ASCII)

_Code = TypeVar("_Code", bound=StrEnum)


@dataclass(slots=True)
class Cells:
    """The cells of one record by column; collects every problem, one for each cell at most."""

    row: int
    values: dict[str, str]
    errors: list[RowError] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)

    def fail(self, column: str, code: str, **params: object) -> None:
        """Note a problem of a cell; only the first one counts."""
        if column not in self.failed:
            self.failed.add(column)
            self.errors.append(row_error(self.row, column, code, **params))

    def optional(self, column: str) -> str | None:
        """What a cell holds; None if it is empty or at fault."""
        return None if column in self.failed else self.values[column] or None

    def needed(self, column: str) -> str | None:
        """The same of a cell that must not be empty."""
        value = self.optional(column)
        if value is None:
            self.fail(column, "cell.empty")
        return value

    def code(self, column: str, codes: type[_Code], value: str | None) -> _Code | None:
        """One of the words of a list, whatever its capitals."""
        if value is None:
            return None
        known = {code.value.casefold(): code for code in codes}
        found = known.get(value.casefold())
        if found is None:
            near = get_close_matches(value.casefold(), known, 1)
            suggestion = hint(known[near[0]].value if near else None)
            self.fail(column, "cell.unknown", allowed=", ".join(codes), hint=suggestion)
        return found

    def day(self, column: str, value: str | None) -> date | None:
        """A calendar day."""
        if value is None:
            return None
        found = _date(value)
        if found is None:
            self.fail(column, "cell.date")
        return found


def _date(value: str) -> date | None:
    if iso := _ISO.fullmatch(value):
        year, month, day = iso.groups()
    elif slashed := _SLASHED.fullmatch(value):
        day, month, year = slashed.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def read_cells(record: Record, names: list[str], width: int) -> Cells:
    """The cells of one record under the header's names, with the problems of each by itself.

    A cell more than the header has is an error even when it is empty: a comma in a name that is
    not quoted pushes the empty last day out of the table.
    """
    by_name = {name: cell for name, cell in zip(names, record.cells, strict=False) if name}
    cells = Cells(record.row, by_name)
    found = len(record.cells)
    if not len(names) <= found <= width or any(record.cells[len(names) :]):
        cells.fail("row", "row.width", found=found, expected=len(names))
        return cells
    for column, cell in by_name.items():
        _check_cell(cells, column, cell)
    return cells


def _check_cell(cells: Cells, column: str, cell: str) -> None:
    if not cell.isprintable():
        cells.fail(column, "cell.control")
    elif "\ufffd" in cell:
        cells.fail(column, "cell.encoding")
    elif cell.startswith(FORMULA):
        cells.fail(column, "cell.formula")
    elif len(cell) > MAX_CELL:
        cells.fail(column, "cell.long", limit=MAX_CELL)
    elif column in _PUBLIC and _LONG_NUMBER.search(cell):
        cells.fail(column, "cell.identity_number")
