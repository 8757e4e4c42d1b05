"""What runs by itself: how its times are told, and what became of each of them."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, JsonValue

from schemas.instant import Instant
from schemas.occurrence import Occurrence


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Timing(_Frozen):
    """When a schedule's occurrences are, in the organisation's zone; ``domain.timetable`` counts them.

    None stands for every one: ``days`` are those of the month, ``weekdays`` 1 (Monday) to 7.
    """

    minute: int
    hours: tuple[int, ...] | None = None
    days: tuple[int, ...] | None = None
    months: tuple[int, ...] | None = None
    weekdays: tuple[int, ...] | None = None


class RunVerdict(StrEnum):
    """What became of one time that something was to run by itself.

    ``BY_HAND`` is a run at a time that the timetable does not have: somebody triggered it.
    """

    RAN = "ran"
    CAUGHT_UP_LATE = "caught_up_late"
    BY_HAND = "by_hand"
    SKIPPED = "skipped"
    FAILED = "failed"


class Run(_Frozen):
    """A run of a scheduled workflow, for the table of occurrences: it began, or it has ended.

    ``skipped`` is the reason why a run that ended had nothing to do, such as a refusal's rule;
    ``told`` what it did, in counts and codes.
    """

    occurrence: Occurrence
    nominal: Instant
    workflow_id: str
    started_at: Instant
    ended_at: Instant | None = None
    skipped: str | None = None
    told: dict[str, JsonValue] = {}


class Due(_Frozen):
    """What an occurrence is due for: the time it stands for, however late it runs."""

    occurrence: Occurrence
    nominal: Instant
