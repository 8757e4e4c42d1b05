"""Which rules led to a decision, kept with each of its events by id and version."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import lru_cache

from pydantic import JsonValue

from domain.citation import of_decision
from domain.decision import Fact, Rules
from domain.definition import rules_named
from domain.rulebook import NotInForce, Rulebook
from schemas.file import Context


def cited(facts: Iterable[Fact], context: Context, rules: Rules) -> tuple[Fact, ...]:
    """The facts with their rules in ``data``, by the versions that the decision went by.

    What a definition is made of holds as it was when the file's period was opened, for its first
    day; everything else by what was known at the instant of the decision, for its day in WIB.
    """
    return tuple(_cited(fact, context, rules) for fact in facts)


def _cited(fact: Fact, context: Context, rules: Rules) -> Fact:
    ids, after = of_decision(fact, rules.process), fact.after
    if not ids:
        return fact
    own = rules.book.known(after.process.rules), after.file.parsed_period.starts_on
    now = rules.known(context), rules.calendar.local_date(fact.happened_at)
    kept = rules_named(after.process)
    versions = _versions(tuple(id for id in ids if id in kept), *own)
    versions |= _versions(tuple(id for id in ids if id not in kept), *now)
    return replace(fact, data={**fact.data, "rules": versions})


def _versions(ids: tuple[str, ...], book: Rulebook, day: date) -> dict[str, JsonValue]:
    return dict(versions_on(ids, book, day))


@lru_cache(maxsize=4096)
def versions_on(ids: tuple[str, ...], book: Rulebook, day: date) -> tuple[tuple[str, int], ...]:
    """Which version of each rule holds on a day; one that has ended is left out."""
    return tuple((id, v) for id in ids if (v := _version(id, book, day)) is not None)


def _version(id: str, book: Rulebook, day: date) -> int | None:
    try:
        return book.rule_on(id, day).version
    except NotInForce:
        return None
