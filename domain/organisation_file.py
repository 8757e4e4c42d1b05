"""An organisation file: CSV in, checked rows or every problem of it out, and back.

The format is that of docs/organisation-file.md. Nothing here writes anything: a file with one
error is refused as a whole by whoever asked, so that nobody works in half an organisation.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from domain.identity_number import InvalidIdentityNumber, normalise, parse
from domain.organisation_cells import FORMULA, Cells, read_cells
from domain.organisation_check import Numbered, check
from domain.organisation_problem import RowError, row_error
from domain.organisation_table import COLUMNS, Record, read_header, read_records
from schemas.code import Capacity, Level, Office, PersonKind
from schemas.organisation import Holding, HoldingRow, Post

_ORDER = {name: position for position, name in enumerate(COLUMNS)}
_ACTING = (Capacity.PLT, Capacity.PLH, Capacity.PJ)
_CONTRACTED = (PersonKind.PPPK, PersonKind.PPPK_PART_TIME)


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


def _read_record(
    record: Record, names: list[str], width: int
) -> tuple[HoldingRow | None, list[RowError]]:
    """The holding of one record, or none and the problems of its cells."""
    cells = read_cells(record, names, width)
    return (None if "row" in cells.failed else _holding(cells)), cells.errors


def _holding(cells: Cells) -> HoldingRow | None:
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


def _check_capacity(cells: Cells, capacity: Capacity | None, decree: str | None) -> None:
    if capacity is Capacity.MANDATE:
        cells.fail("capacity", "capacity.mandate")
    elif capacity in _ACTING and decree is None:
        cells.fail("decree", "capacity.decree", capacity=capacity)


def _identity_number(cells: Cells, kind: PersonKind | None) -> str | None:
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
