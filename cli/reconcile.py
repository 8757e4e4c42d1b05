"""``siklus reconcile``: put right what does not agree between record, notices and Temporal."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from temporalio.service import RPCError

from audit.reconcile.run import reconcile as reconcile_all
from cli.options import Json
from cli.output import Exit, fail, out, print_json
from cli.session import Session, run
from schemas.upkeep import Finding, Reconciled
from storage.pool import open_pool

COMMAND_SECONDS = 300.0


def reconcile(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="report, and change nothing")] = False,
    as_json: Json = False,
) -> None:
    """Compare open files with Temporal and with what they owe people, and put right what can be.

    Lost workflows are started again from the record (no reminder is sent twice), stored acts without
    an outcome are knocked for, overslept wake-ups ring, files follow a changed calendar, missing
    notices are written again. A workflow without a file, a workflow ahead of its file and rows
    without their event are named only. The workflow Reconcile does the same.

    Examples: siklus reconcile --dry-run; siklus reconcile --json

    Exit codes: 0 nothing is left, 5 something does not answer, 6 something is left.
    """

    async def work(session: Session) -> Exit:
        async with open_pool(session.addresses.worker, 2, COMMAND_SECONDS) as pool:
            try:
                findings = await reconcile_all(
                    pool,
                    session.client,
                    session.settings.org,
                    session.clock,
                    is_dry_run=dry_run,
                )
            except (RPCError, RuntimeError):
                fail("Temporal does not answer; is it running? (siklus status)", Exit.UNAVAILABLE)
        counts = Reconciled.of(findings)
        if as_json:
            told = [finding.model_dump(mode="json") for finding in findings]
            print_json({**counts.model_dump(mode="json"), "findings": told})
        else:
            _show(findings)
        return Exit.PROBLEMS if counts.left else Exit.OK

    run(work)


def _show(findings: list[Finding]) -> None:
    if not findings:
        out.print("[green]everything agrees[/]")
        return
    table = Table("kind", "where", "found", "done")
    for each in findings:
        table.add_row(each.kind, escape(each.where), escape(each.what), each.done or "[red]left[/]")
    out.print(table)
