"""The first check of an act: the shape of its body. A shape error is answered, not stored."""

from pydantic import BaseModel, JsonValue, ValidationError

from schemas.code import Act
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
}
_PARAMS = ("max_length", "min_length", "actual_length", "expected", "pattern")


def check_body(act: Act, body: JsonValue) -> BaseModel | Refusal:
    """The typed body, or the first thing that is wrong with it, by field and rule."""
    try:
        return BODIES[act].model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "body"
    given = first.get("ctx", {})
    params = {
        k: given[k] if isinstance(given[k], int) else str(given[k]) for k in _PARAMS if k in given
    }
    rule = _RULES.get(first["type"], "shape.invalid")
    return Refusal(type=ErrorType.INVALID, field=field, rule=rule, params=params)
