"""What became of each time that something was to run by itself.

A run keeps its own row. What has none is looked for in Temporal, which knows the runs of each
schedule; an expected time of which nobody knows a run was skipped.
"""

from collections.abc import AsyncIterator
from datetime import datetime

import asyncpg
from temporalio import activity
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode
from typing_extensions import override

from activities.contracts import Occurrences
from domain import timetable
from schemas.identifier import schedule_id
from schemas.occurrence import Occurrence
from schemas.schedule import Run, RunVerdict
from storage.clock import Connection
from storage.query import queries
from storage.read.schedule import missing, read_spans, timing_at

NO_RUN, PAUSED = "no_run", "paused"
_NOMINAL = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
_UNDER_WAY = (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.CONTINUED_AS_NEW)


class PostgresOccurrences(Occurrences):
    """Keeps what runs say of themselves."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    @override
    @activity.defn(name="note_run")
    async def note_run(self, run: Run) -> None:
        """See the contract."""
        async with self._pool.acquire() as connection:
            await note(connection, run)


async def note(connection: Connection, run: Run) -> None:
    """Keep a run, by the timetable that held at its nominal time."""
    org, name = run.occurrence.org, run.occurrence.schedule
    timing = timing_at(await read_spans(connection, org), name, run.nominal)
    verdict = timetable.verdict(timing, run.nominal, run.started_at)
    await _keep(connection, run, RunVerdict.SKIPPED if run.skipped else verdict, run.skipped)


async def _keep(connection: Connection, run: Run, verdict: RunVerdict, reason: str | None) -> None:
    await queries("schedule").note_occurrence(
        connection,
        org=run.occurrence.org,
        schedule=run.occurrence.schedule,
        nominal=run.nominal,
        verdict=verdict,
        reason=reason,
        workflow_id=run.workflow_id,
        started_at=run.started_at,
        ended_at=run.ended_at,
        told=run.told,
    )


async def look_after(connection: Connection, client: Client, org: str, until: datetime) -> int:
    """Give every expected occurrence up to an instant its verdict; how many had none."""
    await _end_unfinished(connection, client, org)
    found = 0
    for name, nominals in (await missing(connection, org, until)).items():
        runs = {at: run async for at, run in _runs(client, org, name)}
        for at in [at for at in nominals if at in runs]:
            await note_known(connection, org, name, at, runs[at])
        absent = [at for at in nominals if at not in runs]
        if absent:
            await queries("schedule").note_missing(
                connection,
                org=org,
                schedule=name,
                nominals=absent,
                reason=await _why(client, org, name),
            )
        found += len(nominals)
    return found


async def note_known(
    connection: Connection, org: str, name: str, nominal: datetime, found: WorkflowExecution
) -> None:
    """Keep a run that Temporal knows of and that kept no row of its own."""
    run = Run(
        occurrence=Occurrence(org=org, schedule=name),
        nominal=nominal,
        workflow_id=found.id,
        started_at=found.start_time,
        ended_at=found.close_time,
    )
    failed = _failed(found.status)
    if failed is None:
        await note(connection, run)
    else:
        await _keep(connection, run, RunVerdict.FAILED, failed)


def _failed(status: WorkflowExecutionStatus | None) -> str | None:
    """How a run came to nothing; None for one that runs or has ended well."""
    if status is None or status in (*_UNDER_WAY, WorkflowExecutionStatus.COMPLETED):
        return None
    return status.name.lower()


async def _runs(
    client: Client, org: str, name: str
) -> AsyncIterator[tuple[datetime, WorkflowExecution]]:
    """The runs of a schedule that Temporal still knows, by their nominal time."""
    query = f"TemporalScheduledById = '{schedule_id(org, name)}'"
    async for found in client.list_workflows(query):
        nominal = found.typed_search_attributes.get(_NOMINAL)
        if nominal is not None:
            yield nominal, found


async def _why(client: Client, org: str, name: str) -> str:
    """Why there was no run: somebody has paused the schedule, or nothing was there to run it."""
    try:
        described = await client.get_schedule_handle(schedule_id(org, name)).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return NO_RUN
        raise
    return PAUSED if described.schedule.state.paused else NO_RUN


async def _end_unfinished(connection: Connection, client: Client, org: str) -> None:
    """Say of runs that never came to say it themselves that they have failed."""
    for row in await queries("schedule").read_unfinished(connection, org=org):
        try:
            found = await client.get_workflow_handle(row["workflow_id"]).describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            failed: str | None = "lost"
        else:
            failed = _failed(found.status)
        if failed is None:
            continue
        run = Run(
            occurrence=Occurrence(org=org, schedule=row["schedule"]),
            nominal=row["nominal"],
            workflow_id=row["workflow_id"],
            started_at=row["started_at"],
            ended_at=None,
            told=row["told"],
        )
        await _keep(connection, run, RunVerdict.FAILED, failed)
