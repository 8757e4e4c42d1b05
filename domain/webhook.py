"""Where an organisation's events are sent: who may change that, and how often is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import ValidationError

from domain.decide import not_authorised, unreadable
from schemas.code import EventKind, Via, WebhookAct
from schemas.command import BODIES, StoredCommand
from schemas.error import ErrorType, Refusal
from schemas.order_body import AddWebhook, DisableWebhook, WebhookOrder

# Project decisions; real time, since they are about other machines.
LIMIT = 50
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=8)
LONGEST_PROBE = timedelta(minutes=15)
GROWTH = 3
TRIED_FOR = timedelta(days=3)
JITTER = 0.2
OLD_SECRET_FOR = timedelta(hours=24)

ENABLED, DISABLED, REMOVED = "enabled", "disabled", "removed"
KINDS = {
    WebhookAct.ADD_WEBHOOK: EventKind.WEBHOOK_ADDED,
    WebhookAct.REMOVE_WEBHOOK: EventKind.WEBHOOK_REMOVED,
    WebhookAct.ENABLE_WEBHOOK: EventKind.WEBHOOK_ENABLED,
    WebhookAct.DISABLE_WEBHOOK: EventKind.WEBHOOK_DISABLED,
    WebhookAct.ROTATE_SECRET: EventKind.WEBHOOK_SECRET_ROTATED,
    WebhookAct.RETRY_WEBHOOK: EventKind.WEBHOOK_RETRIED,
}


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that events are sent to, as its orders have made it.

    ``id`` is that of the command that added it. Nothing is sent while it is disabled, and what
    happens meanwhile waits.
    """

    id: UUID
    url: str
    types: tuple[str, ...]
    description: str
    state: str = ENABLED


def decide_webhook(command: StoredCommand, known: Mapping[UUID, Webhook]) -> Webhook | Refusal:
    """The webhook as an order makes it, or why it may not; the seat was judged before.

    Pure: the ledger and whoever decides again get the same answer for ever.

    Args:
        command: the order as it was stored.
        known: every webhook there has been, as accepted orders before this one made it.
    """
    act = WebhookAct(command.act)
    try:
        order = BODIES[act].model_validate(command.body)
    except ValidationError:
        return unreadable()
    is_the_system = command.actor is None and command.via is Via.TIMER
    if is_the_system != (act is WebhookAct.DISABLE_WEBHOOK):
        return not_authorised(act)
    if isinstance(order, AddWebhook):
        return _added(command.id, order, known)
    assert isinstance(order, WebhookOrder), "every other order names a webhook"  # noqa: S101
    found = known.get(order.webhook)
    if found is None or found.state == REMOVED:
        return Refusal(type=ErrorType.NOT_FOUND, rule="webhook.unknown", field="webhook")
    return _changed(act, found)


def _added(id: UUID, order: AddWebhook, known: Mapping[UUID, Webhook]) -> Webhook | Refusal:
    present = [w for w in known.values() if w.state != REMOVED]
    if any(w.url == order.url for w in present):
        return Refusal(type=ErrorType.INVALID, rule="webhook.known", field="url")
    if len(present) >= LIMIT:
        return Refusal(
            type=ErrorType.NOT_NOW, rule="webhook.too_many", field="url", params={"limit": LIMIT}
        )
    return Webhook(id, order.url, tuple(sorted(set(order.types))), order.description)


def _changed(act: WebhookAct, webhook: Webhook) -> Webhook | Refusal:
    match act:
        case WebhookAct.REMOVE_WEBHOOK:
            return replace(webhook, state=REMOVED)
        case WebhookAct.ENABLE_WEBHOOK:
            if webhook.state == ENABLED:
                return Refusal(type=ErrorType.NOT_NOW, rule="webhook.enabled")
            return replace(webhook, state=ENABLED)
        case WebhookAct.DISABLE_WEBHOOK:
            if webhook.state == DISABLED:
                return Refusal(type=ErrorType.NOT_NOW, rule="webhook.disabled")
            return replace(webhook, state=DISABLED)
        case _:
            return webhook


def webhook_data(command: StoredCommand, webhook: Webhook) -> dict[str, int | str]:
    """What an event says of an order; address and description lie in the content."""
    data: dict[str, int | str] = {"webhook": str(webhook.id)}
    if command.act is WebhookAct.ADD_WEBHOOK:
        data["types"] = ",".join(webhook.types)
    if command.act is WebhookAct.DISABLE_WEBHOOK:
        since = DisableWebhook.model_validate(command.body).model_dump(mode="json")
        data["failing_since"] = since["failing_since"]
    return data


def next_try(attempts: int, first: datetime, now: datetime, chance: float) -> datetime | None:
    """When an event is sent again after so many failed attempts; None when no more is tried.

    The wait grows threefold from ten seconds to eight hours, so that a machine that restarts is
    soon reached and one that is down is left in peace; it varies by a fifth, so that what failed
    together does not come back together. After three days the event is parked.

    Args:
        attempts: how many have failed, at least one.
        first: since when the event is to be sent.
        now: when the last attempt failed.
        chance: a number from 0 to 1.
    """
    growth: int = GROWTH ** min(attempts - 1, 20)
    wait = min(FIRST_WAIT * growth, LONGEST_WAIT)
    if now >= first + TRIED_FOR:
        return None
    return min(now + wait * (1 + JITTER * (2 * chance - 1)), first + TRIED_FOR)
