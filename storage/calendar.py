"""What organisations have changed in their working calendars, as the domain's calendar books."""

from collections.abc import Mapping
from typing import Any

from domain.calendar_act import change_of
from domain.calendar_book import CalendarBook, CalendarChange, shipped
from domain.working_calendar import WorkingCalendar
from schemas.order_body import SetHolidays, SetWeek
from storage.clock import Connection
from storage.query import queries


def change_from(row: Mapping[str, Any]) -> CalendarChange:
    """A row of a change as the domain takes it.

    Raises:
        pydantic.ValidationError: if it is not what the ledger can have written.
    """
    model = SetWeek if row["act"] == "set_week" else SetHolidays
    order: SetWeek | SetHolidays = model.model_validate(row["said"])
    return change_of(order, row["version"], row["since"])


async def read_book(connection: Connection, org: str) -> CalendarBook:
    """The calendars of an organisation, with everything it has changed by now."""
    count = await queries("calendar").count_changes(connection, org=org)
    return await CalendarBooks().of(connection, org, count)


async def keep_calendars(connection: Connection, calendars: tuple[WorkingCalendar, ...]) -> None:
    """Keep calendars by value: every event names the version that it went by."""
    for calendar in calendars:
        await queries("ledger").insert_calendar(
            connection, version=calendar.version, value=calendar.to_value()
        )


class CalendarBooks:
    """The calendars of organisations, read on as they change; each version is one value for ever."""

    def __init__(self) -> None:
        self._newest: dict[str, CalendarBook] = {}

    async def of(self, connection: Connection, org: str, version: int) -> CalendarBook:
        """The calendars with so many changes, all of them committed."""
        newest = self._newest.get(org) or shipped()
        if newest.version < version:
            for row in await queries("calendar").read_changes(connection, org=org):
                if newest.version < row["version"] <= version:
                    newest = newest.with_change(change_from(row))
            self._newest[org] = newest
        return newest.known(version)
