"""Everything that can be wrong with an organisation file, each with its remedy.

The sentences name rows, columns, posts and allowed words. They repeat neither a person's name
nor an identity number, nor a cell that could hold one, so they may be shown, mailed and logged.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class RowError:
    """One problem of a file: where, what, and what to do about it.

    ``row`` is the line on which the record starts; the header is line 1. ``column`` is a column's
    English name, or ``file``, ``header`` or ``row`` where no single column is at fault.
    """

    row: int
    column: str
    problem: str
    remedy: str


_SPREADSHEET_REMEDY = (
    "format the column as text in the spreadsheet, enter the number again and export again"
)

PROBLEMS: Final[dict[str, tuple[str, str]]] = {
    "file.empty": ("the file is empty", "export the sheet again, with its header"),
    "file.no_rows": ("there is no row below the header", "add one row for each holding of a post"),
    "file.binary": ("the file is not plain text", "save it as CSV (UTF-8)"),
    "header.none": (
        "the first line is not the header",
        "let the first line name the columns: {columns}",
    ),
    "header.missing": ("the column is missing", "add it, or its Indonesian name {alias}{hint}"),
    "header.unknown": ("the column is not known", "remove or rename it{hint}"),
    "header.twice": ("the column appears twice", "remove one of the two"),
    "row.quote": ("a quotation mark is not closed", "close it, or write it twice inside a cell"),
    "row.unreadable": (
        "the line cannot be read as CSV",
        "put a quotation mark at each end of a cell, or nowhere in it",
    ),
    "row.width": (
        "the row has {found} cells, the header {expected}",
        "put a cell that contains the separator in quotation marks",
    ),
    "cell.empty": ("the cell is empty", "fill it; this column is needed in every row"),
    "cell.control": ("the cell holds an invisible character", "type the cell again"),
    "cell.encoding": ("a character was lost on the way", "save the file as CSV (UTF-8)"),
    "cell.formula": (
        "the cell starts with = + - or @, as a formula does",
        "write plain text; leave an optional cell empty",
    ),
    "cell.long": ("the cell has more than {limit} characters", "shorten it"),
    "cell.identity_number": (
        "the cell holds what looks like an identity number",
        "keep the number in its own column; perhaps the cells of this row have shifted",
    ),
    "cell.unknown": ("the word is not one of: {allowed}", "use one of them{hint}"),
    "cell.date": ("the cell is not a date", "write YYYY-MM-DD or DD/MM/YYYY"),
    "identity.empty": ("the identity number is missing", "enter the 18 digits"),
    "identity.spreadsheet": (
        "a spreadsheet has shortened the identity number",
        _SPREADSHEET_REMEDY,
    ),
    "identity.not_digits": ("the identity number has other characters than digits", "remove them"),
    "identity.length": ("the identity number does not have 18 digits", "compare with the decree"),
    "identity.birth_date": ("digits 1 to 8 are no date of birth", "compare with the decree"),
    "identity.appointment": (
        "digits 9 to 14 are neither year and month (PNS) nor year and contract code (PPPK)",
        "compare with the decree",
    ),
    "identity.gender": ("digit 15 is neither 1 nor 2", "compare with the decree"),
    "identity.serial": (
        "digits 16 to 18 are 000, as when a spreadsheet keeps 15 digits only",
        _SPREADSHEET_REMEDY,
    ),
    "identity.kind": (
        "the identity number is that of a {found}, the row says {stated}",
        "correct the number or the kind",
    ),
    "capacity.decree": (
        "{capacity} needs the decree it rests on",
        "enter the number of the decree (SK) in the column decree",
    ),
    "capacity.mandate": (
        "a mandate is not a holding of a post",
        "leave the row out and enter the mandate as an order of its own",
    ),
    "dates.order": ("the last day lies before the first", "correct one of the two dates"),
    "person.name": (
        "the person has another name in row {other}",
        "write the name alike in all rows of the person, or correct the identity number",
    ),
    "person.kind": (
        "the person is of another kind in row {other}",
        "write the kind alike in all rows of the person",
    ),
    "post.differs": (
        "the post has another {what} in row {other}",
        "describe the post alike in all of its rows, or give the second post its own name",
    ),
    "post.two_holders": (
        "the post has another definitive holder at the same time (row {other})",
        "end one holding before the other begins, or give each post its own name",
    ),
    "post.two_acting": (
        "the post has another {capacity} at the same time (row {other})",
        "end one holding before the other begins",
    ),
    "person.two_posts": (
        "the person has another definitive post at the same time (row {other})",
        "end one holding before the other begins, or make one an acting holding (Plt)",
    ),
    "holding.twice": (
        "the person holds the post in this capacity already (row {other})",
        "keep one of the two rows, or correct their dates",
    ),
    "change.post_needed": ("this change is about a post", "name the post"),
    "change.post_idle": ("this change is not about a post", "leave the cell empty"),
    "change.post_unknown": (
        "there is no such post on that day",
        "write it as the organisation file does, or import the post first{hint}",
    ),
    "change.person_unknown": (
        "nobody in the organisation has this identity number",
        "compare with the decree, or import the person first",
    ),
    "change.endless": ("this change has no last day", "leave the cell empty"),
    "change.leave_open": ("a leave needs its last day", "enter the last day of the leave"),
    "change.death_ahead": ("the day lies ahead", "record a death once it has happened"),
    "change.left": (
        "the person has retired or died by then",
        "compare with the decree; whoever serves again comes back first (aktif kembali)",
    ),
    "change.no_holding": (
        "the person does not hold this post on that day",
        "compare the post and the day with what siklus org people shows",
    ),
    "change.not_away": (
        "the person is not absent on that day",
        "correct the day, or leave the row out",
    ),
    "change.post_taken": (
        "somebody else holds the post in this capacity at that time",
        "end that holding in the same file, or correct the days",
    ),
    "change.two_posts": (
        "the person has another definitive post at that time",
        "correct the days, or make it an acting holding (Plt)",
    ),
    "change.twice": (
        "the person holds the post in this capacity at that time already",
        "leave the row out, or correct its days",
    ),
    "superior.unknown": ("no row describes the superior post", "add a row for it{hint}"),
    "superior.cycle": ("the posts lead to each other: {path}", "correct one superior post"),
    "superior.second_root": (
        "the post has no superior, but the highest post is that of row {other}",
        "name its superior post",
    ),
    "superior.no_appraiser": (
        "no post above is of level pengawas or higher, so nobody could appraise",
        "correct a level, or name another superior post",
    ),
    "office.two_hr": (
        "the unit is marked hr, but so is the unit of row {other}",
        "mark posts of one unit only",
    ),
    "office.two_sekda": (
        "the post is marked sekda, but so is that of row {other}",
        "mark one post only",
    ),
}


def row_error(row: int, column: str, code: str, **params: object) -> RowError:
    """The error of a code, with its sentences filled in."""
    problem, remedy = PROBLEMS[code]
    return RowError(row, column, problem.format_map(params), remedy.format_map(params))


def hint(found: str | None) -> str:
    """The tail of a remedy that suggests a word, or nothing."""
    return "" if found is None else f"; did you mean {found}?"
