"""``siklus org``: people and posts."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import typer
from pydantic import JsonValue
from rich.markup import escape
from rich.table import Table

from cli.answer import show_answer, show_unavailable
from cli.organisation_changes import count_changes
from cli.output import Exit, err, fail, out, print_json
from cli.person import find_person
from cli.session import Session, os_user, run
from domain.contact_file import write_contacts
from domain.organisation_file import decode, read_rows, write_rows
from domain.organisation_problem import RowError
from gateway.answer import Unavailable
from schemas.code import OrganisationAct, Via
from schemas.organisation import HoldingRow
from simulation.city import generate as generate_city
from simulation.city import synthetic_addresses
from storage.read.person import list_people

app = typer.Typer(
    no_args_is_help=True, help="People and posts: import a file, look at them, or generate a city."
)
Json = Annotated[bool, typer.Option("--json", help="print JSON")]
DAY = ["%Y-%m-%d"]


def read_organisation_file(file: Path, *, as_json: bool = False) -> list[HoldingRow]:
    """The rows of a file; every problem of it is shown, and ends the command."""
    try:
        data = file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}", Exit.USAGE)
    rows, errors = read_rows(decode(data))
    if errors:
        show_errors(file, errors, as_json=as_json)
        raise typer.Exit(Exit.REFUSED)
    return rows


def show_errors(file: Path, errors: list[RowError], *, as_json: bool) -> None:
    """Every problem of a file, with its row and column."""
    if as_json:
        problems = [
            {"row": e.row, "column": e.column, "problem": e.problem, "remedy": e.remedy}
            for e in errors
        ]
        print_json({"status": "refused", "file": str(file), "problems": problems})
        return
    table = Table("row", "column", "problem", "remedy")
    for e in errors:
        table.add_row(str(e.row), e.column, escape(e.problem), escape(e.remedy))
    err.print(table)
    count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
    err.print(f"{escape(str(file))}: {count}; nothing was written")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV; docs/organisation-file.md explains it")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="check and show what would change; write nothing")
    ] = False,
    person: Annotated[
        str | None,
        typer.Option("--as", metavar="PERSON", help="who in the HR office orders it"),
    ] = None,
    command_id: Annotated[
        UUID | None, typer.Option(help="ask again for an earlier import that was stored")
    ] = None,
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
            return await order(
                session,
                OrganisationAct.IMPORT_ORGANISATION,
                {"rows": [r.model_dump(mode="json") for r in rows]},
                Sender(person, command_id or uuid4(), Via.IMPORT),
                as_json=as_json,
            )

    run(work)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who orders something of the organisation, if it is not the machine's administrator, and how."""

    person: str | None
    command_id: UUID
    via: Via


async def order(
    session: Session, act: OrganisationAct, body: JsonValue, sender: Sender, *, as_json: bool
) -> Exit:
    """Have one act on the organisation done, and show what became of it."""
    try:
        answer = await session.gateway.organisation_act(
            act,
            body,
            actor=await find_person(session, sender.person) if sender.person else None,
            command_id=sender.command_id,
            via=sender.via,
            os_user=os_user(),
            seconds=60,
        )
    except Unavailable as error:
        return show_unavailable(error, sender.command_id, as_json=as_json)
    return show_answer(answer, session.settings.language, as_json=as_json)


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
    person: Annotated[
        str | None,
        typer.Option("--as", metavar="PERSON", help="who in the HR office orders it"),
    ] = None,
    command_id: Annotated[
        UUID | None, typer.Option(help="ask again for an earlier order that was stored")
    ] = None,
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
        return await order(
            session,
            OrganisationAct.GRANT_MANDATE,
            {"mandate": granted},
            Sender(person, command_id or uuid4(), Via.SHELL),
            as_json=as_json,
        )

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
