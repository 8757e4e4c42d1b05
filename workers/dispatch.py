"""The worker of what runs for the whole organisation: periods, upkeep, housekeeping."""

from collections.abc import Sequence
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker

from activities.contracts import Ledger, Occurrences, Periods, Upkeep
from schemas.task_queue import DISPATCH
from workers.cycle import sandbox
from workflows.periods import ClosePeriods, Housekeeping, OpenPeriod, OpenPeriods
from workflows.upkeep import Reconcile, RefreshFiles

WORKFLOWS: Sequence[type] = (
    *(OpenPeriod, OpenPeriods, ClosePeriods, Housekeeping),
    *(Reconcile, RefreshFiles),
)
SLOTS = 4


def build_dispatch_worker(
    client: Client,
    periods: Periods,
    upkeep: Upkeep,
    occurrences: Occurrences,
    ledger: Ledger,
    *,
    task_queue: str = DISPATCH,
) -> Worker:
    """A worker for the dispatch queue.

    A few things at a time: each of them is for everybody, and files in the cycle queue go first.
    """
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=[
            ledger.decide_command,
            periods.plan_periods,
            periods.store_order,
            periods.start_files,
            periods.read_standing,
            periods.settle_files,
            occurrences.note_run,
            periods.look_after_occurrences,
            upkeep.refresh_files,
            upkeep.reconcile,
        ],
        workflow_runner=sandbox(),
        max_concurrent_workflow_tasks=SLOTS,
        max_concurrent_activities=SLOTS,
        max_concurrent_local_activities=SLOTS,
        max_cached_workflows=100,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
        max_heartbeat_throttle_interval=timedelta(seconds=5),
        default_heartbeat_throttle_interval=timedelta(seconds=5),
        graceful_shutdown_timeout=timedelta(seconds=8),
    )
