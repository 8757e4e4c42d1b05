"""``siklus mail``: what people are mailed, what they want of it, and what was caught."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from pydantic import JsonValue
from rich.markup import escape

from cli.options import Json
from cli.order import Order
from cli.output import Exit, fail, out, print_json
from cli.person import find_person
from cli.session import Session, load_settings, run
from runtime.mail.catcher import Caught, catch, caught, maildir
from schemas.code import OrganisationAct
from storage.mail import Edition, letters, waiting_for
from storage.organisation import read_organisation

app = typer.Typer(
    no_args_is_help=True, help="Digests: choose, preview, and see what development caught."
)


class Switch(StrEnum):
    """Whether something is wanted."""

    ON = "on"
    OFF = "off"


class Tongue(StrEnum):
    """The languages there are."""

    ID = "id"
    EN = "en"


@app.command()
def preferences(
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help="who chooses for himself")],
    digest: Annotated[Switch | None, typer.Option(help="the daily digest")] = None,
    language: Annotated[Tongue | None, typer.Option(help="of all mail")] = None,
    command_id: Annotated[UUID | None, typer.Option(help="ask again for an earlier choice")] = None,
    as_json: Json = False,
) -> None:
    """Choose the language of mail, or stop the daily digest.

    Legal notices still come, alone: results that are delivered, delegated tasks, decisions on
    objections.

    Examples: siklus mail preferences --as 199301222020121001 --digest off;
    siklus mail preferences --as 0b6e --language en

    Exit codes: 0 done, 2 usage, 3 refused, 4 stored and being processed, 5 not certain.
    """
    body: dict[str, JsonValue] = {
        "digest": None if digest is None else digest is Switch.ON,
        "language": None if language is None else language.value,
    }

    async def work(session: Session) -> Exit:
        act = OrganisationAct.SET_MAIL_PREFERENCE
        chosen: JsonValue = {key: value for key, value in body.items() if value is not None}
        return await Order(person, command_id).show(session, act, chosen, as_json=as_json)

    run(work)


@app.command()
def preview(
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help="whose digest")],
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="write its HTML here")] = None,
) -> None:
    """Show what somebody's mail of the next working day would say, if nothing happens till then.

    Examples: siklus mail preview --as 0b6e; siklus mail preview --as 0b6e --html surat.html

    Exit codes: 0 shown, or there is nothing to say; 2 no such person; 5 not reachable.
    """

    async def work(session: Session) -> Exit:
        who = await find_person(session, person)
        org, base = session.settings.org, session.settings.base_url
        async with session.pool.acquire() as database:
            organisation = await read_organisation(database, org)
            calendar = organisation.calendars.everyones()
            on = calendar.add_working_days(calendar.local_date(session.clock.now()), 1)
            edition = Edition.of(org, on, organisation, base)
            waiting = await waiting_for(database, edition, who)
            found = await letters(database, edition, [who], waiting)
        if not found:
            out.print(f"no mail on {on}: nothing is new or due, or no address is known")
            return Exit.OK
        reader, letter = found[0]
        words = edition.words(letter, reader)
        typer.echo(f"{words.subject}\n\n{words.text}", nl=False)
        if html is not None:
            _write(html, words.html)
        return Exit.OK

    run(work)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{file}: {error.strerror}", Exit.USAGE)


@app.command("caught")
def show_caught(
    number: Annotated[
        int | None, typer.Argument(min=1, metavar="NUMBER", help="show this one in full")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the mail that the catcher of development took, or show one. Needs no stack.

    Examples: siklus mail caught; siklus mail caught 3; siklus mail caught --json
    """
    found = caught(maildir(load_settings("cli").data))
    if number is not None:
        if number > len(found):
            fail(f"there are {len(found)} mails; see siklus mail caught", Exit.USAGE)
        found = found[number - 1 : number]
    if as_json:
        print_json([_as_value(each) for each in found])
        return
    for position, each in enumerate(found, start=number or 1):
        out.print(f"[bold]{position}[/] {_head(each)}", highlight=False, soft_wrap=True)
        if number is not None:
            typer.echo(f"\n{each.text}", nl=False)
    if not found:
        out.print("nothing was caught")


def _head(each: Caught) -> str:
    return " | ".join(escape(str(each.message[name])) for name in ("Date", "To", "Subject"))


def _as_value(each: Caught) -> dict[str, str]:
    headers = {name.lower(): str(value) for name, value in each.message.items()}
    return headers | {"text": each.text}


@app.command("catch")
def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="port to listen on")] = 2525,
) -> None:
    """Take all mail and send none, for development; siklus up runs it by itself.

    Examples: siklus mail catch; siklus mail catch --host 0.0.0.0 --port 2525
    """
    settings = load_settings("mail")
    try:
        asyncio.run(catch(host, port, maildir(settings.data)))
    except OSError as error:
        fail(f"{host}:{port}: {error.strerror}", Exit.UNAVAILABLE)
