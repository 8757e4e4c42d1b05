"""``siklus rules``: which rules hold, where they come from, and what changes between two days.

Nothing but setting one needs a running stack: the rules travel with the program. Where there is
one, what its organisation has set for itself is in them.
"""

import sys
from datetime import date, datetime
from typing import Annotated

import typer

from cli.options import Json
from cli.output import Exit, fail, out, print_json
from cli.rules_batch import run_batch
from cli.rules_own import read_own
from cli.rules_set import set_rule
from cli.rules_view import (
    change_json,
    rule_json,
    show_changes,
    show_list,
    show_overrides,
    show_rule,
)
from cli.session import load_settings
from domain.regulation import NotInForce, UnknownRule, diff
from domain.working_calendar import load as load_calendar
from runtime.clock import Clock
from runtime.exit import leave

rules_app = typer.Typer(
    no_args_is_help=True,
    invoke_without_command=True,
    help="The rules of evaluation: list them, show one, compare two days, set one for the "
    "organisation, or ask them in a batch.\n\n"
    "Batch: one JSON request a line on standard input, one answer a line on standard output; a "
    "line in error is answered as such. Example: "
    """echo '{"rule":"predicate","work_result":1,"behaviour":2}' | siklus rules --batch""",
)
rules_app.command("set")(set_rule)
Packs = Annotated[
    bool, typer.Option("--packs", help="the rules that ship, without what the organisation set")
]
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
def list_command(on: On = None, packs: Packs = False, as_json: Json = False) -> None:
    """List the rules in force on a day, with source and status.

    The status says how well a rule is known: verified in a legal or official text, secondary
    (a single secondary source, or software that practises it), or assumed (to be confirmed).

    Where a stack is running, what its organisation has set for itself is in the list.

    Examples: siklus rules list; siklus rules list --on 2023-02-01 --json
    """
    settings = load_settings("cli")
    own = read_own(settings, packs_only=packs)
    language, rules = settings.language, own.rules.on(_day(on))
    if as_json:
        print_json([rule_json(rule) for rule in rules.rules.values()])
    else:
        show_list(rules, language)
        show_overrides(own.overrides)


@rules_app.command("show")
def show_command(
    id: Annotated[str, typer.Argument(metavar="ID", help="the rule, as in keberatan.jendela")],
    on: On = None,
    packs: Packs = False,
    as_json: Json = False,
) -> None:
    """Show one rule: its sentence, parameters, source and status, and all of its versions.

    And what the organisation has set of it: who, when, from which day, and by which decree.

    Examples: siklus rules show keberatan.jendela;
    siklus rules show periode.jenis --on 2024-06-30 --json
    """
    settings = load_settings("cli")
    own = read_own(settings, packs_only=packs)
    language, rulebook = settings.language, own.rules
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
        overrides = [each.model_dump(mode="json") for each in own.of(id)]
        print_json({**rule_json(rule), "versions": spans, "overrides": overrides})
    else:
        show_rule(rule, versions, language)
        show_overrides(own.of(id))


@rules_app.command("diff")
def diff_command(
    first: Annotated[datetime, typer.Argument(metavar="DATE1", formats=["%Y-%m-%d"])],
    second: Annotated[datetime, typer.Argument(metavar="DATE2", formats=["%Y-%m-%d"])],
    packs: Packs = False,
    as_json: Json = False,
) -> None:
    """Compare two days: which rules begin, end or change, and which parameters.

    Examples: siklus rules diff 2025-12-31 2026-01-01;
    siklus rules diff 2022-12-31 2026-01-01 --json
    """
    own = read_own(load_settings("cli"), packs_only=packs)
    changes = diff(own.rules, first.date(), second.date())
    if as_json:
        print_json([change_json(change) for change in changes])
    elif changes:
        show_changes(changes)
    else:
        out.print("the same rules hold on both days")
