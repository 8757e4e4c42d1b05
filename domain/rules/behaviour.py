"""The seven values of BerAKHLAK that behaviour is rated by, with three guides each.

Source: SE MenPANRB 20/2021. The five aspects of PP 30/2019 belong to another regime and are
refused by name, since some systems still ship them under the present one.
"""

from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.rules.parameters import Parameters
from domain.rules.spelling import UnknownLabel, fold


class FormerRegime(UnknownLabel):
    """The name is an aspect of behaviour of PP 30/2019, which is no value of BerAKHLAK."""


class BehaviourValue(BaseModel):
    """A value with its guides (panduan perilaku), in the official wording."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    code: str = Field(pattern=r"^[a-z_]+$")
    name: str
    guides: tuple[str, str, str]


class BehaviourValues(Parameters):
    """The values in their official order, and names of the former regime to refuse."""

    RULE: ClassVar[str] = "perilaku.berakhlak"

    values: tuple[BehaviourValue, ...] = Field(min_length=1)
    refused: tuple[str, ...]

    @model_validator(mode="after")
    def _means_one_thing(self) -> Self:
        known = [fold(each.name) for each in self.values] + [fold(each) for each in self.refused]
        if len(set(known)) != len(known):
            raise ValueError("a name stands for two things")
        if any(fold(each.code) != fold(each.name) for each in self.values):
            raise ValueError("a code is the name of its value in lower case")
        return self


def read_value(text: str, rule: BehaviourValues) -> BehaviourValue:
    """The value of that name or code, in any spelling.

    Raises:
        FormerRegime: it is an aspect of PP 30/2019.
        UnknownLabel: it is none at all.
    """
    wanted = fold(text)
    for value in rule.values:
        if fold(value.name) == wanted:
            return value
    if wanted in {fold(each) for each in rule.refused}:
        raise FormerRegime("this is an aspect of PP 30/2019; behaviour is rated by BerAKHLAK")
    known = ", ".join(value.name for value in rule.values)
    raise UnknownLabel(f"this is no value of behaviour; known are {known}")
