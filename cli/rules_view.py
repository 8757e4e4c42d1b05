"""How rules look: as tables for people, as JSON for machines."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pydantic import JsonValue
from rich.markup import escape
from rich.table import Table

from cli.output import out
from domain.regulation import Rule, RulesInForce, Status
from domain.rule_change import RuleChange
from schemas.text import Language, when
from storage.read.rules import ListedOverride

_COLOURS = {
    Status.VERIFIED: "green",
    Status.SECONDARY: "yellow",
    Status.ASSUMED: "red",
    Status.OWN: "cyan",
}


def rule_json(rule: Rule) -> dict[str, Any]:
    """One version of a rule as JSON data."""
    data = rule.model_dump(mode="json", exclude={"parameters", "limits"})
    limits = {
        name: limit.model_dump(mode="json", exclude_none=True)
        for name, limit in rule.limits.items()
    }
    return {**data, "limits": limits, "parameters": rule.values()}


def change_json(change: RuleChange) -> dict[str, Any]:
    """One difference between two days as JSON data; a rule that does not hold is null."""
    return {
        "id": change.id,
        "change": change.change,
        "before": rule_json(change.before) if change.before else None,
        "after": rule_json(change.after) if change.after else None,
        "parameters": {p.name: {"before": p.before, "after": p.after} for p in change.parameters},
    }


def value_text(value: JsonValue) -> str:
    """A parameter in words; a list of tables has a line for each, absent values are left out."""
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        return "\n".join(_within(each) for each in value)
    return _within(value)


def _within(value: JsonValue) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case dict():
            pairs = ((name, each) for name, each in value.items() if each is not None)
            return "; ".join(f"{name} {_bracketed(each)}" for name, each in pairs)
        case list():
            return ", ".join(_bracketed(each) for each in value)
        case _:
            return str(value)


def _bracketed(value: JsonValue) -> str:
    is_deep = isinstance(value, dict) or (isinstance(value, list) and len(value) != 1)
    return f"({_within(value)})" if is_deep else _within(value)


def span_text(first: date, last: date | None) -> str:
    """The days on which a version holds."""
    return f"{first} to {last}" if last else f"since {first}"


def _status(rule: Rule) -> str:
    return f"[{_COLOURS[rule.status]}]{rule.status}[/]"


def _sentence(rule: Rule, language: Language) -> str:
    return escape(rule.sentence.id if language == "id" else rule.sentence.en)


def show_list(rules: RulesInForce, language: Language) -> None:
    """The rules of a day, one a row."""
    table = Table("rule", "what it says", "source", "status", title=f"Rules on {rules.day}")
    for rule in rules.rules.values():
        table.add_row(rule.id, _sentence(rule, language), escape(str(rule.source)), _status(rule))
    out.print(table)
    out.print("siklus rules show ID shows the parameters of one")


def show_rule(rule: Rule, versions: tuple[Rule, ...], language: Language) -> None:
    """One rule with all that is known of it."""
    table = Table("", rule.id, show_header=True)
    table.add_row("says", _sentence(rule, language))
    for name, value in rule.values().items():
        table.add_row(escape(f"{name}{_mark(rule, name)}"), escape(value_text(value)))
    table.add_row("source", escape(str(rule.source)))
    table.add_row("status", _status(rule))
    for each in versions:
        here = " (shown)" if each == rule else ""
        span = span_text(each.effective_from, each.effective_to)
        own = "" if each.override is None else ", set by the organisation"
        table.add_row(f"version {each.version}{here}", span + own)
    out.print(table)


def _mark(rule: Rule, parameter: str) -> str:
    """Whether an organisation may set a parameter, and within which bounds."""
    if parameter not in rule.adjustable:
        return ""
    bounds = rule.bounds(parameter)
    return f" (adjustable: {bounds})" if bounds else " (adjustable)"


def show_overrides(overrides: Sequence[ListedOverride]) -> None:
    """What the organisation has set for itself, a row an act; nothing if it set nothing."""
    if not overrides:
        return
    columns = ("", "rule", "parameters", "from", "by", "on", "source")
    table = Table(*columns, title="Set by the organisation")
    for each in overrides:
        by = each.name or f"administrator {each.os_user or ''}"
        table.add_row(
            str(each.version),
            each.rule,
            escape(value_text(each.values)),
            str(each.from_on),
            escape(by),
            when(each.since, "en"),
            escape(each.source),
        )
    out.print(table)


def show_changes(changes: tuple[RuleChange, ...]) -> None:
    """What differs between two days, a row for each rule or parameter."""
    table = Table("rule", "", "parameter", "before", "after")
    for change in changes:
        table.add_row(change.id, change.change, *_row_of_rule(change))
        for p in change.parameters:
            before, after = escape(value_text(p.before)), escape(value_text(p.after))
            table.add_row("", "", p.name, before, after)
    out.print(table)


def _row_of_rule(change: RuleChange) -> tuple[str, str, str]:
    def say(rule: Rule | None) -> str:
        return "-" if rule is None else f"version {rule.version}, {escape(str(rule.source))}"

    return "", say(change.before), say(change.after)
