"""Who gets a file in a period, and why somebody does not."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.deadline import horizon_at
from domain.organisation import Organisation
from domain.process import Cadence, Process
from domain.working_calendar import WorkingCalendar
from schemas.code import AbsenceKind, PersonKind
from schemas.period import Period


class Exclusion(StrEnum):
    """Why somebody has no file in a period."""

    STATE_OFFICIAL = "state_official"
    OTHER_CADENCE = "other_cadence"
    NO_POST = "no_post"
    NOT_STARTED = "not_started"
    UNPAID_LEAVE = "unpaid_leave"
    STUDY = "study"
    SUSPENDED = "suspended"
    RETIREMENT_PREPARATION = "retirement_preparation"
    RETIRED = "retired"
    DEAD = "dead"


_BY_ABSENCE = {
    AbsenceKind.UNPAID_LEAVE: Exclusion.UNPAID_LEAVE,
    AbsenceKind.STUDY: Exclusion.STUDY,
    AbsenceKind.SUSPENSION: Exclusion.SUSPENDED,
    AbsenceKind.STATE_OFFICE: Exclusion.STATE_OFFICIAL,
    AbsenceKind.RETIREMENT_PREPARATION: Exclusion.RETIREMENT_PREPARATION,
    AbsenceKind.RETIREMENT: Exclusion.RETIRED,
    AbsenceKind.DEATH: Exclusion.DEAD,
}


class RosterRow(BaseModel):
    """One person of a frozen roster."""

    model_config = ConfigDict(frozen=True)

    person: UUID
    unit: str
    post: str
    excluded_because: Exclusion | None


def roster_row(
    person: UUID, kind: PersonKind, org: Organisation, period: Period, cadence: Cadence
) -> RosterRow:
    """Whether a person gets a file; the post held on the last day of the period decides.

    Somebody who left before has the post of the first day; who held none at all is left out, and
    so is whoever did not serve on any day of the period.
    """
    reason = _by_kind(kind, cadence) or _by_absence(person, org, period)
    for on in (period.ends_on, period.starts_on):
        own = org.own_post(person, on)
        post = org.post(own.post, on) if own else None
        if post is not None:
            return RosterRow(person=person, unit=post.unit, post=post.id, excluded_because=reason)
    reason = reason or _without_post(person, org, period)
    return RosterRow(person=person, unit="", post="", excluded_because=reason)


def _without_post(person: UUID, org: Organisation, period: Period) -> Exclusion:
    """Who holds no post may begin later."""
    begins = any(held.from_on > period.ends_on for held in org.by_person.get(person, ()))
    return Exclusion.NOT_STARTED if begins else Exclusion.NO_POST


def _by_absence(person: UUID, org: Organisation, period: Period) -> Exclusion | None:
    """Why somebody who serves on no day of the period is not evaluated (domain.md 2.4).

    Whoever serves a part of it is evaluated for that; leave (cuti) keeps nobody out. Of the dead
    nobody is evaluated, not even for days before (project decision).
    """
    if org.died_on(person, period.ends_on) is not None:
        return Exclusion.DEAD
    day, reason = period.starts_on, None
    while day <= period.ends_on:
        found = next((a for a in org.absent(person, day) if a.kind in _BY_ABSENCE), None)
        if found is None:
            return None
        reason = reason or _BY_ABSENCE[found.kind]
        day = (found.to_on or period.ends_on) + timedelta(days=1)
    return reason


def _by_kind(kind: PersonKind, cadence: Cadence) -> Exclusion | None:
    """State officials are no civil servants (UU 20/2023); the others have cadences of their own.

    Part-time PPPK are evaluated by the quarter (KepmenPANRB 16/2025, dictum 17).
    """
    if kind is PersonKind.STATE_OFFICIAL:
        return Exclusion.STATE_OFFICIAL
    return None if kind in cadence.people else Exclusion.OTHER_CADENCE


def has_passed(process: Process, period: Period, at: datetime, calendar: WorkingCalendar) -> bool:
    """Whether every file of the period would end the moment it is opened."""
    return horizon_at(process, period, calendar) <= at
