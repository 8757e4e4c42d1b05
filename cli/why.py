"""``siklus why``: why a file is as it is, in words, each with the rule behind it."""

from typing import Annotated

import typer

from cli.options import Json
from cli.output import Exit, print_json
from cli.person import find_file, find_person
from cli.session import Session, run
from cli.why_view import show_why, why_json
from storage.organisation import read_organisation
from storage.read.explanation import read_explanation


def why(
    file: Annotated[
        str, typer.Argument(metavar="FILE_ID", help="id of the file, or its beginning")
    ],
    person: Annotated[
        str | None,
        typer.Option("--as", metavar="PERSON", help="also why not every act is this person's"),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="also why each of its events happened")
    ] = False,
    as_json: Json = False,
) -> None:
    """Explain one file: why this result, why this deadline, why it is with this person.

    With --as also why each act that is not offered to that person is not. Behind an answer stands
    the rule it follows, with its version, source and status; siklus rules show tells more of it.

    Examples: siklus why 3f2a; siklus why 3f2a --as 199301222020121001 --json
    """

    async def work(session: Session) -> Exit:
        async with session.pool.acquire() as connection:
            organisation = await read_organisation(connection, session.settings.org)
        explained = await read_explanation(
            session.pool,
            organisation,
            await find_file(session, file),
            session.clock.now(),
            await find_person(session, person) if person else None,
        )
        if as_json:
            print_json(why_json(explained))
        else:
            show_why(explained, session.settings.language, history=history)
        return Exit.OK

    run(work)
