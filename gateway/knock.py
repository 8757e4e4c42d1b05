"""Knocking at workflows: an Update for the first delivery of a command, ``refresh`` for any other.

An update id remembers its first outcome, an aborted one too, so whoever delivers again sends
``refresh``: the ledger decides everything that is stored.
"""

import asyncio
import contextlib
from datetime import timedelta
from uuid import UUID

from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError as UpdateTimedOut
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.start import TASK_TIMEOUT, start_cycle
from schemas.code import Act
from schemas.cycle import CycleInput, Knock, Outcome, Progress, StreamAct
from schemas.identifier import FileKey, PeriodKey, stream_workflow_id
from schemas.task_queue import CYCLE, DISPATCH
from workflows.periods import OpenPeriod
from workflows.short import DecideCommand
from workflows.upkeep import RefreshFiles

# Temporal is away: a client that has never been connected says so by the latter.
TEMPORAL_AWAY = (RPCError, RuntimeError)


class WorkflowGone(Exception):
    """The file has no running workflow."""


async def update(
    client: Client, file: FileKey, act: Act, command_id: UUID, seconds: float
) -> Progress | None:
    """Deliver a command for the first time and wait for the ledger's answer.

    Returns:
        The progress with the command's outcome, or None if no answer came in time.

    Raises:
        WorkflowGone: if the workflow is closed or lost.
    """
    handle = client.get_workflow_handle(file.workflow_id)
    try:
        async with asyncio.timeout(seconds):
            answer: Progress = await handle.execute_update(
                act.value,
                Knock(command_id=command_id),
                id=str(command_id),
                result_type=Progress,
                rpc_timeout=timedelta(seconds=seconds),
            )
            return answer
    except WorkflowUpdateFailedError as error:
        return _refusal(error)
    except (UpdateTimedOut, TimeoutError) as error:
        _require_not_cancelled(error)
        return None
    except TEMPORAL_AWAY as error:
        if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
            raise WorkflowGone from error
        return None


def _require_not_cancelled(error: Exception) -> None:
    """The SDK reports a cancellation as a time-out; a caller who went away is not to be ignored."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from error


def _refusal(error: WorkflowUpdateFailedError) -> Progress | None:
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.details:
        return Progress.model_validate(cause.details[0])
    return None


async def start_or_refresh(client: Client, cycle: CycleInput) -> bool:
    """Make the file's workflow ask the ledger again; start it first if it was lost.

    Returns:
        False if the workflow has completed: then the file is closed and nothing asks for it.
    """
    return await start_cycle(client, cycle, signal="refresh")


async def is_known(client: Client, file: FileKey) -> bool:
    """Whether Temporal knows of the file's workflow, however it is."""
    try:
        await client.get_workflow_handle(file.workflow_id).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


async def start_refreshing(client: Client, org: str, reason: str) -> None:
    """Have every file look at what has changed, without waiting for it; once for each reason.

    If Temporal does not take it, the sweep does it, more slowly.
    """
    with contextlib.suppress(WorkflowAlreadyStartedError, *TEMPORAL_AWAY):
        await client.start_workflow(
            RefreshFiles.run,
            org,
            id=f"refresh/{org}/{reason}",
            task_queue=DISPATCH,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            task_timeout=TASK_TIMEOUT,
        )


async def start_deciding(client: Client, stream: str, command_id: UUID) -> None:
    """Have a command of a stream without a long-lived workflow decided, without waiting for it.

    Raises:
        RPCError: if Temporal does not take it.
    """
    with contextlib.suppress(WorkflowAlreadyStartedError):
        await _start_deciding(client, stream, command_id)


async def _start_deciding(
    client: Client, stream: str, command_id: UUID
) -> WorkflowHandle[DecideCommand, Outcome]:
    return await client.start_workflow(
        DecideCommand.run,
        StreamAct(stream=stream, command_id=command_id),
        id=stream_workflow_id(stream, command_id),
        task_queue=CYCLE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        task_timeout=TASK_TIMEOUT,
    )


async def start_opening(client: Client, key: PeriodKey) -> None:
    """Have the files of an opened period started, without waiting for it; one workflow at a time.

    Raises:
        RPCError: if Temporal does not take it; then the sweep opens them.
    """
    await client.start_workflow(
        OpenPeriod.run,
        key,
        id=key.opening_id,
        task_queue=DISPATCH,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        execution_timeout=timedelta(days=1),
    )


async def have_decided(
    client: Client, stream: str, command_id: UUID, seconds: float
) -> Outcome | None:
    """Have a command of a stream without a long-lived workflow decided; None if it takes longer."""
    workflow_id = stream_workflow_id(stream, command_id)
    try:
        async with asyncio.timeout(seconds):
            try:
                handle = await _start_deciding(client, stream, command_id)
            except WorkflowAlreadyStartedError:
                handle = client.get_workflow_handle_for(DecideCommand.run, workflow_id)
            return await handle.result()
    except (TimeoutError, WorkflowFailureError, *TEMPORAL_AWAY):
        return None  # whatever befell that workflow: the sweep has it decided by another one
