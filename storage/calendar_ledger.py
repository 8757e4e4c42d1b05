"""The ledger of the organisation's working calendar: what decrees change, in the order received."""

from collections.abc import Collection

from domain.calendar_act import Decided, decide_calendar
from domain.working_calendar import WorkingCalendar
from schemas.code import CalendarAct, EventKind
from schemas.command import StoredCommand
from schemas.error import Refusal
from storage.calendar import CalendarBooks, keep_calendars
from storage.clock import Connection
from storage.organisation import Organisations
from storage.query import queries
from storage.record import Head, Record
from storage.stream import Data, stream_event

KINDS = {
    CalendarAct.SET_HOLIDAYS: EventKind.HOLIDAYS_SET,
    CalendarAct.SET_WEEK: EventKind.WEEK_SET,
}


class CalendarLedger:
    """Decides the acts on calendars."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._calendar = calendar
        self._organisations = Organisations()
        self._books = CalendarBooks()

    async def carry_out(
        self, connection: Connection, command: StoredCommand, record: Record, head: Head
    ) -> Data | Refusal:
        """Do one command and append its event, or say why not; see ``storage.stream``.

        Every calendar that a file may go by from now on is kept by value with it.
        """
        org, at = command.stream.partition("/")[2], command.received_at
        organisation = await self._organisations.known_at(connection, org, at)
        version = await queries("calendar").count_changes(connection, org=org)
        book = await self._books.of(connection, org, version)
        decided = decide_calendar(command, organisation, book, self._calendar.local_date(at))
        if isinstance(decided, Refusal):
            return decided
        data = change_data(decided)
        kind = KINDS[CalendarAct(command.act)]
        record.append(stream_event(org, command, kind, decided.seat, data), command.body, head)
        record.keep_change(command, org, head.number)
        await keep_calendars(connection, (*book.all(), *decided.book.all()))
        return data


def change_data(decided: Decided) -> Data:
    """What an event says of a change; names, source and reason lie in the content.

    ``calendar`` is the version of the calendar it makes, of the unit's where it is about one.
    """
    change, book = decided.change, decided.book
    own = change.unit_week
    if own is None:
        what: Data = {
            "free": _listed(change.free),
            "working": _listed(change.working),
            "decreed": _listed(change.decreed),
        }
    else:
        what = {"unit": own.unit, "week": own.week, "from": str(own.from_on)}
    return {
        "version": change.version,
        "base": book.base.version,
        "calendar": (book.everyones() if own is None else book.of(own.unit)).version,
        **{name: value for name, value in what.items() if value != ""},
    }


def _listed(values: Collection[object]) -> str:
    return ",".join(sorted(str(value) for value in values))
