"""``siklus outbox``: mail that was not handed over yet."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.options import Json
from cli.output import Exit, fail, out, print_json
from cli.session import Session, run
from schemas.text import when
from storage.pool import open_pool
from storage.query import queries

MOST = 10_000
app = typer.Typer(
    no_args_is_help=True, help="Mail that waits or was parked: list it, try it again."
)


@app.command("list")
def list_outbox(
    parked: Annotated[bool, typer.Option("--parked", help="only what is not tried again")] = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="so many mails")] = 100,
    as_json: Json = False,
) -> None:
    """List mail that was not handed over: parked mail first, with what is wrong with it.

    Examples: siklus outbox list; siklus outbox list --parked --json
    """

    async def work(session: Session) -> Exit:
        org, language = session.settings.org, session.settings.language
        rows = await queries("mail").list_mail(session.pool, org=org, is_parked=parked, page=limit)
        if as_json:
            print_json([dict(r) for r in rows])
            return Exit.OK
        table = Table("id", "to", "day", "kind", "lines", "tries", "next try", "problem")
        for row in rows:
            again = "[red]parked[/]" if row["parked_at"] else when(row["next_try_at"], language)
            table.add_row(
                str(row["id"])[:8],
                escape(row["name"]),
                str(row["on_day"]),
                row["kind"],
                str(row["lines"]),
                str(row["attempts"]),
                again,
                escape(row["error"] or "-"),
            )
        out.print(table if rows else "nothing waits")
        return Exit.OK

    run(work)


@app.command()
def retry(
    mail: Annotated[
        str | None, typer.Argument(metavar="ID", help="id of a mail, or the beginning of it")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="everything that was not handed over")
    ] = False,
    as_json: Json = False,
) -> None:
    """Have mail tried again now, parked mail too, as if it had never been tried.

    Examples: siklus outbox retry 3f2a81; siklus outbox retry --all

    Exit codes: 0 done, 2 neither or both of ID and --all, or no such mail, 5 not reachable.
    """
    if (mail is None) is not every:
        fail("name one mail, or --all", Exit.USAGE)

    async def work(session: Session) -> Exit:
        async with open_pool(session.addresses.worker, 1) as pool:
            rows = await queries("mail").retry(pool, org=session.settings.org, id=mail)
        if mail is not None and not rows:
            fail("no unsent mail has that id; see siklus outbox list", Exit.USAGE)
        if as_json:
            print_json([str(r["id"]) for r in rows])
        else:
            out.print(f"{len(rows)} to be tried again")
        return Exit.OK

    run(work)
