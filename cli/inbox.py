"""``siklus inbox``: what waits for a person, and what was delivered to her."""

from datetime import datetime
from shlex import quote
from typing import Annotated
from uuid import UUID

import typer
from pydantic import JsonValue
from rich.markup import escape
from rich.table import Table

from cli.options import Json
from cli.output import Exit, out, print_json
from cli.person import acting, find_person
from cli.session import Session, run
from schemas.code import Role, UnitAct
from schemas.text import Language, when, word
from schemas.text import notice as say
from storage.organisation import read_organisation
from storage.read.inbox import Notice, Task, notices_of, tasks_of
from storage.read.unit import UnitTask, units_of

MOST = 10_000


def inbox(
    person: Annotated[
        str, typer.Option("--as", metavar="PERSON", help="whose: identity number or id")
    ],
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="so many notices")] = 20,
    as_json: Json = False,
) -> None:
    """Show what waits for somebody, most urgent first, and what was delivered.

    Who is awaited is looked up for today, so a task moves with the post: what waits for a head of
    unit waits for whoever acts for him (Plt, Plh) from the day that he does. A unit's predicate
    that its files wait for is one line, with the command that sets or proposes it.

    Examples: siklus inbox --as 199301222020121001; siklus inbox --as 0b6e --limit 100 --json
    """

    async def work(session: Session) -> Exit:
        actor = await find_person(session, person)
        tasks, units, notices = await _read(session, actor, limit)
        if as_json:
            print_json(
                {
                    "waiting": [t.model_dump(mode="json") for t in tasks],
                    "units": [_as_value(u, actor) for u in units],
                    "delivered": [n.model_dump(mode="json") for n in notices],
                }
            )
        else:
            _show(tasks, units, notices, actor, session)
        return Exit.OK

    run(work)


async def _read(
    session: Session, actor: UUID, limit: int
) -> tuple[list[Task], list[UnitTask], list[Notice]]:
    async with session.pool.acquire() as connection:
        organisation = await read_organisation(connection, session.settings.org)
        asked = (connection, organisation, session.settings.org, actor, session.clock.now())
        tasks, units = await tasks_of(*asked), await units_of(*asked)
        return tasks, units, await notices_of(connection, actor, limit)


def _show(
    tasks: list[Task],
    units: list[UnitTask],
    notices: list[Notice],
    actor: UUID,
    session: Session,
) -> None:
    language = session.settings.language
    _show_tasks(tasks, language)
    _show_units(units, actor, language)
    if not (tasks or units):
        out.print("nothing waits")
    if notices:
        out.print("[bold]delivered[/], newest first")
    for notice in notices:
        out.print(_line(notice, language))


def _show_tasks(tasks: list[Task], language: Language) -> None:
    if tasks:
        table = Table("file", "period", "employee", "unit", "what", "since", "due", "acts")
        for task in tasks:
            table.add_row(
                str(task.file)[:8],
                task.period,
                escape(task.name),
                escape(task.unit),
                _what(task, language),
                when(task.since, language),
                _due(task.due_at, language, is_overdue=task.is_overdue),
                ", ".join(task.acts),
            )
        out.print(f"[bold]{len(tasks)} waiting[/]")
        out.print(table)


def _show_units(units: list[UnitTask], actor: UUID, language: Language) -> None:
    """The predicates of units, and below the table the commands as they are typed."""
    if not units:
        return
    table = Table("unit", "period", "what", "files", "since", "due", "proposed")
    for task in units:
        due = _due(task.due_at, language, is_overdue=task.is_overdue)
        said = task.proposed
        table.add_row(
            escape(task.unit),
            task.period,
            escape(word("act", task.act, language) + acting(task.seat.capacity, task.seat.post)),
            str(task.files),
            when(task.since, language),
            due,
            word("organisation_predicate", said, language) if said else "-",
        )
    out.print(f"[bold]predicates of units[/], {len(units)}")
    out.print(table)
    for task in units:
        out.print(escape(_command(task, actor)), soft_wrap=True, highlight=False)


def _due(at: datetime | None, language: Language, *, is_overdue: bool) -> str:
    due = when(at, language) if at else "-"
    return f"[red]{due}[/]" if is_overdue else due


def _command(task: UnitTask, actor: UUID) -> str:
    """What settles it; a predicate that is not the proposed one needs a reason."""
    which = f"--unit {quote(task.unit)} --period {task.period} --as {str(actor)[:8]}"
    if task.act is UnitAct.PROPOSE_PREDICATE:
        return f"siklus unit propose PREDICATE {which} --evidence FILE"
    if task.proposed is None:
        return f"siklus unit set PREDICATE {which} --reason TEXT"
    return f"siklus unit set {task.proposed} {which}"


def _as_value(task: UnitTask, actor: UUID) -> dict[str, JsonValue]:
    return {**task.model_dump(mode="json"), "command": _command(task, actor)}


def _what(task: Task, language: Language) -> str:
    # An employee's own file is his, in whatever capacity he holds his post.
    as_whom = "" if task.role is Role.EMPLOYEE else acting(task.seat.capacity, task.seat.post)
    return escape(word("turn", task.turn, language) + as_whom)


def _line(notice: Notice, language: Language) -> str:
    said = say(notice.topic, language, turn=notice.turn, end=notice.ended, until=notice.until)
    at = when(notice.created_at, language)
    if notice.name is None:
        return f"[dim]{at}[/] {said}"
    return f"[dim]{at}[/] {said} [dim]({escape(notice.name)}, {notice.period})[/]"
