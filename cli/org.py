"""``siklus org``: people and posts."""

from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from cli.act import _CODES, show_answer
from cli.output import Exit, err, fail, out
from cli.session import Session, os_user, run
from domain.organisation_file import decode, read_rows, write_rows
from schemas.code import OrganisationAct, Via
from schemas.organisation import HoldingRow
from simulation.city import generate as generate_city

app = typer.Typer(no_args_is_help=True, help="People and posts: import a file, or generate a synthetic city.")


def read_organisation_file(file: Path) -> list[HoldingRow]:
    """The rows of a file; every problem of it is shown, and ends the command."""
    try:
        data = file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}", Exit.USAGE)
    rows, errors = read_rows(decode(data))
    if errors:
        for e in errors:
            err.print(f"row {e.row}, column {e.column}: {e.problem}; {e.remedy}")
        raise typer.Exit(Exit.REFUSED)
    return rows


@app.command("import")
def import_file(
    file: Path,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check only; write nothing")] = False,
) -> None:
    """Import people, posts and holdings; all of the file or nothing."""
    rows = read_organisation_file(file)
    if dry_run:
        out.print(f"{len(rows)} rows are in order; nothing was written")
        return

    async def work(session: Session) -> Exit:
        answer = await session.gateway.organisation_act(
            OrganisationAct.IMPORT_ORGANISATION,
            {"rows": [r.model_dump(mode="json") for r in rows]},
            actor=None,
            command_id=uuid4(),
            via=Via.IMPORT,
            os_user=os_user(),
            seconds=60,
        )
        show_answer(answer, as_json=False)
        return _CODES[answer.status]

    run(work)


@app.command()
def generate(
    people: Annotated[int, typer.Option(help="civil servants with a monthly file")] = 150,
    seed: Annotated[int, typer.Option(help="the same seed gives the same city")] = 1,
    part_time: Annotated[int, typer.Option(help="PPPK paruh waktu besides")] = 0,
) -> None:
    """Print a visibly synthetic city as an organisation file."""
    typer.echo(write_rows(generate_city(people, seed, part_time)), nl=False)
