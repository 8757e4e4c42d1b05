"""The help of ``siklus act``: every act, whose it is, and an example of its body.

It is made from the process definition and the examples, so it cannot say anything else than what
the gateway takes.
"""

import json
from collections.abc import Iterator

from rich.markup import escape

from cli.example import EXAMPLES
from domain.definition import kinds, shape
from domain.process import AFTER_THE_END, ASIDE, EVERYWHERE, Process
from schemas.code import Act
from schemas.text import word

_INTRODUCTION = """\
Do one act on one file, as one person.

Show an example body, change it, send it:

\b
siklus act submit_plan --example > plan.json
siklus act submit_plan --file 3f2a --as 199301222020121001 --input plan.json

The answer ends with the id of the command. Sending it again with --command-id is always safe: it
is never done twice, and has the same answer. agree_plan and nudge need no words
and take no --input; sign takes one for the reason that predicates beside the distribution guide need.

Exit codes: 0 done, 2 usage, 3 refused (with field, rule and remedy), 4 stored and being
processed, 5 not certain: the database does not answer (send the
same --command-id again).

[bold]The acts, whose they are, and an example of each[/]
"""


def act_help() -> str:
    """The text for typer, with rich markup."""
    return "\n".join([_INTRODUCTION, "\b", *(_entry(act) for act in Act)])


def by_whom(act: Act) -> str:
    """Whose act it is, and in which step, as the process definitions say."""
    processes = [shape(key) for _, key in sorted(kinds().items())]
    if act in EVERYWHERE:
        return ", ".join(word("role", role, "en") for role in EVERYWHERE[act]) + ": in every step"
    return "; ".join(dict.fromkeys(line for process in processes for line in _said(act, process)))


def _said(act: Act, process: Process) -> Iterator[str]:
    for turn in process.turn:
        where = word("turn", turn.name, "en")
        if act in turn.acts:
            yield f"{word('role', turn.awaits, 'en')}: {where}"
        if act in turn.beside:
            yield f"{word('role', turn.beside[act].by, 'en')}: {where}"
        if act in turn.after_due:
            by = word("role", turn.after_due[act].by, "en")
            yield f"{by}: {where}, once that is overdue"
    if act in process.always:
        yield f"{word('role', process.always[act].by, 'en')}: in every step"
    if act in AFTER_THE_END:
        yield f"{word('role', AFTER_THE_END[act], 'en')}: once the file has ended unrateable"
    if act in ASIDE:
        yield f"{word('role', ASIDE[act], 'en')}: in every step before the supervisor's signature"


def _entry(act: Act) -> str:
    body = EXAMPLES[act]
    example = f"[dim]{escape(json.dumps(body, ensure_ascii=False))}[/]" if body else "no --input"
    return f"[bold cyan]{act}[/]  {escape(by_whom(act))}\n  {example}"
