"""How a workflow asks the ledger: at once, then patiently.

A local activity with two short tries costs half of what a regular one does. If Postgres is away,
the same question goes on as a regular activity, so that the acceptance of an act is durable
within about three seconds and the history stays flat however long the outage lasts.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception

from activities.contracts import Ledger

Question = TypeVar("Question")
Answer = TypeVar("Answer")

_AT_ONCE = workflow.LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=1.5),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=100), maximum_attempts=2),
)
_PATIENTLY = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=0.5), maximum_interval=timedelta(seconds=5)
    ),
)


async def ask(
    method: Callable[[Ledger, Question], Awaitable[Answer]], question: Question
) -> Answer:
    """The ledger's answer, however long it takes to get one."""
    try:
        return await workflow.execute_local_activity_method(method, question, **_AT_ONCE)
    except FailureError as error:
        # A time-out comes as ActivityError the first time and as bare TimeoutError in a replay.
        if is_cancelled_exception(error):
            raise
        return await workflow.execute_activity_method(method, question, **_PATIENTLY)
