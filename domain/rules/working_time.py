"""Rules of working time: the week, the free days, the zone, and the daily log.

Sources: the yearly decrees of three ministers (SKB) for free days, Perpres 21/2023 for the week.
The free days themselves stand in ``domain/calendars``.
"""

from datetime import date, time
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.rules.parameters import Parameters


class WorkingWeek(Parameters):
    """Working days a week, from Monday on; a unit with services may work six."""

    RULE: ClassVar[str] = "kalender.minggu"

    days: Literal[5, 6]


class Decree(BaseModel):
    """A decree of one year's free days; a later one of the same year changes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    year: int = Field(ge=2000)
    instrument: str
    decreed_on: date


class Holidays(Parameters):
    """The years whose free days are decreed, and those with days of a fixed date only."""

    RULE: ClassVar[str] = "kalender.libur"

    decrees: tuple[Decree, ...]
    provisional_years: frozenset[int]


class Zone(Parameters):
    """The zone in which days begin and end."""

    RULE: ClassVar[str] = "kalender.zona"

    zone: str


class DailyProgress(Parameters):
    """Whether work is logged daily, until when, and whether lateness touches pay."""

    RULE: ClassVar[str] = "progres_harian.wajib"

    required: bool
    grace_working_days: int = Field(ge=0)
    grace_until: time
    touches_pay: bool
