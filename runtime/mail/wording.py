"""The words of one mail, as text and as HTML, from what it tells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from domain.digest import Item, Letter
from domain.working_calendar import ZONE
from schemas.code import UnitAct
from schemas.text import Language, day, mail, when, word

MOST = 50  # lines of a section; the rest is in the inbox


@dataclass(frozen=True, slots=True)
class Words:
    """A mail as it is frozen."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Line:
    what: str
    whose: str | None
    times: str
    link: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class _Section:
    heading: str
    lines: Sequence[_Line]
    more: str | None


def render(letter: Letter, name: str, at: datetime, language: Language, base_url: str) -> Words:
    """A letter to somebody of that name, in his language; the same arguments give the same words.

    Names come from outside: they are escaped in HTML, and no line of theirs is a line of the text.
    """
    base, is_digest = base_url.rstrip("/"), letter.kind == "digest"
    subject = _subject(letter, at, language)
    filled = {
        "subject": subject,
        "language": language,
        "greeting": mail("greeting", language, name=_one_line(name)),
        "sections": list(_sections(letter, at, language, base)),
        "all": mail("all", language),
        "inbox": f"{base}/inbox",
        "about": mail(f"about_{letter.kind}", language),
        "preferences": f"{base}/mail/preferences" if is_digest else None,
    }
    text, html = (
        _templates().get_template(f"digest.{form}.jinja").render(filled) for form in ("txt", "html")
    )
    return Words(subject, text, html)


def _subject(letter: Letter, at: datetime, language: Language) -> str:
    on = day(at.astimezone(ZONE).date(), language)
    if letter.kind == "notice":
        return mail("subject_notice", language, day=on)
    count = len(letter.tasks) + len(letter.news)
    if late := sum(item.is_late(at) for item in letter.tasks):
        return mail("subject_late", language, count=count, late=late, day=on)
    return mail("subject_one" if count == 1 else "subject", language, count=count, day=on)


def _sections(letter: Letter, at: datetime, language: Language, base: str) -> Iterator[_Section]:
    for heading, items in (("waiting", letter.tasks), ("told", letter.news)):
        if not items:
            continue
        lines = [_line(item, at, language, base) for item in items[:MOST]]
        rest = len(items) - len(lines)
        yield _Section(
            mail(heading, language), lines, mail("more", language, count=rest) if rest else None
        )


def _line(item: Item, at: datetime, language: Language, base: str) -> _Line:
    is_late, turn = item.is_late(at), word("turn", item.turn, language)
    if item.topic is None:
        times = mail("since", language, at=when(item.since, language))
        if item.due_at is not None:
            due = mail("late" if is_late else "until", language, at=when(item.due_at, language))
            times = f"{due}, {times}"
        task = turn if item.unit is None else word("act", UnitAct.SET_PREDICATE, language)
        what = task[:1].upper() + task[1:]
    else:
        topic = "objection" if item.is_objection else item.topic.value
        until = "" if item.until is None else day(item.until, language)
        what = mail(topic, language, group="topic", turn=turn, until=until)
        times = mail("at", language, at=when(item.since, language))
    if item.name is None:
        return _Line(what, _unit(item, language), times, f"{base}/inbox", is_late)
    whose = f"{_one_line(item.name)}, {item.period}"
    return _Line(what, whose, times, f"{base}/files/{item.file}", is_late)


def _unit(item: Item, language: Language) -> str | None:
    """Which unit and period a line is about, and how many files wait for its predicate."""
    if item.unit is None:
        return None
    whose = f"{_one_line(item.unit)}, {item.period}"
    if not item.waiting:
        return whose
    entry = "unit_one" if item.waiting == 1 else "unit"
    return f"{whose}: {mail(entry, language, count=item.waiting)}"


def _one_line(name: str) -> str:
    return " ".join(name.split())


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("runtime.mail", "templates"),
        autoescape=select_autoescape(("html", "html.jinja"), default_for_string=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
