"""The organisation's rows as the domain's snapshots: what was known in which version, and when.

A version never changes once it is committed, so a snapshot read by several statements is whole,
and may be cached for ever.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.calendar_book import CalendarBook
from domain.organisation import Organisation
from domain.rulebook import Rulebook
from schemas.organisation import Absence, Holding, Mandate, Post
from storage.calendar import CalendarBooks, read_book
from storage.clock import Connection
from storage.query import queries
from storage.rules import Rulebooks, read_rulebook

KEPT = 16


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the organisation: since when it holds, and when that was recorded."""

    number: int
    since: datetime
    recorded_at: datetime


class MissingVersion(LookupError):
    """A snapshot is needed that has not been read yet; read it and begin again."""

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version} has not been read")
        self.version = version


@dataclass(frozen=True, slots=True)
class Eras:
    """The organisation over time: since when each version holds, and the snapshots read so far.

    ``rules`` are those of its newest day, with everything it has set for itself until now, and
    ``calendars`` likewise.

    What was received at an instant is judged by what was known then, so an import that comes
    later, though it may be decided earlier, changes nothing about it (project decision).
    """

    org: str
    versions: Sequence[Version]
    snapshots: dict[int, Organisation]
    rules: Rulebook
    calendars: CalendarBook

    def at(self, instant: datetime) -> Organisation:
        """What was known at an instant; before the first version, what the first one says.

        It is under the rules and calendars by what was known of them then.

        Raises:
            MissingVersion: if that snapshot has not been read.
        """
        version = self.number(instant)
        if version not in self.snapshots:
            raise MissingVersion(version)
        return self.snapshots[version].under(self.rules.at(instant), self.calendars.at(instant))

    def number(self, instant: datetime) -> int:
        """The version that held at an instant."""
        found = bisect_right(self.versions, instant, key=lambda v: v.since)
        return self.versions[max(found - 1, 0)].number


async def read_versions(connection: Connection, org: str) -> list[Version]:
    """All versions of an organisation, the oldest first."""
    rows = await queries("organisation").read_versions(connection, org=org)
    return [Version(r["version"], r["since"], r["recorded_at"]) for r in rows]


async def read_organisation(
    connection: Connection, org: str, version: int | None = None
) -> Organisation:
    """All dated rows of one organisation as known in a version, by default the newest, indexed.

    Empty for an organisation that nobody has imported. They are under the packs, except for the
    newest, which is under everything that the organisation has set of the rules by now.
    """
    q = queries("organisation")
    if version is None:
        row = await q.read_version(connection, org=org)
        found = await read_organisation(connection, org, 0 if row is None else row["version"])
        return found.under(await read_rulebook(connection, org), await read_book(connection, org))
    key = {"org": org, "version": version}
    return Organisation.of(
        [Post.model_validate(dict(r)) for r in await q.read_posts(connection, **key)],
        [Holding.model_validate(dict(r)) for r in await q.read_holdings(connection, **key)],
        [Mandate.model_validate(dict(r)) for r in await q.read_mandates(connection, **key)],
        version,
        [Absence.model_validate(dict(r)) for r in await q.read_absences(connection, **key)],
    )


class Organisations:
    """Snapshots by version, read when they are first needed; the last few are kept.

    Only for versions that are committed: a transaction that makes a version reads it itself.
    """

    def __init__(self) -> None:
        self._snapshots: OrderedDict[tuple[str, int], Organisation] = OrderedDict()
        self._versions: dict[str, list[Version]] = {}
        self._rulebooks = Rulebooks()
        self._calendars = CalendarBooks()

    async def at_version(
        self,
        connection: Connection,
        org: str,
        version: int,
        rules_version: int,
        calendar_version: int = 0,
    ) -> Organisation:
        """The snapshot of one version, under one version of the rules and of the calendar."""
        found = await self._rows(connection, org, version)
        return found.under(
            await self._rulebooks.of(connection, org, rules_version),
            await self._calendars.of(connection, org, calendar_version),
        )

    async def _rows(self, connection: Connection, org: str, version: int) -> Organisation:
        key = (org, version)
        if key not in self._snapshots:
            self._snapshots[key] = await read_organisation(connection, org, version)
            while len(self._snapshots) > KEPT:
                self._snapshots.popitem(last=False)
        self._snapshots.move_to_end(key)
        return self._snapshots[key]

    async def current(self, connection: Connection, org: str) -> Organisation:
        """The snapshot as it is now; empty for an organisation nobody has imported."""
        row = await queries("organisation").read_version(connection, org=org)
        if row is None:
            return Organisation.of((), ())
        return await self.at_version(connection, org, *_newest(row))

    async def known_at(self, connection: Connection, org: str, instant: datetime) -> Organisation:
        """The snapshot of what was known at an instant; empty where nobody has imported."""
        row = await queries("organisation").read_version(connection, org=org)
        if row is None:
            return Organisation.of((), ())
        return (await self.eras(connection, org, _newest(row), instant)).at(instant)

    async def eras(
        self, connection: Connection, org: str, newest: tuple[int, int, int], instant: datetime
    ) -> Eras:
        """The versions up to committed ones, with the snapshot of one instant.

        Args:
            connection: inside the caller's transaction.
            org: whose.
            newest: the version of the organisation, and those of its rules and its calendar.
            instant: the first one that will be asked about.
        """
        version, rules_version, calendar_version = newest
        known = self._versions.get(org)
        if known is None or known[-1].number < version:
            known = await read_versions(connection, org)
            self._versions[org] = known
        rules = await self._rulebooks.of(connection, org, rules_version)
        calendars = await self._calendars.of(connection, org, calendar_version)
        eras = Eras(org, [v for v in known if v.number <= version], {}, rules, calendars)
        await self.add(connection, eras, eras.number(instant))
        return eras

    async def add(self, connection: Connection, eras: Eras, version: int) -> None:
        """Read one more snapshot."""
        eras.snapshots[version] = await self._rows(connection, eras.org, version)


def _newest(row: Mapping[str, Any]) -> tuple[int, int, int]:
    return row["version"], row["rules_version"], row["calendar_version"]
