"""The first check of an act: the shape of its body. A shape error is answered, not stored."""

import re

from pydantic import BaseModel, JsonValue, ValidationError

from schemas.code import AnyAct
from schemas.command import BODIES
from schemas.error import ErrorType, Refusal

# pydantic's error types, as rules of the text catalogue; anything else is "shape.invalid".
_RULES = {
    "missing": "shape.missing",
    "extra_forbidden": "shape.unknown",
    "string_too_long": "shape.too_long",
    "string_pattern_mismatch": "shape.pattern",
    "too_short": "shape.too_few",
    "too_long": "shape.too_many",
    "enum": "shape.choice",
    "text_blank": "shape.blank",
    "text_control": "shape.control",
    "date_from_datetime_parsing": "shape.date",
    "date_parsing": "shape.date",
    "string_type": "shape.text",
    "tuple_type": "shape.list",
    "model_type": "shape.object",
    "web_address": "shape.web_address",
    "event_type": "shape.event_type",
    "uuid_parsing": "shape.id",
}
# A field that nobody knows was named by whoever wrote the body: it is repeated only if it looks
# like a field's name, and never as a number, a sentence or characters that cannot be printed.
_FIELD = re.compile(r"[A-Za-z_]{1,40}")
_PARAMS = ("max_length", "min_length", "actual_length", "expected", "pattern")


def check_body(act: AnyAct, body: JsonValue) -> BaseModel | Refusal:
    """The typed body, or the first thing that is wrong with it, by field and rule."""
    try:
        return BODIES[act].model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(_part(part) for part in first["loc"]) or "body"
    given = first.get("ctx", {})
    params = {
        k: given[k] if isinstance(given[k], int) else str(given[k]) for k in _PARAMS if k in given
    }
    rule = _RULES.get(first["type"], "shape.invalid")
    return Refusal(type=ErrorType.INVALID, field=field, rule=rule, params=params)


def _part(part: int | str) -> str:
    return str(part) if isinstance(part, int) or _FIELD.fullmatch(part) else "?"
