"""Which rules led to a decision, kept with each of its events by id and version."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from pydantic import JsonValue

from domain.citation import of_decision, of_refusal
from domain.decision import Fact, Rules
from domain.definition import rules_named
from domain.rulebook import NotInForce, Rulebook
from schemas.code import Act
from schemas.command import StoredCommand
from schemas.error import Refusal
from schemas.file import Context, FileState


def cited(facts: Iterable[Fact], context: Context, rules: Rules) -> tuple[Fact, ...]:
    """The facts with their rules in ``data``, by the versions that the decision went by.

    What a definition is made of holds as it was when the file's period was opened, for its first
    day; everything else by what was known at the instant of the decision, for its day in WIB.
    """
    return tuple(_cited(fact, context, rules) for fact in facts)


def refused_by(
    refusal: Refusal, state: FileState, command: StoredCommand, context: Context, rules: Rules
) -> dict[str, int]:
    """The rules behind a refusal, by the versions that the decision went by."""
    act = Act(command.act)
    ids = of_refusal(refusal, act, command.actor, state, rules.process)
    return _versions(ids, state, command.received_at, context, rules)


def _cited(fact: Fact, context: Context, rules: Rules) -> Fact:
    ids, after = of_decision(fact, rules.process), fact.after
    if not ids:
        return fact
    named: dict[str, JsonValue] = {**_versions(ids, after, fact.happened_at, context, rules)}
    return replace(fact, data={**fact.data, "rules": named})


def _versions(
    ids: tuple[str, ...], state: FileState, at: datetime, context: Context, rules: Rules
) -> dict[str, int]:
    own = rules.book.known(state.process.rules), state.file.parsed_period.starts_on
    now = rules.known(context), rules.calendar.local_date(at)
    kept = rules_named(state.process)
    found = dict(versions_on(tuple(id for id in ids if id in kept), *own))
    return found | dict(versions_on(tuple(id for id in ids if id not in kept), *now))


@lru_cache(maxsize=4096)
def versions_on(ids: tuple[str, ...], book: Rulebook, day: date) -> tuple[tuple[str, int], ...]:
    """Which version of each rule holds on a day; one that has ended is left out."""
    return tuple((id, v) for id in ids if (v := _version(id, book, day)) is not None)


def _version(id: str, book: Rulebook, day: date) -> int | None:
    try:
        return book.rule_on(id, day).version
    except NotInForce:
        return None
