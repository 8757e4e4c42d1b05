"""``siklus check``: judge the whole record."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from audit.acknowledged import InvalidLog, read_log
from audit.check import check as check_record
from audit.report import Finding, Report
from cli.output import Exit, fail, out, progress
from cli.session import Session, run
from storage.pool import open_pool

SHOWN = 20
COMMAND_SECONDS = 300.0


def check(
    acknowledged: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="what people were told: a log kept outside the database, one JSON line an answer",
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Temporal is down: check the record alone")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the report as JSON")] = False,
) -> None:
    """Check the whole record: is everything there, unchanged, lawful and in time?

    It reads and changes nothing; the system may go on working meanwhile.

    I1  what was acknowledged is stored and decided
    I2  nothing happened twice; everybody concerned was told once
    I3  every file took a path of its process definition
    I4  everybody who acted had the right that day
    I5  nothing rang early, nothing is overslept
    I6  every hash chain is whole and unchanged
    I7  each open file waits for exactly one person, or visibly for nobody
    I8  deciding every step again gives the same bytes
    I9  each open file has its workflow in Temporal, and no other has
    fold  each file's row is what its events amount to
    roster  everybody of a period has a file, or a reason for none

    It ends with 0 if everything holds and with 6 if there are problems.
    Each problem names a stream and an event, or a command.
    Nothing is repaired: the record is evidence.

    Examples: siklus check; siklus check --offline --json
    """
    if acknowledged is not None and not acknowledged.is_file():
        fail(f"--acknowledged {acknowledged}: there is no such file", Exit.USAGE)

    async def work(session: Session) -> Exit:
        with progress("checking {task.description}") as bar:
            task = bar.add_task("files", total=None)
            async with open_pool(session.addresses.web, 2, COMMAND_SECONDS) as pool:
                try:
                    report = await check_record(
                        pool,
                        None if offline else session.client,
                        session.settings.org,
                        session.calendar,
                        None if acknowledged is None else read_log(acknowledged),
                        lambda done, total: bar.update(task, completed=done, total=total),
                    )
                except InvalidLog as error:
                    fail(f"--acknowledged {acknowledged}, {error}", Exit.USAGE)
        if as_json:
            typer.echo(report.model_dump_json(indent=2))
        else:
            show_report(report, out)
        return Exit.PROBLEMS if report.problems else Exit.OK

    run(work)


def show_report(report: Report, console: Console) -> None:
    """The findings as a table, then the first problems of each."""
    table = Table(title=f"Record of {report.org}", title_justify="left")
    table.add_column("")
    table.add_column("what holds")
    table.add_column("checked", justify="right")
    table.add_column("problems", justify="right")
    for finding in report.findings:
        note = f"\n[dim]{escape(finding.note)}[/]" if finding.note else ""
        total = f"[bold red]{finding.total}[/]" if finding.total else "0"
        table.add_row(finding.id, f"{finding.title}{note}", f"{finding.checked}", total)
    console.print(table)
    for finding in report.findings:
        if finding.problems:
            _show_problems(finding, console)
    verdict = (
        f"[bold red]{report.problems} problems[/]" if report.problems else "[green]0 problems[/]"
    )
    console.print(verdict, highlight=False)


def _show_problems(finding: Finding, console: Console) -> None:
    console.print(f"[bold]{finding.id}[/] {finding.title}: {finding.total}", highlight=False)
    for problem in finding.problems[:SHOWN]:
        console.print(
            f"  {escape(problem.where)}: {escape(problem.what)}", highlight=False, soft_wrap=True
        )
    if finding.total > SHOWN:
        console.print(f"  and {finding.total - SHOWN} more (--json shows a thousand)")
