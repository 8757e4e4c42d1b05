"""The worker of evaluation cycles: the workflows and the ledger they ask, in one process."""

import os
from collections.abc import Sequence
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Interceptor, PollerBehaviorSimpleMaximum, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy as Policy

from activities.contracts import Ledger
from schemas.task_queue import CYCLE
from workflows.evaluation_cycle import EvaluationCycle
from workflows.short import DecideCommand, ReadinessProbe

WORKFLOWS: Sequence[type] = (EvaluationCycle, DecideCommand, ReadinessProbe)
LEDGER_SLOTS = 16
PASSED_THROUGH = ("schemas", "activities", "pydantic", "pydantic_core", "annotated_types")


def sandbox() -> SandboxedWorkflowRunner:
    """The sandbox, on; it refuses a worker whose workflows re-import what must be shared."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    policy = Policy.WARN_ON_DYNAMIC_IMPORT | Policy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
    return SandboxedWorkflowRunner(
        restrictions=restrictions.with_import_notification_policy(policy)
    )


def build_worker(
    client: Client,
    ledger: Ledger,
    *,
    task_queue: str = CYCLE,
    workflows: Sequence[type] = WORKFLOWS,
    cached_workflows: int = 2000,
    interceptors: Sequence[Interceptor] = (),
    failure_types: Sequence[type[BaseException]] = (),
) -> Worker:
    """A worker for the cycle queue.

    Slots are fixed, twenty to a core, so that a mass replay of cold histories stays below
    Temporal's two-second limit for one task. A killed worker's files move on after two seconds.

    Args:
        client: the connection to work with.
        ledger: what the workflows ask.
        task_queue: where to take work from.
        workflows: what to run; a benchmark's floor runs another one under the same settings.
        cached_workflows: how many stay in memory between two tasks.
        interceptors: for tests and tracing.
        failure_types: errors that fail a workflow at once, for tests; empty in production, where
            a defect must wait for a repaired build instead of ending somebody's file.
    """
    slots = 20 * (os.cpu_count() or 1)
    return Worker(
        client,
        task_queue=task_queue,
        workflows=workflows,
        activities=[ledger.advance_file, ledger.decide_command],
        workflow_runner=sandbox(),
        workflow_failure_exception_types=failure_types,
        interceptors=interceptors,
        max_concurrent_workflow_tasks=slots,
        max_concurrent_activities=LEDGER_SLOTS,
        max_concurrent_local_activities=LEDGER_SLOTS,
        max_cached_workflows=cached_workflows,
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(20),
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(5),
        nonsticky_to_sticky_poll_ratio=0.5,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
        graceful_shutdown_timeout=timedelta(seconds=8),
    )
