"""Rules with the days on which they hold: which are in force on a day, and by what was known.

A rule has versions, each with its own span of days, so the law of any past day can be asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    JsonValue,
    SerializeAsAny,
    StringConstraints,
    model_validator,
)
from pydantic_core import to_jsonable_python

from domain.limit import Limit
from domain.rules.parameters import Parameters

P = TypeVar("P", bound=Parameters)

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")]


class Status(StrEnum):
    """How well a rule is known."""

    VERIFIED = "verified"
    """Read in a legal or official text."""
    SECONDARY = "secondary"
    """Read in a single secondary source, or in software that practises it."""
    ASSUMED = "assumed"
    """General knowledge or a project decision; the HR office has to confirm it."""
    OWN = "own"
    """Set by the organisation for itself, by a decree or decision of its own; in no pack."""


class UnknownRule(LookupError):
    """There is no rule of that id on any day; names near ids."""


class NotInForce(LookupError):
    """The rule exists, but not on that day; names the days on which it does."""


class UnknownVersion(LookupError):
    """The organisation has set fewer rules than that for itself."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Source(_Data):
    """Where a rule comes from: an instrument with its article, or a decision of this project."""

    instrument: Text | None = None
    article: Text | None = None
    decision: Text | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Source":
        if (self.instrument is None) == (self.decision is None):
            raise ValueError("name an instrument or a decision, and not both")
        if self.article is not None and self.instrument is None:
            raise ValueError("an article needs its instrument")
        return self

    def __str__(self) -> str:
        where = self.instrument or self.decision or ""
        return f"{where}, {self.article}" if self.article else where


class Sentence(_Data):
    """The rule in one sentence of each language."""

    id: Text
    en: Text


class Rule(_Data):
    """One version of a rule; ``effective_to`` is the last day of its span, absent while open.

    ``limits`` bound what an organisation may set, a parameter or what lies in it. ``override`` is
    the number of the organisation's own act that it comes from, if it does not come from a pack.
    """

    id: RuleId
    version: int
    effective_from: date
    effective_to: date | None = None
    source: Source
    status: Status
    adjustable: tuple[str, ...]
    limits: dict[str, Limit] = {}
    sentence: Sentence
    parameters: SerializeAsAny[Parameters]
    override: int | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the day lies in the span, both of whose edges count."""
        return self.effective_from <= day and (
            self.effective_to is None or day <= self.effective_to
        )

    def bounds(self, parameter: str) -> str:
        """What an organisation may make of a parameter, in signs; empty where nothing bounds it."""
        found = {name: str(limit) for name, limit in self.limits.items() if _is_of(name, parameter)}
        if list(found) == [parameter]:
            return found[parameter]
        return "; ".join(f"{name.partition('.')[2]} {said}" for name, said in found.items())

    def values(self) -> dict[str, JsonValue]:
        """The parameters as plain JSON data; a set is a sorted list."""
        return {name: _plain(value) for name, value in self.parameters.model_dump().items()}


def _is_of(limited: str, parameter: str) -> bool:
    """Whether a limit is one of a parameter, or of something that lies in it."""
    return limited.partition(".")[0] == parameter


def _plain(value: object) -> JsonValue:
    if isinstance(value, set | frozenset):
        return sorted((_plain(each) for each in value), key=str)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(to_jsonable_python(key)): _plain(each) for key, each in value.items()}
    plain: JsonValue = to_jsonable_python(value)
    return plain


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """The rules of one day, at most one version of each."""

    day: date
    rules: Mapping[str, Rule]
    _spans: Mapping[str, tuple[Rule, ...]] = field(repr=False)

    def rule(self, id: str) -> Rule:
        """The version of a rule that holds on this day.

        Raises:
            UnknownRule: there is no such rule on any day.
            NotInForce: there is, on other days.
        """
        found = self.rules.get(id)
        if found is not None:
            return found
        versions = _versions(self._spans, id)
        spans = ", ".join(f"{r.effective_from} to {r.effective_to or 'now'}" for r in versions)
        raise NotInForce(f"{id} is not in force on {self.day}; it is from {spans}")

    def parameters(self, model: type[P]) -> P:
        """The parameters of the rule that ``model`` stands for, as they hold on this day.

        Raises:
            NotInForce: the rule does not hold on this day.
        """
        found = self.rule(model.RULE).parameters
        if not isinstance(found, model):
            raise TypeError(f"{model.RULE} has the parameters of {type(found).__name__}")
        return found


@dataclass(frozen=True, slots=True)
class Override:
    """What an organisation set for itself: one accepted act on its rules.

    Attributes:
        version: how many acts there were with it.
        rule: the id of the rule.
        values: the parameters that it sets, as plain JSON data.
        from_on: the first day on which they hold.
        source: the decree or decision behind it.
        since: when the act was received; nothing that was decided about an earlier instant goes
            by it.
    """

    version: int
    rule: str
    values: Mapping[str, JsonValue]
    from_on: date
    source: str
    since: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Rulebook:
    """Every version of every rule: the packs, and what one organisation has set for itself.

    ``domain.regulation.load`` makes the packs, ``domain.override`` what follows. Each is one value
    for as long as it is kept, so what was worked out from it may be kept under it.
    """

    spans: Mapping[str, tuple[Rule, ...]]
    """By id, in the order of days; the spans of one id never overlap."""
    override: Override | None = None
    before: "Rulebook | None" = field(default=None, repr=False)
    """The rules without the last override."""

    @property
    def version(self) -> int:
        """How many overrides are in it; 0 for the packs alone."""
        return 0 if self.override is None else self.override.version

    def known(self, version: int) -> "Rulebook":
        """The rules as they were with so many overrides.

        Raises:
            UnknownVersion: if there are fewer.
        """
        found: Rulebook | None = self
        while found is not None and found.version > version:
            found = found.before
        if found is None or found.version != version:
            raise UnknownVersion(
                f"rules version {version} is not known; the last is {self.version}"
            )
        return found

    def at(self, instant: datetime) -> "Rulebook":
        """The rules by what was known at an instant."""
        found = self
        while found.override is not None and found.override.since > instant:
            assert found.before is not None, "an override changes rules that were there"  # noqa: S101
            found = found.before
        return found

    def on(self, day: date) -> RulesInForce:
        """The rules of one day, in the order of their ids."""
        held = (r for id in sorted(self.spans) for r in self.spans[id] if r.holds_on(day))
        return RulesInForce(day, {r.id: r for r in held}, self.spans)

    def rule_on(self, id: str, day: date) -> Rule:
        """The version of a rule that holds on a day; before the first one began, that one.

        Raises:
            UnknownRule: there is no such rule on any day.
            NotInForce: it has ended before that day.
        """
        return _rule_on(self, id, day)

    def parameters_on(self, model: type[P], day: date) -> P:
        """The parameters of the rule that ``model`` stands for, on a day as in :meth:`rule_on`."""
        found = self.rule_on(model.RULE, day).parameters
        assert isinstance(found, model), "a rule has the parameters of its model"  # noqa: S101
        return found

    def versions(self, id: str) -> tuple[Rule, ...]:
        """All versions of a rule, the first one first.

        Raises:
            UnknownRule: there is no such rule on any day.
        """
        return _versions(self.spans, id)


@lru_cache(maxsize=4096)  # many decisions of a day go by the same rule
def _rule_on(book: Rulebook, id: str, day: date) -> Rule:
    versions = book.versions(id)
    if day < versions[0].effective_from:
        return versions[0]
    found = next((rule for rule in versions if rule.holds_on(day)), None)
    return book.on(day).rule(id) if found is None else found


def _versions(spans: Mapping[str, tuple[Rule, ...]], id: str) -> tuple[Rule, ...]:
    if id not in spans:
        near = get_close_matches(id, spans, n=3, cutoff=0.5)
        near += [x for x in sorted(spans) if x.split(".")[0] == id.split(".")[0] and x not in near]
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise UnknownRule(f"there is no rule of that id{hint}")
    return spans[id]
