"""The ``siklus`` command."""

from importlib.metadata import version
from typing import Annotated

import typer

from cli.commands import Commands
from cli.output import out

app = typer.Typer(
    name="siklus",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Run the performance-evaluation cycles of a city's civil servants (ASN).",
    epilog="To see it work: siklus demo. To run it: siklus up, then siklus org import FILE.csv, "
    "siklus period open --period 2026-03, siklus inbox --as PERSON, siklus act. "
    "Exit codes: 0 done, 1 defect, 2 usage, 3 refused, 4 stored, 5 not reachable, 6 problems.",
)


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        out.print(version("siklus"))
        raise typer.Exit


@app.callback()
def siklus(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="show the version"),
    ] = False,
) -> None:
    """Take what is asked of the command itself."""


def main() -> None:
    """Entry point of the installed command."""
    app()


if __name__ == "__main__":
    main()
