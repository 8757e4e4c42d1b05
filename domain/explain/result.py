"""Why a file has its result: every rating by whom, every change, and how the file ended."""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.citation import (
    BOUND_PLAN,
    HORIZON,
    LEADER,
    MATRIX,
    OBJECTION_DECIDED,
    PLAN_GATE,
    SUSPENSION,
    of_capacity,
    of_expiry,
)
from domain.explain.case import Case, Happening, Value, acting
from schemas.code import Act, End, EventKind
from schemas.explanation import Reason
from schemas.file import FileState
from schemas.file_body import ObjectionOutcome

_RAN_OUT = {
    End.DEEMED_ACCEPTED: "result.deemed_accepted",
    End.UNDECIDED: "result.undecided",
}


def why_result(case: Case) -> tuple[Reason, ...]:
    """How the result came about, in the order of events, and what it is now."""
    reasons = [reason for happening in case.history for reason in _said(case, happening)]
    if case.plan is not None:
        number, since = case.plan.version, case.plan.since
        bound = case.reason("result.plan", BOUND_PLAN, since, number=number, since=since)
        reasons.insert(0, bound)
    state = case.state
    if case.linked is not None and state.superior_plan is not None:
        linked: dict[str, Value] = {"number": case.linked.version, "since": case.linked.since}
        above = state.superior_plan.person
        reasons.append(case.reason("result.plan_linked", PLAN_GATE, other=above, **linked))
    if state.predicate is None:
        reasons.append(case.reason("result.none_ever" if state.is_closed else "result.none_yet"))
    else:
        reasons.append(case.reason("result.stands", MATRIX, **_ratings_of(state)))
    if state.is_suspended:
        reasons.append(case.reason("result.suspended", SUSPENSION, state.objected_at))
    return tuple(reasons)


def _ratings_of(state: FileState) -> dict[str, Value]:
    return {
        "work_result": state.work_result,
        "behaviour": state.behaviour,
        "predicate": state.predicate,
    }


def _said(case: Case, told: Happening) -> Iterator[Reason]:
    """What one event means for the result; nothing if it means nothing."""
    who = {} if told.seat is None else acting(told.seat, told.on_behalf_of)
    ids = () if told.seat is None else of_capacity(told.seat.capacity)
    params: dict[str, Value] = {"at": told.at, **_ratings_of(told.after), **who}
    match told.kind:
        case EventKind.SCORED:
            yield case.reason(_scored(case, told), MATRIX + ids, told, **params)
        case EventKind.INTERIM_RECORDED:
            yield _interim(case, told, {**params, **told.data})
        case EventKind.MEETING_RECORDED:
            yield _meeting(case, told, ids, params)
        case EventKind.SIGNED if told.after.end is not None:
            yield case.reason("result.accepted", (), told, end=told.after.end, **params)
        case EventKind.SIGNED:
            yield case.reason("result.signed", ids, told, **params)
        case EventKind.DELIVERED:
            yield case.reason("result.delivered", (), told, at=told.at)
        case EventKind.OBJECTED:
            yield case.reason("result.objected", SUSPENSION, told, **params)
        case EventKind.OBJECTION_DECIDED:
            yield _ruling(case, told, params)
        case EventKind.TURN_EXPIRED:
            yield _ran_out(case, told)
        case EventKind.FILE_EXPIRED:
            yield _unrateable(case, told)
        case EventKind.WITHDRAWN if told.seat is None:
            yield case.reason("result.death", (), told, on=str(told.data["died_on"]), **params)
        case EventKind.WITHDRAWN:
            cause = told.after.withdrawal
            yield case.reason(f"result.withdrawn.{cause}", (), told, **params)
        case _:
            pass
    yield from _suggested(case, told)
    yield from _gate(case, told)


def _interim(case: Case, told: Happening, params: Mapping[str, Any]) -> Reason:
    """The word of a supervisor who left; it decides nothing, and says so."""
    code = "result.interim_rated" if "work_result" in told.data else "result.interim"
    kept = {name: value for name, value in params.items() if name in _INTERIM}
    return case.reason(code, (), told, on=str(told.data["last"]), **kept)


_INTERIM = frozenset(
    {"at", "person", "post", "capacity", "decree", "first", "work_result", "behaviour"}
)


def _scored(case: Case, told: Happening) -> str:
    assert told.before is not None, "a file is opened before it is scored"  # noqa: S101
    turn = case.rules.process.find(told.before.turn)
    return "result.scored_unreported" if Act.SCORE in turn.after_due else "result.scored"


def _meeting(case: Case, told: Happening, ids: tuple[str, ...], params: dict[str, Value]) -> Reason:
    assert told.before is not None, "a file is opened before its meeting"  # noqa: S101
    if _ratings_of(told.before) == _ratings_of(told.after):
        return case.reason("result.meeting_unchanged", ids, told, **params)
    return case.reason("result.meeting_changed", MATRIX + ids, told, **params)


def _ruling(case: Case, told: Happening, params: dict[str, Value]) -> Reason:
    if told.after.objection is ObjectionOutcome.UPHELD:
        ids = OBJECTION_DECIDED + MATRIX
        return case.reason("result.objection_upheld", ids, told, **params)
    return case.reason("result.objection_rejected", OBJECTION_DECIDED, told, **params)


def _ran_out(case: Case, told: Happening) -> Reason:
    """What the silence of whoever was awaited means."""
    before, late = told.before, told.after.expired_turn
    assert before is not None, "a file is opened before time passes"  # noqa: S101
    assert late is not None, "an expiry names its turn"  # noqa: S101
    turn, end = case.rules.process.find(late), told.after.end
    params: dict[str, Value] = {"turn": late, "role": before.awaits, "at": told.at, "end": end}
    ids = of_expiry(case.rules.process, turn)
    if end is None:
        code = "result.ran_out"
        if turn.opens is not None:
            code = f"result.gate_ran_out.{turn.opens.when}"
        return case.reason(code, ids, told, **params)
    return case.reason(_RAN_OUT.get(end, "result.ended"), ids, told, **params)


def _unrateable(case: Case, told: Happening) -> Reason:
    owed = told.after.owed
    assert owed is not None, "a file that passed its horizon names what was owed"  # noqa: S101
    code = "result.unrateable" if owed.person else "result.unrateable_vacant"
    params: dict[str, Value] = {"turn": owed.turn, "role": owed.role, "other": owed.person}
    return case.reason(code, HORIZON, told, at=told.at, end=told.after.end, **params)


def _suggested(case: Case, told: Happening) -> Iterator[Reason]:
    """How the rating of a unit's head is beside what the predicate of the unit suggests."""
    said = told.data.get("suggestion")
    if not isinstance(said, dict):
        return
    code = "result.leader_differs" if said["differs"] else "result.leader_follows"
    given = {name: str(said[name]) for name in ("unit_predicate", "work_result")}
    yield case.reason(code, LEADER, told, **given)


def _gate(case: Case, told: Happening) -> Iterator[Reason]:
    """The file has passed the gate with the predicate of its unit."""
    before, found = told.before, told.after.unit_predicate
    if found is None or (before is not None and before.unit_predicate is not None):
        return
    rules = (case.rules.process.rule_of("unit_predicate"),)
    params: dict[str, Value] = {"unit_predicate": found.predicate, "at": told.at}
    yield case.reason("result.unit_predicate", rules, told, **params)
