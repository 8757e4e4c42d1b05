"""Who gets a file in a period, and why somebody does not."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.deadline import horizon_at
from domain.organisation import Organisation
from domain.process import Process
from domain.working_calendar import WorkingCalendar
from schemas.code import PersonKind
from schemas.period import Period


class Exclusion(StrEnum):
    """Why somebody has no file in a period."""

    STATE_OFFICIAL = "state_official"
    QUARTERLY = "quarterly"
    NO_POST = "no_post"


class RosterRow(BaseModel):
    """One person of a frozen roster."""

    model_config = ConfigDict(frozen=True)

    person: UUID
    unit: str
    post: str
    excluded_because: Exclusion | None


# State officials are no civil servants (UU 20/2023); part-time PPPK are evaluated by the quarter
# (KepmenPANRB 16/2025, dictum 17).
_BY_KIND = {
    PersonKind.STATE_OFFICIAL: Exclusion.STATE_OFFICIAL,
    PersonKind.PPPK_PART_TIME: Exclusion.QUARTERLY,
}


def roster_row(person: UUID, kind: PersonKind, org: Organisation, period: Period) -> RosterRow:
    """Whether a person gets a monthly file; the post held on the last day of the period decides.

    Somebody who left before has the post of the first day; who held none at all is left out.
    """
    for on in (period.ends_on, period.starts_on):
        own = org.own_post(person, on)
        post = org.post(own.post, on) if own else None
        if post is not None:
            reason = _BY_KIND.get(kind)
            return RosterRow(person=person, unit=post.unit, post=post.id, excluded_because=reason)
    reason = _BY_KIND.get(kind, Exclusion.NO_POST)
    return RosterRow(person=person, unit="", post="", excluded_because=reason)


def has_passed(process: Process, period: Period, at: datetime, calendar: WorkingCalendar) -> bool:
    """Whether every file of the period would end the moment it is opened."""
    return horizon_at(process, period, calendar) <= at
