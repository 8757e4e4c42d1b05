"""Floors and ceilings: what an organisation may make of a parameter that it may set for itself.

A pack says them beside the rule, one for a parameter or for what lies in it: ``scoring``, or
``rungs.working_days`` for that field of every rung. Whatever a value holds is held to them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

Leaf = str | int | float | bool | None


class Limit(BaseModel):
    """The least and the greatest value, or all that there may be.

    Numbers have bounds; texts have allowed values, and those of a clock or calendar, whose order is
    that of their letters, may have bounds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    minimum: Decimal | str | None = None
    maximum: Decimal | str | None = None
    allowed: tuple[str | int, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        bounds = [each for each in (self.minimum, self.maximum) if each is not None]
        if (self.allowed is None) == (not bounds):
            raise ValueError("give a minimum, a maximum or both, or else what is allowed")
        if len({type(each) for each in bounds}) > 1:
            raise ValueError("both bounds are numbers or both are texts")
        if len(bounds) > 1 and _is_less(bounds[1], bounds[0]):
            raise ValueError("the minimum is above the maximum")
        return self

    def __str__(self) -> str:
        if self.allowed is not None:
            return ", ".join(str(each) for each in self.allowed)
        if self.minimum is None:
            return f"<= {self.maximum}"
        return f">= {self.minimum}" if self.maximum is None else f"{self.minimum}..{self.maximum}"


@dataclass(frozen=True, slots=True)
class Broken:
    """A value outside of its limit: where it stands, and which bound it passes."""

    place: str
    limit: Limit
    is_below: bool = False
    is_above: bool = False


def broken(values: Mapping[str, JsonValue], limits: Mapping[str, Limit]) -> Broken | None:
    """The first of these values that passes a limit; None if all keep theirs."""
    for name, value in values.items():
        for place, path, leaf in leaves(name, value):
            for limited, limit in limits.items():
                if path == limited or path.startswith(f"{limited}."):
                    found = _passed(place, leaf, limit)
                    if found is not None:
                        return found
    return None


def leaves(name: str, value: JsonValue) -> Iterator[tuple[str, str, Leaf]]:
    """Everything a value holds: where it stands, the same without places in lists, and itself."""
    yield from _leaves(name, name, value)


def _leaves(place: str, path: str, value: JsonValue) -> Iterator[tuple[str, str, Leaf]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(f"{place}.{key}", f"{path}.{key}", each)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _leaves(f"{place}.{index}", path, each)
    else:
        yield place, path, value


def _passed(place: str, leaf: Leaf, limit: Limit) -> Broken | None:
    if leaf is None:
        return None
    if limit.allowed is not None:
        same = any(type(each) is type(leaf) and each == leaf for each in limit.allowed)
        return None if same else Broken(place, limit)
    value = _comparable(leaf, limit)
    if value is None:
        return None  # of another type than the parameter has, which its model says
    if limit.minimum is not None and _is_less(value, limit.minimum):
        return Broken(place, limit, is_below=True)
    if limit.maximum is not None and _is_less(limit.maximum, value):
        return Broken(place, limit, is_above=True)
    return None


def _comparable(leaf: Leaf, limit: Limit) -> Decimal | str | None:
    """The value in the kind of its bounds; None if it has another kind."""
    bound = limit.minimum if limit.minimum is not None else limit.maximum
    if isinstance(bound, str) or isinstance(leaf, bool):
        return leaf if isinstance(leaf, str) else None
    try:
        return Decimal(str(leaf))
    except InvalidOperation:
        return None


def _is_less(one: Decimal | str, other: Decimal | str) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one < other
    return one < other
