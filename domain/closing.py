"""What a period has come to once all of its files have ended, and when it may be closed."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, JsonValue

from domain.deadline import due_at, horizon_at
from domain.process import Process
from domain.working_calendar import WorkingCalendar
from schemas.code import End, PeriodVerdict, Predicate
from schemas.error import ErrorType, Refusal
from schemas.instant import stamp
from schemas.period import Period

_TICK = timedelta(microseconds=1)


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)


class Ends(_Row):
    """So many files of a unit that ended alike."""

    unit: str
    end: End
    is_delegated: bool
    predicate: Predicate | None
    files: int


class SummaryRow(_Row):
    """So many files of a unit with one verdict and one predicate."""

    unit: str
    verdict: PeriodVerdict
    predicate: Predicate | None
    files: int


def verdict_of(end: End, *, is_delegated: bool) -> PeriodVerdict:
    """The verdict of a file that ended so. Delegation counts where somebody has done the rest."""
    match end:
        case End.ACCEPTED | End.DEEMED_ACCEPTED | End.DECIDED:
            return PeriodVerdict.DONE_BY_SUPERIOR if is_delegated else PeriodVerdict.DONE
        case End.UNDECIDED:
            return PeriodVerdict.UNDECIDED
        case End.UNRATEABLE:
            return PeriodVerdict.UNRATEABLE
        case End.WITHDRAWN:
            return PeriodVerdict.WITHDRAWN


def summarise(ends: Iterable[Ends]) -> tuple[SummaryRow, ...]:
    """The summary by unit, in one order."""
    counts: Counter[tuple[str, PeriodVerdict, Predicate | None]] = Counter()
    for row in ends:
        verdict = verdict_of(row.end, is_delegated=row.is_delegated)
        counts[row.unit, verdict, row.predicate] += row.files
    ordered = sorted(counts, key=lambda k: (k[0], k[1], k[2] or ""))
    return tuple(
        SummaryRow(unit=unit, verdict=verdict, predicate=predicate, files=counts[key])
        for key in ordered
        for unit, verdict, predicate in (key,)
    )


def as_value(rows: Iterable[SummaryRow]) -> JsonValue:
    """What is hashed of a summary."""
    return [row.model_dump(mode="json") for row in rows]


def totals(rows: Iterable[SummaryRow]) -> dict[str, int]:
    """How many files have each verdict, every one of them named."""
    counts = Counter({verdict.value: 0 for verdict in PeriodVerdict})
    for row in rows:
        counts[row.verdict.value] += row.files
    return dict(counts)


def refuse_open_files(
    files: int, period: str, at: datetime, process: Process, calendar: WorkingCalendar
) -> Refusal | None:
    """Whether every file has ended: they all have by the horizon, but for objections.

    Until then the refusal names the horizon; after it the last day on which a file can still be
    open, if somebody objects at the last moment and nobody decides.
    """
    if files == 0:
        return None
    parsed = Period.parse(period)
    horizon = horizon_at(process, parsed, calendar)
    is_early = at < horizon
    until = horizon if is_early else last_end_at(process, parsed, calendar)
    params = {"period": period, "files": files, "until": stamp(until)}
    if is_early:
        return Refusal(
            type=ErrorType.NOT_NOW, rule="period.not_over", field="period", params=params
        )
    return Refusal(
        type=ErrorType.NOT_NOW, rule="period.exempt_files", field="period", params=params
    )


def last_end_at(process: Process, period: Period, calendar: WorkingCalendar) -> datetime:
    """The latest instant at which a file of the period can end.

    One that is in an exempt turn at the horizon has entered it at the last moment, and each later
    one at the last moment of the one before it.
    """
    horizon = horizon_at(process, period, calendar)
    entered = {turn.name: horizon for turn in process.turn if turn.horizon_exempt}
    latest = horizon
    for turn in process.turn:  # in the order in which a file passes them
        if turn.name not in entered or turn.expires is None:
            continue
        due = due_at(turn, period, entered[turn.name] - _TICK, calendar)
        last_day = calendar.local_date(due - _TICK)
        days = turn.expires.working_days
        ends = calendar.end_of_day(calendar.add_working_days(last_day, days))
        latest = max(latest, ends)
        for target in turn.targets() & entered.keys():
            entered[target] = max(entered[target], ends)
    return latest
