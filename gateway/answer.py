"""What the gateway answers: done, refused, or stored and being processed."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from schemas.cycle import Agenda, Outcome, Verdict
from schemas.error import Refusal


class Unavailable(Exception):
    """The record did not answer in time, so nothing is known: the act may be stored or not.

    Sending the same command again is safe, and finds it if it was.
    """


class Status(StrEnum):
    """How far an act has come."""

    DONE = "done"
    REFUSED = "refused"
    STORED = "stored"


class Answer(BaseModel):
    """The answer to one act. ``stored`` promises that the act is safe and will be decided."""

    model_config = ConfigDict(frozen=True)

    status: Status
    command_id: UUID
    version: int | None = None
    agenda: Agenda | None = None
    refusal: Refusal | None = None
    data: dict[str, int | str] = {}

    @classmethod
    def of(
        cls, command_id: UUID, outcome: Outcome | None, agenda: Agenda | None = None
    ) -> "Answer":
        """The answer that an outcome amounts to; without one, that the act is stored."""
        if outcome is None:
            return cls(status=Status.STORED, command_id=command_id)
        accepted = outcome.verdict is Verdict.ACCEPTED
        return cls(
            status=Status.DONE if accepted else Status.REFUSED,
            command_id=command_id,
            version=outcome.version,
            agenda=agenda,
            refusal=outcome.refusal,
            data=outcome.data,
        )

    @classmethod
    def refused(cls, command_id: UUID, refusal: Refusal) -> "Answer":
        """A refusal before anything was stored."""
        return cls(status=Status.REFUSED, command_id=command_id, refusal=refusal)
