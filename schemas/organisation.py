"""The organisation: people, posts, holdings, mandates and absences, all of them dated."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from schemas.code import AbsenceKind, Capacity, Change, Level, Office, PersonKind


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class HoldingRow(_Row):
    """One checked row of an organisation file: who holds which post, in what capacity, when.

    A post is named by ``post`` (unique in the organisation). ``held_to`` is the last day, or
    empty while it lasts.
    """

    identity_number: str
    name: str
    kind: PersonKind
    post: str
    capacity: Capacity
    decree: str | None = None
    unit: str
    superior_post: str | None = None
    level: Level
    office: Office | None = None
    held_from: date
    held_to: date | None = None


class Post(_Row):
    """A post as it is from a day on; it may get another superior or unit later (another row)."""

    id: str
    unit: str
    superior: str | None
    level: Level
    office: Office | None
    from_on: date
    to_on: date | None = None


class Holding(_Row):
    """A person in a post, in a capacity, from a day to a day (both included)."""

    person: UUID
    post: str
    capacity: Capacity
    decree: str | None
    from_on: date
    to_on: date | None = None


class Mandate(_Row):
    """An official order that lets a person act for a post as appraiser (pendelegasian)."""

    person: UUID
    post: str
    decree: str
    from_on: date
    to_on: date | None = None


class Absence(_Row):
    """That somebody does not serve, from a day to a day (both included), by a decree."""

    person: UUID
    kind: AbsenceKind
    decree: str
    from_on: date
    to_on: date | None = None


class DatedChange(_Row):
    """What a decree changes about one person from a day on; ``post`` where it is about one.

    ``from_on`` of an end or a return is the first day that it no longer holds.
    """

    change: Change
    person: UUID
    post: str | None = None
    decree: str
    from_on: date
    to_on: date | None = None


class Seat(_Row):
    """From where somebody acts: the post, the capacity and the decree behind it."""

    person: UUID
    post: str
    capacity: Capacity
    decree: str | None = None
