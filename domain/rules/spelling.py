"""Labels as people and other systems write them, brought to one form before they are looked up.

Only what cannot change the meaning is forgiven: case, kinds and runs of blanks, hyphens and
underscores. A label that is not known is an error and never a default.
"""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

E = TypeVar("E", bound=StrEnum)

_BLANKS = re.compile(r"[\s_\-\u2010-\u2015]+")
_JOINED = re.compile(r"\bdi (?=(?:atas|bawah)\b)")
_MISSPELT = re.compile(r"\bespektasi\b")
_LONGEST = 100


class UnknownLabel(ValueError):
    """The label stands for nothing that is known; says what was expected, not what was given."""


def fold(text: str) -> str:
    """One form for all spellings of a label: ``DIATAS  ESPEKTASI`` is ``diatas ekspektasi``."""
    plain = _BLANKS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
    return _MISSPELT.sub("ekspektasi", _JOINED.sub("di", plain))


class Labels(Generic[E]):
    """Every spelling and code of a closed vocabulary, each with exactly one meaning."""

    def __init__(
        self, what: str, spellings: Mapping[E, tuple[str, ...]], codes: Mapping[E, int]
    ) -> None:
        """Take the spellings and codes of each value; the value itself is a spelling of it.

        Raises:
            ValueError: a spelling or a code would have two meanings.
        """
        self._what = what
        self._text: dict[str, E] = {}
        for meaning, texts in spellings.items():
            for text in (meaning.value, *texts):
                if self._text.setdefault(fold(text), meaning) is not meaning:
                    raise ValueError(f"{text!r} has two meanings")
        self._code: dict[int, E] = {}
        for meaning, code in codes.items():
            if self._code.setdefault(code, meaning) is not meaning:
                raise ValueError(f"code {code} has two meanings")
            if self._text.setdefault(str(code), meaning) is not meaning:
                raise ValueError(f"{code} has two meanings")

    def spellings(self) -> Mapping[str, E]:
        """Every known text in its folded form, with its meaning."""
        return dict(self._text)

    def read(self, value: object) -> E:
        """The meaning of a label (any spelling) or of a code (whole number, or its digits).

        Raises:
            UnknownLabel: the value is neither; a truth value or a fraction is never a code.
        """
        if isinstance(value, str) and len(value) <= _LONGEST:
            found = self._text.get(value) or self._text.get(fold(value))
        elif type(value) is int:
            found = self._code.get(value)
        else:
            found = None
        if found is None:
            known = ", ".join(dict.fromkeys(self._text.values()))
            raise UnknownLabel(f"this is no {self._what}; known are {known} and their codes")
        return found
