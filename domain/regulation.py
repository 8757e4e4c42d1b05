"""The regulation packs that ship with Siklus: every rule with its source, status and span of days.

``load().on(day)`` gives the law of a day; a rule module names its parameters by a model, and gets
them with ``rules.parameters(ThatModel)``. A model stands for one rule and a rule has one model:
anything else is a load error, like any other defect of a pack.
"""

from functools import cache
from importlib.resources import files

from domain.regulation_file import InvalidRegulation, parse
from domain.rule_change import diff
from domain.rulebook import (
    NotInForce,
    Rule,
    Rulebook,
    RulesInForce,
    Sentence,
    Source,
    Status,
    UnknownRule,
)
from domain.rules import (
    allowance,
    annual,
    behaviour,
    credit,
    distribution,
    gate,
    identity,
    improvement,
    legacy,
    objection,
    organisation_predicate,
    period_name,
    plan,
    predicate,
    promotion,
    rank,
    record,
    suggestion,
    talent,
    window,
    working_time,
)
from domain.rules.parameters import Parameters

__all__ = [
    "MODELS",
    "InvalidRegulation",
    "NotInForce",
    "Rule",
    "Rulebook",
    "RulesInForce",
    "Sentence",
    "Source",
    "Status",
    "UnknownRule",
    "diff",
    "load",
]

MODELS: tuple[type[Parameters], ...] = (
    allowance.AllowanceFactor,
    annual.AnnualFrame,
    annual.AnnualWindows,
    annual.AnnualDeadline,
    annual.AnnualMethod,
    behaviour.BehaviourValues,
    credit.Coefficients,
    credit.Conversion,
    credit.CumulativeNeed,
    distribution.DistributionGuide,
    gate.OrganisationFirst,
    gate.RaterLevel,
    gate.InterimNote,
    gate.NoSelfRating,
    gate.PltRates,
    gate.PlhRates,
    gate.DistributionMode,
    gate.PeerFeedback,
    identity.IdentityNumberForm,
    improvement.ImprovementDuty,
    improvement.ImprovementTime,
    improvement.ImprovementReviews,
    legacy.LegacyScale,
    legacy.LegacyWeights,
    objection.ObjectionWindow,
    objection.ObjectionCount,
    objection.PeriodicObjection,
    objection.ObjectionDecision,
    objection.ObjectionOverrun,
    objection.ObjectionDecider,
    objection.Suspension,
    organisation_predicate.LeaderRating,
    organisation_predicate.PeriodicOrganisation,
    period_name.PeriodNames,
    plan.PlanPeriod,
    plan.PlanDeadline,
    plan.NewcomerDeadline,
    plan.Aspects,
    plan.MainResults,
    plan.Approach,
    plan.SpecialExpectation,
    plan.PlanGate,
    plan.PlanBypass,
    plan.BoundPlan,
    plan.Revision,
    predicate.PredicateMatrix,
    promotion.PromotionCondition,
    rank.Ranks,
    record.SignatureMode,
    record.SiasnMode,
    record.DocumentRetention,
    record.DailyRetention,
    record.FeedbackRetention,
    record.CounsellingRetention,
    record.AccessRetention,
    suggestion.RatingSuggestion,
    talent.TalentMap,
    window.Cadences,
    window.MonthlyWindows,
    window.QuarterlyWindows,
    window.MonthlyOverrun,
    window.QuarterlyOverrun,
    window.AnnualOverrun,
    window.FileHorizon,
    window.EscalationLadder,
    window.ObjectionLadder,
    window.OrganisationLadder,
    window.Handover,
    window.Nudging,
    working_time.WorkingWeek,
    working_time.Holidays,
    working_time.Zone,
    working_time.DailyProgress,
)


@cache
def load() -> Rulebook:
    """Every rule that ships with this version of Siklus, read once.

    Raises:
        InvalidRegulation: naming file, rule and field.
    """
    packs = {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in (files("domain") / "regulations").iterdir()
        if entry.name.endswith(".toml")
    }
    return parse(packs, MODELS)
