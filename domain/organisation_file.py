"""An organisation file: CSV in, checked rows or every problem of it out, and back.

The format is that of docs/organisation-file.md. Nothing here writes anything: a file with one
error is refused as a whole by whoever asked, so that nobody works in half an organisation.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from domain.identity_number import InvalidIdentityNumber, normalise, parse
from domain.organisation_check import Numbered, check
from domain.organisation_problem import RowError, hint, row_error
from domain.organisation_table import COLUMNS, Record, read_header, read_records
from schemas.code import Capacity, Level, Office, PersonKind
from schemas.organisation import Holding, HoldingRow, Post

MAX_CELL = 200  # a unit is a search attribute of Temporal, which ends at 255 characters
FORMULA = ("=", "+", "-", "@")

_ORDER = {name: position for position, name in enumerate(COLUMNS)}
_PUBLIC = ("name", "post", "unit", "superior_post")  # columns that never hold a number of 15 digits
_LONG_NUMBER = re.compile(r"(?:\d[\s.]?){15}")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_SLASHED = re.compile(r"(\d\d)/(\d\d)/(\d{4})", re.ASCII)
_ACTING = (Capacity.PLT, Capacity.PLH, Capacity.PJ)
_CONTRACTED = (PersonKind.PPPK, PersonKind.PPPK_PART_TIME)

_Code = TypeVar("_Code", bound=StrEnum)


def decode(data: bytes) -> str:
    """The text of a file: UTF-8 or UTF-16 with its mark, else UTF-8, else Windows-1252.

    Never fails; a byte that means nothing becomes U+FFFD, which ``read_rows`` reports.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def read_rows(text: str) -> tuple[list[HoldingRow], list[RowError]]:
    """Read a file and report every problem of it, in the order of its lines.

    Rows are returned for what they are worth: when there are errors, they are the rows without
    a problem of their own, and must not be imported. A row that is at fault itself causes no
    follow-up errors in rows that refer to its post.
    """
    records = read_records(text.removeprefix("\ufeff"))
    header = next(records, None)
    if header is None:
        return [], [row_error(1, "file", "file.empty")]
    if isinstance(header, RowError):
        return [], [header]
    names, errors = read_header(header)
    if not set(COLUMNS) <= set(names):
        return [], errors
    good: list[Numbered] = []
    bad_posts: set[str] = set()
    is_whole = True
    for record in records:
        if isinstance(record, RowError):
            errors.append(record)
            is_whole = False
            continue
        holding, found = _read_record(record, names, len(header.cells))
        errors.extend(found)
        if holding is None:
            bad_posts.update(record.cells)  # its post is one of them, even if they have shifted
        else:
            good.append(Numbered(record.row, holding))
    if not good and not errors:
        errors.append(row_error(header.row, "file", "file.no_rows"))
    errors.extend(check(good, frozenset(bad_posts), is_whole=is_whole))
    errors.sort(key=lambda e: (e.row, _ORDER.get(e.column, -1)))
    return [n.holding for n in good], errors


def write_rows(rows: Iterable[HoldingRow]) -> str:
    """The rows as a file that ``read_rows`` reads back to equal rows.

    Raises:
        ValueError: a cell would start like a formula; no file with such a cell is ever written.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows, start=2):
        values = dict(row)
        values["from"], values["to"] = values.pop("held_from"), values.pop("held_to")
        cells = ["" if values[c] is None else str(values[c]) for c in COLUMNS]
        if any(cell.startswith(FORMULA) for cell in cells):
            raise ValueError(f"row {number} holds a cell that starts like a formula")
        writer.writerow(cells)
    return written.getvalue()


def to_posts_and_holdings(
    rows: Iterable[HoldingRow], person_ids: Mapping[str, UUID]
) -> tuple[list[Post], list[Holding]]:
    """The posts and holdings that checked rows describe, each in the order of the rows.

    A file says how the posts are, not since when, so every post is there from the first day that
    the file knows of: otherwise a superior who came later would leave a gap in the chain of
    those who were there before.

    Args:
        rows: rows of a file without errors.
        person_ids: the id of each person, by identity number.

    Raises:
        KeyError: a person of the rows has no id.
    """
    rows = list(rows)
    first_day = min((row.held_from for row in rows), default=date.max)
    posts: dict[str, Post] = {}
    for row in rows:
        if row.post not in posts:
            posts[row.post] = Post(
                id=row.post,
                unit=row.unit,
                superior=row.superior_post,
                level=row.level,
                office=row.office,
                from_on=first_day,
            )
    holdings = [
        Holding(
            person=person_ids[row.identity_number],
            post=row.post,
            capacity=row.capacity,
            decree=row.decree,
            from_on=row.held_from,
            to_on=row.held_to,
        )
        for row in rows
    ]
    return list(posts.values()), holdings


@dataclass(slots=True)
class _Cells:
    """The cells of one record by column; collects every problem, one for each cell at most."""

    row: int
    values: dict[str, str]
    errors: list[RowError] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)

    def fail(self, column: str, code: str, **params: object) -> None:
        if column not in self.failed:
            self.failed.add(column)
            self.errors.append(row_error(self.row, column, code, **params))

    def optional(self, column: str) -> str | None:
        return None if column in self.failed else self.values[column] or None

    def needed(self, column: str) -> str | None:
        value = self.optional(column)
        if value is None:
            self.fail(column, "cell.empty")
        return value

    def code(self, column: str, codes: type[_Code], value: str | None) -> _Code | None:
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


def _read_record(
    record: Record, names: list[str], width: int
) -> tuple[HoldingRow | None, list[RowError]]:
    """The holding of one record, or none and the problems of its cells.

    A cell more than the header has is an error even when it is empty: a comma in a name that is
    not quoted pushes the empty last day out of the table.
    """
    by_name = {name: cell for name, cell in zip(names, record.cells, strict=False) if name}
    cells = _Cells(record.row, by_name)
    found = len(record.cells)
    if not len(names) <= found <= width or any(record.cells[len(names) :]):
        cells.fail("row", "row.width", found=found, expected=len(names))
        return None, cells.errors
    for column, cell in by_name.items():
        _check_cell(cells, column, cell)
    return _holding(cells), cells.errors


def _check_cell(cells: _Cells, column: str, cell: str) -> None:
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


def _holding(cells: _Cells) -> HoldingRow | None:
    kind = cells.code("kind", PersonKind, cells.needed("kind"))
    number = _identity_number(cells, kind)
    name, post, unit = cells.needed("name"), cells.needed("post"), cells.needed("unit")
    capacity = cells.code("capacity", Capacity, cells.needed("capacity"))
    level = cells.code("level", Level, cells.needed("level"))
    office = cells.code("office", Office, cells.optional("office"))
    held_from = cells.day("from", cells.needed("from"))
    held_to = cells.day("to", cells.optional("to"))
    decree, superior = cells.optional("decree"), cells.optional("superior_post")
    _check_capacity(cells, capacity, decree)
    if held_from is not None and held_to is not None and held_to < held_from:
        cells.fail("to", "dates.order")
    if cells.errors:
        return None
    return HoldingRow.model_validate(
        {
            "identity_number": number,
            "name": name,
            "kind": kind,
            "post": post,
            "capacity": capacity,
            "decree": decree,
            "unit": unit,
            "superior_post": superior,
            "level": level,
            "office": office,
            "held_from": held_from,
            "held_to": held_to,
        }
    )


def _check_capacity(cells: _Cells, capacity: Capacity | None, decree: str | None) -> None:
    if capacity is Capacity.MANDATE:
        cells.fail("capacity", "capacity.mandate")
    elif capacity in _ACTING and decree is None:
        cells.fail("decree", "capacity.decree", capacity=capacity)


def _identity_number(cells: _Cells, kind: PersonKind | None) -> str | None:
    """The 18 digits. Those of a state official may be any; those of others fit their kind."""
    if "identity_number" in cells.failed:
        return None
    value = cells.values["identity_number"]
    try:
        if kind in (None, PersonKind.STATE_OFFICIAL):
            return normalise(value)
        number = parse(value)
    except InvalidIdentityNumber as error:
        cells.fail("identity_number", f"identity.{error.code}")
        return None
    stated = PersonKind.PPPK if kind in _CONTRACTED else PersonKind.PNS
    if number.kind is not stated:
        cells.fail("identity_number", "identity.kind", found=number.kind, stated=stated)
    return number.normalised
