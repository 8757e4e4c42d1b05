"""``siklus plan``: the plans of a year."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.options import Json
from cli.output import Exit, err, out, print_json
from cli.person import find_person
from cli.session import Session, run
from schemas.text import Language, when, word
from storage.organisation import read_organisation
from storage.read.inheritance import read_inheritance
from storage.read.plan import WaitingPlan, list_waiting
from storage.rules import read_rulebook

app = typer.Typer(
    no_args_is_help=True, help="Plans of a year (SKP): who waits for whose, and what is taken over."
)


@app.command()
def waiting(
    year: Annotated[
        int | None, typer.Option(min=2000, max=2099, help="the year, as in 2026; else this year")
    ] = None,
    as_json: Json = False,
) -> None:
    """List who may not submit a plan yet, because the plan of the one above is not agreed.

    Each waits until that plan is agreed, and at most until the instant shown; then the file goes on
    by itself.

    Examples: siklus plan waiting; siklus plan waiting --year 2026 --json
    """

    async def work(session: Session) -> Exit:
        today = session.calendar.local_date(session.clock.now())
        org = session.settings.org
        async with session.pool.acquire() as connection:
            rules = await read_rulebook(connection, org)
            rows = await list_waiting(
                connection, org, str(year or today.year), rules, session.calendar
            )
        if as_json:
            print_json([row.model_dump(mode="json") for row in rows])
        else:
            _show(rows, session.settings.language)
        return Exit.OK

    run(work)


@app.command()
def inherit(
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help="the new holder")],
    as_json: Json = False,
) -> None:
    """Propose what stays with a post: the results of its last holder's newest agreed plan.

    Results of his own (origin "personal") are left out. What is printed is the body of a plan; the
    new holder changes it and submits it himself.

    Examples: siklus plan inherit --as 199301222020121001 > plan.json;
    siklus act submit_plan --file 3f2a --as 199301222020121001 --input plan.json

    Exit codes: 0 done, 3 there is nothing to take over.
    """

    async def work(session: Session) -> Exit:
        today = session.calendar.local_date(session.clock.now())
        async with session.pool.acquire() as connection:
            known = await read_organisation(connection, session.settings.org)
        found = await read_inheritance(
            session.pool, known, session.settings.org, await find_person(session, person), today
        )
        if found is None or not found.results:
            err.print("nothing to take over: no holder before has an agreed plan for this post")
            return Exit.REFUSED
        body = found.model_dump(mode="json")
        print_json(body if as_json else {"results": body["results"]})
        name = found.predecessor_name or str(found.predecessor)[:8]
        said = f"{len(found.results)} results of {found.post}: plan {found.year}, version"
        err.print(escape(f"{said} {found.version}, of {name}"), highlight=False)
        return Exit.OK

    run(work)


def _show(rows: list[WaitingPlan], language: Language) -> None:
    table = Table("file", "name", "unit", "waits for", "whose plan is", "since", "until")
    for row in rows:
        turn = row.superior_turn
        table.add_row(
            str(row.file)[:8],
            escape(row.name),
            escape(row.unit),
            escape(row.superior_name),
            "-" if turn is None else word("turn", turn, language),
            when(row.since, language),
            "-" if row.until is None else when(row.until, language),
        )
    if not rows:
        out.print("no plan waits for another")
        return
    out.print(table)
    superiors = len({row.superior for row in rows})
    out.print(f"{len(rows)} plans wait for {superiors} others", style="dim")
