"""What changes of the rules between two days."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import JsonValue

from domain.rulebook import Rule, Rulebook

Change = Literal["begins", "ends", "changes"]


@dataclass(frozen=True, slots=True)
class ParameterChange:
    """One parameter of a rule that is another on the second day."""

    name: str
    before: JsonValue
    after: JsonValue


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that begins, ends or changes from the first day to the second."""

    change: Change
    before: Rule | None
    after: Rule | None
    parameters: tuple[ParameterChange, ...]

    @property
    def id(self) -> str:
        """The id of the rule."""
        rule = self.after or self.before
        assert rule is not None, "a change has a rule on one of its days"  # noqa: S101
        return rule.id


def diff(
    rulebook: Rulebook, first: date, second: date, later: Rulebook | None = None
) -> tuple[RuleChange, ...]:
    """What is otherwise on the second day than on the first, in the order of ids.

    With ``later`` rules, those of the second day are taken from them. The days may stand in either order. A rule whose version differs counts as changed even when
    all of its parameters are equal: its source, status or sentence is another then.
    """
    before, after = rulebook.on(first).rules, (later or rulebook).on(second).rules
    changes = (_change(before.get(id), after.get(id)) for id in sorted({*before, *after}))
    return tuple(c for c in changes if c is not None)


def _change(before: Rule | None, after: Rule | None) -> RuleChange | None:
    if before == after:
        return None
    if before is None or after is None:
        return RuleChange("begins" if before is None else "ends", before, after, ())
    old, new = before.values(), after.values()
    changed = tuple(
        ParameterChange(name, old[name], value) for name, value in new.items() if old[name] != value
    )
    return RuleChange("changes", before, after, changed)
