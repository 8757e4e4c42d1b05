"""What each act demands and changes: one small function an act, called by ``decide``.

A function gets the state, the checked body and the instant, and answers with the fields it
changes, or with the refusal. Where the file goes next is the process definition's business.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.rules.predicate import PredicateMatrix, join
from domain.working_calendar import WorkingCalendar
from schemas import file_body as body
from schemas.code import Act, EventKind, Rating
from schemas.error import ErrorType, Refusal
from schemas.file import FileState

Changes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """What an act is judged by on its day: the calendar, and the matrix of predicates."""

    calendar: WorkingCalendar
    matrix: PredicateMatrix


Rule = Callable[[FileState, Any, datetime, Terms], Changes | Refusal]


def _invalid(field: str, rule: str, **params: str | int) -> Refusal:
    return Refusal(type=ErrorType.INVALID, field=field, rule=rule, params=params)


def _repeated(ids: list[str]) -> Refusal | None:
    for index, item in enumerate(ids):
        if item in ids[:index]:
            return _invalid(f"results.{index}.id", "result.id.repeated", id=item)
    return None


def _submit_plan(
    state: FileState, plan: body.SubmitPlan, at: datetime, terms: Terms
) -> Changes | Refusal:
    ids = [r.id for r in plan.results]
    if refusal := _repeated(ids):
        return refusal
    return {"proposed": tuple(ids)}


def _return_plan(
    state: FileState, reason: body.ReturnReason, at: datetime, terms: Terms
) -> Changes | Refusal:
    return {"proposed": ()}


def _agree_plan(
    state: FileState, agreement: body.Empty, at: datetime, terms: Terms
) -> Changes | Refusal:
    return {
        "planned": state.proposed,
        "proposed": (),
        "plan_version": state.plan_version + 1,
    }


def _submit_report(
    state: FileState, report: body.SubmitReport, at: datetime, terms: Terms
) -> Changes | Refusal:
    ids = [r.id for r in report.results]
    if refusal := _repeated(ids):
        return refusal
    for index, item in enumerate(ids):
        if state.planned and item not in state.planned:
            return _invalid(f"results.{index}.id", "report.result.unknown", id=item)
    for item in state.planned:
        if item not in ids:
            return _invalid("results", "report.result.missing", id=item)
    return {"reported": tuple(ids)}


def _rated(work_result: Rating, behaviour: Rating, terms: Terms) -> Changes:
    return {
        "work_result": work_result,
        "behaviour": behaviour,
        "predicate": join(work_result, behaviour, terms.matrix),
    }


def _score(state: FileState, score: body.Score, at: datetime, terms: Terms) -> Changes | Refusal:
    return _rated(score.work_result, score.behaviour, terms)


def _record_meeting(
    state: FileState, meeting: body.RecordMeeting, at: datetime, terms: Terms
) -> Changes | Refusal:
    if meeting.held_on > terms.calendar.local_date(at):
        return _invalid("held_on", "meeting.in_future", date=str(meeting.held_on))
    first = state.file.parsed_period.starts_on
    if meeting.held_on < first:
        return _invalid(
            "held_on", "meeting.before_period", date=str(meeting.held_on), first=str(first)
        )
    if len(set(meeting.attendance)) < len(meeting.attendance):
        return _invalid("attendance", "meeting.attendee.repeated")
    changed = meeting.changed
    if changed is None:
        return {}
    if (changed.work_result, changed.behaviour) == (state.work_result, state.behaviour):
        return _invalid("changed", "meeting.nothing_changed")
    return _rated(changed.work_result, changed.behaviour, terms)


def _object(
    state: FileState, objection: body.ObjectToResult, at: datetime, terms: Terms
) -> Changes | Refusal:
    return {"objected_at": at, "is_suspended": True}


def _decide_objection(
    state: FileState, ruling: body.DecideObjection, at: datetime, terms: Terms
) -> Changes | Refusal:
    settled: Changes = {"objection": ruling.outcome, "is_suspended": False}
    ratings = (ruling.work_result, ruling.behaviour)
    if ruling.outcome is body.ObjectionOutcome.REJECTED:
        if ratings != (None, None):
            return _invalid("work_result", "objection.rejected_with_rating")
        return settled
    if ruling.work_result is None or ruling.behaviour is None:
        missing = "work_result" if ruling.work_result is None else "behaviour"
        return _invalid(missing, "objection.upheld_without_rating")
    if ratings == (state.work_result, state.behaviour):
        return _invalid("work_result", "objection.nothing_changed")
    return {**settled, **_rated(ruling.work_result, ruling.behaviour, terms)}


def _withdraw(
    state: FileState, withdrawal: body.Withdraw, at: datetime, terms: Terms
) -> Changes | Refusal:
    return {"withdrawal": withdrawal.cause}


def _return_report(
    state: FileState, reason: body.ReturnReason, at: datetime, terms: Terms
) -> Changes | Refusal:
    return {"reported": ()}


def _nothing(state: FileState, body: object, at: datetime, terms: Terms) -> Changes | Refusal:
    return {}


RULES: Mapping[Act, tuple[EventKind, Rule]] = {
    Act.SUBMIT_PLAN: (EventKind.PLAN_SUBMITTED, _submit_plan),
    Act.RETURN_PLAN: (EventKind.PLAN_RETURNED, _return_plan),
    Act.AGREE_PLAN: (EventKind.PLAN_AGREED, _agree_plan),
    Act.REVISE_PLAN: (EventKind.REVISION_PROPOSED, _submit_plan),
    Act.SUBMIT_REPORT: (EventKind.REPORT_SUBMITTED, _submit_report),
    Act.RETURN_REPORT: (EventKind.REPORT_RETURNED, _return_report),
    Act.SCORE: (EventKind.SCORED, _score),
    Act.GIVE_FEEDBACK: (EventKind.FEEDBACK_GIVEN, _nothing),
    Act.RESPOND_TO_FEEDBACK: (EventKind.FEEDBACK_ANSWERED, _nothing),
    Act.RECORD_MEETING: (EventKind.MEETING_RECORDED, _record_meeting),
    Act.SIGN: (EventKind.SIGNED, _nothing),
    Act.OBJECT: (EventKind.OBJECTED, _object),
    Act.DECIDE_OBJECTION: (EventKind.OBJECTION_DECIDED, _decide_objection),
    Act.RECORD_INTERIM: (EventKind.INTERIM_RECORDED, _nothing),
    Act.WITHDRAW: (EventKind.WITHDRAWN, _withdraw),
    Act.NUDGE: (EventKind.NUDGED, _nothing),
}
