"""Events on their way to other systems: taken from the record, sent, and sent again.

Any number of these may run: what one has claimed no other gets, until its lease is over. Whoever
dies between sending and noting it leaves the event to be sent once more, under the same id, by
which the other side knows it again.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import structlog

from domain.webhook import FIRST_WAIT, LONGEST_PROBE, next_try
from domain.webhook_signature import headers
from gateway.answer import Status, Unavailable
from gateway.door import Gateway
from runtime.outbound import ALL_SECONDS, Delivery, Problem, Sender
from schemas.cloud_event import MEDIA_TYPE, CloudEvent
from schemas.code import Via, WebhookAct
from schemas.instant import stamp
from storage.pool import DATABASE_AWAY
from storage.query import queries
from storage.webhook import read_cloud_event, take_news

PAGE = 500
AT_ONCE, LANES = 8, 3
LEASE_SECONDS = 3 * ALL_SECONDS
_ORDERS = UUID("5b8c3e52-9f3b-4d57-8f0e-0d7d9c2a7b61")
_log = structlog.get_logger(__name__)

Row = Any


class Deliveries:
    """Sends an organisation's events to its webhooks. Holds the worker's connections."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        gateway: Gateway,
        sender: Sender,
        org: str,
        failing: timedelta,
        chance: Random | None = None,
    ) -> None:
        self._pool = pool
        self._gateway = gateway
        self._sender = sender
        self._org = org
        self._failing = failing
        self._chance = chance or Random()  # noqa: S311  (spreads retries)

    async def run(self, every_seconds: float) -> None:
        """Deliver for ever, at once while there is something; a database that is away is waited for.

        In several lanes, so that a machine that does not answer keeps nobody else waiting.
        """
        async with asyncio.TaskGroup() as lanes:
            for _ in range(LANES):
                lanes.create_task(self._lane(every_seconds))

    async def _lane(self, every_seconds: float) -> None:
        while True:
            done = 0
            try:
                done = await self.round()
            except (*DATABASE_AWAY, asyncpg.PostgresError, Unavailable) as error:
                _log.warning("deliveries_failed", error=type(error).__name__)
            if not done:
                await asyncio.sleep(every_seconds)

    async def round(self) -> int:
        """Take what is new, send what is due, give up webhooks that fail; how much was taken and sent."""
        taken = await take_news(self._pool, PAGE)
        due = await queries("webhook").claim(self._pool, lease_seconds=LEASE_SECONDS, page=AT_ONCE)
        await asyncio.gather(*(self._deliver(row) for row in due))
        await self._give_up()
        return taken + len(due)

    async def _deliver(self, row: Row) -> None:
        delivery = await self._send(row)
        key = {name: row[name] for name in ("webhook", "stream", "number")}
        if delivery.problem is None:
            await queries("webhook").mark_delivered(
                self._pool, **key, attempt=row["attempts"], status=delivery.status
            )
            return
        if delivery.problem is Problem.UNREADABLE_EVENT:  # which is not the other side's fault
            await queries("webhook").park(self._pool, **key, problem=delivery.problem.value)
            return
        again = next_try(row["attempts"], row["since"], datetime.now(UTC), self._chance.random())
        await queries("webhook").mark_failed(
            self._pool,
            **key,
            attempt=row["attempts"],
            problem=delivery.problem.value,
            status=delivery.status,
            next_at=again,
            first_seconds=FIRST_WAIT.total_seconds(),
            longest_seconds=LONGEST_PROBE.total_seconds(),
        )
        _log.warning(
            "webhook_failed",
            webhook=str(row["webhook"]),
            problem=delivery.problem.value,
            status=delivery.status,
            attempt=row["attempts"],
            is_parked=again is None,
        )

    async def _send(self, row: Row) -> Delivery:
        try:
            event = await read_cloud_event(self._pool, row["stream"], row["number"])
        except (LookupError, ValueError):
            return Delivery(Problem.UNREADABLE_EVENT)
        rows = await queries("webhook").read_secrets(self._pool, webhook=row["webhook"])
        try:
            return await send_signed(self._sender, row["url"], event, [r["secret"] for r in rows])
        except Exception as error:  # noqa: BLE001  (one address must not stop all others)
            _log.error("sending_failed", webhook=str(row["webhook"]), error=type(error).__name__)
            return Delivery(Problem.BROKEN_ANSWER)

    async def _give_up(self) -> None:
        """Have webhooks disabled where nothing has arrived for too long; one order each, by whomever."""
        rows = await queries("webhook").read_failing(
            self._pool, org=self._org, seconds=self._failing.total_seconds()
        )
        for row in rows:
            order = uuid5(_ORDERS, f"{row['id']}/{row['state_number']}/{stamp(row['since'])}")
            answer = await self._gateway.organisation_act(
                WebhookAct.DISABLE_WEBHOOK,
                {"webhook": str(row["id"]), "failing_since": stamp(row["since"])},
                actor=None,
                command_id=order,
                via=Via.TIMER,
                os_user=None,
            )
            if answer.status is Status.DONE:
                _log.warning("webhook_disabled", webhook=str(row["id"]))


async def send_signed(sender: Sender, url: str, event: CloudEvent, secrets: list[str]) -> Delivery:
    """Send one event once, signed now with every secret that is valid."""
    body = event.body()
    signed = headers(str(event.id), datetime.now(UTC), body, secrets)
    return await sender.send(url, body, {"content-type": f"{MEDIA_TYPE}; charset=utf-8", **signed})
