"""What was known when: every version of the organisation and of its rules, as the record has them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from audit.page import Row
from domain.organisation import Organisation
from domain.override import InvalidOverride, with_override
from domain.regulation import load
from domain.rulebook import Override, Rulebook, UnknownVersion
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
    """Every version of the organisation and of its rules, with what was known in it.

    ``rules`` are those with every override up to the first one that cannot be one, ``overrides``
    all of their rows.
    """

    def __init__(self) -> None:
        self.versions: Sequence[Version] = ()
        self.snapshots: dict[int, Organisation] = {}
        self.rules: Rulebook = load()
        self.overrides: Sequence[Row] = ()

    async def load(self, connection: Connection, org: str) -> None:
        """Read what has come since the last time."""
        self.versions = await read_versions(connection, org)
        for version in self.versions:
            if version.number not in self.snapshots:
                found = await read_organisation(connection, org, version.number)
                self.snapshots[version.number] = found
        await self.load_rules(connection, org)

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

        Each version of the organisation under each of the rules.
        """
        rules = self.rules_in_force(at, recorded_at)
        return [o.under(each) for o in self._rows_in_force(at, recorded_at) for each in rules]

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
