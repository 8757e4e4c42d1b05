"""Ranks of a PNS (pangkat, golongan ruang), with their SIASN ids. Source: SIASN reference data."""

import re
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.rules.parameters import Parameters
from domain.rules.spelling import UnknownLabel, fold

_GRADE = re.compile(r"(i|ii|iii|iv)[ ./]*([a-e])")


class Rank(BaseModel):
    """One rank: SIASN id, grade (golongan ruang) as in ``III/a``, and name."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    siasn: int = Field(ge=1)
    grade: str = Field(pattern=r"^(I|II|III|IV)/[a-e]$")
    name: str


class Ranks(Parameters):
    """Every rank, the lowest first."""

    RULE: ClassVar[str] = "pangkat.golongan"

    ranks: tuple[Rank, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        ids = [rank.siasn for rank in self.ranks]
        if ids != sorted(set(ids)):
            raise ValueError("ranks stand in the order of their ids, each once")
        if len({rank.grade for rank in self.ranks}) != len(self.ranks):
            raise ValueError("a grade appears twice")
        return self


def read_rank(value: object, rule: Ranks) -> Rank:
    """The rank of a grade (``III/a``, ``IIIa``, ``iii.a``), of a SIASN id, or of a name.

    Raises:
        UnknownLabel: it is none of them. The grade of a PPPK (I to XVII) is no rank.
    """
    grade = _grade(value) if isinstance(value, str) else ""
    named = fold(value) if isinstance(value, str) else ""
    id = str(value) if type(value) is int else named
    for rank in rule.ranks:
        if grade == rank.grade or id == str(rank.siasn) or (named and named in _names(rank)):
            return rank
    raise UnknownLabel("this is no rank; a rank is written as in III/a")


def next_rank(rank: Rank, rule: Ranks) -> Rank | None:
    """The rank above, None at the top."""
    above = rule.ranks.index(rank) + 1
    return rule.ranks[above] if above < len(rule.ranks) else None


def _grade(text: str) -> str:
    found = _GRADE.fullmatch(fold(text))
    return f"{found[1].upper()}/{found[2]}" if found else ""


def _names(rank: Rank) -> tuple[str, str]:
    name = fold(rank.name)
    return name, name.replace("tingkat", "tk")
