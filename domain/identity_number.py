"""Identity numbers of civil servants (NIP of a PNS, NI PPPK): 18 digits, no check digit.

Sources: Perka BKN 43/2007 for the NIP; published NI PPPK examples for the contract code in the
place of the month. The number is personal data, so no message and no repr ever repeats it.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from schemas.code import PersonKind

LENGTH = 18

_SEPARATORS = re.compile(r"[\s.]+")
_SPREADSHEET = re.compile(r"\s*\d([.,]\d+)?[eE]\+?\d+\s*")
_YEARS = range(1900, 2100)
_CONTRACTS = range(21, 30)
_MONTHS = range(1, 13)
_USUAL_AGES = range(16, 61)


class Gender(StrEnum):
    """Digit 15 of the number."""

    MALE = "male"
    FEMALE = "female"


class IdentityNumberProblem(StrEnum):
    """What is wrong with a number; each value has its sentence in ``SENTENCES``."""

    NOT_TEXT = "not_text"
    EMPTY = "empty"
    SPREADSHEET = "spreadsheet"
    NOT_DIGITS = "not_digits"
    LENGTH = "length"
    BIRTH_DATE = "birth_date"
    APPOINTMENT = "appointment"
    GENDER = "gender"
    SERIAL = "serial"


SENTENCES = {
    IdentityNumberProblem.NOT_TEXT: "An identity number is text, not a number or nothing.",
    IdentityNumberProblem.EMPTY: "The identity number is empty.",
    IdentityNumberProblem.SPREADSHEET: "A spreadsheet has shortened the identity number.",
    IdentityNumberProblem.NOT_DIGITS: "An identity number has digits only.",
    IdentityNumberProblem.LENGTH: "An identity number has 18 digits.",
    IdentityNumberProblem.BIRTH_DATE: "Digits 1 to 8 are no date of birth (YYYYMMDD).",
    IdentityNumberProblem.APPOINTMENT: (
        "Digits 9 to 14 are neither year and month of appointment (PNS) "
        "nor year and contract code 21 to 29 (PPPK)."
    ),
    IdentityNumberProblem.GENDER: "Digit 15 is neither 1 (male) nor 2 (female).",
    IdentityNumberProblem.SERIAL: "Digits 16 to 18 are 000; the series starts at 001.",
}


class InvalidIdentityNumber(ValueError):
    """The identity number breaks its format; says how, without repeating it."""

    def __init__(self, code: IdentityNumberProblem) -> None:
        super().__init__(SENTENCES[code])
        self.code = code


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """What a well-formed number says of its holder; its repr says the kind only."""

    kind: PersonKind
    born_on: date = field(repr=False)
    appointed_year: int = field(repr=False)
    appointed_month: int | None = field(repr=False)
    gender: Gender = field(repr=False)
    serial: int = field(repr=False)
    normalised: str = field(repr=False)

    @property
    def has_usual_age(self) -> bool:
        """Whether the holder was 16 to 60 when appointed; a warning at most, never an error."""
        return self.appointed_year - self.born_on.year in _USUAL_AGES


def parse(value: object) -> IdentityNumber:
    """Read a number; spaces and dots between its parts are ignored.

    A month in digits 13 and 14 makes it a PNS number, a contract code 21 to 29 a PPPK number.
    A part-time PPPK has a PPPK number, so the number alone never tells the two apart.

    Raises:
        InvalidIdentityNumber: with the first problem from the left.
    """
    digits = normalise(value)
    born_on = _birth_date(digits[:8])
    kind, year, month = _appointment(digits[8:14])
    if digits[14] not in "12":
        raise InvalidIdentityNumber(IdentityNumberProblem.GENDER)
    serial = int(digits[15:])
    if serial == 0:
        raise InvalidIdentityNumber(IdentityNumberProblem.SERIAL)
    gender = Gender.MALE if digits[14] == "1" else Gender.FEMALE
    return IdentityNumber(kind, born_on, year, month, gender, serial, digits)


def normalise(value: object) -> str:
    """The 18 digits without spaces and dots, whatever they mean.

    Raises:
        InvalidIdentityNumber: it is not text, empty, not of digits, or not 18 long.
    """
    if not isinstance(value, str):
        raise InvalidIdentityNumber(IdentityNumberProblem.NOT_TEXT)
    if _SPREADSHEET.fullmatch(value):
        raise InvalidIdentityNumber(IdentityNumberProblem.SPREADSHEET)
    digits = _SEPARATORS.sub("", value)
    if not digits:
        raise InvalidIdentityNumber(IdentityNumberProblem.EMPTY)
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidIdentityNumber(IdentityNumberProblem.NOT_DIGITS)
    if len(digits) != LENGTH:
        raise InvalidIdentityNumber(IdentityNumberProblem.LENGTH)
    return digits


def _birth_date(digits: str) -> date:
    try:
        born_on = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise InvalidIdentityNumber(IdentityNumberProblem.BIRTH_DATE) from None
    if born_on.year not in _YEARS:
        raise InvalidIdentityNumber(IdentityNumberProblem.BIRTH_DATE)
    return born_on


def _appointment(digits: str) -> tuple[PersonKind, int, int | None]:
    year, code = int(digits[:4]), int(digits[4:])
    if year in _YEARS and code in _MONTHS:
        return PersonKind.PNS, year, code
    if year in _YEARS and code in _CONTRACTS:
        return PersonKind.PPPK, year, None
    raise InvalidIdentityNumber(IdentityNumberProblem.APPOINTMENT)
