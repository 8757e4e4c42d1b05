"""Who may rate on a day: the levels of posts and the capacities that the rules of that day name.

Sources: the rules ``penilai.level_min``, ``plt.boleh_menilai`` and ``plh.boleh_menilai``; the
order of capacities is a project decision (ADR 0007).
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from domain.rulebook import Rulebook
from domain.rules.gate import PlhRates, PltRates, RaterLevel, is_level_enough, may_rate_as
from schemas.code import Capacity, Level

# An acting official (Pj, Plt) or a stand-in (Plh) is there because the definitive one cannot act,
# so he goes first.
_ORDER = (Capacity.PJ, Capacity.PLT, Capacity.PLH, Capacity.DEFINITIVE)


@dataclass(frozen=True, slots=True)
class Raters:
    """Levels whose holders rate, and capacities in which they do, the one that goes first first."""

    levels: frozenset[Level]
    capacities: tuple[Capacity, ...]


@lru_cache(maxsize=4096)
def raters(rules: Rulebook, on: date) -> Raters:
    """Who may rate on a day, by these rules; a mandate is an order of its own and always may."""
    level = rules.parameters_on(RaterLevel, on)
    plt, plh = rules.parameters_on(PltRates, on), rules.parameters_on(PlhRates, on)
    return Raters(
        frozenset(each for each in Level if is_level_enough(each, is_delegated=False, rule=level)),
        tuple(each for each in _ORDER if may_rate_as(each, plt, plh)),
    )
