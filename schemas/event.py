"""One event of a chain, as it is hashed (architecture.md 11, "What is hashed")."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue

from schemas.code import AnyAct, Capacity, EventKind, Stage, Via
from schemas.instant import Instant

FORMAT = 1


class EventCapacity(BaseModel):
    """In what capacity an actor acted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    post: str
    capacity: Capacity
    decree: str | None = None


class Event(BaseModel):
    """A fact: who, in what capacity, for whom, when, from where to where, and why.

    ``data`` holds codes, rungs, due dates and the changed fields of the state; never a text.
    Texts lie in ``content`` under ``content_hash``, so that they can be purged without breaking
    the chain.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    org: str
    stream: str
    number: int
    previous: str
    kind: EventKind
    act: AnyAct | None = None
    command_id: UUID | None = None
    actor: UUID | None = None
    capacity: EventCapacity | None = None
    on_behalf_of: UUID | None = None
    via: Via
    os_user: str | None = None
    happened_at: Instant
    stage_from: Stage | None = None
    stage_to: Stage | None = None
    cause: str
    data: dict[str, JsonValue] = {}
    content_hash: str | None = None
    context_hash: str | None = None
    state_hash: str | None = None
    process: str | None = None
    rules: str | None = None
    calendar: str | None = None
