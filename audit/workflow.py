"""I9: each open file has its running workflow, each running workflow its open file.

Temporal's list of workflows lags behind a little, and the world moves while it is read. What does
not agree is therefore looked up again, one by one, until it agrees or ten seconds have passed.
A workflow that has completed while its file is open is ahead of the record; what a running one
believes cannot be seen from outside, and does no harm: it adopts the ledger's next answer.
"""

import asyncio
from collections.abc import Iterable
from time import monotonic
from typing import NamedTuple

import asyncpg
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from audit.report import Tally
from schemas.identifier import FileKey
from storage.query import queries

SETTLE_SECONDS = 10.0
AGAIN_SECONDS = 0.5
AT_ONCE = 16
PAGE = 1_000

_RUNNING = 'WorkflowType="EvaluationCycle" AND ExecutionStatus="Running"'
_FILE, _CYCLE = "file/", "eval/"


class Standing(NamedTuple):
    """How a stream stands: its workflow's status, whether there is a file, and how that ended."""

    status: WorkflowExecutionStatus | None
    is_there: bool
    ended: str | None


async def check_workflows(
    pool: "asyncpg.Pool[asyncpg.Record]", client: Client, org: str, tally: Tally
) -> None:
    """Compare Postgres with Temporal.

    Raises:
        RPCError: if Temporal does not answer.
    """
    found = await compare(pool, client, org, SETTLE_SECONDS, tally)
    for stream, standing in sorted(found.items()):
        what = problem_of(standing)
        if what is not None:
            tally.problem(what, stream)


async def compare(
    pool: "asyncpg.Pool[asyncpg.Record]",
    client: Client,
    org: str,
    settle_seconds: float,
    tally: Tally | None = None,
) -> dict[str, Standing]:
    """The streams whose workflow and file do not agree, looked up until they do or time is up.

    Raises:
        RPCError: if Temporal does not answer.
    """
    running = await _running(client, org)
    open_files = await _open(pool, org)
    if tally is not None:
        tally.count(len(open_files | running))
    suspects = open_files ^ running
    deadline = monotonic() + settle_seconds
    found: dict[str, Standing] = {}
    while suspects:
        found = await _look_up(pool, client, suspects)
        suspects = set(found)
        if not suspects or monotonic() > deadline:
            break
        await asyncio.sleep(AGAIN_SECONDS)
    return found


async def _running(client: Client, org: str) -> set[str]:
    """The streams of the running cycles of one organisation."""
    prefix = f"{_CYCLE}{org}/"
    return {
        _FILE + found.id.removeprefix(_CYCLE)
        async for found in client.list_workflows(_RUNNING, page_size=PAGE)
        if found.id.startswith(prefix)
    }


async def _open(pool: "asyncpg.Pool[asyncpg.Record]", org: str) -> set[str]:
    found: set[str] = set()
    after = ""
    while rows := await queries("audit").read_open(pool, org=org, after=after, page=PAGE):
        found.update(row["stream"] for row in rows)
        after = rows[-1]["stream"]
    return found


async def _look_up(
    pool: "asyncpg.Pool[asyncpg.Record]", client: Client, streams: Iterable[str]
) -> dict[str, Standing]:
    """Those of the streams that do not agree, by Temporal's own state and the row of now."""
    ordered = sorted(streams)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(stream: str) -> WorkflowExecutionStatus | None:
        async with gate:
            return await _status(client, stream)

    statuses = await asyncio.gather(*(one(stream) for stream in ordered))
    rows = await queries("audit").read_ended(pool, streams=ordered)
    ended = {row["stream"]: row["ended"] for row in rows}
    found = {}
    for stream, status in zip(ordered, statuses, strict=True):
        standing = Standing(status, stream in ended, ended.get(stream))
        if problem_of(standing) is not None:
            found[stream] = standing
    return found


async def _status(client: Client, stream: str) -> WorkflowExecutionStatus | None:
    key = FileKey.of_stream(stream)
    if key is None:
        return None
    try:
        return (await client.get_workflow_handle(key.workflow_id).describe()).status
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


def problem_of(standing: Standing) -> str | None:
    """What is wrong with a stream; None if its workflow and its file agree."""
    status, is_there, ended = standing
    is_running = status is WorkflowExecutionStatus.RUNNING
    is_open = is_there and ended is None
    if is_running == is_open:
        return None
    if is_running:
        return "a workflow runs " + (f"although it ended {ended}" if is_there else "without a file")
    if status is WorkflowExecutionStatus.COMPLETED:
        return "the file is open, and its workflow is ahead of the record: it has completed"
    return f"the file is open, and its workflow is {status.name.lower() if status else 'not there'}"
