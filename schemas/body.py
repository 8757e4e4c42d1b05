"""What the bodies of all commands share: a strict shape, and texts that can be read.

A body is checked when it enters the house and never again; the rules that need the file's state
are in ``domain``. Limits of length are project decisions.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

MAX_TEXT = 10_000
# The Unicode categories Cc and Cs, but for tab and line ends.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def _readable(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("text_blank", "text is blank")
    if _CONTROL.search(text):
        raise PydanticCustomError("text_control", "text holds a control character")
    return text


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_readable)]
ShortText = Annotated[str, Field(max_length=200), AfterValidator(_readable)]


class Body(BaseModel):
    """The body of a command, or a part of one: nothing it does not know, and frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
