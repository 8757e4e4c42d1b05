"""The acts on webhooks, decided on the organisation's stream: their rows, and their secrets."""

from collections.abc import Mapping
from os import urandom
from uuid import UUID

from domain.webhook import (
    KINDS,
    OLD_SECRET_FOR,
    Webhook,
    decide_webhook,
    webhook_data,
)
from domain.webhook_signature import make_secret
from schemas.code import Topic, WebhookAct
from schemas.command import StoredCommand
from schemas.error import Refusal
from schemas.organisation import Seat
from storage.clock import Connection
from storage.query import queries
from storage.record import Head, Record
from storage.stream import Data, stream_event

SECRET_BYTES = 32


async def read_webhooks(connection: Connection, org: str) -> dict[UUID, Webhook]:
    """Every webhook that there has been, removed ones included."""
    rows = await queries("webhook").read_webhooks(connection, org=org)
    return {
        r["id"]: Webhook(r["id"], r["url"], tuple(r["types"]), r["description"], r["state"])
        for r in rows
    }


async def carry_out_webhook(
    connection: Connection,
    command: StoredCommand,
    record: Record,
    head: Head,
    seat: Seat | None,
    hr_head: Seat | None,
) -> Data | Refusal:
    """Do one order and append its event, or say why not; see ``storage.stream``.

    A secret is made here and kept beside the record: it is in no event, command or outcome.

    Args:
        connection: inside the caller's transaction.
        command: the order.
        record: what the transaction adds.
        head: the end of the organisation's chain.
        seat: from where the actor acts.
        hr_head: who is told that a webhook was disabled, if anybody heads the HR office.
    """
    org = command.stream.partition("/")[2]
    known: Mapping[UUID, Webhook] = await read_webhooks(connection, org)
    webhook = decide_webhook(command, known)
    if isinstance(webhook, Refusal):
        return webhook
    act, data = WebhookAct(command.act), webhook_data(command, webhook)
    event = stream_event(org, command, KINDS[act], seat, data)
    record.append(event, command.body, head)
    if act is WebhookAct.DISABLE_WEBHOOK and hr_head is not None:
        record.tell(event, head, Topic.WEBHOOK_DISABLED, hr_head.person)
    _keep(record, act, command, webhook, org, head.number)
    return data


def _keep(
    record: Record, act: WebhookAct, command: StoredCommand, webhook: Webhook, org: str, number: int
) -> None:
    q = queries("webhook")
    if act is WebhookAct.ADD_WEBHOOK:
        record.then(
            q.insert_webhook,
            id=webhook.id,
            org=org,
            stream=command.stream,
            number=number,
            url=webhook.url,
            types=webhook.types,
            description=webhook.description,
        )
    else:
        record.then(q.set_state, id=webhook.id, state=webhook.state, number=number)
    if act in (WebhookAct.ADD_WEBHOOK, WebhookAct.ROTATE_SECRET):
        record.then(
            q.insert_secret,
            command=command.id,
            webhook=webhook.id,
            secret=make_secret(urandom(SECRET_BYTES)),
            old_seconds=OLD_SECRET_FOR.total_seconds(),
        )
    if act is WebhookAct.REMOVE_WEBHOOK:
        record.then(q.forget, webhook=webhook.id)
    if act is WebhookAct.RETRY_WEBHOOK:
        record.then(q.retry, webhook=webhook.id)
