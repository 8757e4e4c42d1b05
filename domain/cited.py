"""Which rules led to a decision, kept with each of its events by id and version."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache

from domain.citation import of_decision, of_refusal
from domain.decision import Fact, Rules
from domain.definition import rules_named
from domain.rulebook import NotInForce, Rulebook
from schemas.code import Act
from schemas.command import StoredCommand
from schemas.error import Refusal
from schemas.file import Context, FileState, ProcessId
from schemas.period import Period


def cited(facts: Iterable[Fact], context: Context, rules: Rules) -> tuple[Fact, ...]:
    """The facts with their rules put into ``data``, by the versions that the decision went by.

    What a definition is made of holds as it was when the file's period was opened, for its first
    day; everything else by what was known at the instant of the decision, for its day in WIB.
    """
    facts = tuple(facts)
    for fact in facts:
        _cite(fact, context, rules)
    return facts


def refused_by(
    refusal: Refusal, state: FileState, command: StoredCommand, context: Context, rules: Rules
) -> dict[str, int]:
    """The rules behind a refusal, by the versions that the decision went by."""
    ids = of_refusal(refusal, Act(command.act), command.actor, state, rules.process)
    return _named(ids, state, command.received_at, context, rules)


def _cite(fact: Fact, context: Context, rules: Rules) -> None:
    ids = of_decision(fact, rules.process)
    if ids:
        fact.data["rules"] = {**_named(ids, fact.after, fact.happened_at, context, rules)}


def _named(
    ids: tuple[str, ...], state: FileState, at: datetime, context: Context, rules: Rules
) -> dict[str, int]:
    key = state.process
    own = key.id, key.version, key.rules, state.file.period
    now = rules.known(context), rules.calendar.local_date(at)
    return dict(_versions(ids, own, rules.book, now))


@lru_cache(maxsize=4096)
def _versions(
    ids: tuple[str, ...],
    own: tuple[str, int, int, str],
    book: Rulebook,
    now: tuple[Rulebook, date],
) -> tuple[tuple[str, int], ...]:
    id, version, rules, period = own
    kept = rules_named(ProcessId(id=id, version=version))
    begun = book.known(rules), Period.parse(period).starts_on
    return (
        *_versions_on((id for id in ids if id in kept), *begun),
        *_versions_on((id for id in ids if id not in kept), *now),
    )


def _versions_on(ids: Iterable[str], book: Rulebook, day: date) -> Iterator[tuple[str, int]]:
    """Which version of each rule holds on a day; one that has ended is left out."""
    for id in ids:
        version = _version(id, book, day)
        if version is not None:
            yield id, version


def _version(id: str, book: Rulebook, day: date) -> int | None:
    try:
        return book.rule_on(id, day).version
    except NotInForce:
        return None
