"""``siklus act``: do one act on one file."""

import json
import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import typer
from pydantic import JsonValue

from cli.act_help import act_help
from cli.answer import awaited_name, show_answer, show_unavailable
from cli.example import EXAMPLES
from cli.output import Exit, fail, out, print_json
from cli.person import find_file, find_person
from cli.session import Session, os_user, run
from gateway.answer import Answer, Unavailable
from schemas.code import Act, Via
from schemas.command import BODIES
from schemas.file_body import Empty

MAX_VERSION = 2**31 - 1


def act(
    name: Annotated[Act, typer.Argument(metavar="ACT", help="what to do; the list is above")],
    file: Annotated[
        str | None, typer.Option(metavar="ID", help="id of the file, or the beginning of it")
    ] = None,
    person: Annotated[
        str | None,
        typer.Option("--as", metavar="PERSON", help="identity number or id of who acts"),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--input", metavar="FILE", help="the body as JSON; - for standard input"),
    ] = None,
    command_id: Annotated[
        UUID | None, typer.Option(help="send an earlier act again: it is never done twice")
    ] = None,
    expected_version: Annotated[
        int | None,
        typer.Option(
            min=1, max=MAX_VERSION, help="refuse if the file has moved on since this version"
        ),
    ] = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="keep the body as your draft; do not send it")
    ] = False,
    example: Annotated[bool, typer.Option("--example", help="print a valid body and end")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the answer as JSON")] = False,
) -> None:
    """Do one act on one file, as one person. What users read is in ``cli.act_help``."""
    if example:
        print_json(EXAMPLES[name])
        return
    if file is None or person is None:
        fail("--file and --as are needed: which file, and who acts", Exit.USAGE)
    body = _read_body(name, source)

    command = command_id or uuid4()

    async def work(session: Session) -> Exit:
        try:
            if draft:
                return await _save(session, file, name, body, person, command, as_json=as_json)
            answer = await session.gateway.act(
                await find_file(session, file),
                name,
                body,
                actor=await find_person(session, person),
                command_id=command,
                expected_version=expected_version,
                via=Via.SHELL,
                os_user=os_user(),
            )
        except Unavailable as error:
            return show_unavailable(error, command, as_json=as_json)
        awaited = None if as_json else await awaited_name(session.pool, answer)
        return show_answer(answer, session.settings.language, as_json=as_json, awaited=awaited)

    run(work)


async def _save(
    session: Session,
    file: str,
    act: Act,
    body: JsonValue,
    person: str,
    command: UUID,
    *,
    as_json: bool,
) -> Exit:
    file_id, actor = await find_file(session, file), await find_person(session, person)
    refusal = await session.gateway.save_draft(file_id, act, body, actor=actor)
    if refusal is not None:
        answer = Answer.refused(command, refusal)
        return show_answer(answer, session.settings.language, as_json=as_json)
    if as_json:
        print_json({"status": "draft", "file": file_id, "act": act.value})
    else:
        out.print(f"kept as a draft; siklus file drafts {str(file_id)[:8]} shows it")
    return Exit.OK


act.__doc__ = act_help()


def _read_body(act: Act, source: str | None) -> JsonValue:
    """The body of an act; it is asked for exactly where the act has one."""
    if BODIES[act] is Empty:
        if source is not None:
            fail(f"{act} takes no --input: it needs no words", Exit.USAGE)
        return {}
    if source is None and act is Act.SIGN:
        return {}  # a reason is asked for only where predicates are not spread as the guide has it
    if source is None:
        fail(f"{act} needs --input FILE; siklus act {act} --example shows one", Exit.USAGE)
    try:
        # A BOM is what Windows' editors leave behind.
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8-sig")
        body: JsonValue = json.loads(text)
    except OSError as error:
        fail(f"--input {source}: {error.strerror}", Exit.USAGE)
    except UnicodeDecodeError:
        fail(f"--input {source}: not UTF-8 text; save it as UTF-8", Exit.USAGE)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        fail(
            f"--input {source}: not JSON at {where} ({error.msg}); "
            f"siklus act {act} --example shows a valid body",
            Exit.USAGE,
        )
    except RecursionError:
        fail(f"--input {source}: nested too deeply", Exit.USAGE)
    return body
