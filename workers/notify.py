"""The worker of what leaves the house, beside the loop that delivers what waits."""

from collections.abc import Sequence
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.contracts import Mailing
from schemas.task_queue import NOTIFY
from workers.cycle import sandbox
from workflows.send_digests import SendDigests

WORKFLOWS: Sequence[type] = (SendDigests,)
SLOTS = 4


def build_notify_worker(
    client: Client,
    mailing: Mailing,
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
        activities=[mailing.compose_mail, mailing.deliver_mail],
        workflow_runner=sandbox(),
        workflow_failure_exception_types=failure_types,
        interceptors=interceptors,
        max_concurrent_activities=SLOTS,
        max_cached_workflows=cached_workflows,
        graceful_shutdown_timeout=timedelta(seconds=8),
    )
