"""What every set of rule parameters is: frozen, closed and typed, under the id of its rule."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Parameters(BaseModel):
    """The numbers and choices of one rule, as its pack states them for some span of days.

    A subclass sets ``RULE`` to the id of its rule (``topic.word``) and stands in the tuple
    ``MODELS`` of ``domain/regulation.py``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    RULE: ClassVar[str]
