"""``siklus contacts``: where people are reached by mail."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.markup import escape
from rich.table import Table

from cli.options import Again, By, Json
from cli.order import BULK_SECONDS, Order
from cli.output import Exit, out, print_json
from cli.session import Session, run
from cli.table_file import read_text, show_errors
from domain.contact_file import read_contacts
from schemas.code import OrganisationAct, Via
from storage.query import queries

app = typer.Typer(no_args_is_help=True, help="People's e-mail addresses: import a file, show them.")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV: identity_number, email, language")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="check and count; write nothing")
    ] = False,
    person: By = None,
    command_id: Again = None,
    as_json: Json = False,
) -> None:
    """Import people's addresses: all of the file, or nothing. docs/mail.md explains it.

    Whoever is not named keeps his address; a row without one takes it away. Every bad row is
    reported with its column, the problem and the remedy.

    Examples: siklus contacts import surel.csv --dry-run; siklus contacts import surel.csv

    Exit codes: 0 done, 2 no such file, 3 refused (nothing was written), 4 stored and being
    processed, 5 not certain: repeat it with the --command-id it names.
    """
    text = read_text(file)

    async def work(session: Session) -> Exit:
        org = session.settings.org
        known = await queries("read").people_by_number(session.pool, org=org)
        rows, errors = read_contacts(text, {r["identity_number"]: r["id"] for r in known})
        if errors:
            return show_errors(file, errors, as_json=as_json)
        if dry_run:
            gone = sum(row.address is None for row in rows)
            counts = {"contacts": len(rows) - gone, "removed": gone}
            if as_json:
                print_json({"status": "dry run", **counts})
            else:
                out.print(
                    f"{counts['contacts']} addresses, {gone} to be removed; nothing was written"
                )
            return Exit.OK
        body: JsonValue = {"rows": [r.model_dump(mode="json") for r in rows]}
        order = Order(person, command_id, Via.IMPORT, seconds=BULK_SECONDS)
        return await order.show(session, OrganisationAct.IMPORT_CONTACTS, body, as_json=as_json)

    run(work)


@app.command()
def show(as_json: Json = False) -> None:
    """Show who is reached where, in which language, and who wants no digests.

    Examples: siklus contacts show; siklus contacts show --json
    """

    async def work(session: Session) -> Exit:
        rows = await queries("mail").read_contacts(session.pool, org=session.settings.org)
        if as_json:
            print_json([dict(r) for r in rows])
            return Exit.OK
        table = Table("id", "name", "address", "language", "digest")
        for row in rows:
            digest = "on" if row["digest"] else "off"
            cells = (escape(row["name"]), escape(row["address"] or "-"), row["language"], digest)
            table.add_row(str(row["person"])[:8], *cells)
        out.print(table)
        return Exit.OK

    run(work)
