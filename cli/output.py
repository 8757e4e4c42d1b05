"""How commands speak: tables for people, JSON for machines, exit codes for scripts."""

import json
from enum import IntEnum
from typing import Any, NoReturn

import typer
from rich.console import Console

from runtime.exit import leave

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
    """One JSON document on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def fail(message: str, code: Exit) -> NoReturn:
    """Say what is wrong and what helps, on standard error, and end."""
    err.print(f"[bold red]siklus:[/] {message}", highlight=False)
    leave(code)
