"""Answers about ratings, predicates and what follows from them."""

from collections.abc import Mapping
from decimal import Decimal

from pydantic import JsonValue

from domain.regulation import RulesInForce
from domain.rules import distribution, legacy, talent
from domain.rules.batch.reply import Reply, reply
from domain.rules.batch.request import Fields
from domain.rules.batch.wording import number_words
from domain.rules.credit import (
    LEVEL_NAMES,
    MONTHS,
    Coefficients,
    Conversion,
    credit,
    read_level,
)
from domain.rules.distribution import DistributionGuide, Finding
from domain.rules.legacy import LegacyScale
from domain.rules.organisation_predicate import (
    ORGANISATION_NAMES,
    LeaderRating,
    leader_rating,
    read_organisation_predicate,
)
from domain.rules.predicate import (
    PREDICATE_CODES,
    PREDICATE_NAMES,
    RATING_CODES,
    RATING_NAMES,
    PredicateMatrix,
    join,
    read_predicate,
    read_rating,
)
from domain.rules.talent import TalentMap
from schemas.code import OrganisationPredicate, Predicate

_MOST_PEOPLE = 1_000_000


def answer_predicate(fields: Fields, rules: RulesInForce) -> Reply:
    """The predicate of two ratings, with its SIASN code."""
    fields.expect(("work_result", "behaviour"))
    work_result = fields.label("work_result", read_rating)
    behaviour = fields.label("behaviour", read_rating)
    rule = rules.rule(PredicateMatrix.RULE)
    found = join(work_result, behaviour, rules.parameters(PredicateMatrix))
    reason = (
        f"Hasil kerja {RATING_NAMES[work_result]} dan perilaku kerja {RATING_NAMES[behaviour]}: "
        f"predikat {PREDICATE_NAMES[found]}."
    )
    return reply(rule, reason, predicate=found.value, code=PREDICATE_CODES[found])


def answer_distribution(fields: Fields, rules: RulesInForce) -> Reply:
    """What the guide says of a distribution; ``ok`` if it can be applied and is kept."""
    fields.expect(("organisation", "counts"))
    organisation = fields.label("organisation", read_organisation_predicate)
    counts = _counts(fields.below("counts"))
    rule = rules.rule(DistributionGuide.RULE)
    found = distribution.check(organisation, counts, rules.parameters(DistributionGuide))
    listed: list[JsonValue] = [_finding(each, organisation) for each in found]
    reason = " ".join(distribution.sentence_id(each, organisation) for each in found)
    if not reason:
        reason = (
            f"Sebaran predikat {sum(counts.values())} pegawai sesuai dengan pedoman "
            f"organisasi berpredikat {ORGANISATION_NAMES[organisation]}."
        )
    return reply(rule, reason, ok=distribution.is_kept(found), findings=listed)


def _counts(fields: Fields) -> Mapping[Predicate, int]:
    fields.expect([p.value for p in Predicate])
    return {p: fields.whole(p.value, 0, _MOST_PEOPLE) for p in Predicate}


def _finding(found: Finding, organisation: OrganisationPredicate) -> JsonValue:
    return {
        "code": found.code.value,
        "severity": found.severity.value,
        "predicates": [p.value for p in found.predicates],
        "count": found.count,
        "limit": found.limit,
        "total": found.total,
        "percent": found.percent,
        "sentence": {
            "id": distribution.sentence_id(found, organisation),
            "en": distribution.sentence_en(found, organisation),
        },
    }


def answer_leader(fields: Fields, rules: RulesInForce) -> Reply:
    """The rating of work result of an organisation's leader, with its SIASN code."""
    fields.expect(("predicate",))
    organisation = fields.label("predicate", read_organisation_predicate)
    rule = rules.rule(LeaderRating.RULE)
    found = leader_rating(organisation, rules.parameters(LeaderRating))
    reason = (
        f"Organisasi berpredikat {ORGANISATION_NAMES[organisation]}: "
        f"rating hasil kerja pimpinannya {RATING_NAMES[found]}."
    )
    return reply(rule, reason, work_result=found.value, code=RATING_CODES[found])


def answer_credit(fields: Fields, rules: RulesInForce) -> Reply:
    """Credit points of so many months of a year, as a decimal text."""
    fields.expect(("level", "predicate", "months"))
    level = fields.label("level", read_level)
    predicate = fields.label("predicate", read_predicate)
    months = fields.whole("months", 1, MONTHS)
    coefficients, rule = rules.parameters(Coefficients), rules.rule(Conversion.RULE)
    conversion = rules.parameters(Conversion)
    found = credit(level, predicate, months, coefficients, conversion)
    reason = (
        f"{LEVEL_NAMES[level]} dengan predikat {PREDICATE_NAMES[predicate]} selama {months} bulan: "
        f"{number_words(coefficients.yearly[level])} x {conversion.percent[predicate]}% x "
        f"{months}/{MONTHS} = {number_words(found)}."
    )
    return reply(rule, reason, credit=str(found))


def answer_legacy(fields: Fields, rules: RulesInForce) -> Reply:
    """Today's predicate for a score of the numeric scale before 2022."""
    fields.expect(("score", "new_idea"))
    score, new_idea = fields.exact("score"), fields.truth("new_idea")
    rule, scale = rules.rule(LegacyScale.RULE), rules.parameters(LegacyScale)
    if not 0 <= score <= scale.highest:
        raise fields.out_of_range("score", f"is 0 to {scale.highest}")
    found = legacy.legacy_step(score, new_idea=new_idea, rule=scale)
    reason = f"Menurut skala lama nilai ini berpredikat {found.name}"
    if found.name != PREDICATE_NAMES[found.predicate]:
        reason += f", yang kini dibaca {PREDICATE_NAMES[found.predicate]}"
    return reply(rule, f"{reason}.", predicate=found.predicate.value)


def answer_talent(fields: Fields, rules: RulesInForce) -> Reply:
    """The box of the talent map, 1 to 9."""
    fields.expect(("performance", "potential"))
    rule, map_ = rules.rule(TalentMap.RULE), rules.parameters(TalentMap)
    performance, potential = _score(fields, "performance"), _score(fields, "potential")
    found = talent.box(performance, potential, map_)
    reason = (
        f"Skor kinerja dan potensial dengan batas {map_.middle_from} dan {map_.high_from} "
        f"menempatkan pegawai pada kotak {found}."
    )
    return reply(rule, reason, box=found)


def _score(fields: Fields, name: str) -> Decimal:
    score, (lowest, highest) = fields.exact(name), talent.SCORES
    if not lowest <= score <= highest:
        raise fields.out_of_range(name, f"is {lowest} to {highest}")
    return score
