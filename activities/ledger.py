"""The ledger on Postgres, as activities: one connection, one transaction, one answer."""

import asyncpg
from temporalio import activity
from typing_extensions import override

from activities.contracts import Ledger
from domain.working_calendar import WorkingCalendar
from runtime.clock import Clock
from schemas.cycle import Advance, Outcome, Progress, StreamAct
from schemas.identifier import FileKey
from storage.ledger import FileLedger
from storage.organisation_ledger import OrganisationLedger


class PostgresLedger(Ledger):
    """Answers from Postgres; every fact, and the outcome of its command, commit together."""

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", calendar: WorkingCalendar, clock: Clock
    ) -> None:
        self._pool = pool
        self._files = FileLedger(calendar, clock)
        self._organisation = OrganisationLedger(calendar)

    @override
    @activity.defn(name="advance_file")
    async def advance_file(self, request: Advance) -> Progress:
        """See the contract."""
        async with self._pool.acquire() as connection, connection.transaction():
            return await self._files.advance(connection, request)

    @override
    @activity.defn(name="decide_command")
    async def decide_command(self, request: StreamAct) -> Outcome:
        """See the contract."""
        key = FileKey.of_stream(request.stream)
        async with self._pool.acquire() as connection, connection.transaction():
            if key is None:
                return await self._organisation.decide(connection, request.command_id)
            question = Advance(file=key, command_id=request.command_id)
            progress = await self._files.advance(connection, question)
        assert progress.outcome is not None, "a command that was asked about has an outcome"  # noqa: S101
        return progress.outcome
