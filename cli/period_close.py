"""``siklus period close``: every file of a period has its verdict, and what they came to is frozen."""

import asyncio
from datetime import datetime

from pydantic import JsonValue
from rich.table import Table

from cli.answer import show_sent
from cli.options import Again, By, Json
from cli.order import Order
from cli.output import Exit, err, out, read_period
from cli.period_options import WAIT_SECONDS, Kind, PeriodName
from cli.session import Session, run
from gateway.answer import Answer
from schemas.code import OrganisationAct, PeriodVerdict
from schemas.period import BULANAN
from schemas.text import Language, when, word
from storage.query import queries
from storage.read.period import Closing, Frozen, Unrateable


def close_period(
    period: PeriodName,
    kind: Kind = BULANAN,
    person: By = None,
    command_id: Again = None,
    as_json: Json = False,
) -> None:
    """Close a period: freeze what its files have come to, by unit.

    Files that are past their horizon end first, unrateable, naming who owed what. While others
    are open the order is refused, and says how many there are and until when.

    Examples: siklus period close --period 2026-01;
    siklus period close --period 2026-01 --as 199301222020121001 --json

    Exit codes: 0 closed, 3 refused, 4 stored and being processed, 5 not certain.
    """
    wanted, order = read_period(period), Order(person, command_id, seconds=WAIT_SECONDS)

    async def work(session: Session) -> Exit:
        body: JsonValue = {"period": wanted, "kind": kind}
        sending = order.send(session, OrganisationAct.CLOSE_PERIOD, body)
        watched = _watched(session, wanted, kind, asyncio.ensure_future(sending))
        language = session.settings.language
        return await show_sent(watched, order.command_id, language, as_json=as_json)

    run(work)


async def _watched(
    session: Session, period: str, kind: str, sending: "asyncio.Future[Answer]"
) -> Answer:
    """Wait for the answer, and tell meanwhile how many files are open still."""
    with err.status("deciding what is due") as status:
        while not sending.done():
            await asyncio.wait({sending}, timeout=1.0)
            files = await queries("period").count_open(
                session.pool,
                org=session.settings.org,
                period=period,
                kind=kind,
                at=session.clock.now(),
            )
            status.update(f"deciding what is due: {files} files are open")
    return await sending


def show_closing(
    closings: list[Closing],
    frozen: list[Frozen],
    unrateable: list[Unrateable],
    language: Language,
) -> None:
    """The frozen figures of each closed kind, and beside them what was recorded later."""
    for closing in closings:
        if closing.closed_at is None:
            continue
        rows = [row for row in frozen if row.kind == closing.kind]
        out.print(f"{closing.kind}: closed {when(closing.closed_at, language)}")
        out.print(_by_unit(rows, language))
        late = [u for u in unrateable if u.kind == closing.kind and u.late]
        if late:
            out.print(f"recorded later, beside these figures: {len(late)} unrateable files")
        for row in late:
            out.print(f"  {row.file} {row.unit}: {row.late}", highlight=False)


def _by_unit(rows: list[Frozen], language: Language) -> Table:
    table = Table("unit", *(word("period_verdict", verdict, language) for verdict in PeriodVerdict))
    for unit in sorted({row.unit for row in rows}):
        counts = [
            sum(row.files for row in rows if (row.unit, row.verdict) == (unit, verdict))
            for verdict in PeriodVerdict
        ]
        table.add_row(unit, *map(str, counts))
    return table


def closed_value(
    closings: list[Closing], frozen: list[Frozen], unrateable: list[Unrateable]
) -> dict[str, object]:
    """The same as JSON."""
    return {
        "closed": {c.kind: c.closed_at and _iso(c.closed_at) for c in closings},
        "summary": [row.model_dump(mode="json") for row in frozen],
        "unrateable": [row.model_dump(mode="json") for row in unrateable],
    }


def _iso(at: datetime) -> str:
    return at.isoformat()
