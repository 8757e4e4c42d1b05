"""Rules of objection (keberatan): until when, to whom, how long a decision may take.

Source: PP 30/2019 article 59 for the fourteen days, the addressee and the finality; the rest are
project decisions, marked so in the pack ``keberatan.toml``.
"""

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from domain.rules.due_date import Unit, last_day
from domain.rules.parameters import Parameters
from domain.working_calendar import WorkingCalendar
from schemas.code import Role


class ObjectionWindow(Parameters):
    """Days from the delivery of an annual result; the day of delivery is not counted."""

    RULE: ClassVar[str] = "keberatan.jendela"

    days: int = Field(ge=1)


class ObjectionCount(Parameters):
    """What a day of the annual window is, and whether a last day that is free moves on."""

    RULE: ClassVar[str] = "keberatan.hitungan"

    kind: Literal["kalender", "kerja"]
    rolls_forward: bool


class PeriodicObjection(Parameters):
    """Objection to a monthly or quarterly result, in working days from its delivery."""

    RULE: ClassVar[str] = "keberatan.periodik"

    is_open: bool
    working_days: int = Field(ge=1)


class ObjectionDecision(Parameters):
    """How long the decision may take, in working days from the objection."""

    RULE: ClassVar[str] = "keberatan.putusan"

    working_days: int = Field(ge=1)


class ObjectionOverrun(Parameters):
    """How many working days late a decision is when the objection ends undecided."""

    RULE: ClassVar[str] = "keberatan.lewat"

    working_days: int = Field(ge=1)


class ObjectionDecider(Parameters):
    """Who decides, whom he must hear, and whether anything follows."""

    RULE: ClassVar[str] = "keberatan.pemutus"

    role: Role
    hears: frozenset[Role]
    is_final: bool


class Suspension(Parameters):
    """What waits while an objection is open."""

    RULE: ClassVar[str] = "keberatan.penangguhan"

    effects: frozenset[Literal["tpp", "angka_kredit", "siasn"]]


def annual_closes_on(
    delivered_on: date, calendar: WorkingCalendar, window: ObjectionWindow, count: ObjectionCount
) -> date:
    """The last day on which somebody may object to an annual result."""
    unit = Unit.WORKING_DAYS if count.kind == "kerja" else Unit.CALENDAR_DAYS
    return last_day(calendar, delivered_on, window.days, unit, rolls_forward=count.rolls_forward)


def periodic_closes_on(
    delivered_on: date, calendar: WorkingCalendar, rule: PeriodicObjection
) -> date | None:
    """The last day on which somebody may object to a periodic result; None if nobody may."""
    if not rule.is_open:
        return None
    return last_day(calendar, delivered_on, rule.working_days, Unit.WORKING_DAYS)


def decided_by(objected_on: date, calendar: WorkingCalendar, rule: ObjectionDecision) -> date:
    """The last day for the decision on an objection."""
    return last_day(calendar, objected_on, rule.working_days, Unit.WORKING_DAYS)
