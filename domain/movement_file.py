"""A file of changes: CSV in, dated changes or every problem of it out.

The format is that of docs/organisation-file.md. As with an organisation file one error refuses the
whole; what rows are to each other and to the organisation is asked once each is in order by itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Final
from uuid import UUID

from domain.identity_number import InvalidIdentityNumber, normalise
from domain.movement import Wrong, move, shape_problem
from domain.organisation import Organisation
from domain.organisation_cells import Cells, read_cells
from domain.organisation_problem import RowError, hint, row_error
from domain.organisation_table import read_header, read_records
from schemas.code import Change
from schemas.organisation import DatedChange

CHANGE_COLUMNS: Final[dict[str, str]] = {
    "identity_number": "nip",
    "change": "perubahan",
    "post": "jabatan",
    "decree": "sk",
    "from": "mulai",
    "to": "selesai",
}
_ORDER = {name: position for position, name in enumerate(CHANGE_COLUMNS)}
_COLUMN_OF = {"person": "identity_number", "from_on": "from", "to_on": "to"}


@dataclass(frozen=True, slots=True)
class NumberedChange:
    """A change without a problem of its own, and the line it starts on."""

    row: int
    change: DatedChange


def read_changes(
    text: str, people: Mapping[str, UUID], before: Organisation | None, today: date
) -> tuple[list[DatedChange], list[RowError]]:
    """Read a file and report every problem of it, in the order of its lines.

    Args:
        text: the file.
        people: everybody of the organisation by identity number.
        before: the organisation that the changes are made to; without it the rows are not held
            against any, as where an order is sent again.
        today: the day on which they are ordered.
    """
    records = read_records(text.removeprefix("\ufeff"))
    header = next(records, None)
    if header is None:
        return [], [row_error(1, "file", "file.empty")]
    if isinstance(header, RowError):
        return [], [header]
    names, errors = read_header(header, CHANGE_COLUMNS)
    if not set(CHANGE_COLUMNS) <= set(names):
        return [], errors
    good: list[NumberedChange] = []
    for record in records:
        if isinstance(record, RowError):
            errors.append(record)
            continue
        cells = read_cells(record, names, len(header.cells))
        change = None if "row" in cells.failed else _change(cells, people)
        errors += cells.errors
        good += [] if change is None else [NumberedChange(record.row, change)]
    if not good and not errors:
        errors.append(row_error(header.row, "file", "file.no_rows"))
    errors += [] if before is None else _against(good, before, today, is_whole=not errors)
    errors.sort(key=lambda e: (e.row, _ORDER.get(e.column, -1)))
    return [numbered.change for numbered in good], errors


def _change(cells: Cells, people: Mapping[str, UUID]) -> DatedChange | None:
    person = _person(cells, people)
    change = cells.code("change", Change, cells.needed("change"))
    decree = cells.needed("decree")
    from_on = cells.day("from", cells.needed("from"))
    to_on = cells.day("to", cells.optional("to"))
    post = cells.optional("post")
    if cells.errors:
        return None
    return DatedChange.model_validate(
        {
            "person": person,
            "change": change,
            "post": post,
            "decree": decree,
            "from_on": from_on,
            "to_on": to_on,
        }
    )


def _person(cells: Cells, people: Mapping[str, UUID]) -> UUID | None:
    if "identity_number" in cells.failed:
        return None
    try:
        number = normalise(cells.values["identity_number"])
    except InvalidIdentityNumber as error:
        cells.fail("identity_number", f"identity.{error.code}")
        return None
    found = people.get(number)
    if found is None:
        cells.fail("identity_number", "change.person_unknown")
    return found


def _against(
    good: list[NumberedChange], before: Organisation, today: date, *, is_whole: bool
) -> Iterator[RowError]:
    """What the organisation says to the rows; together only if none is missing."""
    if is_whole:
        wrong = move(before, [numbered.change for numbered in good], today).wrong
    else:
        shapes = (shape_problem(numbered.change, before, today) for numbered in good)
        wrong = [Wrong(i, *problem) for i, problem in enumerate(shapes) if problem is not None]
    for each in wrong:
        numbered = good[each.index]
        near = _near(numbered.change, before) if each.code == "change.post_unknown" else ""
        column = _COLUMN_OF.get(each.field, each.field)
        yield row_error(numbered.row, column, each.code, hint=near)


def _near(change: DatedChange, before: Organisation) -> str:
    """A post that the one that is not there may have been meant to be."""
    found = get_close_matches(change.post or "", before.posts, 1, 0.8)
    return hint(found[0] if found else None)
