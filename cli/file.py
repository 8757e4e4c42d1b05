"""``siklus file``: look at files."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.output import Exit, out, print_json
from cli.person import find_file, find_person
from cli.session import Session, run
from schemas.code import Capacity, End, Role, Stage
from schemas.text import Language, explain, when, word
from storage.organisation import read_organisation
from storage.read import Attempt, ListedFile, ShownFile, TimelineEvent, list_files, show_file

app = typer.Typer(no_args_is_help=True, help="Files: list them, or show one with its whole story.")
Json = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.command("list")
def list_command(
    period: Annotated[str | None, typer.Option(help="the month, as in 2026-03")] = None,
    stage: Annotated[Stage | None, typer.Option(help="where the file stands")] = None,
    unit: Annotated[str | None, typer.Option(help="part of the unit's name")] = None,
    awaits: Annotated[Role | None, typer.Option(help="who is awaited")] = None,
    ended: Annotated[End | None, typer.Option(help="how the file ended")] = None,
    person: Annotated[str | None, typer.Option(help="whose files: identity number or id")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="only what is late")] = False,
    limit: Annotated[int, typer.Option(min=1, help="so many at most")] = 50,
    as_json: Json = False,
) -> None:
    """List files, the most urgent first.

    Example: siklus file list --period 2026-03 --awaits supervisor --overdue
    """

    async def work(session: Session) -> Exit:
        rows = await list_files(
            session.pool,
            org=session.settings.org,
            period=period,
            stage=stage,
            unit=unit,
            awaits=awaits,
            ended=ended,
            person=await find_person(session, person) if person else None,
            now=session.clock.now(),
            is_overdue=overdue,
            page=limit,
        )
        if as_json:
            print_json([r.model_dump(mode="json") for r in rows])
        else:
            _show_list(rows, session.settings.language, limit)
        return Exit.OK

    run(work)


def _show_list(rows: list[ListedFile], language: Language, limit: int) -> None:
    table = Table("file", "period", "name", "unit", "step", "awaits", "due")
    for row in rows:
        table.add_row(
            str(row.id)[:8],
            row.period,
            escape(row.name),
            escape(row.unit),
            word("end", row.ended, language) if row.ended else word("turn", row.turn, language),
            word("role", row.awaits, language) if row.awaits else "-",
            when(row.due_at, language) if row.due_at else "-",
        )
    out.print(table)
    if len(rows) == limit:
        out.print(f"the first {limit}; --limit shows more", style="dim")


@app.command("show")
def show_command(
    file: Annotated[str, typer.Argument(help="id of the file, or the beginning of it")],
    content: Annotated[bool, typer.Option("--content", help="show the texts, too")] = False,
    as_json: Json = False,
) -> None:
    """Show one file: who is awaited, why, due when, and everything that happened.

    Example: siklus file show 3f2a --content
    """

    async def work(session: Session) -> Exit:
        async with session.pool.acquire() as connection:
            organisation = await read_organisation(connection, session.settings.org)
        shown = await show_file(
            session.pool,
            organisation,
            session.calendar,
            await find_file(session, file),
            session.clock.now(),
        )
        if as_json:
            exclude = None if content else {"timeline": {"__all__": {"content"}}}
            print_json(shown.model_dump(mode="json", exclude=exclude))
        else:
            _show_file(shown, session.settings.language)
            _show_timeline(shown, session.settings.language, content=content)
        return Exit.OK

    run(work)


def _show_file(file: ShownFile, language: Language) -> None:
    state = file.state
    grid = Table.grid(padding=(0, 2))
    rows = [
        ("file", str(file.id)),
        ("employee", f"{file.name} ({file.unit})"),
        ("period", f"{file.period} {state.file.kind}"),
        ("stage", f"{word('stage', state.stage, language)} (version {state.version})"),
    ]
    if state.end is not None:
        rows.append(("ended", _ended(file, language)))
    else:
        rows += _waiting(file, language)
    if state.predicate and state.work_result and state.behaviour:
        ratings = f"{word('rating', state.work_result, language)} / " + word(
            "rating", state.behaviour, language
        )
        rows.append(("result", f"{word('predicate', state.predicate, language)} ({ratings})"))
    if state.is_suspended:
        rows.append(("effects", "suspended while the objection is open"))
    for name, value in rows:
        grid.add_row(f"[bold]{name}[/]", escape(value))
    out.print(grid)


def _ended(file: ShownFile, language: Language) -> str:
    state = file.state
    text = word("end", str(state.end), language)
    if state.ended_at:
        text += f", {when(state.ended_at, language)}"
    if state.owed:
        who = word("role", state.owed.role, language)
        text += f"; owed: {word('turn', state.owed.turn, language)}, by {who}"
    return text


def _waiting(file: ShownFile, language: Language) -> list[tuple[str, str]]:
    state, seat = file.state, file.awaited
    who = "nobody holds the post" if seat is None else f"{file.awaited_name} ({seat.post})"
    if seat is not None and seat.capacity is not Capacity.DEFINITIVE:
        who += f", sebagai {seat.capacity}"
    role = word("role", state.awaits or "", language)
    rows = [("awaits", f"{role}: {who}"), ("why", word("turn", state.turn, language))]
    if state.is_delegated and state.awaits is Role.SUPERIOR:
        rows.append(("", "delegated: the supervisor let the task run out"))
    if state.due_at is not None:
        rows.append(("due", when(state.due_at, language)))
    if file.wake_at is not None:
        rows.append(("then", f"next word from the clock: {when(file.wake_at, language)}"))
    return rows


def _show_timeline(file: ShownFile, language: Language, *, content: bool) -> None:
    table = Table("no.", "when", "what", "who", "cause")
    for event in file.timeline:
        what = word("event", event.kind, language)
        rung = event.event.data.get("rung")
        if isinstance(rung, str):
            what += f" ({word('rung', rung, language)})"
        cause = event.event.cause
        table.add_row(
            str(event.number), when(event.happened_at, language), what, escape(_who(event)), cause
        )
    out.print(table)
    if content:
        for event in file.timeline:
            if event.content is not None:
                out.print(f"[bold]{event.number} {word('event', event.kind, language)}[/]")
                out.print_json(data=event.content)
    for attempt in file.attempts:
        _show_attempt(attempt, language)


def _who(event: TimelineEvent) -> str:
    capacity = event.event.capacity
    if event.name is None or capacity is None:
        return "-" if event.event.actor is None else str(event.event.actor)
    if capacity.capacity is Capacity.DEFINITIVE:
        return event.name
    return f"{event.name}, sebagai {capacity.capacity} {capacity.post}"


def _show_attempt(attempt: Attempt, language: Language) -> None:
    said = word("act", attempt.act, language)
    where = f"{said}, {escape(attempt.name or '-')}, {when(attempt.received_at, language)}"
    if attempt.outcome is None or attempt.outcome.refusal is None:
        out.print(f"[yellow]stored, undecided[/] {where}")
        return
    why = explain(attempt.outcome.refusal, language).message
    out.print(f"[red]refused[/] {where}: {escape(why)}")
