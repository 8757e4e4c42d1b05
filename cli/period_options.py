"""What every order about a period is told on the command line."""

from typing import Annotated
from uuid import UUID

import typer

from domain.definition import kinds

PeriodName = Annotated[
    str, typer.Option(help="the period, as in 2026-03, 2026-TW1 (a quarter) or 2026")
]
Kind = Annotated[str, typer.Option(help="the kind of file: " + ", ".join(sorted(kinds())))]
By = Annotated[
    str | None, typer.Option("--as", metavar="PERSON", help="who in the HR office orders it")
]
Again = Annotated[UUID | None, typer.Option(help="ask again for an earlier order that was stored")]
Json = Annotated[bool, typer.Option("--json", help="print JSON")]
WAIT_SECONDS = 600.0
