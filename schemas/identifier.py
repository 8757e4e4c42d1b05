"""The one module that builds identifiers; none of them ever holds a name or an identity number."""

from datetime import datetime
from urllib.parse import quote, unquote
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

from schemas.instant import stamp
from schemas.period import Period, PeriodKind

MOST_IN_AN_ID = 400  # Temporal takes 1,000 bytes
_FILES = UUID("6c1f6f2e-0d5b-4f57-9d3a-2f6f0e5b8a11")
_ORDERS = UUID("c7d4f6a8-64f1-4b0e-9a3c-0b1f5a0c7e52")


class FileKey(BaseModel):
    """What identifies a file (berkas): one person, one period, one kind, in one organisation."""

    model_config = ConfigDict(frozen=True)

    org: str
    period: str
    kind: PeriodKind
    person: UUID

    @property
    def _path(self) -> str:
        return f"{self.org}/{self.period}/{self.kind}/{self.person}"

    @property
    def file_id(self) -> UUID:
        """The short name of the file; the same everywhere, computable by anyone."""
        return uuid5(_FILES, self._path)

    @property
    def workflow_id(self) -> str:
        """The identity of the file's workflow."""
        return f"eval/{self._path}"

    @property
    def stream(self) -> str:
        """The name of the file's chain of events."""
        return f"file/{self._path}"

    @classmethod
    def of_stream(cls, stream: str) -> "FileKey | None":
        """The file a stream belongs to; None for any other stream."""
        name, *path = stream.split("/")
        if name != "file" or len(path) != 4:
            return None
        org, period, kind, person = path
        return cls(org=org, period=period, kind=kind, person=UUID(person))

    @property
    def parsed_period(self) -> Period:
        """The period as a value."""
        return Period.parse(self.period)


class UnitKey(BaseModel):
    """What identifies a unit in one period, in one organisation."""

    model_config = ConfigDict(frozen=True)

    org: str
    period: str
    unit: str

    @property
    def stream(self) -> str:
        """The name of its chain of events; the unit's name is written as in a web address."""
        return f"unit/{self.org}/{self.period}/{quote(self.unit, safe='')}"

    @classmethod
    def of_stream(cls, stream: str) -> "UnitKey | None":
        """The unit and period a stream belongs to; None for any other stream."""
        name, *path = stream.split("/")
        if name != "unit" or len(path) != 3:
            return None
        org, period, unit = path
        return cls(org=org, period=period, unit=unquote(unit))


class PeriodKey(BaseModel):
    """What identifies one opening of one period: a kind of file, in one organisation."""

    model_config = ConfigDict(frozen=True)

    org: str
    period: str
    kind: PeriodKind

    @property
    def opening_id(self) -> str:
        """The identity of the workflow that opens its files on somebody's order."""
        return f"period/{self.org}/{self.period}/{self.kind}/open"

    def command_id(self, schedule: str, nominal: datetime) -> UUID:
        """The id of the order that one occurrence of a schedule gives; the same however often."""
        path = f"{self.org}/{self.period}/{self.kind}/{schedule}/{stamp(nominal)}"
        return uuid5(_ORDERS, path)


def schedule_id(org: str, name: str) -> str:
    """The identity of a schedule on the Temporal server."""
    return f"{org}/{name}"


def organisation_stream(org: str) -> str:
    """The name of the organisation's own chain of events."""
    return f"organisation/{org}"


def rules_stream(org: str) -> str:
    """The name of the chain of what an organisation sets of the rules for itself."""
    return f"rules/{org}"


def is_rules_stream(stream: str) -> bool:
    """Whether a stream is that of an organisation's own rules."""
    return stream.startswith("rules/")


def calendar_stream(org: str) -> str:
    """The name of the chain of what an organisation changes in its working calendar."""
    return f"calendar/{org}"


def is_calendar_stream(stream: str) -> bool:
    """Whether a stream is that of an organisation's working calendar."""
    return stream.startswith("calendar/")


def stream_workflow_id(stream: str, command_id: UUID) -> str:
    """The identity of the short workflow that has one stored command of a stream decided."""
    name = stream if len(stream) <= MOST_IN_AN_ID else uuid5(_FILES, stream).hex
    return f"acts/{name}/{command_id}"
