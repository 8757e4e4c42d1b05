"""The ledger of the organisation's own stream: imports of people and posts, opened periods."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, JsonValue, ValidationError

from domain.decide import not_authorised, unreadable
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind, OrganisationAct
from schemas.command import (
    BODIES,
    GrantMandate,
    ImportOrganisation,
    OpenPeriod,
    StoredCommand,
)
from schemas.cycle import Outcome, Verdict
from schemas.error import Refusal
from schemas.event import Event, EventCapacity
from schemas.organisation import Seat
from storage.chain import genesis
from storage.clock import Connection
from storage.ledger import stored_command
from storage.organisation import read_organisation
from storage.organisation_acts import Counts, grant_mandate, import_organisation, open_period
from storage.query import queries
from storage.record import Head, Record, Settled

KINDS = {
    OrganisationAct.IMPORT_ORGANISATION: EventKind.ORGANISATION_IMPORTED,
    OrganisationAct.OPEN_PERIOD: EventKind.PERIOD_OPENED,
    OrganisationAct.GRANT_MANDATE: EventKind.MANDATE_GRANTED,
}


class OrganisationLedger:
    """Decides the acts on an organisation's stream, in the order they were received.

    Whatever was stored before the command that is asked about is decided first, in the same
    transaction, so that an older order never undoes a newer one.
    """

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._calendar = calendar

    async def decide(
        self, connection: Connection, stream: str, command_id: UUID
    ) -> tuple[Outcome, Sequence[Settled]]:
        """Carry out what is stored, each command at most once.

        Returns:
            The outcome of the command asked about, and what was settled on the way.

        Raises:
            LookupError: for a command that nobody stored on this stream.
        """
        await queries("ledger").lock_stream(connection, stream=stream)
        rows = await queries("organisation").read_undecided(
            connection, stream=stream, asked=command_id
        )
        asked = next((r for r in rows if r["id"] == command_id), None)
        if asked is None:
            raise LookupError(f"command {command_id} was never stored on {stream}")
        if asked["outcome"] is not None:
            return Outcome.model_validate(asked["outcome"]), ()
        record, head = Record(), await _head(connection, stream)
        for row in rows[: rows.index(asked) + 1]:
            command = stored_command(row)
            outcome = await self._carry_out(connection, command, record, head)
            record.settle(command, outcome)
        await record.write(connection)
        return outcome, record.settled

    async def _carry_out(
        self, connection: Connection, command: StoredCommand, record: Record, head: Head
    ) -> Outcome:
        org = command.stream.partition("/")[2]
        seat = await self._seat(connection, org, command)
        done = seat if isinstance(seat, Refusal) else await self._do(connection, org, command)
        if isinstance(done, Refusal):
            return Outcome(verdict=Verdict.REFUSED, refusal=done)
        assert not isinstance(seat, Refusal), "a refused seat has been answered"  # noqa: S101
        record.append(_event(org, command, seat, done), command.body, head)
        return Outcome(verdict=Verdict.ACCEPTED, data=done)

    async def _do(
        self, connection: Connection, org: str, command: StoredCommand
    ) -> Counts | Refusal:
        at = command.received_at
        match _body(command):
            case ImportOrganisation() as order:
                return await import_organisation(connection, org, order, at)
            case OpenPeriod() as order:
                return await open_period(connection, org, order, at, self._calendar)
            case GrantMandate() as order:
                return await grant_mandate(connection, org, order, at)
            case _:
                return unreadable()

    async def _seat(
        self, connection: Connection, org: str, command: StoredCommand
    ) -> Seat | Refusal | None:
        """The actor's seat in the HR office; none where the administrator of the machine acts.

        The operating system's user is in the event then. A named actor must sit in the HR office.
        """
        if command.actor is None:
            return None
        organisation = await read_organisation(connection, org)
        on = self._calendar.local_date(command.received_at)
        seat = organisation.hr_seat(command.actor, on)
        return seat or not_authorised(OrganisationAct(command.act))


def _body(command: StoredCommand) -> BaseModel | None:
    """The typed body; None for one that an earlier version took in and this one cannot read."""
    try:
        return BODIES[command.act].model_validate(command.body)
    except ValidationError:
        return None


async def _head(connection: Connection, stream: str) -> Head:
    last = await queries("ledger").read_head(connection, stream=stream)
    return Head(last["number"], last["hash"]) if last else Head(-1, genesis(stream))


def _event(org: str, command: StoredCommand, seat: Seat | None, done: Counts) -> Event:
    data: dict[str, JsonValue] = dict(done)
    return Event(
        org=org,
        stream=command.stream,
        number=0,
        previous="",
        kind=KINDS[OrganisationAct(command.act)],
        act=command.act,
        command_id=command.id,
        actor=command.actor,
        capacity=EventCapacity(post=seat.post, capacity=seat.capacity, decree=seat.decree)
        if seat
        else None,
        via=command.via,
        os_user=command.os_user,
        happened_at=command.received_at,
        cause=f"act:{command.act}",
        data=data,
    )
