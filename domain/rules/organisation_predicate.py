"""The predicate of an organisation, and the rating of work result that its leader gets by it.

Source: SE MenPANRB 3/2023 (the leader's work result is the organisation's). How a predicate
becomes a rating, and where the middle ones of a period begin, are project decisions.
"""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from domain.rules.parameters import Parameters
from domain.rules.spelling import Labels
from schemas.code import OrganisationPredicate, Rating

ORGANISATION_NAMES = {
    OrganisationPredicate.OUTSTANDING: "Istimewa",
    OrganisationPredicate.GOOD: "Baik",
    OrganisationPredicate.NEEDS_IMPROVEMENT: "Butuh Perbaikan",
    OrganisationPredicate.POOR: "Kurang",
    OrganisationPredicate.VERY_POOR: "Sangat Kurang",
}

_LABELS = Labels(
    "predicate of an organisation",
    {
        OrganisationPredicate.OUTSTANDING: ("outstanding",),
        OrganisationPredicate.GOOD: ("good",),
        OrganisationPredicate.NEEDS_IMPROVEMENT: (
            "cukup",
            "perlu perbaikan",
            "butuh perbaikan/cukup",
            "needs improvement",
        ),
        OrganisationPredicate.POOR: ("poor",),
        OrganisationPredicate.VERY_POOR: ("very poor",),
    },
    {},
)


class LeaderRating(Parameters):
    """The rating of work result of whoever leads an organisation, by its predicate."""

    RULE: ClassVar[str] = "organisasi.pimpinan"

    ratings: dict[OrganisationPredicate, Rating]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if set(self.ratings) != set(OrganisationPredicate):
            raise ValueError("give every predicate of an organisation a rating")
        return self


class PeriodicOrganisation(Parameters):
    """From which share of planned actions on, in percent, one speaks of most of them."""

    RULE: ClassVar[str] = "organisasi.periodik"

    most_above_percent: int = Field(ge=0, lt=100)


def read_organisation_predicate(value: object) -> OrganisationPredicate:
    """The predicate that a label stands for; ``Cukup`` is ``Butuh Perbaikan``. It has no codes.

    Raises:
        UnknownLabel: it stands for none.
    """
    return _LABELS.read(value)


def leader_rating(organisation: OrganisationPredicate, rule: LeaderRating) -> Rating:
    """The rating of work result of the organisation's own leader; behaviour is rated as usual."""
    return rule.ratings[organisation]
