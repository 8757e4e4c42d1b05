"""What travels between gateway, workflow and ledger: identities, instants and codes, no content."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from schemas.code import End, Role, Stage
from schemas.error import Refusal
from schemas.identifier import FileKey
from schemas.instant import Instant


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class WakeUp(_Wire):
    """The next thing time will do to a file: a rung of one visit, at a business instant.

    ``real_at`` is the same instant on the wall clock, which is what a timer needs; the two differ
    only under a demonstration's fast clock. The ledger fills it in.
    """

    visit: int
    rung: str
    at: Instant
    real_at: Instant | None = None


class Agenda(_Wire):
    """What a file waits for, as the ledger says it is now."""

    number: int
    version: int
    stage: Stage
    turn: str
    visit: int
    awaits: Role | None
    awaited_person: UUID | None
    due_at: Instant | None
    wake: WakeUp | None
    end: End | None

    @property
    def is_closed(self) -> bool:
        """Nothing can happen to the file any more."""
        return self.end is not None


class Verdict(StrEnum):
    """The outcome of a command."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class Outcome(_Wire):
    """What became of one command, stored with it and never changed.

    ``rules`` are those that a refusal goes by, by id and version, as an event has those of what
    was accepted; empty where none of the packs stands behind it.
    """

    verdict: Verdict
    version: int | None = None
    refusal: Refusal | None = None
    data: dict[str, int | str] = {}
    rules: dict[str, int] = {}


class Knock(_Wire):
    """An Update's only argument: the id of a command that is already stored."""

    command_id: UUID


class Advance(_Wire):
    """The one question a file's workflow asks the ledger.

    With ``command_id``: decide what is stored, this command included. With ``wake``: decide what
    time has brought. With neither: open the file if need be and decide what is stored.
    """

    file: FileKey
    command_id: UUID | None = None
    wake: WakeUp | None = None


class Progress(_Wire):
    """The ledger's answer: the agenda as it is now and, for a command, its outcome."""

    agenda: Agenda
    outcome: Outcome | None = None


class CycleInput(_Wire):
    """What an evaluation cycle is started with."""

    file: FileKey
    unit: str


class CycleResult(_Wire):
    """How an evaluation cycle ended."""

    end: End
    version: int


class StreamAct(_Wire):
    """A stored command of a stream that has no long-lived workflow."""

    stream: str
    command_id: UUID
