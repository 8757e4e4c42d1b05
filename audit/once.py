"""I2: one set of events a command, one reminder a rung of a visit, one notice for whom it concerns.

Whether the notices are the right ones is known by deciding again, see ``recompute``.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from audit.chain import Link
from audit.fold import Moment
from audit.page import Dossier, Row
from audit.report import Tally, place
from domain.decision import Fact
from schemas.code import EventKind
from schemas.cycle import Outcome, Verdict
from schemas.event import Event

_RUNGS = {"expiry": "expire", "delegation": "delegate"}
_BY_TIME = "time:"


def rung_of(event: Event) -> str | None:
    """The rung of the wake-up that an event came of; None for what people did."""
    if not event.cause.startswith(_BY_TIME):
        return None
    name = event.cause.removeprefix(_BY_TIME)
    return _RUNGS.get(name, name)


def claim_of(event: Event) -> str | None:
    """The rung that an event claims in its visit: a wake-up's, or the day of a nudge."""
    return str(event.data.get("rung")) if event.kind is EventKind.NUDGED else rung_of(event)


def check_commands(dossier: Dossier, links: Sequence[Link], tally: Tally) -> None:
    """An accepted command has its events in one run, none twice; any other command has none."""
    runs = [
        (command_id, [link for link in run])
        for command_id, run in groupby(links, key=lambda link: link.row["command_id"])
        if command_id is not None
    ]
    times = Counter(command_id for command_id, _ in runs)
    known = {row["id"]: row for row in dossier.commands}
    for command_id, run in runs:
        problem = _run_problem(known.get(command_id), run, times[command_id])
        if problem is not None:
            tally.problem(problem, run[0].where)
    for row in dossier.commands:
        tally.count()
        if _is_accepted(row) and row["id"] not in times:
            what = f"command {row['id']} was accepted and has no event"
            tally.problem(what, dossier.stream)


def _run_problem(command: Row | None, run: Sequence[Link], times: int) -> str | None:
    if command is None:
        return f"its command {run[0].row['command_id']} is not there"
    if not _is_accepted(command):
        said = "undecided" if command["outcome"] is None else "refused"
        return f"its command {command['id']} is {said}, and yet had an effect"
    kinds = Counter(link.row["kind"] for link in run)
    if times > 1 or max(kinds.values()) > 1:
        return f"its command {command['id']} had its effect more than once"
    return None


def _is_accepted(command: Row) -> bool:
    outcome = command["outcome"]
    return outcome is not None and Outcome.model_validate(outcome).verdict is Verdict.ACCEPTED


def check_reminders(
    dossier: Dossier, links: Sequence[Link], moments: Sequence[Moment], tally: Tally
) -> None:
    """Each rung of a visit was claimed once and left one event, and the other way round."""
    claimed = Counter(_claim(row) for row in dossier.reminders)
    for claim, times in claimed.items():
        tally.count(times)
        if times > 1:
            tally.problem(f"{_named(claim)} was claimed {times} times", dossier.stream)
    expected = dict(_expected_claims(moments))
    for number, claim in expected.items():
        if claim not in claimed:
            tally.problem(f"{_named(claim)} has no reminder row", place(dossier.stream, number))
    judged = {moment.link.number for moment in moments if moment.is_known}
    numbers = {link.number for link in links}
    for claim in claimed:
        number = claim[2]
        if number not in numbers:
            tally.problem(
                f"{_named(claim)} names event {number}, which is not there", dossier.stream
            )
        elif number in judged and expected.get(number) != claim:
            what = f"{_named(claim)} is not what its event {number} says"
            tally.problem(what, place(dossier.stream, number))


def _claim(row: Row) -> tuple[int, str, int, Any]:
    return row["visit"], row["rung"], row["number"], row["happened_at"]


def _named(claim: tuple[int, str, int, Any]) -> str:
    return f"reminder of visit {claim[0]}, rung {claim[1]}"


def _expected_claims(moments: Sequence[Moment]) -> Iterator[tuple[int, tuple[int, str, int, Any]]]:
    for moment in moments:
        rung = claim_of(moment.event)
        if moment.is_known and moment.before is not None and rung is not None:
            number = moment.link.number
            yield number, (moment.before.visit, rung, number, moment.event.happened_at)


class NoticeCheck:
    """Compares outbox and inbox with the notices that deciding again has shown to be due."""

    def __init__(self, dossier: Dossier, tally: Tally) -> None:
        self._stream = dossier.stream
        self._tally = tally
        self._by_number: dict[int, list[Row]] = {}
        for row in dossier.notices:
            tally.count()
            self._by_number.setdefault(row["number"], []).append(row)

    def delivered(self, links: Sequence[Link]) -> None:
        """Each notice has its event, and its recipient's inbox has it."""
        numbers = {link.number for link in links}
        for number, rows in self._by_number.items():
            for row in rows:
                if number not in numbers:
                    what = f"notice {row['id']} names event {number}, which is not there"
                    self._tally.problem(what, self._stream)
                elif row["accepted_at"] is None:
                    what = f"notice {row['id']} ({row['topic']}) is in no inbox"
                    self._tally.problem(what, place(self._stream, number))
                elif (row["accepted_by"], row["accepted_at"]) != (
                    row["recipient"],
                    row["created_at"],
                ):
                    what = f"notice {row['id']} ({row['topic']}) was delivered to somebody else or at another time"
                    self._tally.problem(what, place(self._stream, number))

    def due(self, fact: Fact, number: int) -> None:
        """The notices of one event are exactly those of the fact that it is."""
        written = Counter(_written(row) for row in self._by_number.get(number, ()))
        wanted = Counter(wanted_notices(fact, number))
        where = place(self._stream, number)
        for topic, recipient, _, _ in (wanted - written).elements():
            self._tally.problem(f"notice {topic} to {recipient} is missing", where)
        for topic, recipient, _, _ in (written - wanted).elements():
            self._tally.problem(f"notice {topic} to {recipient} is one too many", where)


def _written(row: Row) -> tuple[str, UUID, str, Any]:
    return row["topic"], row["recipient"], row["once_key"], row["created_at"]


def wanted_notices(fact: Fact, number: int) -> Iterator[tuple[str, UUID, str, Any]]:
    """What the outbox has to hold of a fact: topic, recipient, once-key and instant."""
    stream, before = fact.after.file.stream, fact.before
    occasion = f"{before.visit}/{fact.rung}" if before and fact.rung else str(number)
    for notice in fact.notices:
        once_key = f"{stream}/{occasion}/{notice.topic}"
        yield notice.topic.value, notice.recipient, once_key, fact.happened_at
