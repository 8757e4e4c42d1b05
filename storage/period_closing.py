"""Closing a period: every file has ended, and what they came to is frozen with a hash."""

from datetime import datetime
from uuid import UUID

from domain.closing import Ends, as_value, refuse_open_files, summarise, totals
from domain.definition import definition
from domain.organisation import Organisation
from domain.organisation_act import closed_already, not_open
from domain.working_calendar import WorkingCalendar
from schemas.cycle import Advance, WakeUp
from schemas.error import Refusal
from schemas.identifier import FileKey, PeriodKey
from schemas.order_body import ClosePeriod
from storage.chain import canonical, digest
from storage.clock import Connection
from storage.ledger import parse_process
from storage.query import queries
from storage.stream import Data

PAGE = 200
NOBODY = str(UUID(int=0))


class AdvanceFirst(Exception):
    """Files have not been decided up to the instant of the order; they go first.

    Whether one had ended by then is a matter of what was received and what time did to it, and not
    of how far a worker has come.
    """

    def __init__(self, files: list[FileKey], at: datetime) -> None:
        super().__init__(f"{len(files)} files are decided up to {at} first")
        self.questions = [up_to(file, at) for file in files]


def up_to(file: FileKey, at: datetime) -> Advance:
    """The question that has a file decided up to an instant, whatever it waits for."""
    return Advance(file=file, wake=WakeUp(visit=0, rung="closing", at=at))


async def read_behind(
    connection: Connection, key: PeriodKey, at: datetime, after: str
) -> list[FileKey]:
    """The next files of a period that have not been decided up to an instant."""
    rows = await queries("period").read_behind(
        connection, **key.model_dump(), at=at, after=after, page=PAGE
    )
    return [FileKey(**key.model_dump(), person=row["person"]) for row in rows]


async def close_period(
    connection: Connection,
    org: str,
    order: ClosePeriod,
    at: datetime,
    known: Organisation,
    calendar: WorkingCalendar,
) -> Data | Refusal:
    """Close a period, once, when all of its files have ended; how many have which verdict.

    Raises:
        AdvanceFirst: naming files that have to be decided up to ``at`` before; then ask again.
    """
    q, key = queries("period"), PeriodKey(org=org, period=order.period, kind=order.kind)
    where = key.model_dump()
    run = await q.read_run(connection, **where)
    if run is None:
        return not_open(order)
    if run["closed_at"] is not None:
        return closed_already(order, run["closed_at"])
    if behind := await read_behind(connection, key, at, NOBODY):
        raise AdvanceFirst(behind, at)
    process = definition(parse_process(run["process"]), order.period, known.rules)
    files = await q.count_open(connection, **where, at=at)
    if refusal := refuse_open_files(files, order.period, at, process, calendar):
        return refusal
    ends = [Ends.model_validate(dict(row)) for row in await q.count_ends(connection, **where)]
    summary = summarise(ends)
    await q.insert_summary(
        connection,
        **where,
        units=[row.unit for row in summary],
        verdicts=[row.verdict for row in summary],
        predicates=[row.predicate for row in summary],
        files=[row.files for row in summary],
    )
    await q.close_run(connection, **where, at=at)
    return {**where, **totals(summary), "summary": digest(canonical(as_value(summary)))}
