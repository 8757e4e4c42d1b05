"""What leaves the house: the loops and the worker that tell people and other systems."""

from datetime import timedelta

import asyncpg

from gateway.deliveries import Deliveries
from gateway.door import Gateway
from runtime.allow_list import AllowList
from runtime.outbound import Sender
from runtime.settings import Settings


def build_deliveries(
    pool: "asyncpg.Pool[asyncpg.Record]", gateway: Gateway, settings: Settings
) -> Deliveries:
    """Events for other systems, sent to what the settings allow; any number of replicas may run."""
    sender = Sender(AllowList.parse(settings.webhook_hosts))
    failing = timedelta(hours=settings.webhook_failing_hours)
    return Deliveries(pool, gateway, sender, settings.org, failing)
