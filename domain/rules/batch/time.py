"""Answers about days, deadlines and periods, and about identity numbers."""

from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from domain import identity_number, working_calendar
from domain.identity_number import InvalidIdentityNumber
from domain.regulation import RulesInForce
from domain.rules import objection
from domain.rules.batch.reply import Reply, reply
from domain.rules.batch.request import ErrorCode, Fields, Problem
from domain.rules.batch.wording import day_words
from domain.rules.due_date import LONGEST, Unit, due_date
from domain.rules.identity import IdentityNumberForm
from domain.rules.period_name import PeriodLength, PeriodNames, label, period_of
from domain.rules.working_time import Holidays
from domain.working_calendar import Week, WorkingCalendar

_YEARS = range(2000, 2100)
_ZONE = "+07:00"
_LAST_SECOND = "23:59:59"
_UNITS = {Unit.WORKING_DAYS: "hari kerja", Unit.CALENDAR_DAYS: "hari kalender"}
_SIX = 6


class ObjectionKind(StrEnum):
    """Results that somebody may object to."""

    MONTHLY = "bulanan"
    QUARTERLY = "triwulanan"
    YEARLY = "tahunan"


def answer_deadline(fields: Fields, rules: RulesInForce) -> Reply:
    """The last day of a deadline, always a working day of that week; ``from`` does not count."""
    fields.expect(("from", "amount", "unit"), ("week",))
    start, unit = fields.day("from"), fields.choice("unit", Unit)
    amount = fields.whole("amount", 0, LONGEST)
    week: Week = 6 if fields.has("week") and fields.whole("week", 5, 6) == _SIX else 5
    try:
        found = due_date(_calendar(week), start, amount, unit)
    except OverflowError:
        raise fields.out_of_range("from", "is too far from today") from None
    reason = (
        f"{amount} {_UNITS[unit]} setelah {day_words(start)} berakhir pada {day_words(found.on)}"
        f"{_moved(found.counted, found.on)}{_provisional(start, found.on)}."
    )
    return reply(rules.rule(Holidays.RULE), reason, date=found.on.isoformat())


@lru_cache(maxsize=2)
def _calendar(week: Week) -> WorkingCalendar:
    return working_calendar.load().with_week(week)


def answer_objection(fields: Fields, rules: RulesInForce) -> Reply:
    """Until when somebody may object to a result, and when the decision is due at the latest.

    ``until`` is the last second of the last day in WIB. The time to decide runs from the day of
    the objection, and how early that is nobody knows yet; ``decision_due`` therefore counts from
    the last day of the window. Whoever objects earlier is answered earlier.
    """
    fields.expect(("delivered_on", "period_kind"))
    delivered_on = fields.day("delivered_on")
    kind = fields.choice("period_kind", ObjectionKind)
    calendar, counted = working_calendar.load(), None
    try:
        if kind is ObjectionKind.YEARLY:
            rule = rules.rule(objection.ObjectionWindow.RULE)
            window = rules.parameters(objection.ObjectionWindow)
            count = rules.parameters(objection.ObjectionCount)
            last = objection.annual_closes_on(delivered_on, calendar, window, count)
            if count.kind == "kalender":
                counted = delivered_on + timedelta(days=window.days)
        else:
            rule = rules.rule(objection.PeriodicObjection.RULE)
            periodic = rules.parameters(objection.PeriodicObjection)
            last_or_none = objection.periodic_closes_on(delivered_on, calendar, periodic)
            if last_or_none is None:
                raise Problem(ErrorCode.NOT_OPEN, "nobody may object to such a result")
            last = last_or_none
        due = objection.decided_by(last, calendar, rules.parameters(objection.ObjectionDecision))
    except OverflowError:
        raise fields.out_of_range("delivered_on", "is too far from today") from None
    reason = (
        f"Keberatan dapat diajukan sampai akhir {day_words(last)} WIB"
        f"{_moved(counted or last, last)} dan diputus "
        f"paling lambat {day_words(due)}{_provisional(delivered_on, due)}."
    )
    until = f"{last.isoformat()}T{_LAST_SECOND}{_ZONE}"
    return reply(rule, reason, until=until, decision_due=due.isoformat())


def answer_identity_number(fields: Fields, rules: RulesInForce) -> Reply:
    """What an identity number says of its holder; no error ever repeats the number."""
    fields.expect(("value",))
    try:
        found = identity_number.parse(fields.any("value"))
    except InvalidIdentityNumber as error:
        message = f"value: {error} ({error.code})"
        raise Problem(ErrorCode.INVALID_IDENTITY_NUMBER, message) from None
    reason = f"Nomor 18 angka ini berbentuk {'NIP' if found.kind == 'PNS' else 'NI PPPK'} yang sah."
    return reply(
        rules.rule(IdentityNumberForm.RULE),
        reason,
        kind=found.kind.value,
        born_on=found.born_on.isoformat(),
        gender=found.gender.value,
        normalised=found.normalised,
    )


def answer_period(fields: Fields, rules: RulesInForce) -> Reply:
    """The period of a kind that a day lies in."""
    fields.expect(("date", "kind"))
    day, kind = fields.day("date"), fields.choice("kind", PeriodLength)
    if day.year not in _YEARS:
        raise fields.out_of_range("date", f"lies in {_YEARS.start} to {_YEARS.stop - 1}")
    found = period_of(day, kind)
    name = label(found)
    return reply(
        rules.rule(PeriodNames.RULE),
        f"{day_words(day)} termasuk periode {name}.",
        id=str(found),
        start=found.starts_on.isoformat(),
        end=found.ends_on.isoformat(),
        label=name,
    )


def _moved(counted: date, last: date) -> str:
    """That a free last day moved to the next working day; nothing where it did not."""
    if counted == last:
        return ""
    return f" (bergeser dari {day_words(counted)}, yang bukan hari kerja)"


def _provisional(first: date, last: date) -> str:
    calendar = working_calendar.load()
    years = [y for y in range(first.year, last.year + 1) if calendar.is_provisional(y)]
    if not years:
        return ""
    return f" (sementara: hari libur tahun {', '.join(map(str, years[:3]))} belum ditetapkan)"
