"""A played record with a webhook, and the other system's side of it."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from gateway.deliveries import Deliveries
from gateway.door import Gateway
from runtime.allow_list import AllowList
from runtime.outbound import Sender, resolve
from runtime.temporal_client import connect
from schemas.cloud_event import PREFIX, TYPE_NAMES
from schemas.code import Act, WebhookAct
from schemas.cycle import Outcome, Verdict
from simulation.city import generate
from simulation.texts import Matter, body
from tests.support.played_record import ORG, PlayedRecord
from tests.support.web_server import WebServer, web_server

PLAN = f"{PREFIX}file.plan_submitted.v1"
FAILING = timedelta(hours=120)


@dataclass
class Webhooks:
    """A record of a small city whose events go to a server on loopback."""

    record: PlayedRecord
    server: WebServer
    gateway: Gateway
    hooks: list[UUID] = field(default_factory=list)

    @property
    def database(self):
        return self.record.database

    def deliveries(self, allowed=None, *, resolver=resolve, seconds=20.0, pool=None) -> Deliveries:
        """A worker's loop, to be asked for single rounds."""
        entries = self.server.allowed if allowed is None else allowed
        sender = Sender(AllowList.parse(entries), resolver=resolver, seconds=seconds)
        chance = Random(1)  # noqa: S311
        pool = pool or self.database.worker
        return Deliveries(pool, self.gateway, sender, ORG, FAILING, chance)

    async def order(self, act: WebhookAct, **said) -> Outcome:
        return await self.record.order(act, said, said.pop("actor", None))

    async def add(self, *types: str, url: str | None = None, actor=None) -> UUID:
        wanted = list(types or sorted(TYPE_NAMES))
        said = {"url": url or self.server.url, "types": wanted, "description": "Dasbor"}
        outcome = await self.record.order(WebhookAct.ADD_WEBHOOK, said, actor)
        assert outcome.verdict is Verdict.ACCEPTED, outcome
        self.hooks.append(UUID(str(outcome.data["webhook"])))
        return self.hooks[-1]

    async def secret(self, webhook: UUID) -> str:
        return str(
            await self.database.worker.fetchval(
                "SELECT secret FROM webhook_secret WHERE webhook = $1 ORDER BY made_at DESC",
                webhook,
            )
        )

    async def submit_plan(self, place: int = 0):
        """One person hands in a plan: one event that others are told of."""
        self.record.now += timedelta(minutes=1)
        key = list(self.record.agendas)[place]
        state = await self.record.state(key)
        matter = Matter(state.planned, None, None, self.record._today())
        said = body(Act.SUBMIT_PLAN, matter, self.record.chance)
        outcome = await self.record.act(key, Act.SUBMIT_PLAN, key.person, said)
        assert outcome.verdict is Verdict.ACCEPTED
        return key

    async def rows(self, columns="state, attempts, problem, status"):
        return [
            tuple(row)
            for row in await self.database.web.fetch(
                f"SELECT {columns} FROM webhook_delivery ORDER BY since, stream, number"
            )
        ]

    async def let_pass(self, **time: float) -> None:
        """Everything that has an instant lies so much longer in the past."""
        ago = timedelta(**time)
        for table, columns in {
            "webhook_delivery": ("next_at", "since"),
            "webhook_failing": ("since", "probe_at"),
            "webhook_secret": ("valid_until",),
        }.items():
            moved = ", ".join(f"{c} = {c} - $1::interval" for c in columns)
            await self.database.owner.execute(f"UPDATE {table} SET {moved}", ago)


@pytest.fixture
async def hooks(fresh_database):
    record = PlayedRecord(fresh_database)
    await record.begin(generate(14, seed=3))
    client = await connect("127.0.0.1:1", lazy=True)  # away: what is taken in stays undecided
    gateway = Gateway(fresh_database.worker, client, record.clock, record.calendar, ORG)
    async with web_server() as server:
        yield Webhooks(record, server, gateway)
