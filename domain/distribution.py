"""The spread of predicates that a signature is weighed against, and the reason it may need.

Source: SE MenPANRB 3/2023 (a guide for the leader to consider) and the rule ``distribusi.mode``.
Who signs a result while the spread departs from the guide says why; nobody is rated otherwise.
Project decision: the spread is that of the moment of the signature, so that a result is never
held up by somebody else's.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.organisation import Organisation
from domain.rulebook import Rulebook
from domain.rules.distribution import (
    DistributionGuide,
    Finding,
    FindingCode,
    check,
    needs_reason,
)
from domain.rules.gate import DistributionMode
from domain.rules.pooling import Unit, pool
from schemas.code import OrganisationPredicate, Predicate
from schemas.error import ErrorType, Refusal
from schemas.file import Distribution, FileState
from schemas.file_body import Sign

_RULES = "sign.distribution_"


@dataclass(frozen=True, slots=True)
class Given:
    """What the other files of a period amount to, and what their units' predicates are.

    Attributes:
        counts: people by unit and predicate, without the file that is decided on.
        predicates: those of the units themselves, as far as they are set.
    """

    counts: Mapping[str, Mapping[Predicate, int]]
    predicates: Mapping[str, OrganisationPredicate]


def spread_of(
    state: FileState, given: Given, organisation: Organisation, on: date
) -> Distribution | None:
    """The spread that the file is part of, in its unit or, if that is small, with those above.

    It is looked at under the predicate of the uppermost of these units; if that has none, under
    that of the file's own. None where there is nothing to compare: the file has no predicate, or
    neither unit has.
    """
    if state.predicate is None:
        return None
    counts = {unit: Counter(found) for unit, found in given.counts.items()}
    counts.setdefault(state.unit, Counter())[state.predicate] += 1
    guide = organisation.rules.parameters_on(DistributionGuide, on)
    pools = pool(tree(state.unit, counts, organisation, on), guide)
    mine = next(p for p in pools if state.unit in p.members)
    predicate = given.predicates.get(mine.unit, given.predicates.get(state.unit))
    if predicate is None:
        return None
    return Distribution(
        organisation=predicate,
        units=mine.members,
        counts={p: mine.counts[p] for p in Predicate},
    )


def tree(
    unit: str, counts: Mapping[str, Mapping[Predicate, int]], organisation: Organisation, on: date
) -> list[Unit]:
    """The units of the period with those above them, as far as posts say who stands above."""
    found: dict[str, Unit] = {}
    for name in sorted({unit, *counts}):
        path: list[str] = []
        here: str | None = name
        while here is not None and here not in found:
            path.append(here)
            above = organisation.unit_above(here, on)
            parent = None if above in path else above
            found[here] = Unit(here, parent, counts.get(here, {}))
            here = parent
    return sorted(found.values(), key=lambda u: u.id)


def weigh(
    spread: Distribution | None, body: Sign, rules: Rulebook, on: date
) -> Refusal | tuple[Finding, ...]:
    """Whether a result may be signed at that spread: the findings it is signed in spite of.

    Refused while the guide is departed from without a reason; under the mode ``block``, also
    with one.
    """
    mode = rules.parameters_on(DistributionMode, on).mode
    if spread is None or mode == "off":
        return ()
    guide = rules.parameters_on(DistributionGuide, on)
    found = check(spread.organisation, spread.counts, guide)
    if not needs_reason(found):
        return ()
    if mode == "block" or (mode == "warn_with_reason" and body.distribution_reason is None):
        return _refused(spread, next(f for f in found if needs_reason((f,))), mode)
    return found


def _refused(spread: Distribution, found: Finding, mode: str) -> Refusal:
    params: dict[str, str | int] = {
        "unit_predicate": spread.organisation.value,
        "units": ", ".join(spread.units),
        "predicates": ",".join(found.predicates),
        "count": found.count,
        "limit": found.limit,
        "total": found.total,
        "sangat_baik": spread.counts[Predicate.VERY_GOOD],
        "baik": spread.counts[Predicate.GOOD],
        "butuh_perbaikan": spread.counts[Predicate.NEEDS_IMPROVEMENT],
        "kurang": spread.counts[Predicate.POOR],
        "sangat_kurang": spread.counts[Predicate.VERY_POOR],
    }
    kind, field = ErrorType.INVALID, "distribution_reason"
    if mode == "block":
        return Refusal(type=ErrorType.NOT_NOW, rule="sign.distribution_forbidden", params=params)
    if found.code is FindingCode.ABOVE_MAXIMUM:
        return Refusal(type=kind, field=field, rule="sign.distribution_above", params=params)
    return Refusal(type=kind, field=field, rule="sign.distribution_below", params=params)


def is_about_spread(refusal: Refusal | None) -> bool:
    """Whether an act was refused for the spread of predicates."""
    return refusal is not None and refusal.rule.startswith(_RULES)


def spread_in(refusal: Refusal | None) -> Distribution | None:
    """The spread that a refusal was given for; None for any other refusal."""
    if refusal is None or not is_about_spread(refusal):
        return None
    said = refusal.params
    return Distribution(
        organisation=OrganisationPredicate(str(said["unit_predicate"])),
        units=tuple(str(said["units"]).split(", ")),
        counts={p: int(said[p.value]) for p in Predicate},
    )
