"""What every order about a period is told on the command line."""

from typing import Annotated

import typer

from domain.definition import kinds

PeriodName = Annotated[
    str, typer.Option(help="the period, as in 2026-03, 2026-TW1 (a quarter) or 2026")
]
Kind = Annotated[str, typer.Option(help="the kind of file: " + ", ".join(sorted(kinds())))]
WAIT_SECONDS = 600.0
