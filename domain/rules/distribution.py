"""The distribution guide (pola distribusi): how predicates should spread in an organisation.

Source: SE MenPANRB 3/2023. It is a guide for the leader to consider: a finding may ask for a
reason and never changes anybody's predicate. Shares become whole numbers of people, exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import combinations
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.rules.organisation_predicate import ORGANISATION_NAMES
from domain.rules.parameters import Parameters
from domain.rules.predicate import PREDICATE_NAMES
from schemas.code import OrganisationPredicate, Predicate

_ORDER = tuple(Predicate)
_TOO_MANY_TO_TRY = 10
"""From so many people on, every guide with bounds like the circular's can be met."""


class Bound(BaseModel):
    """How many people may or must have one of some predicates: a share in percent, or a number.

    At most a share means rounded down to people, at least a share rounded up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    predicates: tuple[Predicate, ...] = Field(min_length=1)
    kind: Literal["at_most", "at_least"]
    percent: int | None = Field(default=None, ge=0, le=100)
    people: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.percent is None) == (self.people is None):
            raise ValueError("a bound is a percentage or a number of people")
        return self

    def limit(self, total: int) -> int:
        """The bound in people, of so many."""
        if self.people is not None:
            return self.people
        share = (self.percent or 0) * total
        return share // 100 if self.kind == "at_most" else -(-share // 100)

    def holds(self, count: int, total: int) -> bool:
        """Whether that number of people, of so many, keeps the bound."""
        limit = self.limit(total)
        return count <= limit if self.kind == "at_most" else count >= limit


class Guide(BaseModel):
    """The guide of one predicate of an organisation."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    organisation: OrganisationPredicate
    dominant: Predicate
    bounds: tuple[Bound, ...]


class DistributionGuide(Parameters):
    """The five guides, and below how many people a unit is looked at together with its parent."""

    RULE: ClassVar[str] = "distribusi.pedoman"

    pool_below: int = Field(ge=0)
    guides: tuple[Guide, ...]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if sorted(g.organisation for g in self.guides) != sorted(OrganisationPredicate):
            raise ValueError("give every predicate of an organisation one guide")
        return self

    def of(self, organisation: OrganisationPredicate) -> Guide:
        """The guide of that predicate."""
        return next(g for g in self.guides if g.organisation is organisation)


class FindingCode(StrEnum):
    """What may be said of a distribution."""

    ABOVE_MAXIMUM = "above_maximum"
    BELOW_MINIMUM = "below_minimum"
    NOT_DOMINANT = "not_dominant"
    UNSATISFIABLE_SMALL_N = "unsatisfiable_small_n"


class Severity(StrEnum):
    """A warning asks the leader for a reason; information asks for nothing."""

    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark: ``count`` of ``total`` people have the predicates, and ``limit`` is the guide.

    ``percent`` is the share behind the limit where there is one.
    """

    code: FindingCode
    severity: Severity
    predicates: tuple[Predicate, ...]
    count: int
    limit: int
    total: int
    percent: int | None = None


Counts = Mapping[Predicate, int]
"""People by predicate; whoever is not evaluated is in none. An absent predicate has nobody."""


def check(
    organisation: OrganisationPredicate, counts: Counts, rule: DistributionGuide
) -> tuple[Finding, ...]:
    """What the guide of the organisation's predicate says of these numbers of people.

    Nobody at all gives no finding. So few people that no spread would keep the guide give the
    one finding ``unsatisfiable_small_n``: they are to be looked at with their parent unit. That
    the dominant predicate should be the most frequent is information, since the circular names
    no minimum for it.

    Raises:
        ValueError: a number of people is negative.
    """
    if any(number < 0 for number in counts.values()):
        raise ValueError("a number of people is not negative")
    total = sum(counts.values())
    guide = rule.of(organisation)
    if total == 0:
        return ()
    count = counts.get(guide.dominant, 0)
    if not is_satisfiable(guide, total):
        small = FindingCode.UNSATISFIABLE_SMALL_N
        limit = rule.pool_below
        return (Finding(small, Severity.INFO, (guide.dominant,), count, limit, total),)
    found = [f for b in guide.bounds if (f := _of_bound(b, counts, total)) is not None]
    most = max(counts.values())
    if count < most:
        code = FindingCode.NOT_DOMINANT
        found.append(Finding(code, Severity.INFO, (guide.dominant,), count, most, total))
    return tuple(found)


def needs_reason(findings: tuple[Finding, ...]) -> bool:
    """Whether the leader has to say why the guide is not kept."""
    return any(f.severity is Severity.WARNING for f in findings)


def is_kept(findings: tuple[Finding, ...]) -> bool:
    """Whether the guide can be applied and is kept."""
    return not needs_reason(findings) and all(
        f.code is not FindingCode.UNSATISFIABLE_SMALL_N for f in findings
    )


def _of_bound(bound: Bound, counts: Counts, total: int) -> Finding | None:
    count = sum(counts.get(p, 0) for p in bound.predicates)
    if bound.holds(count, total):
        return None
    at_most = bound.kind == "at_most"
    code = FindingCode.ABOVE_MAXIMUM if at_most else FindingCode.BELOW_MINIMUM
    limit = bound.limit(total)
    return Finding(code, Severity.WARNING, bound.predicates, count, limit, total, bound.percent)


@lru_cache(maxsize=256)
def is_satisfiable(guide: Guide, total: int) -> bool:
    """Whether so many people can be spread at all so that every bound and the dominance hold."""
    if total >= _TOO_MANY_TO_TRY:
        return True
    return any(_keeps(guide, spread, total) for spread in _spreads(total))


def _keeps(guide: Guide, spread: Counts, total: int) -> bool:
    return spread[guide.dominant] == max(spread.values()) and all(
        _of_bound(bound, spread, total) is None for bound in guide.bounds
    )


def _spreads(total: int) -> list[dict[Predicate, int]]:
    """Every way to give so many people a predicate each."""
    places = total + len(_ORDER) - 1
    found = []
    for bars in combinations(range(places), len(_ORDER) - 1):
        edges = (-1, *bars, places)
        sizes = [edges[i + 1] - edges[i] - 1 for i in range(len(_ORDER))]
        found.append(dict(zip(_ORDER, sizes, strict=True)))
    return found


def _names(predicates: tuple[Predicate, ...], word: str) -> str:
    return f" {word} ".join(PREDICATE_NAMES[p] for p in predicates)


def sentence_id(finding: Finding, organisation: OrganisationPredicate) -> str:
    """The finding as a sentence in Bahasa."""
    names, of = _names(finding.predicates, "dan/atau"), ORGANISATION_NAMES[organisation]
    share = "" if finding.percent is None else f" ({finding.percent}%)"
    have = f"{finding.count} dari {finding.total} pegawai berpredikat {names}"
    match finding.code:
        case FindingCode.ABOVE_MAXIMUM:
            return f"{have}; pada organisasi {of} paling banyak {finding.limit}{share}."
        case FindingCode.BELOW_MINIMUM:
            return f"{have}; pada organisasi {of} paling sedikit {finding.limit}{share}."
        case FindingCode.NOT_DOMINANT:
            return f"{have}, padahal pada organisasi {of} predikat itu sebagian besar."
        case FindingCode.UNSATISFIABLE_SMALL_N:
            return (
                f"Pedoman organisasi {of} tidak dapat dipenuhi oleh {finding.total} pegawai; "
                "gabungkan dengan unit induk."
            )


def sentence_en(finding: Finding, organisation: OrganisationPredicate) -> str:
    """The finding as a sentence in English."""
    names, of = _names(finding.predicates, "or"), ORGANISATION_NAMES[organisation]
    share = "" if finding.percent is None else f" ({finding.percent}%)"
    have = f"{finding.count} of {finding.total} have {names}"
    match finding.code:
        case FindingCode.ABOVE_MAXIMUM:
            return f"{have}; at most {finding.limit}{share} may in an organisation rated {of}."
        case FindingCode.BELOW_MINIMUM:
            return f"{have}; at least {finding.limit}{share} should in an organisation rated {of}."
        case FindingCode.NOT_DOMINANT:
            return f"{have}, which should be the most frequent in an organisation rated {of}."
        case FindingCode.UNSATISFIABLE_SMALL_N:
            return (
                f"{finding.total} people cannot keep the guide of an organisation rated {of}; "
                "look at them with the parent unit."
            )
