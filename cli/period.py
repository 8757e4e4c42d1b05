"""``siklus period``: open a month, and look at it."""

import asyncio
from typing import Annotated
from uuid import uuid4

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from cli.answer import CODES, show_answer
from cli.output import Exit, err, fail, out, print_json
from cli.person import find_person
from cli.session import Session, os_user, run
from gateway.answer import Status
from gateway.sweep import Sweep
from schemas.code import OrganisationAct, Via
from schemas.period import Period, PeriodKind
from schemas.text import word
from storage.read import RosterCount, StageCount, count_roster, count_stages

app = typer.Typer(no_args_is_help=True, help="Periods: open a month's files, and look at them.")
WAIT_SECONDS = 600
Json = Annotated[bool, typer.Option("--json", help="print JSON")]


def _period(text: str) -> str:
    try:
        return str(Period.parse(text))
    except ValueError as error:
        fail(f"--period: {error}", Exit.USAGE)


@app.command("open")
def open_period(
    period: Annotated[str, typer.Option(help="the month, as in 2026-03")],
    person: Annotated[
        str | None, typer.Option("--as", help="who in the HR office orders it")
    ] = None,
    as_json: Json = False,
) -> None:
    """Freeze the roster of a month and open a file for everybody in it.

    May be repeated at will: the roster stays as it was frozen, and nobody gets a second file.

    Example: siklus period open --period 2026-03
    """
    wanted = _period(period)

    async def work(session: Session) -> Exit:
        answer = await session.gateway.organisation_act(
            OrganisationAct.OPEN_PERIOD,
            {"period": wanted, "kind": PeriodKind.MONTHLY},
            actor=await find_person(session, person) if person else None,
            command_id=uuid4(),
            via=Via.SHELL,
            os_user=os_user(),
            seconds=30,
        )
        if answer.status is not Status.DONE:
            return show_answer(answer, session.settings.language, as_json=as_json)
        expected = int(answer.data["included"])
        opened = await _open_all(session, wanted, expected)
        if as_json:
            print_json({**answer.model_dump(mode="json"), "opened": opened})
        else:
            left_out = answer.data["excluded"]
            out.print(f"{wanted}: {opened} of {expected} files open, {left_out} people left out")
            out.print(f"siklus period show {wanted} tells why", style="dim")
        return CODES[answer.status] if opened == expected else Exit.STORED

    run(work)


async def _open_all(session: Session, period: str, expected: int) -> int:
    """Start what is missing and wait until every file is open; how many are in the end."""
    sweep = Sweep(session.pool, session.client, session.settings.org)
    columns = (TextColumn("opening files"), BarColumn(), MofNCompleteColumn())
    opened, deadline = 0, asyncio.get_running_loop().time() + WAIT_SECONDS
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("opening", total=expected)
        starting = asyncio.create_task(sweep.open_files(period))
        while opened < expected and asyncio.get_running_loop().time() < deadline:
            counts = await count_stages(session.pool, session.settings.org, period)
            opened = sum(c.files for c in counts)
            bar.update(task, completed=opened)
            if starting.done() and starting.exception() is not None:
                break  # Temporal is away: the worker's sweep starts what is missing
            await asyncio.sleep(0.1)
        await asyncio.gather(starting, return_exceptions=True)
    return opened


@app.command("show")
def show(
    period: Annotated[str, typer.Argument(help="the month, as in 2026-03")],
    as_json: Json = False,
) -> None:
    """Show a month: its roster, who was left out and why, and where its files stand.

    Example: siklus period show 2026-03
    """
    wanted = _period(period)

    async def work(session: Session) -> Exit:
        roster = await count_roster(session.pool, session.settings.org, wanted)
        stages = await count_stages(session.pool, session.settings.org, wanted)
        if not roster:
            fail(f"{wanted} is not open; siklus period open --period {wanted}", Exit.USAGE)
        if as_json:
            print_json(
                {
                    "roster": [r.model_dump(mode="json") for r in roster],
                    "files": [s.model_dump(mode="json") for s in stages],
                }
            )
        else:
            _show(session, roster, stages)
        return Exit.OK

    run(work)


def _show(session: Session, roster: list[RosterCount], stages: list[StageCount]) -> None:
    language = session.settings.language
    table = Table("roster", "people")
    for row in roster:
        reason = "in the roster" if row.excluded_because is None else row.excluded_because
        table.add_row(word("exclusion", reason, language), str(row.people))
    out.print(table)
    table = Table("files", "number")
    for count in stages:
        group, code = ("end", count.ended) if count.ended else ("stage", count.stage)
        table.add_row(word(group, code, language), str(count.files))
    out.print(table)
