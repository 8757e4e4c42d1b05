"""``siklus calendar``: the working calendar of the organisation, and what decrees change in it."""

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from pydantic import JsonValue
from rich.markup import escape
from rich.table import Table

from cli.calendar_preview import Moved, decide_now, read_moved
from cli.options import DAY, Again, By, Json
from cli.order import Order, show_tried
from cli.output import Exit, fail, out, print_json
from cli.session import Session, run
from domain.calendar_act import Decided
from gateway.shape import check_body
from schemas.code import CalendarAct
from schemas.error import Refusal
from schemas.text import day, when
from storage.calendar import read_book
from storage.query import queries

COLUMNS = ["date", "kind", "name"]
KINDS = ("libur_nasional", "cuti_bersama", "hari_kerja")
calendar_app = typer.Typer(
    no_args_is_help=True,
    help="The working calendar: show it, take in a decree, give a unit its own working week.",
)
Source = Annotated[str, typer.Option(help="the decree or decision behind it")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="show which due dates would move; write nothing")
]


@calendar_app.command("show")
def show(
    year: Annotated[int | None, typer.Option(help="the year; this one if left out")] = None,
    as_json: Json = False,
) -> None:
    """Show the free days of a year, and everything that decrees have changed.

    Examples: siklus calendar show; siklus calendar show --year 2027 --json
    """

    async def work(session: Session) -> Exit:
        org = session.settings.org
        wanted = year or session.calendar.local_date(session.clock.now()).year
        async with session.pool.acquire() as connection:
            book = await read_book(connection, org)
            rows = await queries("calendar").list_changes(connection, org=org)
        calendar = book.everyones()
        days = [each for each in sorted(calendar.free_days) if each.year == wanted]
        if as_json:
            print_json(
                {
                    "year": wanted,
                    "version": calendar.version,
                    "is_provisional": calendar.is_provisional(wanted),
                    "free_days": [each.isoformat() for each in days],
                    "changes": [dict(row) for row in rows],
                }
            )
            return Exit.OK
        language = session.settings.language
        note = " (provisional: no decree yet)" if calendar.is_provisional(wanted) else ""
        out.print(f"{wanted}{note}: {len(days)} free days", highlight=False)
        for each in days:
            out.print(f"  {day(each, language)}", highlight=False)
        table = Table("change", "since", "what", "source", "by")
        for row in rows:
            who = row["name"] or row["os_user"] or "-"
            cells = (_said(row["said"]), str(row["said"]["source"]), who)
            table.add_row(
                str(row["version"]), when(row["since"], language), *(escape(c) for c in cells)
            )
        if rows:
            out.print(table)
        return Exit.OK

    run(work)


def _said(said: dict[str, JsonValue]) -> str:
    if "unit" in said:
        return f"{said['unit']}: {said['week']} days a week from {said['from_on']}"
    days = said["days"]
    assert isinstance(days, list), "a decree has days"  # noqa: S101
    return ", ".join(f"{d['date']} {d['kind']}" for d in days if isinstance(d, dict))


@calendar_app.command("set")
def set_holidays(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="columns date, kind, name")],
    source: Source,
    person: By = None,
    reason: Annotated[
        str | None, typer.Option(help="needed where a day becomes a working day again")
    ] = None,
    decreed: Annotated[
        list[int] | None,
        typer.Option("--decreed", metavar="YEAR", help="the decree orders this year as a whole"),
    ] = None,
    dry_run: DryRun = False,
    command_id: Again = None,
    as_json: Json = False,
) -> None:
    """Take a decree into the calendar: free days, joint leave, working days again.

    The kinds are libur_nasional, cuti_bersama and hari_kerja (an ordinary working day again). Open
    files follow at once: dates move forward only, unless a day becomes a working day again; even
    then never before the next working day. What was received before goes by the calendar known then.

    Examples: siklus calendar set libur-tambahan.csv --source "SKB 3 Menteri 12/2026" --dry-run;
    siklus calendar set libur-2027.csv --source "SKB 3 Menteri 900/2026" --decreed 2027

    Exit codes: 0 done, 2 usage, 3 refused, 4 stored and being processed, 5 not certain.
    """
    body: JsonValue = {
        "days": read_days(file),
        "decreed": list(decreed or ()),
        "source": source,
        "reason": reason,
    }
    order = Order(person, command_id)
    _order(CalendarAct.SET_HOLIDAYS, body, order, dry_run=dry_run, as_json=as_json)


@calendar_app.command("week")
def set_week(
    unit: Annotated[str, typer.Option("--unit", help="the unit's name, as in siklus unit list")],
    days: Annotated[int, typer.Option("--days", min=5, max=6, help="working days a week")],
    first: Annotated[
        datetime, typer.Option("--from", formats=DAY, metavar="DATE", help="first day")
    ],
    source: Source,
    person: By = None,
    dry_run: DryRun = False,
    command_id: Again = None,
    as_json: Json = False,
) -> None:
    """Give a unit its own working week from a day on: six days in services and schools.

    Examples: siklus calendar week --unit "Dinas Kesehatan" --days 6 --from 2026-07-01
    --source "Keputusan Wali Kota 800/12/2026"

    Exit codes: 0 done, 2 usage, 3 refused, 4 stored and being processed, 5 not certain.
    """
    body: JsonValue = {
        "unit": unit,
        "week": days,
        "from_on": first.date().isoformat(),
        "source": source,
    }
    order = Order(person, command_id)
    _order(CalendarAct.SET_WEEK, body, order, dry_run=dry_run, as_json=as_json)


def read_days(file: Path) -> list[JsonValue]:
    """The days of a decree's file; anything wrong with it ends the command, naming every bad row."""
    try:
        lines = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    except OSError as error:
        fail(f"{file}: {error.strerror}", Exit.USAGE)
    except UnicodeDecodeError:
        fail(f"{file}: not UTF-8 text; save it as UTF-8", Exit.USAGE)
    if not lines or lines[0] != COLUMNS:
        fail(f"{file}, row 1: expected the header {','.join(COLUMNS)}", Exit.USAGE)
    rows = list(enumerate(lines[1:], start=2))
    problems = [(row, problem) for row, cells in rows if (problem := _problem_of(cells))]
    if problems:
        said = "\n".join(f"  row {row}: {problem}" for row, problem in problems)
        fail(f"{file}: nothing was written\n{said}", Exit.USAGE)
    return [{"date": cells[0], "kind": cells[1], "name": cells[2]} for _, cells in rows]


def _problem_of(cells: list[str]) -> str | None:
    """What is wrong with a row of a decree's file, with its remedy."""
    if len(cells) != len(COLUMNS):
        return f"expected {len(COLUMNS)} columns, found {len(cells)}"
    try:
        is_written_out = date.fromisoformat(cells[0]).isoformat() == cells[0]
    except ValueError:
        is_written_out = False
    if not is_written_out:
        return "the date is not one; write it as YYYY-MM-DD"
    return None if cells[1] in KINDS else f"the kind is none of {', '.join(KINDS)}"


def _order(
    act: CalendarAct, body: JsonValue, order: Order, *, dry_run: bool, as_json: bool
) -> None:
    async def work(session: Session) -> Exit:
        if dry_run:
            return await _try(session, act, await order.actor(session), body, as_json=as_json)
        return await order.show(session, act, body, as_json=as_json)

    run(work)


async def _try(
    session: Session, act: CalendarAct, actor: UUID | None, body: JsonValue, *, as_json: bool
) -> Exit:
    """Decide the order without storing it, and show whose dates it would move."""
    checked = check_body(act, body)
    decided = (
        checked if isinstance(checked, Refusal) else await decide_now(session, act, actor, body)
    )
    if isinstance(decided, Refusal):
        return show_tried(decided, session.settings.language, as_json=as_json)
    await _show_moved(session, decided, as_json=as_json)
    return Exit.OK


async def _show_moved(session: Session, decided: Decided, *, as_json: bool) -> None:
    moved: list[Moved] = await read_moved(session, decided)
    if as_json:
        files = [each.model_dump(mode="json") for each in moved]
        print_json({"status": "dry run", "files": files})
        return
    language = session.settings.language
    table = Table("file", "name", "unit", "period", "from", "to")
    for each in moved:
        dates = (when(each.due_from, language), when(each.due_to, language))
        table.add_row(str(each.file)[:8], escape(each.name), escape(each.unit), each.period, *dates)
    if moved:
        out.print(table)
    out.print(
        f"{len(moved)} due dates would move; the order is in order, and nothing was written",
        highlight=False,
    )
