"""Who gets a file in a period, and why somebody does not."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.deadline import horizon_at
from domain.organisation import Organisation
from domain.process import Cadence, Process
from domain.working_calendar import WorkingCalendar
from schemas.code import PersonKind
from schemas.period import Period


class Exclusion(StrEnum):
    """Why somebody has no file in a period."""

    STATE_OFFICIAL = "state_official"
    OTHER_CADENCE = "other_cadence"
    NO_POST = "no_post"


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

    Somebody who left before has the post of the first day; who held none at all is left out.
    """
    reason = _by_kind(kind, cadence)
    for on in (period.ends_on, period.starts_on):
        own = org.own_post(person, on)
        post = org.post(own.post, on) if own else None
        if post is not None:
            return RosterRow(person=person, unit=post.unit, post=post.id, excluded_because=reason)
    return RosterRow(person=person, unit="", post="", excluded_because=reason or Exclusion.NO_POST)


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
