"""Tables that people hand in as files: read, and every problem of them shown."""

from pathlib import Path

from rich.markup import escape
from rich.table import Table

from cli.output import Exit, err, fail, print_json
from domain.organisation_file import decode
from domain.organisation_problem import RowError


def read_text(file: Path) -> str:
    """The text of a file, however it was saved; a file that cannot be read ends the command."""
    try:
        return decode(file.read_bytes())
    except OSError as error:
        fail(f"{file}: {error.strerror}", Exit.USAGE)


def show_errors(file: Path, errors: list[RowError], *, as_json: bool) -> Exit:
    """Every problem of a file, with its row and column."""
    if as_json:
        problems = [
            {"row": e.row, "column": e.column, "problem": e.problem, "remedy": e.remedy}
            for e in errors
        ]
        print_json({"status": "refused", "file": str(file), "problems": problems})
        return Exit.REFUSED
    table = Table("row", "column", "problem", "remedy")
    for e in errors:
        table.add_row(str(e.row), e.column, escape(e.problem), escape(e.remedy))
    err.print(table)
    count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
    err.print(f"{escape(str(file))}: {count}; nothing was written")
    return Exit.REFUSED
