"""Regulation packs: TOML files of rules, read strictly and checked as a whole.

Nothing of a broken pack is ever used. Every problem names the file, the rule and the field, and
all problems of all files are reported together.
"""

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from domain.limit import Limit, broken, leaves
from domain.rulebook import Rule, Rulebook, RuleId, Sentence, Source, Status
from domain.rules.parameters import Parameters

M = TypeVar("M", bound=BaseModel)


class InvalidRegulation(ValueError):
    """A pack that cannot be used; names file, rule and field of every problem."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class _Entry(BaseModel):
    """A rule as it is written, before its parameters have a type."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: RuleId
    version: int = Field(ge=1)
    effective_from: date
    effective_to: date | None = None
    source: Source
    status: Literal[Status.VERIFIED, Status.SECONDARY, Status.ASSUMED]
    adjustable: tuple[str, ...]
    limits: dict[str, Limit] = {}
    sentence: Sentence
    parameters: dict[str, JsonValue]


def parse(packs: Mapping[str, str], models: Iterable[type[Parameters]]) -> Rulebook:
    """Read packs (file name to text) whose rules have exactly these parameter models.

    Numbers with a point are read as exact decimals, so a model may ask for ``Decimal``; a whole
    number, a text and a truth value never stand in for one another.

    Raises:
        InvalidRegulation: with every problem that was found.
    """
    known, problems = _by_rule(models)
    found: list[tuple[str, Rule]] = []
    for file, text in sorted(packs.items()):
        for number, table in enumerate(_tables(file, text, problems), start=1):
            rule = _rule(file, number, table, known, problems)
            if rule is not None:
                found.append((file, rule))
    spans: dict[str, list[tuple[str, Rule]]] = defaultdict(list)
    for file, rule in found:
        spans[rule.id].append((file, rule))
    for versions in spans.values():
        versions.sort(key=lambda each: each[1].version)
        problems += _span_problems(versions)
    if not problems:
        problems += [
            f"{model.__name__}: no pack has its rule, field id: {id}"
            for id, model in known.items()
            if id not in spans
        ]
    if problems:
        raise InvalidRegulation(problems)
    return Rulebook({id: tuple(rule for _, rule in spans[id]) for id in sorted(spans)})


def _by_rule(
    models: Iterable[type[Parameters]],
) -> tuple[dict[str, type[Parameters]], list[str]]:
    known: dict[str, type[Parameters]] = {}
    problems = []
    for model in models:
        if model.RULE in known:
            other = known[model.RULE].__name__
            problems.append(f"{model.__name__}: {other} stands for {model.RULE} already, field id")
        known[model.RULE] = model
    return known, problems


def _tables(file: str, text: str, problems: list[str]) -> list[dict[str, Any]]:
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{file}: not TOML: {error}")
        return []
    problems += [
        f"{file}: field {name}: a pack holds [[rule]] tables and nothing else"
        for name in content
        if name != "rule"
    ]
    tables = content.get("rule", [])
    if isinstance(tables, list) and tables and all(isinstance(t, dict) for t in tables):
        return tables
    problems.append(f"{file}: there is no rule; a rule is a [[rule]] table")
    return []


def _rule(
    file: str,
    number: int,
    table: dict[str, Any],
    known: Mapping[str, type[Parameters]],
    problems: list[str],
) -> Rule | None:
    id = table.get("id")
    where = f"{file}, rule {id if isinstance(id, str) else number}"
    try:
        entry = _validate(_Entry, table)
    except ValidationError as error:
        problems += _field_problems(where, "", error)
        return None
    model = known.get(entry.id)
    if model is None:
        problems.append(f"{where}, field id: no parameter model stands for this rule")
        return None
    try:
        parameters = _validate(model, table["parameters"])
    except ValidationError as error:
        problems += _field_problems(where, "parameters.", error)
        return None
    rule = Rule(**{**dict(entry), "parameters": parameters})
    own = _entry_problems(where, entry, model)
    own += [] if own else _limit_problems(where, rule)
    problems += own
    return None if own else rule


def _validate(model: type[M], table: dict[str, Any]) -> M:
    """Strictly, but in the forms of JSON: texts for dates and codes, lists for tuples."""
    return model.model_validate_json(json.dumps(table, default=str), strict=True)


def _field_problems(where: str, prefix: str, error: ValidationError) -> list[str]:
    return [
        f"{where}, field {prefix}{'.'.join(map(str, e['loc'])) or '(all)'}: {e['msg']}"
        for e in error.errors(include_url=False)
    ]


def _entry_problems(where: str, entry: _Entry, model: type[Parameters]) -> list[str]:
    found = [
        f"{where}, field adjustable: {name} is no parameter; there are: "
        f"{', '.join(model.model_fields) or 'none'}"
        for name in entry.adjustable
        if name not in model.model_fields
    ]
    if entry.effective_to is not None and entry.effective_to < entry.effective_from:
        found.append(f"{where}, field effective_to: lies before effective_from")
    return found


def _limit_problems(where: str, rule: Rule) -> list[str]:
    """What may be set has bounds, each of them is about something, and the rule keeps its own."""
    values = rule.values()
    held = {name: list(leaves(name, values[name])) for name in rule.adjustable}
    paths = {path for found in held.values() for _, path, _ in found}
    about = [
        name for name in rule.limits if any(p == name or p.startswith(f"{name}.") for p in paths)
    ]
    found = [
        f"{where}, field limits.{name}: is about nothing that may be set"
        for name in rule.limits
        if name not in about
    ]
    found += [
        f"{where}, field limits: {name} may be set and has no limit"
        for name, inside in held.items()
        if not rule.bounds(name) and not all(isinstance(leaf, bool) for _, _, leaf in inside)
    ]
    passed = broken(values, rule.limits)
    if passed is not None:
        found.append(f"{where}, field parameters.{passed.place}: is not within {passed.limit}")
    return found


def _span_problems(versions: list[tuple[str, Rule]]) -> list[str]:
    found = []
    for expected, (file, rule) in enumerate(versions, start=1):
        if rule.version != expected:
            found.append(
                f"{file}, rule {rule.id}, field version: {rule.version} where {expected} is next; "
                "versions count from 1 without a gap"
            )
            return found
    for (_, before), (file, after) in pairwise(versions):
        if before.effective_to is None or before.effective_to >= after.effective_from:
            end = after.effective_from - timedelta(days=1)
            found.append(
                f"{file}, rule {after.id}, field effective_from: version {after.version} begins "
                f"within version {before.version}; let that end on {end} at the latest"
            )
    return found
