"""Showing what the gateway answered."""

from collections.abc import Awaitable
from uuid import UUID

import asyncpg
from rich.markup import escape

from cli.output import Exit, err, out, print_json
from gateway.answer import Answer, Status, Unavailable
from schemas.cycle import Agenda
from schemas.error import Refusal
from schemas.text import Language, explain, when, word
from storage.pool import DATABASE_AWAY
from storage.read.person import name_of
from storage.read.row import Database

CODES = {Status.DONE: Exit.OK, Status.REFUSED: Exit.REFUSED, Status.STORED: Exit.STORED}


async def awaited_name(database: Database, answer: Answer) -> str | None:
    """Who is awaited now, for the screen; an answer is shown without it if need be."""
    person = None if answer.agenda is None else answer.agenda.awaited_person
    try:
        return await name_of(database, person)
    except (*DATABASE_AWAY, asyncpg.PostgresError):
        return None


def show_answer(
    answer: Answer, language: Language, *, as_json: bool, awaited: str | None = None
) -> Exit:
    """Print an answer; the exit code that says the same."""
    if as_json:
        _print_json(answer)
        return CODES[answer.status]
    if answer.refusal is not None:
        show_refusal(answer.refusal, language)
    elif answer.status is Status.STORED:
        out.print("[yellow]stored[/] and being processed: it is safe and will be decided")
        out.print(f"  ask again, with everything else as it was: --command-id {answer.command_id}")
    elif answer.agenda is None:
        _show_decided(answer)
    else:
        _show_agenda(answer.agenda, language, awaited)
    out.print(f"  command {answer.command_id}", style="dim", highlight=False)
    return CODES[answer.status]


async def show_sent(
    sending: Awaitable[Answer], command_id: UUID, language: Language, *, as_json: bool
) -> Exit:
    """Wait for the answer to a command and show it, or that nothing is promised."""
    try:
        answer = await sending
    except Unavailable as error:
        return show_unavailable(error, command_id, as_json=as_json)
    return show_answer(answer, language, as_json=as_json)


def show_unavailable(error: Unavailable, command_id: UUID, *, as_json: bool) -> Exit:
    """Say that nothing is promised, and how the same command is sent again."""
    if as_json:
        print_json({"status": "unavailable", "command_id": command_id, "problem": str(error)})
    else:
        err.print(f"[bold red]siklus:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        err.print(f"  --command-id {command_id} sends the same command again", highlight=False)
        err.print("  siklus status tells what does not run", highlight=False)
    return Exit.UNAVAILABLE


def _print_json(answer: Answer) -> None:
    value = answer.model_dump(mode="json")
    if answer.refusal is not None:
        value["explained"] = {
            each: explain(answer.refusal, each).model_dump() for each in ("id", "en")
        }
    print_json(value)


def show_refusal(refusal: Refusal, language: Language) -> None:
    """A refusal as people read it: what is wrong, by which rule, and what helps."""
    said = explain(refusal, language)
    out.print(f"[red]refused[/]: {escape(said.message)}", highlight=False, soft_wrap=True)
    out.print(f"  {escape(said.remedy)}", highlight=False, soft_wrap=True)
    out.print(f"  {refusal.type}, rule {refusal.rule}", style="dim", highlight=False)


def _show_decided(answer: Answer) -> None:
    """An outcome without an agenda: of the organisation, or of a command that is sent again."""
    # Sorted, so that the same command sent again reads the same.
    details = ", ".join(f"{key} {value}" for key, value in sorted(answer.data.items()))
    if not details and answer.version is not None:
        details = f"version {answer.version} of the file; siklus file show tells where it is now"
    out.print(f"[green]done[/]: {escape(details)}" if details else "[green]done[/]")


def _show_agenda(agenda: Agenda, language: Language, awaited: str | None) -> None:
    stage = word("stage", agenda.stage, language)
    if agenda.end is not None:
        end = word("end", agenda.end, language)
        out.print(f"[green]done[/]: {stage}, {end} (version {agenda.version})", highlight=False)
        return
    role = word("role", agenda.awaits or "", language)
    due = when(agenda.due_at, language) if agenda.due_at else "-"
    who = role if awaited is None else f"{role} {escape(awaited)}"
    out.print(f"[green]done[/]: {stage} (version {agenda.version})", highlight=False)
    out.print(f"  awaits {who}: {word('turn', agenda.turn, language)}", highlight=False)
    out.print(f"  due {due}", highlight=False)
