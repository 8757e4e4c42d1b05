"""``siklus webhook test``: one signed trial event, and what the other side says to it."""

from datetime import UTC, datetime
from os import urandom
from typing import Annotated
from uuid import uuid4

import typer
from rich.markup import escape

from cli.options import Json
from cli.output import Exit, out, print_json
from cli.session import Session, run
from cli.webhook_view import PROBLEMS, find_webhook
from domain.webhook_signature import make_secret
from gateway.deliveries import send_signed
from runtime.allow_list import AllowList
from runtime.outbound import Delivery, Sender
from storage.pool import open_pool
from storage.query import queries
from storage.webhook import ping


def send_trial(
    target: Annotated[
        str, typer.Argument(metavar="URL|ID", help="an address, or a webhook or how its id begins")
    ],
    as_json: Json = False,
) -> None:
    """Send one signed trial event (webhook.ping) now, and show the answer.

    A webhook's trial is signed with its own secrets, that to an address with one made for it, which
    is shown. Nothing is written. The machine that this command runs on does the sending.

    Examples: siklus webhook test https://hooks.example.go.id/siklus; siklus webhook test 0b6e

    Exit codes: 0 it arrived, 2 usage, 3 it did not.
    """

    async def work(session: Session) -> Exit:
        is_address = "://" in target
        if is_address:
            url, secrets = target, [make_secret(urandom(32))]
        else:
            url, secrets = await _of_webhook(session, target)
        sender = Sender(AllowList.parse(session.settings.webhook_hosts))
        event = ping(session.settings.org, uuid4(), datetime.now(UTC))
        delivery = await send_signed(sender, url, event, secrets)
        shown = secrets[0] if is_address else None
        _show(delivery, str(event.id), shown, as_json=as_json)
        return Exit.OK if delivery.problem is None else Exit.REFUSED

    run(work)


async def _of_webhook(session: Session, begins: str) -> tuple[str, list[str]]:
    found = await find_webhook(session, begins)
    async with open_pool(session.addresses.worker, 1) as pool:
        rows = await queries("webhook").read_secrets(pool, webhook=found["id"])
    return found["url"], [row["secret"] for row in rows]


def _show(delivery: Delivery, event_id: str, secret: str | None, *, as_json: bool) -> None:
    answer = delivery.beginning.decode("utf-8", errors="replace")
    if as_json:
        print_json(
            {
                "status": "arrived" if delivery.problem is None else "failed",
                "problem": delivery.problem,
                "http_status": delivery.status,
                "answer": answer,
                "event": event_id,
                "secret": secret,
            }
        )
        return
    if delivery.problem is None:
        out.print(f"[green]arrived[/]: {delivery.status}")
    else:
        out.print(f"[red]{delivery.problem}[/]: {PROBLEMS[delivery.problem]}", soft_wrap=True)
        if delivery.status is not None:
            out.print(f"  status {delivery.status}")
    if answer.strip():
        out.print(f"  it says: {escape(answer.strip()[:1000])}", highlight=False, soft_wrap=True)
    out.print(f"  event {event_id}", style="dim", highlight=False)
    if secret is not None:
        out.print(f"  signed with {secret}", style="dim", highlight=False, soft_wrap=True)
