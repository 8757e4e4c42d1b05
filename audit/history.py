"""What was known when: every version of the organisation, its rules and its calendar."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from pydantic import ValidationError

from audit.page import Row
from domain.calendar_book import CalendarBook, shipped
from domain.organisation import Organisation
from domain.override import InvalidOverride, with_override
from domain.regulation import load
from domain.rulebook import Override, Rulebook, UnknownVersion
from domain.working_calendar import InvalidCalendar, WorkingCalendar
from storage.calendar import change_from
from storage.clock import Connection
from storage.organisation import Version, read_organisation, read_versions
from storage.query import queries

# How long a decision may have been at work while another version was recorded.
OVERLAP = timedelta(seconds=30)


def seen_by(rows: Sequence[Row], recorded_at: datetime) -> range:
    """How many of the rows, given as they were recorded, a decision recorded then may have seen."""
    certain = sum(r["recorded_at"] + OVERLAP < recorded_at for r in rows)
    return range(certain, sum(r["recorded_at"] - OVERLAP <= recorded_at for r in rows) + 1)


class History:
    """Every version of the organisation, its rules and its calendar, with what was known in it.

    ``rules`` are those with every override up to the first one that cannot be one, ``overrides``
    all of their rows; ``calendars`` and ``changes`` likewise.
    """

    def __init__(self) -> None:
        self.versions: Sequence[Version] = ()
        self.snapshots: dict[int, Organisation] = {}
        self.rules: Rulebook = load()
        self.overrides: Sequence[Row] = ()
        self.calendars = shipped()
        self.changes: Sequence[Row] = ()
        self._bases = [self.calendars.base]
        self._made: set[str] = set()

    async def load(self, connection: Connection, org: str) -> None:
        """Read what has come since the last time."""
        self.versions = await read_versions(connection, org)
        for version in self.versions:
            if version.number not in self.snapshots:
                found = await read_organisation(connection, org, version.number)
                self.snapshots[version.number] = found
        await self.load_rules(connection, org)
        await self.load_calendars(connection, org)

    async def load_calendars(self, connection: Connection, org: str) -> None:
        """Read what the organisation has changed in its calendar since the last time."""
        self.changes = await queries("audit").read_calendar_changes(connection, org=org)
        for row in self.changes[self.calendars.version :]:
            if row["recorded_at"] is None or row["version"] != self.calendars.version + 1:
                return  # nobody decided it
            try:
                self.calendars = self.calendars.with_change(change_from(row))
            except ValidationError:
                return  # what its stream says is compared with the rows
            await self._load_base(connection, row["base"])
            made = {each.version for base in self._bases for each in self.calendars.on(base).all()}
            self._made |= made - {base.version for base in self._bases}

    async def _load_base(self, connection: Connection, version: str | None) -> None:
        """Have the shipped calendar of an earlier release at hand that a change was made on."""
        if version in {base.version for base in self._bases}:
            return
        for row in await queries("audit").read_calendars(connection):
            if row["version"] == version:
                with suppress(InvalidCalendar):
                    self._bases.append(WorkingCalendar.from_value(row["value"]))

    async def load_rules(self, connection: Connection, org: str) -> None:
        """Read what the organisation has set of the rules since the last time."""
        self.overrides = await queries("audit").read_overrides(connection, org=org)
        for row in self.overrides[self.rules.version :]:
            if row["recorded_at"] is None:
                return  # nobody decided it
            try:
                self.rules = with_override(self.rules, _override(row))
            except (InvalidOverride, UnknownVersion):
                return  # what its stream says is compared with the rows

    def in_force(self, at: datetime, recorded_at: datetime) -> list[Organisation]:
        """What a decision about an instant may have gone by, the newest first.

        Each version of the organisation under each of the rules and the calendars.
        """
        return [
            organisation.under(rules, calendars)
            for organisation in self._rows_in_force(at, recorded_at)
            for rules in self.rules_in_force(at, recorded_at)
            for calendars in self.calendars_in_force(at, recorded_at)
        ]

    def calendars_in_force(self, at: datetime, recorded_at: datetime) -> list[CalendarBook]:
        """The calendars that a decision about an instant may have gone by, the newest first.

        As for the rules.
        """
        found: list[CalendarBook] = []
        for number in range(self.calendars.version, 0, -1):
            row = self.changes[number - 1]
            if row["since"] <= at and row["recorded_at"] - OVERLAP <= recorded_at:
                found.append(self.calendars.known(number))
                if row["recorded_at"] + OVERLAP < recorded_at:
                    return found
        return [*found, self.calendars.known(0)]

    def is_calendar(self, version: str, book: CalendarBook, unit: str) -> bool:
        """Whether a unit worked by a calendar, by what was known of its changes.

        The base may be that of an earlier release: one that a change names, or, where there was no
        change yet, any that no change has made.
        """
        if book.of(unit).version == version:
            return True
        if book.version == 0:
            return version not in self._made
        return any(book.on(base).of(unit).version == version for base in self._bases)

    def rules_in_force(self, at: datetime, recorded_at: datetime) -> list[Rulebook]:
        """The rules that a decision about an instant may have gone by, the newest first.

        The newest that held at the instant; where those were recorded only about when the
        decision was, or after it, the ones before them, too.
        """
        found: list[Rulebook] = []
        rules: Rulebook | None = self.rules
        while rules is not None:
            last = rules.override
            if last is None:
                return [*found, rules]
            recorded = self.overrides[last.version - 1]["recorded_at"]
            if last.since <= at and recorded - OVERLAP <= recorded_at:
                found.append(rules)
                if recorded + OVERLAP < recorded_at:
                    break
            rules = rules.before
        return found

    def _rows_in_force(self, at: datetime, recorded_at: datetime) -> list[Organisation]:
        """The versions of the organisation, likewise."""
        found = []
        for version in reversed(self.versions):
            is_first = version is self.versions[0]
            if not is_first and (version.since > at or version.recorded_at - OVERLAP > recorded_at):
                continue
            found.append(self.snapshots[version.number])
            if version.recorded_at + OVERLAP < recorded_at:
                break
        return found


def _override(row: Row) -> Override:
    """A row of an override as the domain takes it."""
    return Override(**{name: row[name] for name in Override.__slots__})
