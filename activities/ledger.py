"""The ledger on Postgres, as activities: one connection, one transaction, one answer."""

from collections.abc import Sequence
from time import monotonic
from uuid import UUID

import asyncpg
import structlog
from temporalio import activity
from typing_extensions import override

from activities.contracts import Ledger
from domain.working_calendar import WorkingCalendar
from runtime.clock import Clock
from schemas.cycle import Advance, Outcome, Progress, StreamAct
from schemas.identifier import FileKey, UnitKey, is_calendar_stream, is_rules_stream
from storage.calendar import keep_calendars, read_book
from storage.calendar_ledger import CalendarLedger
from storage.ledger import FileLedger
from storage.organisation_ledger import OrganisationLedger
from storage.outside import DecideFirst
from storage.period_closing import AdvanceFirst
from storage.query import queries
from storage.record import Settled
from storage.rules_ledger import RulesLedger
from storage.stream import decide_next
from storage.unit_ledger import UnitLedger

StreamLedger = OrganisationLedger | UnitLedger | RulesLedger | CalendarLedger
_log = structlog.get_logger(__name__)


class PostgresLedger(Ledger):
    """Answers from Postgres; every fact, and the outcome of its command, commit together."""

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", calendar: WorkingCalendar, clock: Clock
    ) -> None:
        self._pool = pool
        self._files = FileLedger(calendar, clock)
        self._organisation = OrganisationLedger(calendar)
        self._units = UnitLedger(calendar)
        self._rules = RulesLedger(calendar)
        self._calendars = CalendarLedger(calendar)

    async def prepare(self) -> None:
        """Keep what events will refer to; to be called once before a worker begins."""
        async with self._pool.acquire() as connection:
            await self._files.keep_calendar(connection)
            for row in await queries("calendar").read_organisations(connection):
                await keep_calendars(connection, (await read_book(connection, row["org"])).all())

    @override
    @activity.defn(name="advance_file")
    async def advance_file(self, request: Advance) -> Progress:
        """See the contract."""
        return await self._advance(request, frozenset())

    async def _advance(self, request: Advance, under_way: frozenset[str]) -> Progress:
        """Bring a file up to date, after whatever has to be decided first; all in one order.

        A file whose stream is under way already is gone on without: nobody waits for himself.
        """
        began, mine = monotonic(), under_way | {request.file.stream}
        while True:
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    progress, settled = await self._files.advance(connection, request, mine)
            except DecideFirst as waiting:
                file = FileKey.of_stream(waiting.stream)
                if file is None:
                    ledger = self._ledger_of(waiting.stream)
                    await self._decide(ledger, waiting.stream, waiting.command_id)
                else:
                    asked = Advance(file=file, command_id=waiting.command_id)
                    await self._advance(asked, mine)
                continue
            _log_outcomes(settled, str(request.file.file_id), began)
            return progress

    @override
    @activity.defn(name="decide_command")
    async def decide_command(self, request: StreamAct) -> Outcome:
        """See the contract."""
        key = FileKey.of_stream(request.stream)
        if key is not None:
            progress = await self.advance_file(Advance(file=key, command_id=request.command_id))
            assert progress.outcome is not None, "a command that was asked about has an outcome"  # noqa: S101
            return progress.outcome
        return await self._decide(
            self._ledger_of(request.stream), request.stream, request.command_id
        )

    def _ledger_of(self, stream: str) -> StreamLedger:
        """The ledger of a stream that is not a file's."""
        if UnitKey.of_stream(stream) is not None:
            return self._units
        if is_calendar_stream(stream):
            return self._calendars
        return self._rules if is_rules_stream(stream) else self._organisation

    async def _decide(self, ledger: StreamLedger, stream: str, command_id: UUID) -> Outcome:
        """One transaction a command, from the oldest that waits to the one asked about."""
        while True:
            began = monotonic()
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    outcome, settled = await decide_next(
                        connection, stream, command_id, ledger.carry_out
                    )
            except AdvanceFirst as waiting:
                for question in waiting.questions:
                    await self._advance(question, frozenset())
                continue
            _log_outcomes(settled, stream, began)
            if outcome is not None:
                return outcome


def _log_outcomes(settled: Sequence[Settled], subject: str, began: float) -> None:
    """One line for every command that this transaction, now committed, gave its outcome."""
    took = round((monotonic() - began) * 1000)
    for command, outcome in settled:
        refusal = outcome.refusal
        _log.info(
            "outcome",
            subject=subject,
            command_id=str(command.id),
            act=command.act.value,
            verdict=outcome.verdict.value,
            rule=refusal.rule if refusal else None,
            version=outcome.version,
            milliseconds=took,
        )
