"""Annual plans: rows that are what their files' events say, and the versions others may have cited."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from audit.authority import seen_by
from audit.page import Row
from domain.plan import PlanVersion, agreed, binding, is_annual, year_of
from domain.working_calendar import WorkingCalendar
from schemas.file import FileState, PlanInForce
from schemas.identifier import FileKey
from storage.clock import Connection
from storage.query import queries


class Plans:
    """The versions of some people's annual plans, with the instants they were recorded at."""

    def __init__(self) -> None:
        self._plans: dict[tuple[UUID, str], list[Row]] = {}
        self._streams: dict[str, list[Row]] = {}

    async def load(self, connection: Connection, org: str, streams: Collection[str]) -> None:
        """Read the plans of everybody whose files these are, and forget those of others."""
        self._plans, self._streams = {}, {}
        people = {key.person for stream in streams if (key := file_of(stream)) is not None}
        for row in await queries("audit").read_plans(connection, org=org, people=list(people)):
            self._plans.setdefault((row["person"], row["year"]), []).append(row)
            self._streams.setdefault(row["stream"], []).append(row)

    def possible(
        self, file: FileKey, at: datetime, recorded_at: datetime, calendar: WorkingCalendar
    ) -> list[PlanInForce | None]:
        """Which version a decision about a file at an instant may have gone by.

        What was recorded by then; of what was recorded about then, any part from the front.
        """
        rows = self._plans.get((file.person, year_of(file)))
        if not rows or is_annual(file):
            return [None]
        versions = [_version(row) for row in rows]
        found = (
            binding(versions[:count], file, at, calendar) for count in seen_by(rows, recorded_at)
        )
        return [None if version is None else version.cited for version in found]

    def differ(self, stream: str, told: Sequence[tuple[Row, FileState]]) -> bool:
        """Whether a stream's rows are others than its events, each with the state after it, make."""
        made = [
            ((after.file.person, after.file.period), version)
            for row, after in told
            if (version := agreed(row["kind"], row["number"], row["happened_at"], after))
        ]
        last = told[-1][0]["number"] if told else -1  # rows that came since are of a later moment
        rows = [row for row in self._streams.get(stream, ()) if row["number"] <= last]
        return made != [((row["person"], row["year"]), _version(row)) for row in rows]


def file_of(stream: str) -> FileKey | None:
    """The file a stream belongs to; None for any other, however it is written."""
    try:
        return FileKey.of_stream(stream)
    except ValueError:
        return None


def _version(row: Row) -> PlanVersion:
    return PlanVersion(row["version"], row["number"], row["since"], tuple(row["results"]))
