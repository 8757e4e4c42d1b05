"""One line of a batch, read strictly: an object of known fields, every one of its own type.

Nothing is guessed: a wrong, missing or unknown field is a problem, and no message repeats what was
given, since it may be an identity number.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal, DecimalException
from enum import StrEnum
from typing import NoReturn, TypeVar

from domain.rules.spelling import UnknownLabel

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

LONGEST_LINE = 65_536
"""Bytes of a line without its end; no request is nearly as long."""

_LONGEST_NUMBER = 1_000
_BLANK = b" \t\r\n"
_MARK = b"\xef\xbb\xbf"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,990})?", re.ASCII)


class ErrorCode(StrEnum):
    """What may be wrong with a line; stable, in contrast to the messages."""

    TOO_LONG = "too_long"
    INVALID_UTF8 = "invalid_utf8"
    INVALID_JSON = "invalid_json"
    DUPLICATE_KEY = "duplicate_key"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_RULE = "unknown_rule"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_VALUE = "unknown_value"
    OUT_OF_RANGE = "out_of_range"
    INVALID_DATE = "invalid_date"
    INVALID_IDENTITY_NUMBER = "invalid_identity_number"
    NOT_IN_FORCE = "not_in_force"
    NOT_OPEN = "not_open"
    DEFECT = "defect"


class Problem(Exception):
    """A line that has no answer but an error."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def is_blank(line: bytes) -> bool:
    """Whether a line has nothing on it, and so gets no answer."""
    return not line.strip(_BLANK)


def without_mark(line: bytes) -> bytes:
    """The first line of a stream without the byte order mark that some editors put there."""
    return line.removeprefix(_MARK)


def parse(line: bytes) -> dict[str, object]:
    """The object on a line without its end; a number with a point or exponent is an exact decimal.

    Raises:
        Problem: the line is too long, no UTF-8, no JSON, no object, or has a key twice.
    """
    if len(line) > LONGEST_LINE:
        raise Problem(ErrorCode.TOO_LONG, f"a line has at most {LONGEST_LINE} bytes")
    try:
        value = _DECODER.decode(line.decode())
    except UnicodeDecodeError:
        raise Problem(ErrorCode.INVALID_UTF8, "the line is not UTF-8") from None
    except RecursionError:
        raise Problem(ErrorCode.INVALID_JSON, "the line is nested too deeply") from None
    except ValueError as error:
        at = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
        raise Problem(ErrorCode.INVALID_JSON, f"the line is not JSON{at}") from None
    if not isinstance(value, dict):
        raise Problem(ErrorCode.NOT_AN_OBJECT, "a request is a JSON object")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Problem(ErrorCode.DUPLICATE_KEY, "a key appears twice")
    return found


def _integer(text: str) -> int:
    _check_length(text)
    return int(text)


def _decimal(text: str) -> Decimal:
    _check_length(text)
    try:
        return Decimal(text)
    except DecimalException:
        raise Problem(ErrorCode.OUT_OF_RANGE, "a number is too large") from None


def _check_length(text: str) -> None:
    if len(text) > _LONGEST_NUMBER:
        raise Problem(ErrorCode.OUT_OF_RANGE, "a number is too long")


def _refuse(_constant: str) -> NoReturn:
    raise Problem(ErrorCode.INVALID_JSON, "NaN and Infinity are not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_decimal, parse_constant=_refuse
)


class Fields:
    """The fields of one object; every reader names the field in its problem."""

    def __init__(self, values: Mapping[str, object], where: str = "") -> None:
        self._values = values
        self._where = where

    def expect(self, required: Collection[str], optional: Collection[str] = ()) -> None:
        """Hold the object to exactly these fields."""
        for name in required:
            if name not in self._values:
                raise Problem(ErrorCode.MISSING_FIELD, f"the field {self._path(name)} is missing")
        if len(self._values) > len(required) and not self._values.keys() <= {*required, *optional}:
            known = ", ".join(self._path(name) for name in (*required, *optional))
            raise Problem(ErrorCode.UNKNOWN_FIELD, f"there is an unknown field; known are {known}")

    def has(self, name: str) -> bool:
        """Whether the field is there."""
        return name in self._values

    def below(self, name: str) -> "Fields":
        """The fields of an object within this one."""
        value = self._values[name]
        if not isinstance(value, dict):
            raise self._wrong_type(name, "an object")
        return Fields(value, f"{self._path(name)}.")

    def any(self, name: str) -> object:
        """The value as it stands."""
        return self._values[name]

    def text(self, name: str) -> str:
        """A text."""
        value = self._values[name]
        if not isinstance(value, str):
            raise self._wrong_type(name, "a text")
        return value

    def truth(self, name: str) -> bool:
        """True or false."""
        value = self._values[name]
        if not isinstance(value, bool):
            raise self._wrong_type(name, "true or false")
        return value

    def whole(self, name: str, lowest: int, highest: int) -> int:
        """A whole number within bounds; neither a truth value nor ``1.0`` is one."""
        value = self._values[name]
        if type(value) is not int:
            raise self._wrong_type(name, "a whole number")
        if not lowest <= value <= highest:
            raise self.out_of_range(name, f"is {lowest} to {highest}")
        return value

    def exact(self, name: str) -> Decimal:
        """An exact number: a JSON number, or its digits with a decimal point as text."""
        value = self._values[name]
        if type(value) is int:
            return Decimal(value)
        if isinstance(value, Decimal):
            return value
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            return Decimal(value)
        raise self._wrong_type(name, "a number, or its digits as a text such as 109.99")

    def day(self, name: str) -> date:
        """A calendar day, ``YYYY-MM-DD``."""
        value = self.text(name)
        if _DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise Problem(
            ErrorCode.INVALID_DATE, f"{self._path(name)} is a day of the calendar, YYYY-MM-DD"
        )

    def choice(self, name: str, kind: type[E]) -> E:
        """One of the values of a closed vocabulary, in exactly its spelling."""
        value = self.text(name)
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(kind)
            message = f"{self._path(name)} is one of {known}"
            raise Problem(ErrorCode.UNKNOWN_VALUE, message) from None

    def label(self, name: str, read: Callable[[object], T]) -> T:
        """Whatever a label or code stands for, in any known spelling."""
        try:
            return read(self._values[name])
        except UnknownLabel as error:
            value = self._values[name]
            if type(value) is int or isinstance(value, str):
                raise Problem(ErrorCode.UNKNOWN_VALUE, f"{self._path(name)}: {error}") from None
            raise self._wrong_type(name, "a label or a code") from None

    def out_of_range(self, name: str, expectation: str) -> Problem:
        """The problem of a number or day that is too small or too large."""
        return Problem(ErrorCode.OUT_OF_RANGE, f"{self._path(name)} {expectation}")

    def _wrong_type(self, name: str, expected: str) -> Problem:
        return Problem(ErrorCode.WRONG_TYPE, f"{self._path(name)} is {expected}")

    def _path(self, name: str) -> str:
        return f"{self._where}{name}"
