"""The ledger of the streams of units: what is proposed, set and corrected, in the order received."""

from domain.unit import STEPS, decide_unit
from domain.unit import Step as UnitStep
from domain.working_calendar import WorkingCalendar
from schemas.code import UnitAct
from schemas.command import StoredCommand
from schemas.error import Refusal
from schemas.identifier import UnitKey
from storage.clock import Connection
from storage.organisation import Organisations
from storage.outside import unit_steps
from storage.query import queries
from storage.record import Head, Record
from storage.stream import Data, stream_event


class UnitLedger:
    """Decides the acts on units."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._calendar = calendar
        self._organisations = Organisations()

    async def carry_out(
        self, connection: Connection, command: StoredCommand, record: Record, head: Head
    ) -> Data | Refusal:
        """Do one command and append its event, or say why not; see ``storage.stream``."""
        key, at = _key(command), command.received_at
        on = self._calendar.local_date(at)
        organisation = await self._organisations.known_at(connection, key.org, at)
        steps = unit_steps(await queries("unit").read_steps(connection, stream=command.stream))
        decided = decide_unit(command, key, organisation, steps, on)
        if isinstance(decided, Refusal):
            return decided
        step, kind = STEPS[UnitAct(command.act)]
        predicate = decided.order.predicate
        data: Data = {"predicate": predicate.value, "step": step}
        event = stream_event(key.org, command, kind, decided.seat, data)
        record.append(event, command.body, head)
        record.keep_step(key, UnitStep(head.number, step, predicate, at))
        return data


def _key(command: StoredCommand) -> UnitKey:
    key = UnitKey.of_stream(command.stream)
    assert key is not None, "a unit's ledger gets the streams of units"  # noqa: S101
    return key
