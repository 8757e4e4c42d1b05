"""``siklus file``: look at files."""

import json
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.file_view import show_page
from cli.options import Json
from cli.output import Exit, fail, out, print_json
from cli.person import find_file, find_person
from cli.session import Session, run
from schemas.code import End, Role, Stage
from schemas.period import Period
from schemas.text import Language, when, word
from storage.organisation import read_organisation
from storage.read.draft import list_drafts
from storage.read.file import show_file
from storage.read.listing import ListedFile, list_files

MOST = 100_000
app = typer.Typer(no_args_is_help=True, help="Files: list them, or show one with its whole story.")


@app.command("list")
def list_command(
    period: Annotated[str | None, typer.Option(help="the month, as in 2026-03")] = None,
    stage: Annotated[Stage | None, typer.Option(help="where the file stands")] = None,
    unit: Annotated[str | None, typer.Option(help="part of the unit's name")] = None,
    awaits: Annotated[Role | None, typer.Option(help="who is awaited")] = None,
    ended: Annotated[End | None, typer.Option(help="how the file ended")] = None,
    person: Annotated[str | None, typer.Option(help="whose files: identity number or id")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="only what is late")] = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="so many at most")] = 50,
    as_json: Json = False,
) -> None:
    """List files, the most urgent first.

    Examples: siklus file list --period 2026-03 --awaits supervisor --overdue;
    siklus file list --unit Kesehatan --ended unrateable --json
    """
    _require_period(period)

    async def work(session: Session) -> Exit:
        rows = await list_files(
            session.pool,
            org=session.settings.org,
            period=period,
            stage=stage,
            unit=unit,
            awaits=awaits,
            ended=ended,
            person=await find_person(session, person) if person else None,
            now=session.clock.now(),
            is_overdue=overdue,
            page=limit,
        )
        if as_json:
            print_json([r.model_dump(mode="json") for r in rows])
        else:
            _show_list(rows, session.settings.language, limit)
        return Exit.OK

    run(work)


def _require_period(text: str | None) -> None:
    try:
        Period.parse(text or "2026-01")
    except ValueError as error:
        fail(f"--period: {error}", Exit.USAGE)


def _show_list(rows: list[ListedFile], language: Language, limit: int) -> None:
    table = Table("file", "period", "name", "unit", "step", "awaits", "due")
    for row in rows:
        table.add_row(
            str(row.id)[:8],
            row.period,
            escape(row.name),
            escape(row.unit),
            word("end", row.ended, language) if row.ended else word("turn", row.turn, language),
            word("role", row.awaits, language) if row.awaits else "-",
            when(row.due_at, language) if row.due_at else "-",
        )
    out.print(table)
    if len(rows) == limit:
        out.print(f"the first {limit}; --limit shows more", style="dim")


@app.command("show")
def show_command(
    file: Annotated[str, typer.Argument(metavar="ID", help="id of the file, or its beginning")],
    person: Annotated[
        str | None,
        typer.Option("--as", metavar="PERSON", help="also what this person may do with it"),
    ] = None,
    content: Annotated[bool, typer.Option("--content", help="show the texts, too")] = False,
    as_json: Json = False,
) -> None:
    """Show one file: who is awaited, why, due when, and everything that happened.

    Also what time will do next, acts that were refused, and acts that are stored and not decided
    yet. Texts of plans, reports and reasons are shown with --content only.

    Examples: siklus file show 3f2a --content;
    siklus file show 3f2a --as 199301222020121001
    """

    async def work(session: Session) -> Exit:
        async with session.pool.acquire() as connection:
            organisation = await read_organisation(connection, session.settings.org)
        shown = await show_file(
            session.pool,
            organisation,
            await find_file(session, file),
            session.clock.now(),
            await find_person(session, person) if person else None,
        )
        if as_json:
            exclude = None if content else {"timeline": {"__all__": {"content"}}}
            print_json(shown.model_dump(mode="json", exclude=exclude))
        else:
            show_page(shown, session.settings.language, content=content)
        return Exit.OK

    run(work)


@app.command("drafts")
def drafts_command(
    file: Annotated[str, typer.Argument(metavar="ID", help="id of the file, or its beginning")],
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help="who reads them")],
    as_json: Json = False,
) -> None:
    """Show drafts of acts on a file (siklus act ACT --draft), each as that of its author.

    Everybody sees his own; the supervisor, the superior and the HR office also those that officials
    before them left. Nobody sends another's draft.

    Examples: siklus file drafts 3f2a --as 199301222020121001
    """

    async def work(session: Session) -> Exit:
        async with session.pool.acquire() as connection:
            organisation = await read_organisation(connection, session.settings.org)
        rows = await list_drafts(
            session.pool,
            organisation,
            session.calendar,
            await find_file(session, file),
            session.clock.now(),
            await find_person(session, person),
        )
        if as_json:
            print_json([row.model_dump(mode="json") for row in rows])
            return Exit.OK
        language = session.settings.language
        for row in rows:
            said = f"{word('act', row.act, language)}, {row.name}, {when(row.saved_at, language)}"
            out.print(f"[bold]{escape(said)}[/]")
            out.print(escape(json.dumps(row.body, ensure_ascii=False, indent=2)))
        if not rows:
            out.print("no drafts")
        return Exit.OK

    run(work)
