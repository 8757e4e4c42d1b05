"""The shape of a good answer: what was asked for, the reason, and the rule with its source."""

from pydantic import JsonValue

from domain.regulation import Rule

Reply = dict[str, JsonValue]


def reply(rule: Rule, reason: str, **found: JsonValue) -> Reply:
    """An answer by this rule; ``reason`` is a sentence in Bahasa."""
    return {**found, "reason": reason, "rule": rule.id, "source": str(rule.source)}
