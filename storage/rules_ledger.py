"""The ledger of the organisation's own rules: what it sets for itself, in the order received."""

from domain.override import decide_override, plain
from domain.rulebook import Override
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind
from schemas.command import StoredCommand
from schemas.error import Refusal
from storage.clock import Connection
from storage.organisation import Organisations
from storage.query import queries
from storage.record import Head, Record
from storage.rules import Rulebooks
from storage.stream import Data, stream_event


class RulesLedger:
    """Decides the acts on rules."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._calendar = calendar
        self._organisations = Organisations()
        self._rulebooks = Rulebooks()

    async def carry_out(
        self, connection: Connection, command: StoredCommand, record: Record, head: Head
    ) -> Data | Refusal:
        """Do one command and append its event, or say why not; see ``storage.stream``."""
        org, at = command.stream.partition("/")[2], command.received_at
        organisation = await self._organisations.known_at(connection, org, at)
        version = await queries("rules").count_overrides(connection, org=org)
        rules = await self._rulebooks.of(connection, org, version)
        decided = decide_override(command, organisation, rules, self._calendar.local_date(at))
        if isinstance(decided, Refusal):
            return decided
        data = override_data(decided.override)
        event = stream_event(org, command, EventKind.RULE_SET, decided.seat, data)
        record.append(event, command.body, head)
        record.keep_override(event.stream, org, head.number, decided.override)
        return data


def override_data(override: Override) -> Data:
    """What an event says of an override; its source lies in the content."""
    return {
        "version": override.version,
        "rule": override.rule,
        "values": plain(override.values),
        "from": str(override.from_on),
    }
