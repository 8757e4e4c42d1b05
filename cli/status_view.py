"""What runs and what waits, as people read it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from rich.markup import escape
from rich.table import Table

from cli.output import out
from schemas.text import Language, when, word

Found = dict[str, Any]


def show_status(found: Found, language: Language) -> None:
    """One verdict first, then the parts, then the work."""
    verdict = "[green]up[/]" if found["up"] else "[red]not up[/]"
    out.print(f"Siklus on {escape(found['data'])}: {verdict}", highlight=False, soft_wrap=True)
    if "problem" in found:
        out.print(escape(found["problem"]), highlight=False, soft_wrap=True)
        return
    _show_parts(found)
    if "waiting" in found:
        _show_waiting(found, language)


def _show_parts(found: Found) -> None:
    table = Table("process", "pid", "state", "since")
    for name, process in found["processes"].items():
        since = process["since"]
        age = "-" if since is None else f"{_span(datetime.now(UTC) - since)} ago"
        table.add_row(name, str(process["pid"]), _state(process), age)
    if found["processes"]:
        out.print(table)
    for name in ("postgres", "temporal"):
        part = found[name]
        said = "answers" if part["answers"] else "[red]does not answer[/]"
        out.print(f"{name} at {escape(part['address'])} {said}", highlight=False)
    if not found["up"] and not any(_is_working(n, p) for n, p in found["processes"].items()):
        out.print("[red]no worker asks for work[/]: acts are stored and wait")


def _is_working(name: str, process: Found) -> bool:
    return name.startswith("worker") and bool(process["ready"])


def _state(process: Found) -> str:
    if not process["alive"]:
        return "[red]gone, being started again[/]"
    return "[green]ready[/]" if process["ready"] else "[yellow]alive, not ready[/]"


def _show_waiting(found: Found, language: Language) -> None:
    waits = found["waiting"]
    out.print(f"business time {when(found['business_time'], language)}", highlight=False)
    out.print(
        f"{waits['open_files']} files open, {waits['overdue']} of them overdue; "
        f"{waits['closed_files']} closed; {waits['undecided']} stored acts undecided",
        highlight=False,
    )
    if waits["oldest"]:
        age = datetime.now(UTC) - datetime.fromisoformat(waits["oldest"])
        out.print(f"the oldest undecided act has waited {_span(age)}", highlight=False)
    for stage in found["stages"]:
        group, code = ("end", stage["ended"]) if stage["ended"] else ("stage", stage["stage"])
        out.print(f"  {word(group, code, language)}: {stage['files']}", highlight=False)


def _span(age: timedelta) -> str:
    """A span as people say it, in its largest unit."""
    seconds = max(0, int(age.total_seconds()))
    for unit, length in (("days", 86_400), ("hours", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
