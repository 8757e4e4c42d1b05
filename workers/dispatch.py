"""The worker of what runs for the whole organisation: refreshing files, reconciling."""

from collections.abc import Sequence

from temporalio.client import Client
from temporalio.worker import Worker

from activities.contracts import Upkeep
from schemas.task_queue import DISPATCH
from workers.cycle import sandbox
from workflows.upkeep import Reconcile, RefreshFiles

WORKFLOWS: Sequence[type] = (Reconcile, RefreshFiles)


def build_dispatch_worker(client: Client, upkeep: Upkeep, *, task_queue: str = DISPATCH) -> Worker:
    """A worker for the dispatch queue; a few things at a time, each of them long."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=[upkeep.refresh_files, upkeep.reconcile],
        workflow_runner=sandbox(),
        max_concurrent_activities=2,
    )
