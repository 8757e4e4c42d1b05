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
    kept, versions = rules_named(after.process), dict[str, JsonValue]()
    for id in ids:
        version = version_on(*(own if id in kept else now), id)
        if version is not None:
            versions[id] = version
    return replace(fact, data={**fact.data, "rules": versions})


@lru_cache(maxsize=4096)
def version_on(book: Rulebook, day: date, id: str) -> int | None:
    """Which version of a rule holds on a day; None once the rule has ended."""
    try:
        return book.rule_on(id, day).version
    except NotInForce:
        return None
