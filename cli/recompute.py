"""``siklus recompute``: decide everything that was decided again, and compare."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from audit.again.run import Again
from audit.again.run import recompute as decide_again
from cli.output import Exit, fail, out, progress, read_period
from cli.session import Session, run

SHOWN = 20
MIB = 1024 * 1024


def recompute(
    period: Annotated[
        str | None,
        typer.Option(help="the period, as in 2026-03, 2026-TW1 (a quarter) or 2026"),
    ] = None,
    is_all: Annotated[bool, typer.Option("--all", help="the files of every period")] = False,
    workers: Annotated[
        int, typer.Option(min=1, max=64, metavar="N", help="processes that decide")
    ] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Decide every step of every file again from what was stored, and compare the bytes.

    It reads and changes nothing; the system may go on working meanwhile. Each act, each wake-up
    and each refusal is decided by the rules of today on the inputs of then: the state before it,
    the command, who was who, the calendar. What differs is named by file, event and field, as

    input   something a decision was made from was changed, or is missing
    rule    the process definition or the rules are other ones
    result  it comes out otherwise than it was recorded

    It ends with 0 if everything comes out the same and with 6 if something differs.
    Whether the inputs were right in the first place is what siklus check judges.

    Examples: siklus recompute --period 2026-03; siklus recompute --all --json
    """
    if (period is None) != is_all:
        fail("give either --period P or --all", Exit.USAGE)
    wanted = None if period is None else read_period(period)

    async def work(session: Session) -> Exit:
        with progress("deciding {task.description} again") as bar:
            task = bar.add_task("files", total=None)
            found = await decide_again(
                session.addresses.web,
                session.settings.org,
                wanted,
                workers,
                lambda done, total: bar.update(task, completed=done, total=total),
            )
        if wanted is not None and not found.files:
            fail(f"there are no files of {wanted}", Exit.USAGE)
        if as_json:
            typer.echo(found.model_dump_json(indent=2))
        else:
            show(found, out)
        return Exit.PROBLEMS if found.total else Exit.OK

    run(work)


def show(found: Again, console: Console) -> None:
    """What was decided again as a table, then the first differences."""
    table = Table(title=f"{found.org}, {found.period or 'every period'}", title_justify="left")
    table.add_column("decided again")
    table.add_column("", justify="right")
    for label, value in (
        ("files", found.files),
        ("decisions", found.steps),
        ("events", found.events),
        ("refusals", found.refusals),
        *((f"differences: {kind}", number) for kind, number in sorted(found.by_kind.items())),
    ):
        table.add_row(label, f"{value}")
    console.print(table)
    for difference in found.differences[:SHOWN]:
        place = difference.file
        place += "" if difference.number is None else f" event {difference.number}"
        place += "" if difference.command is None else f" command {difference.command}"
        line = f"{place}: {difference.kind} {difference.field}: {difference.what}"
        console.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
    if found.total > SHOWN:
        console.print(f"  and {found.total - SHOWN} more (--json shows a thousand)")
    verdict = (
        f"[bold red]{found.total} differences[/]" if found.total else "[green]0 differences[/]"
    )
    pace = f"{found.seconds:.1f} s, {found.files_a_second:.0f} files a second"
    console.print(
        f"{verdict}  [dim]{pace}, {found.peak_memory_bytes / MIB:.0f} MiB at most[/]",
        highlight=False,
    )
