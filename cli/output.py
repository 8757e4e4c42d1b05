"""How commands speak: tables for people, JSON for machines, exit codes for scripts."""

import json
from datetime import datetime
from enum import IntEnum
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from runtime.exit import leave
from schemas.instant import stamp
from schemas.period import Period

out = Console()
err = Console(stderr=True)


class Exit(IntEnum):
    """What a command's exit code means; part of the interface."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    STORED = 4
    UNAVAILABLE = 5
    PROBLEMS = 6


class Ambiguous(ValueError):
    """What was typed names nobody, or more than one; says where to look."""


def print_json(value: Any) -> None:  # noqa: ANN401
    """One JSON document on standard output; instants are RFC 3339 in UTC."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> str:
    return stamp(value) if isinstance(value, datetime) else str(value)


def fail(message: str, code: Exit) -> NoReturn:
    """Say what is wrong and what helps, on standard error, and end."""
    err.print(f"[bold red]siklus:[/] {escape(message)}", highlight=False, soft_wrap=True)
    leave(code)


def read_period(text: str) -> str:
    """A period as it was typed, in its one form; anything else ends the command."""
    try:
        return str(Period.parse(text))
    except ValueError as error:
        fail(f"--period: {error}", Exit.USAGE)


def progress(said: str) -> Progress:
    """A bar of long work on a terminal, gone when it is done; ``said`` stands before it."""
    return Progress(
        TextColumn(said),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
