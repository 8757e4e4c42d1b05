"""``siklus act``: do one act on one file."""

import json
import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import typer

from cli.output import Exit, fail, out, print_json
from cli.person import Ambiguous, find_file, find_person
from cli.session import Session, os_user, run
from gateway.answer import Answer, Status
from schemas.code import Act, Via

_CODES = {Status.DONE: Exit.OK, Status.REFUSED: Exit.REFUSED, Status.STORED: Exit.STORED}


def act(
    name: Annotated[Act, typer.Argument(metavar="ACT", help="what to do")],
    file: Annotated[str, typer.Option(help="id of the file, or the beginning of it")],
    person: Annotated[str, typer.Option("--as", help="identity number or id of who acts")],
    source: Annotated[str | None, typer.Option("--input", help="JSON body; - for standard input")] = None,
    command_id: Annotated[UUID | None, typer.Option(help="repeat it to send the same act again")] = None,
    expected_version: Annotated[int | None, typer.Option(help="refuse if the file has moved on")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Do one act on one file, as one person."""
    body = _read_body(source)

    async def work(session: Session) -> Exit:
        try:
            file_id, actor = await find_file(session, file), await find_person(session, person)
        except Ambiguous as error:
            fail(str(error), Exit.USAGE)
        answer = await session.gateway.act(
            file_id,
            name,
            body,
            actor=actor,
            command_id=command_id or uuid4(),
            expected_version=expected_version,
            via=Via.SHELL,
            os_user=os_user(),
        )
        show_answer(answer, as_json=as_json)
        return _CODES[answer.status]

    run(work)


def show_answer(answer: Answer, *, as_json: bool) -> None:
    """Print an answer."""
    if as_json:
        print_json(answer.model_dump(mode="json"))
        return
    out.print(answer)


def _read_body(source: str | None) -> object:
    if source is None:
        return {}
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        return json.loads(text)
    except (OSError, ValueError) as error:
        fail(f"--input {source}: {error}", Exit.USAGE)
