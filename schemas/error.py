"""Refusals: why an act was not accepted, in words that do not depend on a language."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class ErrorType(StrEnum):
    """The stable kinds of refusal; machines match on these, never on a text."""

    INVALID = "invalid"
    NOT_AUTHORISED = "not_authorised"
    NOT_NOW = "not_now"
    VERSION_CONFLICT = "version_conflict"
    DEADLINE_PASSED = "deadline_passed"
    CLOSED = "closed"
    NOT_FOUND = "not_found"
    COMMAND_REUSED = "command_reused"


class Refusal(BaseModel):
    """One refused act: the field at fault, the rule that refuses it, and the rule's parameters.

    ``rule`` is a key of the text catalogue, which holds the sentence and the remedy in each
    language. ``params`` are codes, counts and dates: never a text a person wrote, never a name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ErrorType
    rule: str
    field: str | None = None
    params: dict[str, str | int] = {}
