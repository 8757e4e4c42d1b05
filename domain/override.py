"""The decider of an organisation's own rules: what it may set for itself, and what follows from it.

An override is a new version of a rule from its day on, until the version that it adjusts ends or
the next override begins: when the law changes, the organisation decides anew (project decision).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pydantic import JsonValue, ValidationError

from domain.decide import unreadable
from domain.definition import broken_kind, parameters_named
from domain.limit import broken
from domain.organisation import Organisation
from domain.organisation_act import seat_of
from domain.rulebook import (
    NotInForce,
    Override,
    Rule,
    Rulebook,
    Sentence,
    Source,
    Status,
    UnknownRule,
    UnknownVersion,
)
from schemas.command import StoredCommand
from schemas.error import ErrorType, Refusal
from schemas.order_body import SetRule
from schemas.organisation import Seat

# What the engine reads by day, besides what process definitions name.
READ = frozenset(
    {
        ("distribusi.mode", "mode"),
        ("distribusi.pedoman", "pool_below"),
        ("organisasi.pimpinan", "ratings"),
        ("penilai.level_min", "lowest"),
        ("plt.boleh_menilai", "allowed"),
        ("plh.boleh_menilai", "allowed"),
    }
)
_BOUNDS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "min_length": "length >="}


class InvalidOverride(ValueError):
    """An override that the rules before it do not allow; carries the refusal that it deserved."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.rule}: {refusal.field}")
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Decided:
    """An accepted override: from where its actor set it, and the rules with it."""

    seat: Seat | None
    override: Override
    rules: Rulebook


def decide_override(
    command: StoredCommand, org: Organisation, rules: Rulebook, on: date
) -> Decided | Refusal:
    """Decide one act on the organisation's rules, in the order received.

    Pure: the ledger and whoever decides again get the same answer for ever.

    Args:
        command: the act as it was stored.
        org: the organisation by what was known then.
        rules: the packs and everything that was set before.
        on: the day it was received.
    """
    seat = seat_of(command, org, on)
    if isinstance(seat, Refusal):
        return seat
    try:
        order = SetRule.model_validate(command.body)
    except ValidationError:
        return unreadable()
    if order.from_on < on and (seat is None or order.reason is None):
        return _invalid("from_on", "rules.past", on=str(on))
    override = Override(
        version=rules.version + 1,
        rule=order.rule,
        values=order.values,
        from_on=order.from_on,
        source=order.source,
        since=command.received_at,
    )
    try:
        after = with_override(rules, override)
    except InvalidOverride as error:
        return error.refusal
    refusal = _refuse_unread(order) or _refuse_definitions(after, order)
    return refusal if refusal is not None else Decided(seat, override, after)


def _refuse_unread(order: SetRule) -> Refusal | None:
    """Whether the engine goes by a parameter at all: what decides nothing is not set."""
    read = {parameter for rule, parameter in READ | parameters_named() if rule == order.rule}
    for name in order.values:
        if name not in read:
            known = ", ".join(sorted(read)) or "-"
            return _invalid(f"values.{name}", "rules.unread", id=order.rule, read=known)
    return None


def with_override(rules: Rulebook, override: Override) -> Rulebook:
    """The rules with one override more.

    Raises:
        InvalidOverride: if they do not allow it.
        UnknownVersion: if it is not the next one.
    """
    if override.version != rules.version + 1:
        raise UnknownVersion(f"override {override.version} does not follow {rules.version}")
    old = _adjusted(rules, override)
    _hold_to_limits(old, override)
    values = _checked(old, override)
    said = ", ".join(f"{name} = {json.dumps(v)}" for name, v in sorted(override.values.items()))
    versions = rules.versions(old.id)
    new = old.model_copy(
        update={
            "version": max(rule.version for rule in versions) + 1,
            "effective_from": override.from_on,
            "source": Source(instrument=override.source),
            "status": Status.OWN,
            "sentence": Sentence(
                id=f"Ditetapkan organisasi: {said}; selebihnya seperti versi {old.version}.",
                en=f"Set by the organisation: {said}; the rest as in version {old.version}.",
            ),
            "parameters": values,
            "override": override.version,
        }
    )
    spans = {**rules.spans, old.id: _spliced(versions, old, new)}
    return Rulebook(spans, override, rules)


def _adjusted(rules: Rulebook, override: Override) -> Rule:
    """The version that an override adjusts, once it is clear that it may."""
    try:
        rule = rules.on(override.from_on).rule(override.rule)
    except UnknownRule:
        refusal = Refusal(type=ErrorType.NOT_FOUND, field="rule", rule="rules.unknown")
        raise InvalidOverride(refusal) from None
    except NotInForce:
        refusal = _invalid("from_on", "rules.not_in_force", id=override.rule)
        raise InvalidOverride(refusal) from None
    for name in override.values:
        if name not in rule.adjustable:
            free = ", ".join(rule.adjustable) or "-"
            refusal = _invalid(f"values.{name}", "rules.fixed", id=rule.id, adjustable=free)
            raise InvalidOverride(refusal)
    if {**rule.values(), **override.values} == rule.values():
        raise InvalidOverride(_invalid("values", "rules.nothing_changed", id=rule.id))
    return rule


def _hold_to_limits(rule: Rule, override: Override) -> None:
    """What an organisation sets is within the bounds that the rule has for it."""
    passed = broken(override.values, rule.limits)
    if passed is None:
        return
    field, limit = f"values.{passed.place}", passed.limit
    refusal = _invalid(field, "rules.allowed", id=rule.id, allowed=str(limit))
    if passed.is_below:
        refusal = _invalid(field, "rules.minimum", id=rule.id, minimum=str(limit.minimum))
    elif passed.is_above:
        refusal = _invalid(field, "rules.maximum", id=rule.id, maximum=str(limit.maximum))
    raise InvalidOverride(refusal)


def _checked(rule: Rule, override: Override) -> Any:  # noqa: ANN401  (the rule's own model)
    """The parameters as their model takes them, strictly, in the forms of JSON."""
    values = {**rule.parameters.model_dump(mode="json"), **override.values}
    try:
        return type(rule.parameters).model_validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if not place:
        raise InvalidOverride(_invalid("values", "rules.together", id=rule.id))
    expected = _expected(first["type"], first.get("ctx", {}))
    raise InvalidOverride(_invalid(f"values.{place}", "rules.value", id=rule.id, expected=expected))


def _expected(kind: str, given: Mapping[str, Any]) -> str:
    """What a value has to be, in signs: as in ``>= 1`` or ``'kalender' or 'kerja'``."""
    if "expected" in given:
        return str(given["expected"])
    bounds = [f"{sign} {given[name]}" for name, sign in _BOUNDS.items() if name in given]
    return " ".join(bounds) or kind.replace("_", " ")


def _spliced(versions: Sequence[Rule], old: Rule, new: Rule) -> tuple[Rule, ...]:
    """The versions in the order of days, the new one in the place of the rest of the old one."""
    kept = [rule for rule in versions if rule is not old]
    if old.effective_from < new.effective_from:
        last = new.effective_from - timedelta(days=1)
        kept.append(old.model_copy(update={"effective_to": last}))
    return tuple(sorted((*kept, new), key=_first_day))


def _first_day(rule: Rule) -> date:
    return rule.effective_from


def _refuse_definitions(rules: Rulebook, order: SetRule) -> Refusal | None:
    """Every kind of file can still be opened in a period that begins under these rules."""
    kind = broken_kind(rules, order.from_on)
    if kind is None:
        return None
    return _invalid("values", "rules.definition", id=order.rule, kind=kind)


def _invalid(field: str, rule: str, **params: str | int) -> Refusal:
    return Refusal(type=ErrorType.INVALID, field=field, rule=rule, params=params)


def plain(values: Mapping[str, JsonValue]) -> str:
    """Values as an event carries them: one text, the same for equal values."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
