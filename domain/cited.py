"""Which rules led to a decision, kept with each of its events by id and version."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from pydantic import JsonValue

from domain.decision import Fact, Rules
from domain.explain.citation import of_decision
from domain.rulebook import Rulebook


def cited(facts: Iterable[Fact], rules: Rules) -> tuple[Fact, ...]:
    """The facts with their rules in ``data``, by the versions of their day in WIB."""
    return tuple(_cited(fact, rules) for fact in facts)


def _cited(fact: Fact, rules: Rules) -> Fact:
    on = rules.calendar.local_date(fact.happened_at)
    versions = _versions(of_decision(fact, rules.process), on, rules.book)
    return replace(fact, data={**fact.data, "rules": versions}) if versions else fact


def _versions(ids: Iterable[str], on: date, book: Rulebook) -> dict[str, JsonValue]:
    """The version of each rule on a day; one that does not hold then is left out."""
    found: dict[str, JsonValue] = {}
    for id in ids:
        found |= {r.id: r.version for r in book.versions(id) if r.holds_on(on)}
    return found
