"""Gates: what must be so before a rating counts, and who may give one.

Sources: PP 30/2019 for the level of the rater, SE MenPANRB 3/2023 for the order of steps; the
rest are project decisions, marked so in the pack ``gerbang.toml``.
"""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from domain.rules.parameters import Parameters
from schemas.code import Capacity, Level


class OrganisationFirst(Parameters):
    """Whether a predicate waits for that of the organisation."""

    RULE: ClassVar[str] = "organisasi.wajib_sebelum_final"

    required: bool


class RaterLevel(Parameters):
    """The lowest level of a post whose holder rates without delegation."""

    RULE: ClassVar[str] = "penilai.level_min"

    lowest: Level
    or_delegated: bool


class InterimNote(Parameters):
    """How many working days an outgoing supervisor has for his note, after his last day."""

    RULE: ClassVar[str] = "penilai.serah_terima"

    working_days: int = Field(ge=1)


class NoSelfRating(Parameters):
    """What happens to a rating that would fall to the rated person."""

    RULE: ClassVar[str] = "penilai.bukan_diri"

    falls_to: Literal["level_above"]


class PltRates(Parameters):
    """Whether somebody who acts for a vacant post (Plt) rates for it."""

    RULE: ClassVar[str] = "plt.boleh_menilai"

    allowed: bool


class PlhRates(Parameters):
    """Whether somebody who stands in from day to day (Plh) rates for the absent holder."""

    RULE: ClassVar[str] = "plh.boleh_menilai"

    allowed: bool


class DistributionMode(Parameters):
    """What a distribution outside the guide brings; no mode ever changes a person's rating."""

    RULE: ClassVar[str] = "distribusi.mode"

    mode: Literal["off", "warn", "warn_with_reason", "block"]


class PeerFeedback(Parameters):
    """Feedback of colleagues: how many give it, and from how many on a summary is shown."""

    RULE: ClassVar[str] = "umpan_balik.rekan"

    counts_for_rating: Literal[False]
    at_least: int = Field(ge=1)
    at_most: int = Field(ge=1)
    shown_from: int = Field(ge=2)

    @model_validator(mode="after")
    def _can_be_shown(self) -> "PeerFeedback":
        if not self.at_least <= self.at_most or self.shown_from > self.at_most:
            raise ValueError("at_least and shown_from cannot be above at_most")
        return self


def is_level_enough(level: Level, *, is_delegated: bool, rule: RaterLevel) -> bool:
    """Whether the holder of a post of that level may rate."""
    order = list(Level)
    return order.index(level) <= order.index(rule.lowest) or (is_delegated and rule.or_delegated)


def may_rate_as(capacity: Capacity, plt: PltRates, plh: PlhRates) -> bool:
    """Whether somebody may rate in that capacity; definitive, Pj and mandate always may."""
    match capacity:
        case Capacity.PLT:
            return plt.allowed
        case Capacity.PLH:
            return plh.allowed
        case _:
            return True
