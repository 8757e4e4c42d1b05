"""Options that many commands share."""

from typing import Annotated
from uuid import UUID

import typer

Json = Annotated[bool, typer.Option("--json", help="print JSON")]
By = Annotated[
    str | None, typer.Option("--as", metavar="PERSON", help="who in the HR office orders it")
]
Again = Annotated[
    UUID | None, typer.Option("--command-id", help="ask again for an earlier order that was stored")
]
DAY = ["%Y-%m-%d"]
