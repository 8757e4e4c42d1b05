"""The ``siklus`` command."""

from importlib.metadata import version
from typing import Annotated

import typer

from cli import (
    act,
    check,
    contacts,
    demo,
    deployment,
    file,
    inbox,
    mail,
    movement,
    org,
    outbox,
    period,
    plan,
    schedules,
    status,
    unit,
    up,
    webhook,
)
from cli.act_help import act_help
from cli.calendar import calendar_app
from cli.output import out
from cli.recompute import recompute
from cli.reconcile import reconcile
from cli.rules import rules_app
from cli.why import why

app = typer.Typer(
    name="siklus",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Run the performance-evaluation cycles of a city's civil servants (ASN).",
    epilog="To see it work: siklus demo. To run it: siklus up, then siklus org import FILE.csv, "
    "siklus period open --period 2026-03, siklus inbox --as PERSON, siklus act. "
    "Exit codes: 0 done, 1 defect, 2 usage, 3 refused, 4 stored, 5 not reachable, 6 problems.",
)
app.command("up")(up.up)
app.command("status")(status.status)
app.command("demo")(demo.demo)
app.add_typer(org.app, name="org")
org.app.command("apply")(movement.apply)
org.app.command("change")(movement.change)
org.app.command("vacant")(movement.vacant)
app.add_typer(period.app, name="period")
app.add_typer(schedules.app, name="schedules")
app.add_typer(unit.app, name="unit")
app.add_typer(plan.app, name="plan")
app.add_typer(file.app, name="file")
app.add_typer(contacts.app, name="contacts")
app.add_typer(mail.app, name="mail")
app.add_typer(outbox.app, name="outbox")
app.command("why")(why)
app.command("inbox")(inbox.inbox)
app.command("act", help=act_help())(act.act)
app.command("check")(check.check)
app.command("recompute")(recompute)
app.command("reconcile")(reconcile)
app.add_typer(rules_app, name="rules")
app.add_typer(calendar_app, name="calendar")
app.add_typer(webhook.app, name="webhook")
app.command("migrate")(deployment.migrate)
app.command("bootstrap")(deployment.bootstrap)
app.command("worker")(deployment.worker)


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
