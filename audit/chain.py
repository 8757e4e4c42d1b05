"""I6: every chain is whole, every event is the bytes that were hashed, every row says the same.

Whoever rewrites a whole chain with all its hashes is found by deciding again (I8), not here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue, ValidationError

from audit.encoding import is_canonical
from audit.page import Calendars, Row
from audit.report import Tally, place
from schemas.event import Event
from schemas.file import Context
from storage.chain import digest, genesis

_PROJECTED = ("stream", "number", "org", "kind", "act", "command_id", "actor", "happened_at")


@dataclass(frozen=True, slots=True)
class Link:
    """One event as read.

    Attributes:
        row: its row.
        event: what its bytes say; None if they say nothing readable.
        is_intact: its bytes have their hash, and its columns say what the bytes say.
        context: what the decision depended on; None if it is not there or not what it was.
    """

    row: Row
    event: Event | None
    is_intact: bool
    context: Context | None

    @property
    def number(self) -> int:
        """Its number in the chain."""
        return int(self.row["number"])

    @property
    def where(self) -> str:
        """What to call it."""
        return place(self.row["stream"], self.number)


class ChainCheck:
    """Follows chains link by link."""

    def __init__(self, calendars: Calendars, tally: Tally) -> None:
        self._calendars = calendars
        self._tally = tally
        self.purged = 0

    def follow(self, stream: str, rows: Sequence[Row], contexts: Mapping[str, bytes]) -> list[Link]:
        """Check one whole chain and return its links, damaged ones too."""
        links: list[Link] = []
        expected, previous, last_at = 0, genesis(stream), None
        for row in rows:
            self._tally.count()
            is_next = self._check_place(row, expected)
            link = self._link(row, previous if is_next else None, last_at, contexts)
            links.append(link)
            expected, previous, last_at = row["number"] + 1, row["hash"], row["happened_at"]
        return links

    def _check_place(self, row: Row, expected: int) -> bool:
        missing = row["number"] - expected
        if missing:
            what = "an event is missing" if missing == 1 else f"{missing} events are missing"
            self._tally.problem(what, place(row["stream"], expected))
        return not missing

    def _link(
        self,
        row: Row,
        previous: str | None,
        last_at: datetime | None,
        contexts: Mapping[str, bytes],
    ) -> Link:
        where = place(row["stream"], row["number"])
        event = _parse(row["canonical"])
        problems = [] if event is None else _damage(row, event, last_at)
        if event is None:
            problems = ["its bytes are no event"]
        elif not is_canonical(event, row["canonical"]):
            problems.append("its bytes are not in canonical form")
        if digest(row["canonical"]) != row["hash"]:
            problems.append("its bytes do not have its hash")
        is_intact = not problems
        if event is not None and is_intact and previous not in (None, event.previous):
            problems.append("it does not follow the event before it: previous hash differs")
        context = None
        if event is not None and is_intact:
            context = self._context(event, contexts, problems)
            self._check_content(row, event, problems)
        for problem in problems:
            self._tally.problem(problem, where)
        return Link(row, event, is_intact, context)

    def _context(
        self, event: Event, contexts: Mapping[str, bytes], problems: list[str]
    ) -> Context | None:
        if event.context_hash is None:
            return None
        value = contexts.get(event.context_hash)
        if value is None:
            problems.append(f"its context {event.context_hash[:12]} is not there")
            return None
        if digest(value) != event.context_hash:
            problems.append(f"its context {event.context_hash[:12]} was changed")
            return None
        context = Context.model_validate_json(value)
        if (event.calendar, event.rules) != (context.calendar, context.rules):
            problems.append("calendar or rules differ from those of its context")
        if self._calendars.find(event.calendar) is None:
            problems.append(f"its calendar {event.calendar} is not there, or was changed")
        return context

    def _check_content(self, row: Row, event: Event, problems: list[str]) -> None:
        if row["kept_hash"] is None:
            self.purged += event.content_hash is not None
        elif event.content_hash is None:
            problems.append("content is kept for it that it does not speak of")
        elif row["kept_hash"] != event.content_hash:
            problems.append("its content was changed")


def _parse(canonical: bytes) -> Event | None:
    try:
        return Event.model_validate_json(canonical)
    except ValidationError:
        return None


def _damage(row: Row, event: Event, last_at: datetime | None) -> list[str]:
    problems = [
        f"column {name} says {_shown(row[name])}, its bytes say {_shown(getattr(event, name))}"
        for name in _PROJECTED
        if row[name] != getattr(event, name)
    ]
    if last_at is not None and row["happened_at"] < last_at:
        problems.append("it happened before the event before it")
    return problems


def _shown(value: Any) -> JsonValue:  # noqa: ANN401  (any column)
    return "nothing" if value is None else str(value)


def check_head(file: Row, links: Sequence[Link], tally: Tally) -> None:
    """A file's row must name the last event of its chain."""
    tally.count()
    where = str(file["stream"])
    if not links:
        tally.problem("the file has no events", where)
        return
    last = links[-1].row
    if file["number"] != last["number"]:
        what = f"the file's row names event {file['number']} as the last, the chain ends with {last['number']}"
        tally.problem(what, where)
    elif file["head"] != last["hash"]:
        tally.problem("the file's row names another hash than that of the last event", where)
