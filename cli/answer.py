"""Showing what the gateway answered."""

from rich.markup import escape

from cli.output import Exit, out, print_json
from gateway.answer import Answer, Status
from schemas.error import Refusal
from schemas.text import Language, explain, when, word

CODES = {Status.DONE: Exit.OK, Status.REFUSED: Exit.REFUSED, Status.STORED: Exit.STORED}


def show_answer(answer: Answer, language: Language, *, as_json: bool) -> Exit:
    """Print an answer; the exit code that says the same."""
    if as_json:
        value = answer.model_dump(mode="json")
        if answer.refusal is not None:
            value["explained"] = {
                each: explain(answer.refusal, each).model_dump() for each in ("id", "en")
            }
        print_json(value)
    elif answer.refusal is not None:
        show_refusal(answer.refusal, language)
    elif answer.status is Status.STORED:
        out.print(
            "[yellow]stored[/], and being processed: it is safe and will be decided. "
            f"Ask again with --command-id {answer.command_id}"
        )
    else:
        _show_done(answer, language)
    return CODES[answer.status]


def show_refusal(refusal: Refusal, language: Language) -> None:
    """A refusal as people read it: what is wrong, by which rule, and what helps."""
    said = explain(refusal, language)
    out.print(f"[red]refused[/] ({refusal.type}, rule {refusal.rule}): {escape(said.message)}")
    out.print(f"  {escape(said.remedy)}")


def _show_done(answer: Answer, language: Language) -> None:
    agenda = answer.agenda
    details = ", ".join(f"{key} {value}" for key, value in answer.data.items())
    if agenda is None:
        version = "" if answer.version is None else f"version {answer.version}"
        out.print(f"[green]done[/] {escape(details or version)}".rstrip())
    elif agenda.end is not None:
        out.print(f"[green]done[/]; the file has ended: {word('end', agenda.end, language)}")
    else:
        who = word("role", agenda.awaits or "", language)
        due = when(agenda.due_at, language) if agenda.due_at else "-"
        turn = word("turn", agenda.turn, language)
        out.print(f"[green]done[/]; next: {turn}, by {who}, due {due} (version {agenda.version})")
    out.print(f"  command {answer.command_id}", style="dim")
