"""Annual plans: rows that are what their files' events say, and what others may have gone by."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from audit.history import OVERLAP, seen_by
from audit.page import Row
from domain.plan import AnnualPlan, PlanVersion, agreed, binding, is_annual, year_of
from domain.working_calendar import WorkingCalendar
from schemas.file import FileState, PlanInForce, SuperiorPlan
from schemas.identifier import FileKey
from storage.clock import Connection
from storage.query import queries


class Plans:
    """The plans of some people, with the instants at which they were recorded."""

    def __init__(self) -> None:
        self._plans: dict[tuple[UUID, str], list[Row]] = {}
        self._owners: dict[tuple[UUID, str], Row] = {}
        self._streams: dict[str, list[Row]] = {}
        self._known: tuple[FileKey, list[Row]] | None = None

    async def load(
        self,
        connection: Connection,
        org: str,
        streams: Collection[str],
        contexts: Iterable[bytes],
    ) -> None:
        """Read the plans of those whose files these are, and of their superiors; forget all others.

        Args:
            connection: the web's rights suffice.
            org: the organisation.
            streams: of the files.
            contexts: those in which the files' decisions were made.
        """
        self._plans, self._owners, self._streams, self._known = {}, {}, {}, None
        files = [key for stream in streams if (key := file_of(stream)) is not None]
        people = {key.person for key in files}
        if any(is_annual(key) for key in files):
            people |= set(_supervisors(contexts))
        known = {"org": org, "people": list(people)}
        for row in await queries("audit").read_plans(connection, **known):
            self._plans.setdefault(_owner(row), []).append(row)
            self._streams.setdefault(row["stream"], []).append(row)
        for row in await queries("audit").read_plan_owners(connection, **known):
            self._owners[_owner(row)] = row

    def possible(
        self, file: FileKey, at: datetime, recorded_at: datetime, calendar: WorkingCalendar
    ) -> list[PlanInForce | None]:
        """Which version a decision about a file at an instant may have gone by.

        What was recorded by then; of what was recorded about then, any part from the front.
        """
        rows = self._rows(file)
        if not rows or is_annual(file):
            return [None]
        versions = [_version(row) for row in rows]
        found = (
            binding(versions[:count], file, at, calendar) for count in seen_by(rows, recorded_at)
        )
        return [None if version is None else version.cited for version in found]

    def _rows(self, file: FileKey) -> list[Row]:
        """The plan of a file's person, kept for the many decisions of one file."""
        if self._known is None or self._known[0] is not file:
            self._known = file, self._plans.get((file.person, year_of(file)), [])
        return self._known[1]

    def awaited(
        self, file: FileKey, person: UUID | None, at: datetime, recorded_at: datetime
    ) -> list[SuperiorPlan | None]:
        """What a decision about an annual file may have known of the plan of somebody above."""
        if person is None or (person, year_of(file)) not in self._owners:
            return [None]
        rows = self._plans.get((person, year_of(file)), [])
        versions = [_version(row) for row in rows]
        return [
            AnnualPlan(True, versions[:count], ended).awaited(person, at)
            for count in seen_by(rows, recorded_at)
            for ended in self._ends(self._owners[person, year_of(file)], recorded_at)
        ]

    def stands_since(self, file: FileState) -> tuple[datetime, datetime] | None:
        """Since when nobody waits for the plan that a file waits for, and when that was recorded."""
        if file.superior_plan is None:
            return None
        key = (file.superior_plan.person, year_of(file.file))
        known = [(row["since"], row["recorded_at"]) for row in self._plans.get(key, [])[:1]]
        owner = self._owners.get(key)
        if owner is not None and owner["ended_at"] is not None:
            known.append((owner["ended_at"], owner["recorded_at"]))
        return min(known, default=None)

    def differ(self, stream: str, told: Sequence[tuple[Row, FileState]]) -> bool:
        """Whether a stream's rows are others than its events, each with the state after it, make."""
        made = [
            ((after.file.person, after.file.period), version)
            for row, after in told
            if (version := agreed(row["kind"], row["number"], row["happened_at"], after))
        ]
        last = told[-1][0]["number"] if told else -1  # rows that came since are of a later moment
        rows = [row for row in self._streams.get(stream, ()) if row["number"] <= last]
        return made != [(_owner(row), _version(row)) for row in rows]

    @staticmethod
    def _ends(owner: Row, recorded_at: datetime) -> list[datetime | None]:
        """When somebody's file had ended, as a decision recorded then may have known it."""
        ended_at, seen_at = owner["ended_at"], owner["recorded_at"]
        if ended_at is None or seen_at - OVERLAP > recorded_at:
            return [None]
        return [ended_at] if seen_at + OVERLAP < recorded_at else [None, ended_at]


def file_of(stream: str) -> FileKey | None:
    """The file a stream belongs to; None for any other, however it is written."""
    try:
        return FileKey.of_stream(stream)
    except ValueError:
        return None


def _supervisors(contexts: Iterable[bytes]) -> Iterator[UUID]:
    for value in contexts:
        try:
            yield UUID(json.loads(value)["chain"]["supervisor"]["person"])
        except (ValueError, KeyError, TypeError):
            continue  # nobody, or a damaged context, which is reported where it is judged


def _owner(row: Row) -> tuple[UUID, str]:
    return row["person"], row["year"]


def _version(row: Row) -> PlanVersion:
    return PlanVersion(row["version"], row["number"], row["since"], tuple(row["results"]))
