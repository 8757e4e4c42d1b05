"""Texts of people: what counts as a control character is what Unicode says."""

import sys
import unicodedata

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.body import Text

TEXT = TypeAdapter(Text)
_REFUSED = [
    chr(n)
    for n in range(sys.maxunicode + 1)
    if unicodedata.category(chr(n)) in {"Cc", "Cs"} and chr(n) not in "\n\t\r"
]


def test_every_control_character_is_refused() -> None:
    assert len(_REFUSED) == 62 + 2048  # C0, delete and C1; surrogates
    for char in _REFUSED[:62]:
        with pytest.raises(ValidationError, match="control character"):
            TEXT.validate_python(f"a{char}b")
    for char in _REFUSED[62:]:
        with pytest.raises(ValidationError):
            TEXT.validate_python(f"a{char}b")


def test_every_other_character_may_be_written() -> None:
    refused = set(_REFUSED)
    rest = "".join(c for c in map(chr, range(sys.maxunicode + 1)) if c not in refused)
    for first in range(0, len(rest), 9_000):
        text = "a" + rest[first : first + 9_000]
        assert TEXT.validate_python(text) == text
