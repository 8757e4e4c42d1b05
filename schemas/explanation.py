"""Why a file is as it is, in codes: the words come from the text catalogue, the names from outside."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from schemas.code import Act, EventKind
from schemas.error import Refusal
from schemas.instant import Instant

PEOPLE = frozenset({"person", "other"})
"""The parameters that hold the id of a person."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Citation(_Frozen):
    """A rule of the regulation packs, in the version of the day that is explained."""

    rule: str
    version: int
    source: str
    status: str


class Reason(_Frozen):
    """One answer to one why.

    ``code`` is a key of the catalogue ``reasons``; ``params`` are codes, counts, days, instants,
    ids of people, and the posts and decrees they act by. ``rules`` is empty where the process
    definition alone decides.
    """

    code: str
    params: dict[str, str | int] = {}
    rules: tuple[Citation, ...] = ()


class RefusedAct(_Frozen):
    """An act that would not be taken from somebody at that instant, and the decider's answer."""

    act: Act
    refusal: Refusal
    rules: tuple[Citation, ...] = ()


class Attempt(_Frozen):
    """An act that was refused: whose, when, and the answer and rules that are recorded with it."""

    act: Act
    person: UUID | None
    at: Instant
    refusal: Refusal
    rules: tuple[Citation, ...] = ()


class ExplainedEvent(_Frozen):
    """Why an event happened, and where it led; ``number`` is its place in the file's chain."""

    number: int
    kind: EventKind
    happened_at: Instant
    reasons: tuple[Reason, ...]


class Explanation(_Frozen):
    """Everything that can be asked of one file at one instant.

    ``holder`` says with whom the file is and why. ``offered`` and ``refused`` are the acts of
    ``person`` and together all there are; both are empty where nobody was asked about.
    ``attempts`` are the acts that were refused so far, in the order received.
    """

    file_id: UUID
    at: Instant
    person: UUID | None
    result: tuple[Reason, ...]
    deadline: tuple[Reason, ...]
    holder: tuple[Reason, ...]
    offered: tuple[Act, ...]
    refused: tuple[RefusedAct, ...]
    history: tuple[ExplainedEvent, ...]
    attempts: tuple[Attempt, ...] = ()

    def reasons(self) -> tuple[Reason, ...]:
        """Every reason in it."""
        told = (reason for event in self.history for reason in event.reasons)
        return (*self.result, *self.deadline, *self.holder, *told)

    def people(self) -> frozenset[UUID]:
        """Everybody whom a reason names."""
        params = (reason.params for reason in self.reasons())
        tried = frozenset(each.person for each in self.attempts if each.person is not None)
        return tried | frozenset(
            UUID(str(each[name])) for each in params for name in PEOPLE if name in each
        )
