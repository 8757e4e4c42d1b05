"""Why each event of a file happened, and where it took the file."""

from collections.abc import Iterator

from domain.citation import of_cause, of_destination
from domain.deadline import OVERDUE
from domain.explain.case import Case, Happening, Value, acting
from domain.explain.deadline import why_moved
from domain.process import Turn
from schemas.code import EventKind
from schemas.explanation import ExplainedEvent, Reason
from schemas.file import FileState

Ids = tuple[str, ...]


def why_events(case: Case) -> tuple[ExplainedEvent, ...]:
    """Every event of the file with its reasons: what caused it, and where it led."""
    return tuple(
        ExplainedEvent(
            number=number,
            kind=told.kind,
            happened_at=told.at,
            reasons=(_cause(case, told), *_led_to(case, told)),
        )
        for number, told in enumerate(case.history)
    )


def _cause(case: Case, told: Happening) -> Reason:
    ids, file = of_cause(told, case.rules.process), told.after.file
    if told.before is None:
        return case.reason("event.opened", ids, told, kind=file.kind, period=file.period)
    if told.before.is_closed:
        return _acted(case, told, ids)
    turn = case.rules.process.find(told.before.turn)
    match told.kind:
        case EventKind.REMINDED | EventKind.BECAME_OVERDUE | EventKind.ESCALATED:
            return _climbed(case, told, told.before, turn, ids)
        case EventKind.RUNG_SKIPPED:
            return _skipped(case, told, told.before, turn, ids)
        case EventKind.RUNG_POSTPONED:
            rung, until = str(told.data["rung"]), str(told.data["until"])
            return case.reason("event.postponed", ids, told, rung=rung, turn=turn.name, on=until)
        case EventKind.HANDED_OVER:
            return _handed_over(case, told, turn, ids)
        case EventKind.WITHDRAWN if told.seat is None:
            return case.reason("event.death", ids, told, on=str(told.data["died_on"]))
        case EventKind.DELEGATED:
            return _delegated(case, told, turn, ids)
        case EventKind.TURN_EXPIRED:
            return _expired(case, told, told.before, turn, ids)
        case EventKind.FILE_EXPIRED:
            months = case.rules.process.horizon.months_after
            params = {"turn": turn.name, "role": told.before.awaits, "number": months}
            return case.reason("event.horizon", ids, told, at=told.at, **params)
        case EventKind.GATE_OPENED:
            return _opened(case, told, turn, ids)
        case EventKind.DUE_MOVED:
            return why_moved(case, "event.due_moved", told)
        case EventKind.CALENDAR_NOTED:
            return why_moved(case, "event.calendar_noted", told)
        case EventKind.DELIVERED:
            return case.reason("event.delivered", ids, told, at=told.at)
        case _:
            return _acted(case, told, ids)


def _acted(case: Case, told: Happening, ids: Ids) -> Reason:
    seat = told.seat
    assert seat is not None, "what time did not do, somebody did"  # noqa: S101
    who = acting(seat, told.on_behalf_of)
    return case.reason("event.act", ids, told, event=told.kind, at=told.at, **who)


def _climbed(case: Case, told: Happening, before: FileState, turn: Turn, ids: Ids) -> Reason:
    name = str(told.data["rung"])
    rung = next(r for r in case.rules.process.ladder_of(turn).rungs if r.name == name)
    code = "event.before_due" if rung.working_days < 0 else "event.after_due"
    code = "event.overdue" if name == OVERDUE else code
    params: dict[str, Value] = {
        "rung": name,
        "number": abs(rung.working_days),
        "due_at": before.due_at,
    }
    return case.reason(code, ids, told, turn=turn.name, role=before.awaits, **params)


def _skipped(case: Case, told: Happening, before: FileState, turn: Turn, ids: Ids) -> Reason:
    rung, why = str(told.data["rung"]), told.data["why"]
    return case.reason(f"event.skipped.{why}", ids, told, rung=rung, turn=turn.name)


def _delegated(case: Case, told: Happening, turn: Turn, ids: Ids) -> Reason:
    late = told.data["from"]
    params: dict[str, Value] = {
        "turn": turn.name,
        "number": turn.delegate_after,
        "person": str(told.data["to"]),
        "other": None if late is None else str(late),
    }
    code = "event.delegated_vacant" if late is None else "event.delegated"
    return case.reason(code, ids, told, **params)


def _handed_over(case: Case, told: Happening, turn: Turn, ids: Ids) -> Reason:
    late, new = told.data["from"], told.data["to"]
    params: dict[str, Value] = {
        "turn": turn.name,
        "at": told.at,
        "role": told.after.awaits,
        "person": None if new is None else str(new),
        "other": None if late is None else str(late),
    }
    code = "event.handed_over" if late is not None else "event.found_owner"
    return case.reason("event.vacant" if new is None else code, ids, told, **params)


def _expired(case: Case, told: Happening, before: FileState, turn: Turn, ids: Ids) -> Reason:
    expires = turn.expires
    assert expires is not None, "only a turn with an expiry expires"  # noqa: S101
    code = "event.expired" if expires.working_days == 0 else "event.expired_after"
    code = "event.expired_with_period" if expires.at == "period_end" else code
    params: dict[str, Value] = {
        "role": before.awaits,
        "number": expires.working_days,
        "at": told.at,
    }
    return case.reason(code, ids, told, turn=turn.name, **params)


def _opened(case: Case, told: Happening, turn: Turn, ids: Ids) -> Reason:
    assert turn.opens is not None, "only a gate opens"  # noqa: S101
    assert told.before is not None, "a file is opened before a gate is"  # noqa: S101
    when, after = turn.opens.when, told.after
    params: dict[str, Value] = {"at": told.at, "turn": turn.name}
    if when == "unit_predicate" and after.unit_predicate is not None:
        params["unit_predicate"] = after.unit_predicate.predicate
    elif told.before.superior_plan is not None:
        params["other"] = told.before.superior_plan.person
    agreed = None if after.superior_plan is None else after.superior_plan.agreed
    if when == "superior_plan" and agreed is None:
        return case.reason("event.superior_ended", ids, told, **params)
    number = None if agreed is None else agreed.version
    return case.reason(f"event.gate.{when}", ids, told, number=number, **params)


def _led_to(case: Case, told: Happening) -> Iterator[Reason]:
    """Where the file went, if it went anywhere."""
    before, after = told.before, told.after
    if before is not None and before.visit == after.visit:
        return
    if after.is_closed:
        yield case.reason("event.ends", (), told, end=after.end)
        return
    params: dict[str, Value] = {"turn": after.turn, "role": after.awaits, "due_at": after.due_at}
    ids = of_destination(told, case.rules.process)
    yield case.reason("event.leads_to", ids, told, **params)
