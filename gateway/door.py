"""The front door of every act, whoever sends it: validate, authorise, store, knock, answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from uuid import UUID

import asyncpg
from pydantic import JsonValue
from temporalio.client import Client

from domain.decide import may_ever, not_authorised
from domain.decision import Rules
from domain.definition import process_of
from domain.fold import evolve
from domain.organisation_act import PERSONAL
from domain.unit import seat_for
from domain.working_calendar import WorkingCalendar
from gateway import knock
from gateway.answer import Answer, Unavailable
from gateway.shape import check_body
from runtime.clock import Clock
from schemas.code import (
    Act,
    CalendarAct,
    OrganisationAct,
    RulesAct,
    UnitAct,
    Via,
    WebhookAct,
)
from schemas.cycle import Agenda, CycleInput, Outcome, Verdict
from schemas.error import ErrorType, Refusal
from schemas.identifier import (
    FileKey,
    UnitKey,
    calendar_stream,
    organisation_stream,
    rules_stream,
)
from storage.clock import Connection
from storage.command import Request, Stored, recognise, store
from storage.ledger import context_at
from storage.organisation import Organisations
from storage.pool import DATABASE_AWAY
from storage.query import queries

GoverningAct = OrganisationAct | RulesAct | CalendarAct | WebhookAct
ANSWER_SECONDS = 4.0
STORE_SECONDS = 4.5
LOOK_SECONDS = 0.5
_NO_FILE = Refusal(type=ErrorType.NOT_FOUND, rule="file.unknown", field="file")


class Gateway:
    """Takes acts in. Holds the web's connection: it can read, and insert commands, and no more."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        client: Client,
        clock: Clock,
        calendar: WorkingCalendar,
        org: str,
    ) -> None:
        self._pool = pool
        self._client = client
        self._clock = clock
        self._calendar = calendar
        self._org = org
        self._organisations = Organisations()

    async def act(
        self,
        file_id: UUID,
        act: Act,
        body: JsonValue,
        *,
        actor: UUID,
        command_id: UUID,
        via: Via,
        expected_version: int | None = None,
        os_user: str | None = None,
    ) -> Answer:
        """One act on one file.

        An answer ``stored`` means that the act is safe and will be decided; sending the same
        command again is always safe and gives the same answer.

        Raises:
            Unavailable: if the record cannot be reached within five seconds; the act may or may
                not have been stored, which sending the same command again finds out.
        """
        began = monotonic()
        shape = check_body(act, body)
        if isinstance(shape, Refusal):
            return Answer.refused(command_id, shape)
        async with self._connection() as connection:
            row = await queries("gateway").read_file(connection, id=file_id)
            if row is None or row["org"] != self._org:
                return Answer.refused(command_id, _NO_FILE)
            file = _key(row)
            request = Request(
                command_id, self._org, file.stream, act, actor, body, expected_version, via, os_user
            )
            refusal = await self._may(connection, row, act, actor)
            stored = await self._store(connection, request, refusal)
        if isinstance(stored, Refusal):
            return Answer.refused(command_id, stored)
        left = ANSWER_SECONDS - (monotonic() - began)
        outcome, agenda = await self._deliver(file, act, command_id, stored, max(left, 0.1))
        if agenda is not None:  # the workflow itself has answered, so it knows, too
            await self._tell(command_id, outcome)
        return Answer.of(command_id, outcome, agenda)

    async def save_draft(
        self, file_id: UUID, act: Act, body: JsonValue, *, actor: UUID
    ) -> Refusal | None:
        """Keep what somebody has begun to write for an act that he may ever do on a file.

        It need not be complete, is no act and decides nothing.

        Raises:
            Unavailable: if the record cannot be reached.
        """
        if not isinstance(body, dict):
            return Refusal(type=ErrorType.INVALID, rule="shape.object", field="body")
        async with self._connection() as connection:
            row = await queries("gateway").read_file(connection, id=file_id)
            if row is None or row["org"] != self._org:
                return _NO_FILE
            refusal = await self._may(connection, row, act, actor)
            if refusal is None:
                draft = {"file": file_id, "author": actor, "act": act, "body": body}
                await queries("gateway").save_draft(connection, **draft, saved_at=self._clock.now())
        return refusal

    async def organisation_act(
        self,
        act: GoverningAct,
        body: JsonValue,
        *,
        actor: UUID | None,
        command_id: UUID,
        via: Via,
        os_user: str | None,
        seconds: float = ANSWER_SECONDS,
    ) -> Answer:
        """One act on the organisation itself, its rules or its calendar, by the HR office.

        Without an actor it is the administrator of the machine who acts, as ``os_user``.

        Raises:
            Unavailable: if the record cannot be reached; as for :meth:`act`.
        """
        shape = check_body(act, body)
        if isinstance(shape, Refusal):
            return Answer.refused(command_id, shape)
        stream = _stream_of(act, self._org)
        request = Request(command_id, self._org, stream, act, actor, body, None, via, os_user)
        async with self._connection() as connection:
            refusal = await self._may_govern(connection, act, actor)
            stored = await self._store(connection, request, refusal)
        return await self._have_decided(request, stored, seconds)

    async def unit_act(
        self,
        unit: str,
        period: str,
        act: UnitAct,
        body: JsonValue,
        *,
        actor: UUID,
        command_id: UUID,
        via: Via,
        os_user: str | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> Answer:
        """One act on a unit's predicate, by its head or the official above.

        Raises:
            Unavailable: if the record cannot be reached; as for :meth:`act`.
        """
        shape = check_body(act, body)
        if isinstance(shape, Refusal):
            return Answer.refused(command_id, shape)
        stream = UnitKey(org=self._org, period=period, unit=unit).stream
        request = Request(command_id, self._org, stream, act, actor, body, None, via, os_user)
        async with self._connection() as connection:
            refusal = await self._may_head(connection, act, unit, actor)
            stored = await self._store(connection, request, refusal)
        return await self._have_decided(request, stored, seconds)

    async def _have_decided(
        self, request: Request, stored: Stored | Refusal, seconds: float
    ) -> Answer:
        if isinstance(stored, Refusal):
            return Answer.refused(request.command_id, stored)
        outcome = stored.outcome or await knock.have_decided(
            self._client, request.stream, request.command_id, seconds
        )
        await self._tell(request.command_id, outcome)
        is_changed = outcome is not None and outcome.verdict is Verdict.ACCEPTED
        if is_changed and isinstance(request.act, CalendarAct):
            reason = f"calendar/{request.command_id}"
            await knock.start_refreshing(self._client, self._org, reason)
        return Answer.of(request.command_id, outcome)

    @asynccontextmanager
    async def _connection(self, seconds: float = STORE_SECONDS) -> AsyncIterator[Connection]:
        """A connection for so long; any trouble with it is plain unavailability.

        When the time is up the connection is cut. Cancelling a statement would not do: the driver
        then waits for a server that hangs to agree to it.
        """
        began = monotonic()
        try:
            async with self._pool.acquire(timeout=seconds) as connection:
                left = seconds - (monotonic() - began)
                cut = asyncio.get_running_loop().call_later(left, connection.terminate)
                try:
                    yield connection
                finally:
                    cut.cancel()
        except DATABASE_AWAY as error:
            raise Unavailable(
                "the database does not answer: whether the act was taken in is not certain; "
                "send the same command again, it is never done twice"
            ) from error

    async def _store(
        self, connection: Connection, request: Request, refusal: Refusal | None
    ) -> Stored | Refusal:
        """Store a request, or refuse it; one that is known gets the answer of its first time.

        Even where its author has lost the right to it since: an answer never changes.
        """
        if refusal is None:
            return await store(connection, request, self._clock)
        return await recognise(connection, request) or refusal

    async def _may(
        self, connection: Connection, row: asyncpg.Record, act: Act, actor: UUID
    ) -> Refusal | None:
        """Whether the actor may ever do this on this file; the ledger asks again, and more."""
        state = evolve(None, row["state"])
        organisation = await self._organisations.at_version(
            connection, self._org, row["organisation_version"], row["rules_version"]
        )
        rules = Rules(process_of(state, organisation.rules), self._calendar, organisation.rules)
        now = max(self._clock.now(), row["last_at"])
        context = context_at(organisation, self._calendar, state.file, state.post, now, actor)
        return None if may_ever(act, actor, state, context, rules) else not_authorised(act)

    async def _may_govern(
        self, connection: Connection, act: GoverningAct, actor: UUID | None
    ) -> Refusal | None:
        """Whether the actor sits in the HR office today; the ledger asks again."""
        if act in PERSONAL:
            return not_authorised(act) if actor is None else None
        if actor is None:
            return None
        organisation = await self._organisations.current(connection, self._org)
        today = self._calendar.local_date(self._clock.now())
        return None if organisation.hr_seat(actor, today) else not_authorised(act)

    async def _may_head(
        self, connection: Connection, act: UnitAct, unit: str, actor: UUID
    ) -> Refusal | None:
        """Whether the actor heads the unit today, or stands above it; the ledger asks again."""
        organisation = await self._organisations.current(connection, self._org)
        today = self._calendar.local_date(self._clock.now())
        seat = seat_for(act, actor, organisation, unit, today)
        return seat if isinstance(seat, Refusal) else None

    async def _deliver(
        self, file: FileKey, act: Act, command_id: UUID, stored: Stored, seconds: float
    ) -> tuple[Outcome | None, Agenda | None]:
        if stored.outcome is not None:
            return stored.outcome, None
        began = monotonic()
        if stored.is_new:
            try:
                progress = await knock.update(self._client, file, act, command_id, seconds)
            except knock.WorkflowGone:
                progress = None
            else:
                if progress is not None:
                    return progress.outcome, progress.agenda
        left = seconds - (monotonic() - began)
        return await self._redeliver(file, command_id, left), None

    async def _redeliver(self, file: FileKey, command_id: UUID, seconds: float) -> Outcome | None:
        """Look whether the ledger has decided; if not, knock again and wait what time is left."""
        outcome = await self._outcome(command_id)
        if outcome is not None or seconds <= 0:
            return outcome
        try:
            async with asyncio.timeout(seconds):
                async with self._connection(seconds) as connection:
                    unit = await queries("gateway").read_unit(connection, stream=file.stream)
                cycle = CycleInput(file=file, unit=unit or "")
                if not await knock.start_or_refresh(self._client, cycle):
                    return await knock.have_decided(self._client, file.stream, command_id, seconds)
                while outcome is None:
                    await asyncio.sleep(0.05)
                    outcome = await self._outcome(command_id)
        except (TimeoutError, Unavailable, *knock.TEMPORAL_AWAY):
            return None
        return outcome

    async def _outcome(self, command_id: UUID) -> Outcome | None:
        """What became of a command, as far as can be seen now."""
        try:
            async with self._connection(LOOK_SECONDS) as connection:
                found = await queries("gateway").read_outcome(connection, id=command_id)
        except (Unavailable, asyncpg.PostgresError):
            return None
        return None if found is None else Outcome.model_validate(found)

    async def _tell(self, command_id: UUID, outcome: Outcome | None) -> None:
        """Remember that the author has the outcome; if that fails the sweep refreshes the file.

        Nor is an outcome told that was found in the record: it may be there because a worker
        died after the commit, and then the workflow needs the refresh.
        """
        if outcome is None:
            return
        try:
            async with self._connection(LOOK_SECONDS) as connection:
                await queries("gateway").mark_told(
                    connection, id=command_id, told_at=self._clock.now()
                )
        except (Unavailable, asyncpg.PostgresError):
            return


def _key(row: asyncpg.Record) -> FileKey:
    return FileKey(org=row["org"], period=row["period"], kind=row["kind"], person=row["person"])


def _stream_of(act: GoverningAct, org: str) -> str:
    match act:
        case RulesAct():
            return rules_stream(org)
        case CalendarAct():
            return calendar_stream(org)
        case OrganisationAct() | WebhookAct():
            return organisation_stream(org)
