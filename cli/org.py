"""``siklus org``: people and posts."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.markup import escape
from rich.table import Table

from cli import movement
from cli.options import DAY, Again, By, Json
from cli.order import BULK_SECONDS, Order
from cli.organisation_changes import count_changes
from cli.output import Exit, err, fail, out, print_json
from cli.person import find_person
from cli.session import Session, run
from cli.table_file import read_text, show_errors
from domain.contact_file import write_contacts
from domain.organisation_file import read_rows, write_rows
from schemas.code import OrganisationAct, Via
from schemas.organisation import HoldingRow
from simulation.city import generate as generate_city
from simulation.city import synthetic_addresses
from storage.read.person import list_people

app = typer.Typer(
    no_args_is_help=True, help="People and posts: import a file, look at them, or generate a city."
)


def read_organisation_file(file: Path, *, as_json: bool = False) -> list[HoldingRow]:
    """The rows of a file; every problem of it is shown, and ends the command."""
    rows, errors = read_rows(read_text(file))
    if errors:
        raise typer.Exit(show_errors(file, errors, as_json=as_json))
    return rows


app.command("apply")(movement.apply)
app.command("change")(movement.change)
app.command("vacant")(movement.vacant)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV; docs/organisation-file.md explains it")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="check and show what would change; write nothing")
    ] = False,
    person: By = None,
    command_id: Again = None,
    as_json: Json = False,
) -> None:
    """Import people, posts and holdings: all of the file, or nothing.

    The file is the whole organisation: posts and holdings that it does not name are gone after
    it, people stay. Every bad row is reported with its column, the problem and the remedy.

    Examples: siklus org import kota.csv --dry-run; siklus org import kota.csv

    Exit codes: 0 done, 2 no such file, 3 refused (nothing was written), 4 stored and being
    processed, 5 not certain: repeat it with the --command-id it names.
    """
    rows = read_organisation_file(file, as_json=as_json)

    async def work(session: Session) -> Exit:
        changes = await count_changes(session.pool, session.settings.org, rows)
        if dry_run:
            _show_changes(changes, as_json=as_json)
            return Exit.OK
        if not as_json:
            err.print(_changes_table(changes, "changes"))
        with err.status("importing"):
            body: JsonValue = {"rows": [r.model_dump(mode="json") for r in rows]}
            order = Order(person, command_id, Via.IMPORT, seconds=BULK_SECONDS)
            act = OrganisationAct.IMPORT_ORGANISATION
            return await order.show(session, act, body, as_json=as_json)

    run(work)


def _show_changes(changes: dict[str, int], *, as_json: bool) -> None:
    if as_json:
        print_json({"status": "dry run", **changes})
        return
    out.print(_changes_table(changes, "would change"))
    out.print("the file is in order; nothing was written")


def _changes_table(changes: dict[str, int], title: str) -> Table:
    table = Table(title, "number")
    for name, number in changes.items():
        table.add_row(name, str(number))
    return table


@app.command()
def mandate(
    to: Annotated[str, typer.Option(metavar="PERSON", help="who may appraise for the post")],
    post: Annotated[str, typer.Option(help="the post that is acted for")],
    decree: Annotated[str, typer.Option(help="number of the decree (surat tugas)")],
    first: Annotated[datetime, typer.Option("--from", formats=DAY, help="first day")],
    last: Annotated[
        datetime | None, typer.Option("--until", formats=DAY, help="last day; else it lasts")
    ] = None,
    person: By = None,
    command_id: Again = None,
    as_json: Json = False,
) -> None:
    """Let somebody appraise for the holder of a post (mandat), from day to day.

    Given again for the same person, post and first day, it replaces the earlier one: so a mandate
    is corrected, or ended by --until. Nobody appraises himself, with or without a mandate.

    Examples: siklus org mandate --to 3f2a --post sekretaris-dinkes --decree 800/12/2026
    --from 2026-03-02 --until 2026-03-31

    Exit codes: 0 done, 2 usage, 3 refused, 4 stored and being processed, 5 not certain.
    """

    async def work(session: Session) -> Exit:
        granted: JsonValue = {
            "person": str(await find_person(session, to)),
            "post": post,
            "decree": decree,
            "from_on": first.date().isoformat(),
            "to_on": last.date().isoformat() if last else None,
        }
        order, act = Order(person, command_id), OrganisationAct.GRANT_MANDATE
        return await order.show(session, act, {"mandate": granted}, as_json=as_json)

    run(work)


@app.command()
def generate(
    people: Annotated[int, typer.Option(min=1, help="civil servants with a monthly file")] = 150,
    seed: Annotated[int, typer.Option(help="the same seed gives the same city")] = 1,
    part_time: Annotated[int, typer.Option(min=0, help="PPPK paruh waktu besides")] = 0,
    output: Annotated[Path | None, typer.Option(help="file to write; else printed")] = None,
    contacts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="write addresses for them, too")
    ] = None,
) -> None:
    """Make a visibly synthetic city, shaped like Pangkalpinang, as an organisation file.

    Examples: siklus org generate --people 150 --seed 7 > kota.csv;
    siklus org generate --people 3648 --part-time 2778 --output kota.csv --contacts surel.csv
    """
    rows = generate_city(people, seed, part_time)
    text = write_rows(rows)
    if contacts is not None:
        addresses = list(synthetic_addresses(rows))
        _write(contacts, write_contacts(addresses))
        err.print(f"{contacts}: {len(addresses)} addresses", markup=False)
    if output is None:
        typer.echo(text, nl=False)
        return
    _write(output, text)
    err.print(f"{output}: {text.count(chr(10)) - 1} holdings")


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{file}: {error.strerror}", Exit.USAGE)


@app.command()
def people(
    unit: Annotated[str | None, typer.Option(help="part of the unit's name")] = None,
    as_json: Json = False,
) -> None:
    """List people with the posts they hold today; the id is what --as takes.

    Examples: siklus org people --unit Kesehatan; siklus org people --json
    """

    async def work(session: Session) -> Exit:
        today = session.calendar.local_date(session.clock.now())
        rows = await list_people(session.pool, session.settings.org, unit, today)
        if as_json:
            print_json([r.model_dump(mode="json") for r in rows])
            return Exit.OK
        table = Table("id", "name", "kind", "post", "capacity", "unit")
        for row in rows:
            cells = (row.post or "-", row.capacity or "-", row.unit or "-")
            table.add_row(str(row.id)[:8], escape(row.name), row.kind, *map(escape, cells))
        out.print(table)
        return Exit.OK

    run(work)
