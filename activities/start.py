"""Starting the workflow of a file; the one place that does."""

from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from schemas.cycle import CycleInput
from schemas.search_attributes import of_cycle
from schemas.task_queue import CYCLE

EVALUATION_CYCLE = "EvaluationCycle"
TASK_TIMEOUT = timedelta(seconds=5)


async def start_cycle(client: Client, cycle: CycleInput, signal: str | None = None) -> bool:
    """Start a file's workflow; False if it runs or has completed, which is just as well.

    Its id is the file's, so that a start may be repeated at will. One that has failed is started
    again. With ``signal``, a workflow that runs is given that instead, and True is returned.
    """
    try:
        await client.start_workflow(
            EVALUATION_CYCLE,
            cycle,
            id=cycle.file.workflow_id,
            task_queue=CYCLE,
            start_signal=signal,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            search_attributes=of_cycle(cycle),
            task_timeout=TASK_TIMEOUT,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True
