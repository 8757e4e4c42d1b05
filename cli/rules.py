"""``siklus rules``: which rules hold, where they come from, and what changes between two days.

Nothing here needs a running stack: the rules travel with the program.
"""

import sys
from datetime import date, datetime
from typing import Annotated

import typer

from cli.output import Exit, fail, out, print_json
from cli.rules_batch import run_batch
from cli.rules_view import change_json, rule_json, show_changes, show_list, show_rule
from cli.session import load_settings
from domain.regulation import NotInForce, UnknownRule, diff, load
from domain.working_calendar import load as load_calendar
from runtime.clock import Clock
from runtime.exit import leave

rules_app = typer.Typer(
    no_args_is_help=True,
    invoke_without_command=True,
    help="The rules of evaluation: list them, show one, compare two days, or ask them in a batch.\n\n"
    "Batch: one JSON request a line on standard input, one answer a line on standard output; a "
    "line in error is answered as such. Example: "
    """echo '{"rule":"predicate","work_result":1,"behaviour":2}' | siklus rules --batch""",
)
Json = Annotated[bool, typer.Option("--json", help="print JSON")]
On = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], metavar="DATE", help="the day; today if left out"),
]


def _day(on: datetime | None) -> date:
    if on is not None:
        return on.date()
    return load_calendar().local_date(Clock.standard().now())


@rules_app.callback()
def rules_group(
    context: typer.Context,
    batch: Annotated[
        bool, typer.Option("--batch", help="answer JSON lines on standard input, one for one")
    ] = False,
) -> None:
    """Answer a batch, or leave it to the command that follows."""
    if not batch:
        return
    if context.invoked_subcommand is not None:
        fail("--batch takes no command", Exit.USAGE)
    if sys.stdin is None or sys.stdout is None:
        fail("--batch needs standard input and standard output", Exit.USAGE)
    try:
        run_batch(sys.stdin.buffer, sys.stdout.buffer, _day(None))
    except BrokenPipeError:
        leave(Exit.OK)


@rules_app.command("list")
def list_command(on: On = None, as_json: Json = False) -> None:
    """List the rules in force on a day, with source and status.

    The status says how well a rule is known: verified in a legal or official text, secondary
    (a single secondary source, or software that practises it), or assumed (to be confirmed).

    Examples: siklus rules list; siklus rules list --on 2023-02-01 --json
    """
    language, rules = load_settings("cli").language, load().on(_day(on))
    if as_json:
        print_json([rule_json(rule) for rule in rules.rules.values()])
    else:
        show_list(rules, language)


@rules_app.command("show")
def show_command(
    id: Annotated[str, typer.Argument(metavar="ID", help="the rule, as in keberatan.jendela")],
    on: On = None,
    as_json: Json = False,
) -> None:
    """Show one rule: its sentence, parameters, source and status, and all of its versions.

    Examples: siklus rules show keberatan.jendela;
    siklus rules show periode.jenis --on 2024-06-30 --json
    """
    language, rulebook = load_settings("cli").language, load()
    try:
        rule = rulebook.on(_day(on)).rule(id)
    except UnknownRule as error:
        fail(f"{error}; siklus rules list shows all", Exit.USAGE)
    except NotInForce as error:
        fail(f"{error}; name a day of these with --on", Exit.USAGE)
    versions = rulebook.versions(id)
    if as_json:
        spans = [
            {"version": r.version, "from": r.effective_from, "to": r.effective_to} for r in versions
        ]
        print_json({**rule_json(rule), "versions": spans})
    else:
        show_rule(rule, versions, language)


@rules_app.command("diff")
def diff_command(
    first: Annotated[datetime, typer.Argument(metavar="DATE1", formats=["%Y-%m-%d"])],
    second: Annotated[datetime, typer.Argument(metavar="DATE2", formats=["%Y-%m-%d"])],
    as_json: Json = False,
) -> None:
    """Compare two days: which rules begin, end or change, and which parameters.

    Examples: siklus rules diff 2025-12-31 2026-01-01;
    siklus rules diff 2022-12-31 2026-01-01 --json
    """
    load_settings("cli")
    changes = diff(load(), first.date(), second.date())
    if as_json:
        print_json([change_json(change) for change in changes])
    elif changes:
        show_changes(changes)
    else:
        out.print("the same rules hold on both days")
