"""The text catalogue: what people read, in Bahasa Indonesia and in English.

Codes travel and are stored; words are looked up when somebody reads. A text is filled with codes,
counts and instants only, never with what a person wrote.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from functools import cache
from importlib.resources import files
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from schemas.code import End, Topic
from schemas.error import Refusal
from schemas.explanation import PEOPLE, Reason

Language = Literal["id", "en"]
_WIB = timezone(timedelta(hours=7), "WIB")
_MONTHS = {
    "id": ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}
# Parameters that hold a code, and the group of words it is looked up in.
_CODED = {
    "act": "act",
    "turn": "turn",
    "late": "turn",
    "awaits": "role",
    "role": "role",
    "end": "end",
    "event": "event",
    "rung": "rung",
    "work_result": "rating",
    "behaviour": "rating",
    "predicate": "predicate",
    "unit_predicate": "organisation_predicate",
}
# Parameters that hold a day or an instant, as people read it.
_TIMES = {
    *("at", "base", "begun_on", "date", "due_at", "first", "from_at", "last", "on", "since"),
    "until",
}
# An identity number has 18 digits. No code, count or date of ours has that many in a row.
_NUMBER = re.compile(r"\d{9,}")


class Explained(BaseModel):
    """A refusal in one language: what is wrong, and what helps."""

    model_config = ConfigDict(frozen=True)

    message: str
    remedy: str


@cache
def _catalogue(name: str) -> dict[str, Any]:
    text = (files("schemas") / "texts" / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def word(group: str, code: str, language: Language) -> str:
    """The words for a code; the code itself where there are none (a newer record)."""
    entry = _catalogue("words").get(group, {}).get(code)
    return code if entry is None else str(entry[language])


def when(at: datetime, language: Language) -> str:
    """An instant for people: day, time and zone in WIB. Midnight belongs to the day that ended."""
    local = at.astimezone(_WIB)
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    if (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0):
        local, clock = local - timedelta(days=1), "24:00"
    return f"{day(local, language)} {clock} WIB"


def day(on: date, language: Language) -> str:
    """A calendar day for people, as in ``13 Apr 2026``."""
    return f"{on.day} {_MONTHS[language][on.month - 1]} {on.year}"


def notice(
    topic: Topic, language: Language, *, turn: str, end: End | None, until: date | None = None
) -> str:
    """What a notice says; ``turn`` is the one it was about, ``end`` how its file ended.

    ``until`` is the last day for what it offers.
    """
    sentence = str(_catalogue("notices")[topic][language])
    ended = "" if end is None else word("end", end, language)
    last = "" if until is None else day(until, language)
    return sentence.format(turn=word("turn", turn, language), end=ended, until=last)


def mail(
    entry: str,
    language: Language,
    /,
    *,
    group: Literal["words", "topic"] = "words",
    **given: str | int,
) -> str:
    """Words of a mail, filled with what is given."""
    return str(_catalogue("mail")[group][entry][language]).format(**given)


def explain(refusal: Refusal, language: Language) -> Explained:
    """A refusal's sentence and remedy.

    Whatever was typed where a code belongs, no run of digits as long as an identity number's is
    ever repeated.
    """
    entry = _catalogue("refusals").get(refusal.rule)
    if entry is None:
        return Explained(message=f"{refusal.rule} ({refusal.type})", remedy="")
    filled = {name: _filled(name, value, language) for name, value in refusal.params.items()}
    filled["field"] = _NUMBER.sub("…", refusal.field or "")
    return Explained(
        message=entry[language].format_map(_Lenient(filled)),
        remedy=entry[f"remedy_{language}"].format_map(_Lenient(filled)),
    )


def because(reason: Reason, language: Language, names: Mapping[UUID, str]) -> str:
    """A reason's sentence; somebody without a name is called by the beginning of his id.

    ``{who}`` is the person with the post, the capacity and the decree he acts by.
    """
    texts = _catalogue("reasons")
    entry = texts.get(reason.code)
    if entry is None:
        return reason.code
    filled = {
        name: _called(str(value), names) if name in PEOPLE else _filled(name, value, language)
        for name, value in reason.params.items()
    }
    if "capacity" in filled:
        seat = texts[f"seat.{reason.params['capacity']}"][language]
        filled["who"] = seat.format_map(_Lenient(filled))
    return str(entry[language]).format_map(_Lenient(filled))


def heading(part: str, language: Language) -> str:
    """What stands above a part of an explanation."""
    return str(_catalogue("reasons")[f"heading.{part}"][language])


def _called(person: str, names: Mapping[UUID, str]) -> str:
    return names.get(UUID(person), person[:8])


class _Lenient(dict[str, str]):
    """Leaves a placeholder standing whose parameter an older record does not have."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def _filled(name: str, value: str | int, language: Language) -> str:
    if name in _TIMES and value:
        return _time(str(value), language)
    if name == "days":
        days = (date.fromisoformat(each) for each in str(value).split(","))
        return ", ".join(day(each, language) for each in days)
    return _NUMBER.sub("…", _words(name, str(value), language))


def _time(value: str, language: Language) -> str:
    if len(value) == len("2026-03-31"):
        return day(date.fromisoformat(value), language)
    return when(datetime.fromisoformat(value), language)


def _words(name: str, value: str, language: Language) -> str:
    if name in _CODED:
        return word(_CODED[name], value, language)
    if name == "predicates":
        return " / ".join(word("predicate", each, language) for each in value.split(","))
    if name == "expected":  # pydantic's English list of choices: 'a', 'b' or 'c'
        return ", ".join(re.findall(r"'([^']*)'", value)) or value
    return value
