"""Comparing the record with Temporal, its notices and itself, and putting right what can be.

Nothing is decided here: a file whose workflow was lost is knocked at, and asks the ledger; a notice
is written again from the event that it belongs to. What would need a decision is named only.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import asyncpg
import structlog
from temporalio.client import Client, WorkflowExecutionStatus

from audit.reconcile.notice import find_notices
from audit.workflow import SETTLE_SECONDS, Standing, compare, problem_of
from domain.calendar_book import CalendarBook
from domain.deadline import OVERDUE, next_wake
from domain.definition import process_of
from domain.fold import evolve
from domain.rulebook import Rulebook
from gateway.sweep import PAGE, Sweep
from runtime.clock import Clock
from schemas.file import FileState
from schemas.upkeep import Disagreement, Finding
from storage.calendar import read_book
from storage.query import queries
from storage.rules import read_rulebook

# Younger than this, it may be under way.
PATIENCE_SECONDS = 60.0
_log = structlog.get_logger(__name__)


async def reconcile(
    pool: "asyncpg.Pool[asyncpg.Record]",
    client: Client,
    org: str,
    clock: Clock,
    *,
    is_dry_run: bool = False,
    settle_seconds: float = SETTLE_SECONDS,
) -> list[Finding]:
    """Find everything that does not agree, and put right what can be.

    Args:
        pool: with the worker's rights.
        client: of Temporal, which has to be there.
        org: the organisation.
        clock: business time; what is a minute past is overslept.
        is_dry_run: change nothing.
        settle_seconds: how long Temporal's list may lag behind before it is believed.

    Raises:
        RPCError: if Temporal does not answer.
    """
    work = _Work(pool, Sweep(pool, client, org), org, clock, is_dry_run)
    await work.unopened()
    await work.undecided()
    await work.workflows(await compare(pool, client, org, settle_seconds))
    await work.files()
    work.findings += await find_notices(pool, org, is_dry_run=is_dry_run)
    await work.orphans()
    if work.findings:
        left = sum(finding.done is None for finding in work.findings)
        _log.info("reconciled", found=len(work.findings), left=left)
    return work.findings


@dataclass(slots=True)
class _Work:
    """One round over the whole organisation."""

    pool: "asyncpg.Pool[asyncpg.Record]"
    sweep: Sweep
    org: str
    clock: Clock
    is_dry_run: bool
    findings: list[Finding] = field(default_factory=list)

    async def _put_right(
        self,
        kind: Disagreement,
        where: str,
        what: str,
        doing: Callable[[], Awaitable[object]],
        done: str,
    ) -> None:
        """Keep a finding, and do what helps; if that fails, it is left for the next round."""
        was_done = False
        if not self.is_dry_run:
            try:
                result = await doing()
                was_done = result is None or bool(result)
            except Exception as error:  # noqa: BLE001  (one that fails keeps nobody else waiting)
                _log.warning("not_reconciled", error=type(error).__name__)
        self._note(kind, where, what, done if was_done else None)

    def _note(self, kind: Disagreement, where: str, what: str, done: str | None = None) -> None:
        self.findings.append(Finding(kind=kind, where=where, what=what, done=done))

    async def unopened(self) -> None:
        """People of an opened roster who have no file a minute after."""
        rows = await queries("reconcile").read_unopened(
            self.pool, org=self.org, after_seconds=PATIENCE_SECONDS
        )
        for row in rows:
            where = f"roster {row['period']}/{row['kind']}"
            what = f"{row['people']} people are listed and have no file"
            opening = partial(self.sweep.open_files, row["period"])
            await self._put_right(
                Disagreement.UNOPENED, where, what, opening, "their workflows were started"
            )

    async def undecided(self) -> None:
        """Commands that were stored a minute ago and have no outcome."""
        rows = await queries("reconcile").read_undecided(
            self.pool, org=self.org, after_seconds=PATIENCE_SECONDS
        )
        for row in rows:
            what = f"{row['commands']} stored commands have no outcome"
            knock = partial(self.sweep.decide, (row["stream"], row["newest"]))
            await self._put_right(
                Disagreement.UNDECIDED, row["stream"], what, knock, "knocked for them"
            )

    async def workflows(self, standings: dict[str, Standing]) -> None:
        """Open files without a running workflow, and workflows without an open file."""
        for stream, standing in sorted(standings.items()):
            what = problem_of(standing)
            if what is None:
                continue
            status = standing.status
            if status is WorkflowExecutionStatus.RUNNING and not standing.is_there:
                self._note(Disagreement.STRAY_WORKFLOW, stream, what)
            elif status is WorkflowExecutionStatus.RUNNING:
                refresh, done = (
                    partial(self.sweep.refresh, stream),
                    "told to look: it ends by itself",
                )
                await self._put_right(Disagreement.STRAY_WORKFLOW, stream, what, refresh, done)
            elif status is WorkflowExecutionStatus.COMPLETED:
                self._note(Disagreement.AHEAD_OF_RECORD, stream, what)
            else:
                refresh, done = partial(self.sweep.refresh, stream), "started again from the record"
                await self._put_right(Disagreement.LOST_WORKFLOW, stream, what, refresh, done)

    async def files(self) -> None:
        """Open files that time has passed by, or that are behind a changed calendar."""
        after = ""
        async with self.pool.acquire() as connection:
            book = await read_book(connection, self.org)
            rules = await read_rulebook(connection, self.org)
        while rows := await queries("reconcile").read_open(
            self.pool, org=self.org, after=after, page=PAGE
        ):
            for row in rows:
                state, taken = evolve(None, row["state"]), row["calendar_taken"]
                what = self._overslept(state, book.known(taken), rules)
                if what is not None:
                    await self._refresh(Disagreement.OVERSLEPT, row["stream"], what)
                elif taken < book.version:
                    what = f"it has not taken in change {taken + 1} of the calendar"
                    await self._refresh(Disagreement.BEHIND_CALENDAR, row["stream"], what)
            after = rows[-1]["stream"]

    async def _refresh(self, kind: Disagreement, stream: str, what: str) -> None:
        done = "its workflow was told to look"
        await self._put_right(kind, stream, what, partial(self.sweep.refresh, stream), done)

    def _overslept(self, state: FileState, book: CalendarBook, rules: Rulebook) -> str | None:
        """What time should have done to the file by now; derived from its state alone."""
        wake = next_wake(state, process_of(state, rules), book.of(state.unit))
        patience = timedelta(seconds=PATIENCE_SECONDS * self.clock.speed)
        if wake is None or wake.at >= self.clock.now() - patience:
            return None
        if wake.rung == OVERDUE:
            return f"overdue since {wake.at:%Y-%m-%d %H:%M} UTC, and no event says so"
        return f"its wake-up {wake.rung} of {wake.at:%Y-%m-%d %H:%M} UTC is past"

    async def orphans(self) -> None:
        """Rows whose file or event is not there: evidence, which is not touched."""
        for row in await queries("reconcile").read_orphans(self.pool, org=self.org):
            self._note(Disagreement.ORPHAN, row["stream"], row["what"])
