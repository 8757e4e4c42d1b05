"""What leaves the house: the loops and the worker that tell people and other systems."""

from collections.abc import Sequence
from datetime import timedelta

import asyncpg
from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.contracts import Mailing, Occurrences
from gateway.deliveries import Deliveries
from gateway.door import Gateway
from runtime.allow_list import AllowList
from runtime.outbound import Sender
from runtime.settings import Settings
from schemas.task_queue import NOTIFY
from workers.cycle import sandbox
from workflows.send_digests import SendDigests

WORKFLOWS: Sequence[type] = (SendDigests,)
SLOTS = 4


def build_notify_worker(
    client: Client,
    mailing: Mailing,
    occurrences: Occurrences,
    *,
    task_queue: str = NOTIFY,
    cached_workflows: int = 20,
    interceptors: Sequence[Interceptor] = (),
    failure_types: Sequence[type[BaseException]] = (),
) -> Worker:
    """A worker for the queue of mail; see ``workers.cycle.build_worker`` for the arguments."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=[mailing.compose_mail, mailing.deliver_mail, occurrences.note_run],
        workflow_runner=sandbox(),
        workflow_failure_exception_types=failure_types,
        interceptors=interceptors,
        max_concurrent_activities=SLOTS,
        max_cached_workflows=cached_workflows,
        graceful_shutdown_timeout=timedelta(seconds=8),
    )


def build_deliveries(
    pool: "asyncpg.Pool[asyncpg.Record]", gateway: Gateway, settings: Settings
) -> Deliveries:
    """Events for other systems, sent to what the settings allow; any number of replicas may run."""
    sender = Sender(AllowList.parse(settings.webhook_hosts))
    failing = timedelta(hours=settings.webhook_failing_hours)
    return Deliveries(pool, gateway, sender, settings.org, failing)
