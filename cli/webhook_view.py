"""``siklus webhook list``, ``deliveries`` and ``types``: how webhooks stand."""

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cli.options import Json
from cli.output import Ambiguous, Exit, out, print_json
from cli.session import Session, run
from runtime.outbound import Problem
from schemas.cloud_event import CATALOGUE, PREFIX
from schemas.code import EventKind
from schemas.text import when
from storage.query import queries

# What each problem means to whoever has to mend it.
PROBLEMS = {
    Problem.URL_INVALID: "the address is not one to send to: https, no user name, no #",
    Problem.NO_HOSTS_ALLOWED: "SIKLUS_WEBHOOK_HOSTS is empty, so nothing may be sent anywhere",
    Problem.HOST_NOT_ALLOWED: "scheme, host and port are not together in SIKLUS_WEBHOOK_HOSTS",
    Problem.NAME_NOT_FOUND: "the name of the host has no address",
    Problem.ADDRESS_FORBIDDEN: "the host has an address that is not of the public Internet "
    "and that SIKLUS_WEBHOOK_HOSTS does not name",
    Problem.NOT_CONNECTED: "nothing answers there: no connection",
    Problem.TLS_FAILED: "TLS failed: the certificate is not valid for this host, or not trusted",
    Problem.TIMED_OUT: "it did not answer in time",
    Problem.REDIRECTED: "it answered with another address, which is not followed",
    Problem.STATUS: "it answered with an error",
    Problem.BROKEN_ANSWER: "it broke off, or what it answered is not HTTP",
    Problem.UNREADABLE_EVENT: "this version cannot say what the event was",
}


class DeliveryState(StrEnum):
    """How far an event has come."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    PARKED = "parked"
    CANCELLED = "cancelled"


async def find_webhook(session: Session, begins: str) -> Any:  # noqa: ANN401
    """The webhook of an id or its unique beginning.

    Raises:
        Ambiguous: if there is none, or more than one.
    """
    rows = await queries("webhook").list_webhooks(session.pool, org=session.settings.org)
    found = [row for row in rows if str(row["id"]).startswith(begins.lower())]
    if len(found) != 1:
        raise Ambiguous(f"{len(found) or 'no'} webhooks begin like that; siklus webhook list")
    return found[0]


def types(as_json: Json = False) -> None:
    """Show the types of events that can be sent, and what they mean.

    Examples: siklus webhook types; siklus webhook types --json
    """
    if as_json:
        print_json({each.name: each.meaning for each in CATALOGUE.values()})
        return
    table = Table("type", "sent when", title=f"each begins with {PREFIX} and ends with .v1")
    for each in CATALOGUE.values():
        table.add_row(each.short, each.meaning)
    out.print(table)


def list_webhooks(as_json: Json = False) -> None:
    """Show the webhooks, and what waits for each, has arrived and is parked.

    Examples: siklus webhook list; siklus webhook list --json
    """

    async def work(session: Session) -> Exit:
        rows = await queries("webhook").list_webhooks(session.pool, org=session.settings.org)
        if as_json:
            print_json([dict(row) for row in rows])
        elif not rows:
            out.print("no webhooks")
        else:
            out.print(_webhooks(rows, session))
        return Exit.OK

    run(work)


def _webhooks(rows: list[Any], session: Session) -> Table:
    table = Table("webhook", "address", "what", "types", "state", "waiting", "delivered", "parked")
    for row in rows:
        since = row["failing_since"]
        failing = (
            "" if since is None else f", failing since {when(since, session.settings.language)}"
        )
        table.add_row(
            str(row["id"])[:8],
            escape(row["url"]),
            escape(row["description"]),
            str(len(row["types"])),
            row["state"] + failing,
            *(str(row[name]) for name in ("waiting", "delivered", "parked")),
        )
    return table


def deliveries(
    webhook: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="of one webhook; else of all")
    ] = None,
    state: Annotated[DeliveryState | None, typer.Option(help="only these")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="so many")] = 20,
    as_json: Json = False,
) -> None:
    """Show what was sent or waits, the newest first, with what went wrong.

    Examples: siklus webhook deliveries; siklus webhook deliveries 0b6e --state parked --json
    """

    async def work(session: Session) -> Exit:
        found = None if webhook is None else (await find_webhook(session, webhook))["id"]
        rows = await queries("webhook").list_deliveries(
            session.pool, org=session.settings.org, webhook=found, state=state, page=limit
        )
        if as_json:
            print_json([{**dict(row), "type": _type(row["kind"])} for row in rows])
        elif not rows:
            out.print("nothing was sent, and nothing waits")
        else:
            out.print(_deliveries(rows, session))
        return Exit.OK

    run(work)


def _type(kind: str) -> str:
    return CATALOGUE[EventKind(kind)].name


def _deliveries(rows: list[Any], session: Session) -> Table:
    language = session.settings.language
    table = Table("webhook", "type", "event", "state", "attempts", "last", "next", "problem")
    for row in rows:
        problem = row["problem"] or ""
        said = f"{problem} {row['status']}" if problem and row["status"] else problem
        table.add_row(
            str(row["webhook"])[:8],
            CATALOGUE[EventKind(row["kind"])].short,
            str(row["number"]),
            row["state"],
            str(row["attempts"]),
            *(when(row[at], language) if row[at] else "-" for at in ("last_at", "next_at")),
            said,
        )
    return table
