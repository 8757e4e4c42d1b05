"""The ledger of the streams of units: what is proposed, set and corrected, in the order received."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from domain.decide import not_authorised, unreadable
from domain.unit import STEPS, UnitOrder, decide_unit, seat_for
from domain.unit import Step as UnitStep
from domain.working_calendar import WorkingCalendar
from schemas.code import UnitAct
from schemas.command import StoredCommand
from schemas.cycle import Outcome
from schemas.error import Refusal
from schemas.identifier import UnitKey
from schemas.period import Period
from storage.clock import Connection
from storage.ledger import unit_steps
from storage.organisation import Organisations
from storage.query import queries
from storage.record import Head, Record, Settled
from storage.stream import Data, decide_next, read_body, stream_event


class UnitLedger:
    """Decides the acts on units, one transaction a call."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._calendar = calendar
        self._organisations = Organisations()

    async def decide(
        self, connection: Connection, stream: str, command_id: UUID
    ) -> tuple[Outcome | None, Sequence[Settled]]:
        """See :func:`storage.stream.decide_next`."""
        return await decide_next(connection, stream, command_id, self._carry_out)

    async def _carry_out(
        self, connection: Connection, command: StoredCommand, record: Record, head: Head
    ) -> Data | Refusal:
        key, act, at = _key(command), UnitAct(command.act), command.received_at
        order = cast("UnitOrder | None", read_body(command))
        if order is None:
            return unreadable()
        if command.actor is None:
            return not_authorised(act)
        on = self._calendar.local_date(at)
        organisation = await self._organisations.known_at(connection, key.org, at)
        seat = seat_for(act, command.actor, organisation, key.unit, on)
        if isinstance(seat, Refusal):
            return seat
        q, (step, kind) = queries("unit"), STEPS[act]
        steps = unit_steps(await q.read_steps(connection, stream=command.stream))
        if refusal := decide_unit(act, order, steps, Period.parse(key.period), on):
            return refusal
        data: Data = {"predicate": order.predicate.value, "step": step}
        record.append(stream_event(key.org, command, kind, seat, data), command.body, head)
        record.keep_step(key, UnitStep(head.number, step, order.predicate, at))
        return data


def _key(command: StoredCommand) -> UnitKey:
    key = UnitKey.of_stream(command.stream)
    assert key is not None, "a unit's ledger gets the streams of units"  # noqa: S101
    return key
