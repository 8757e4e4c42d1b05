"""Which periods and kinds of file open and close by themselves at a time.

The cadence of each kind of civil servant is the rule ``periode.jenis``; everybody has a year.
"""

from collections.abc import Iterator
from datetime import date, datetime

from domain.definition import kinds, shape
from domain.process import Process
from domain.rulebook import Rulebook
from domain.rules.window import Cadences
from domain.working_calendar import ZONE
from schemas.period import Period

YEAR = 12


def opening(months: int, nominal: datetime, rules: Rulebook) -> Iterator[tuple[Period, str]]:
    """The period of so many months that begins at a time, with each kind of file it has then."""
    period = Period.containing(nominal.astimezone(ZONE).date(), months)
    for kind, key in sorted(kinds().items()):
        if _is_kept(shape(key), months, rules, period.starts_on):
            yield period, kind


def _is_kept(process: Process, months: int, rules: Rulebook, day: date) -> bool:
    """Whether anybody has files of this kind: people whom the rules of the day give its cadence."""
    if process.cadence.months != months:
        return False
    cadences = rules.parameters_on(Cadences, day)
    return months == YEAR or any(
        cadences.months_of(kind) == months for kind in process.cadence.people
    )


def closing_months(months: int) -> tuple[int, ...]:
    """The months on whose first day periods of so many months can have passed their horizon."""
    after = {
        shape(key).horizon.months_after
        for key in kinds().values()
        if shape(key).cadence.months == months
    }
    ends = range(months, YEAR + 1, months)
    return tuple(sorted({(end + late) % YEAR + 1 for end in ends for late in after}))
