"""``siklus period``: open a period, and look at it."""

import asyncio
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from cli.answer import CODES, show_answer, show_unavailable
from cli.options import Again, By, Json
from cli.order import BULK_SECONDS, Order
from cli.output import Exit, err, fail, out, print_json, read_period
from cli.period_close import close_period, closed_value, show_closing
from cli.period_options import WAIT_SECONDS, Kind, PeriodName
from cli.session import Session, run
from domain.definition import kinds
from gateway.answer import Status, Unavailable
from gateway.knock import start_opening
from schemas.code import OrganisationAct
from schemas.identifier import PeriodKey
from schemas.period import BULANAN
from schemas.text import word
from storage.read.period import read_closings, read_frozen, read_unrateable
from storage.read.status import RosterCount, StageCount, count_roster, count_stages

app = typer.Typer(
    no_args_is_help=True, help="Periods: open their files, close them, and look at them."
)
app.command("close")(close_period)
AWAY_SECONDS = 15.0  # for Temporal to come back


@app.command("open")
def open_period(
    period: PeriodName,
    kind: Kind = BULANAN,
    person: By = None,
    command_id: Again = None,
    as_json: Json = False,
) -> None:
    """Freeze the roster of a period and open a file for everybody in it.

    May be repeated at will: the roster stays as it was frozen, and nobody gets a second file. It
    waits until there are as many files as people in the roster, ten minutes at most; what is
    missing then is opened by the workers.

    Examples: siklus period open --period 2026-03;
    siklus period open --period 2026-TW1 --kind triwulanan;
    siklus period open --period 2026-03 --as 199301222020121001 --json

    Exit codes: 0 all files are open, 3 refused, 4 not all are open yet, 5 not certain.
    """
    wanted, order = read_period(period), Order(person, command_id, seconds=BULK_SECONDS)

    async def work(session: Session) -> Exit:
        body: JsonValue = {"period": wanted, "kind": kind}
        try:
            with err.status("freezing the roster"):
                answer = await order.send(session, OrganisationAct.OPEN_PERIOD, body)
        except Unavailable as error:
            return show_unavailable(error, order.command_id, as_json=as_json)
        if answer.status is not Status.DONE:
            return show_answer(answer, session.settings.language, as_json=as_json)
        expected = int(answer.data["included"])
        opened = await _open_all(session, wanted, kind, expected)
        if as_json:
            print_json({**answer.model_dump(mode="json"), "opened": opened})
        else:
            _show_opened(wanted, opened, expected, int(answer.data["excluded"]))
            if year := answer.data.get("provisional"):
                out.print(
                    f"[yellow]provisional[/]: the holidays of {year} are not decreed yet, so due dates "
                    "in it may move"
                )
        return CODES[answer.status] if opened == expected else Exit.STORED

    run(work)


def _show_opened(period: str, opened: int, expected: int, left_out: int) -> None:
    out.print(f"{period}: {opened} of {expected} files open, {left_out} people left out")
    if opened < expected:
        out.print(
            "[yellow]not all yet[/]: the workers open the rest; siklus status tells what runs"
        )
    out.print(f"siklus period show {period} tells why somebody was left out", style="dim")


async def _open_all(session: Session, period: str, kind: str, expected: int) -> int:
    """Have them started and wait until every file is open; how many are in the end."""
    key = PeriodKey(org=session.settings.org, period=period, kind=kind)
    columns = (TextColumn("opening files"), BarColumn(), MofNCompleteColumn())
    opened, clock = 0, asyncio.get_running_loop().time
    deadline = clock() + WAIT_SECONDS
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("opening", total=expected)
        starting = asyncio.create_task(start_opening(session.client, key))
        while clock() < deadline:
            counts = await count_stages(session.pool, session.settings.org, period, kind)
            opened = sum(c.files for c in counts)
            bar.update(task, completed=opened)
            if opened >= expected:
                break
            if starting.done() and starting.exception() is not None:
                deadline = min(deadline, clock() + AWAY_SECONDS)  # the workers' sweep may do it
            await asyncio.sleep(0.1)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
    return opened


@app.command("show")
def show(
    period: Annotated[
        str, typer.Argument(help="the period, as in 2026-03, 2026-TW1 (a quarter) or 2026")
    ],
    kind: Annotated[
        str | None, typer.Option(help="only this kind of file: " + ", ".join(sorted(kinds())))
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a period: its roster, who was left out and why, and where its files stand.

    Of a closed one also the figures that were frozen, and what was recorded later.

    Examples: siklus period show 2026-03; siklus period show 2026-03 --json
    """
    wanted = read_period(period)

    async def work(session: Session) -> Exit:
        roster = await count_roster(session.pool, session.settings.org, wanted, kind)
        stages = await count_stages(session.pool, session.settings.org, wanted, kind)
        if not roster:
            fail(f"{wanted} is not open; siklus period open --period {wanted}", Exit.USAGE)
        closed = (
            await read_closings(session.pool, session.settings.org, wanted),
            await read_frozen(session.pool, session.settings.org, wanted),
            await read_unrateable(session.pool, session.settings.org, wanted),
        )
        if as_json:
            print_json(
                {
                    "roster": [r.model_dump(mode="json") for r in roster],
                    "files": [s.model_dump(mode="json") for s in stages],
                    **closed_value(*closed),
                }
            )
        else:
            _show(session, roster, stages)
            show_closing(*closed, session.settings.language)
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
