"""``siklus inbox``: what waits for a person, and what was delivered to her."""

from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from cli.options import Json
from cli.output import Exit, out, print_json
from cli.person import acting, find_person
from cli.session import Session, run
from schemas.code import Role
from schemas.text import Language, when, word
from schemas.text import notice as say
from storage.organisation import read_organisation
from storage.read.inbox import Notice, Task, notices_of, tasks_of

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
    unit waits for whoever acts for him (Plt, Plh) from the day that he does.

    Examples: siklus inbox --as 199301222020121001; siklus inbox --as 0b6e --limit 100 --json
    """

    async def work(session: Session) -> Exit:
        actor = await find_person(session, person)
        tasks, notices = await _read(session, actor, limit)
        if as_json:
            print_json(
                {
                    "waiting": [t.model_dump(mode="json") for t in tasks],
                    "delivered": [n.model_dump(mode="json") for n in notices],
                }
            )
        else:
            _show(tasks, notices, session)
        return Exit.OK

    run(work)


async def _read(session: Session, actor: UUID, limit: int) -> tuple[list[Task], list[Notice]]:
    async with session.pool.acquire() as connection:
        organisation = await read_organisation(connection, session.settings.org)
        tasks = await tasks_of(
            connection,
            organisation,
            session.settings.org,
            actor,
            session.clock.now(),
        )
        return tasks, await notices_of(connection, actor, limit)


def _show(tasks: list[Task], notices: list[Notice], session: Session) -> None:
    language = session.settings.language
    if tasks:
        table = Table("file", "period", "employee", "unit", "what", "since", "due", "acts")
        for task in tasks:
            due = when(task.due_at, language) if task.due_at else "-"
            table.add_row(
                str(task.file)[:8],
                task.period,
                escape(task.name),
                escape(task.unit),
                _what(task, language),
                when(task.since, language),
                f"[red]{due}[/]" if task.is_overdue else due,
                ", ".join(task.acts),
            )
        out.print(f"[bold]{len(tasks)} waiting[/]")
        out.print(table)
    else:
        out.print("nothing waits")
    if notices:
        out.print("[bold]delivered[/], newest first")
    for notice in notices:
        out.print(_line(notice, language))


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
