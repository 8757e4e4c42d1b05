"""The table in an organisation file: its records with their lines, and which column is which."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from domain.organisation_problem import RowError, hint, row_error

# Each column with its Indonesian name, which is accepted as well.
COLUMNS: Final[dict[str, str]] = {
    "identity_number": "nip",
    "name": "nama",
    "kind": "jenis",
    "post": "jabatan",
    "capacity": "kapasitas",
    "decree": "sk",
    "unit": "unit",
    "superior_post": "atasan",
    "level": "jenjang",
    "office": "kantor",
    "from": "mulai",
    "to": "selesai",
}

_SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one record, spaces tidied, and the line it starts on."""

    row: int
    cells: list[str]


def read_records(text: str) -> Iterator[Record | RowError]:
    """Every record that is not blank, with the line it starts on; unreadable ones as errors."""
    first_line = text.lstrip().partition("\n")[0]
    separator = max(_SEPARATORS, key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        row = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            is_open = "unexpected end" in str(error) or "field limit" in str(error)
            yield row_error(row, "row", "row.quote" if is_open else "row.unreadable")
            continue
        stripped = [" ".join(cell.split()) for cell in cells]
        if any(stripped):
            yield Record(row, stripped)


def read_header(
    header: Record, columns: Mapping[str, str] = COLUMNS
) -> tuple[list[str], list[RowError]]:
    """The column of each cell of the header (empty where unknown), and what is wrong with it.

    Args:
        header: the first record of the file.
        columns: those of the file, each with its Indonesian name.
    """
    row = header.row
    if any("\0" in cell for cell in header.cells):
        return [], [row_error(row, "file", "file.binary")]
    written = _without_empty_tail(header.cells)
    spellings = {s: name for name, alias in columns.items() for s in (name, alias)}
    names = [spellings.get(_folded(cell), "") for cell in written]
    if not any(names):
        return [], [row_error(row, "header", "header.none", columns=", ".join(columns))]
    missing = [name for name in columns if name not in names]
    unknown = [cell for cell, name in zip(written, names, strict=True) if not name]
    errors = [_missing_column(row, name, columns[name], unknown) for name in missing]
    errors += [_unknown_column(row, cell, {n: columns[n] for n in missing}) for cell in unknown]
    twice = [name for name in columns if names.count(name) > 1]
    errors += [row_error(row, name, "header.twice") for name in twice]
    return ([] if twice else names), errors


def _without_empty_tail(cells: list[str]) -> list[str]:
    length = max((n for n, cell in enumerate(cells, start=1) if cell), default=0)
    return cells[:length]


def _folded(cell: str) -> str:
    return re.sub(r"[\s_-]+", "_", cell.casefold())


def _missing_column(row: int, name: str, alias: str, unknown: list[str]) -> RowError:
    shown = {_folded(cell): cell for cell in unknown if _is_shown(cell)}
    near = [m for s in (name, alias) for m in get_close_matches(s, shown, 1)]
    found = f"; perhaps it is the column {shown[near[0]]}" if near else ""
    return row_error(row, name, "header.missing", alias=alias, hint=found)


def _unknown_column(row: int, cell: str, missing: Mapping[str, str]) -> RowError:
    spellings = {s: name for name, alias in missing.items() for s in (name, alias)}
    near = get_close_matches(_folded(cell), spellings, 1)
    column = cell if _is_shown(cell) else "header"
    return row_error(row, column, "header.unknown", hint=hint(near[0] if near else None))


def _is_shown(cell: str) -> bool:
    return cell.isprintable() and 0 < len(cell) <= 40 and not any(c.isdigit() for c in cell)
