"""``siklus act``: do one act on one file."""

import json
import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import typer
from pydantic import JsonValue

from cli.answer import show_answer
from cli.example import EXAMPLES
from cli.output import Exit, fail, print_json
from cli.person import find_file, find_person
from cli.session import Session, os_user, run
from schemas.code import Act, Via


def act(
    name: Annotated[Act, typer.Argument(metavar="ACT", help="what to do; the list is above")],
    file: Annotated[str | None, typer.Option(help="id of the file, or the beginning of it")] = None,
    person: Annotated[
        str | None, typer.Option("--as", help="identity number or id of who acts")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--input", help="file with the JSON body; - for standard input")
    ] = None,
    command_id: Annotated[
        UUID | None, typer.Option(help="send an earlier act again: it is never done twice")
    ] = None,
    expected_version: Annotated[
        int | None, typer.Option(help="refuse if the file has moved on since this version")
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="print a valid body and end")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the answer as JSON")] = False,
) -> None:
    """Do one act on one file, as one person.

    [bold]plan[/]       submit_plan (employee); return_plan, agree_plan (supervisor)

    [bold]report[/]     submit_report (employee)

    [bold]scoring[/]    score, return_report (supervisor)

    [bold]feedback[/]   give_feedback (supervisor); respond_to_feedback (employee)

    [bold]meeting[/]    record_meeting (supervisor)

    [bold]sign-off[/]   sign (supervisor, then employee); object (employee)

    [bold]objection[/]  decide_objection (the supervisor's superior)

    [bold]any time[/]   withdraw (HR office)

    Examples: siklus act submit_plan --example > plan.json;
    siklus act submit_plan --file 3f2a --as 199301222020121001 --input plan.json

    Exit codes: 0 done, 3 refused, 4 stored and being processed, 5 nothing reachable.
    """
    if example:
        print_json(EXAMPLES[name])
        return
    if file is None or person is None:
        fail("--file and --as are needed: which file, and who acts", Exit.USAGE)
    body = _read_body(name, source)

    async def work(session: Session) -> Exit:
        answer = await session.gateway.act(
            await find_file(session, file),
            name,
            body,
            actor=await find_person(session, person),
            command_id=command_id or uuid4(),
            expected_version=expected_version,
            via=Via.SHELL,
            os_user=os_user(),
        )
        return show_answer(answer, session.settings.language, as_json=as_json)

    run(work)


def _read_body(act: Act, source: str | None) -> JsonValue:
    if source is None:
        if EXAMPLES[act]:
            fail(f"{act} needs --input FILE; siklus act {act} --example shows one", Exit.USAGE)
        return {}
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        body: JsonValue = json.loads(text)
    except (OSError, ValueError) as error:
        fail(f"--input {source}: {error}", Exit.USAGE)
    return body
