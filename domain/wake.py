"""The decider of wake-ups: what time does to a file that nobody acted on. It never refuses."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.cited import cited
from domain.deadline import DELEGATE, EXPIRE, HORIZON, OVERDUE
from domain.decision import Fact, Notice, Rules, entered, next_task
from domain.gate import is_open, kept
from domain.owner import owner_of
from domain.process import Rung
from schemas.code import EventKind, Role, Topic
from schemas.file import Chain, Context, FileState, Owed, Postponed
from schemas.instant import stamp
from schemas.organisation import Seat


def decide_wake(
    state: FileState, rung: str, at: datetime, context: Context, rules: Rules
) -> tuple[Fact, ...]:
    """The facts of one rung of the present visit, at its own instant."""
    return cited((_woken(state, rung, at, context, rules),), context, rules)


def _woken(state: FileState, rung: str, at: datetime, context: Context, rules: Rules) -> Fact:
    match rung:
        case "horizon":
            return _past_horizon(state, at, context, rules)
        case "expire":
            return _expired(state, at, context, rules)
        case "delegate":
            return _delegated(state, at, context, rules)
        case _:
            return _climbed(state, rung, at, context, rules)


def _past_horizon(state: FileState, at: datetime, context: Context, rules: Rules) -> Fact:
    assert state.awaits is not None, "an open file awaits somebody"  # noqa: S101
    owed = Owed(turn=state.turn, role=state.awaits, person=owner_of(state, context.chain))
    after = entered(state, rules.process.horizon.end.value, at, context, rules, {"owed": owed})
    return Fact(
        kind=EventKind.FILE_EXPIRED,
        happened_at=at,
        before=state,
        after=after,
        cause="time:horizon",
        rung=HORIZON,
        notices=next_task(after, context),
    )


def _expired(state: FileState, at: datetime, context: Context, rules: Rules) -> Fact:
    turn = rules.process.find(state.turn)
    assert turn.expires is not None, "only a turn with an expiry expires"  # noqa: S101
    after = entered(
        state,
        turn.expires.to,
        at,
        context,
        rules,
        {
            "passed_over": (*state.passed_over, turn.name),
            "expired_turn": turn.name,
            "expired_at": at,
        },
    )
    data = {} if state.delivered_at is None else {"delivered_at": stamp(state.delivered_at)}
    return Fact(
        kind=EventKind.TURN_EXPIRED,
        happened_at=at,
        before=state,
        after=after,
        cause="time:expiry",
        rung=EXPIRE,
        data={"turn": turn.name, **data},
        notices=next_task(after, context),
    )


def _delegated(state: FileState, at: datetime, context: Context, rules: Rules) -> Fact:
    superior = context.chain.superior
    if superior is None:
        return _skipped(state, DELEGATE, at, "nobody")
    late = context.chain.supervisor
    after = entered(state, state.turn, at, context, rules, {"is_delegated": True})
    return Fact(
        kind=EventKind.DELEGATED,
        happened_at=at,
        before=state,
        after=after,
        cause="time:delegation",
        rung=DELEGATE,
        data={"from": str(late.person) if late else None, "to": str(superior.person)},
        notices=next_task(after, context, Topic.DELEGATION),
    )


def _climbed(state: FileState, rung: str, at: datetime, context: Context, rules: Rules) -> Fact:
    turn = rules.process.find(state.turn)
    step = next(r for r in rules.process.ladder_of(turn).rungs if r.name == rung)
    person = _recipient(step, state, context)
    is_escalation = step.to != "awaited"
    if rung != OVERDUE and person is None:
        return _skipped(state, rung, at, "nobody")
    if is_escalation and person in state.told:
        return _skipped(state, rung, at, "already_told")
    leave = next((away.until for away in context.away if away.person == person), None)
    if leave is not None and rung != OVERDUE:
        return _postponed(state, rung, at, leave, rules)
    told = state.told if person is None else (*state.told, person)
    kind, topic = _kind(rung, is_escalation=is_escalation)
    return _rung(
        state,
        kind,
        rung,
        at,
        told=tuple(dict.fromkeys(told)),
        notices=() if person is None else (Notice(topic, person),),
    )


def _kind(rung: str, *, is_escalation: bool) -> tuple[EventKind, Topic]:
    if is_escalation:
        return EventKind.ESCALATED, Topic.ESCALATION
    if rung == OVERDUE:
        return EventKind.BECAME_OVERDUE, Topic.OVERDUE
    return EventKind.REMINDED, Topic.REMINDER


def _postponed(state: FileState, rung: str, at: datetime, leave: date, rules: Rules) -> Fact:
    """The rung is climbed on the first working day after the leave of whom it would tell.

    The deadline stays, and that it has passed is said in time (project decision, domain.md 2.4).
    This is not the rung itself, so it claims none.
    """
    calendar = rules.calendar
    later = Postponed(rung=rung, at=calendar.at_eight(calendar.add_working_days(leave, 1)))
    others = tuple(p for p in state.postponed if p.rung != rung)
    return Fact(
        kind=EventKind.RUNG_POSTPONED,
        happened_at=at,
        before=state,
        after=state.model_copy(update={"postponed": (*others, later)}),
        cause=f"leave:{rung}",
        data={"rung": rung, "visit": state.visit, "until": leave.isoformat()},
    )


def _skipped(state: FileState, rung: str, at: datetime, why: str) -> Fact:
    return _rung(state, EventKind.RUNG_SKIPPED, rung, at, data={"why": why})


def _rung(
    state: FileState,
    kind: EventKind,
    rung: str,
    at: datetime,
    told: tuple[Any, ...] | None = None,
    data: dict[str, Any] | None = None,
    notices: tuple[Notice, ...] = (),
) -> Fact:
    changed: dict[str, Any] = {"done_rungs": (*state.done_rungs, rung)}
    if told is not None:
        changed["told"] = told
    return Fact(
        kind=kind,
        happened_at=at,
        before=state,
        after=state.model_copy(update=changed),
        cause=f"time:{rung}",
        rung=rung,
        data={"rung": rung, "visit": state.visit, **(data or {})},
        notices=notices,
    )


def _recipient(rung: Rung, state: FileState, context: Context) -> UUID | None:
    chain = context.chain
    match rung.to:
        case "awaited":
            return owner_of(state, chain)
        case "boss":
            return _person(_boss_of(state, chain))
        case "superior":
            return _person(chain.superior)
        case "unit_head":
            return _person(chain.unit_head)
        case "unit_superior":
            return _person(chain.holder_for(Role.UNIT_SUPERIOR, state))
        case "hr_head":
            return _person(chain.hr_head)
        case "sekda":
            return _person(chain.sekda)


def _person(seat: Seat | None) -> UUID | None:
    return None if seat is None else seat.person


def _boss_of(state: FileState, chain: Chain) -> Seat | None:
    match state.awaits:
        case Role.EMPLOYEE:
            return chain.supervisor
        case Role.SUPERVISOR:
            return chain.superior
        case Role.SUPERIOR:  # nobody is his own boss, nor known to stand above the boss
            boss = chain.superior_boss
            return None if boss == chain.holder_for(Role.SUPERIOR, state) else boss
        case Role.UNIT_SUPERIOR:
            return chain.sekda
        case _:
            return None


def open_gate(state: FileState, at: datetime, context: Context, rules: Rules) -> tuple[Fact, ...]:
    """The fact of a gate that opens while the file waits before it."""
    turn = rules.process.find(state.turn)
    assert turn.opens is not None, "only a gate opens"  # noqa: S101
    assert is_open(turn.opens.when, context), "it opens because the fact is there"  # noqa: S101
    told = kept(turn.opens.when, context)
    after = entered(state, turn.opens.to, at, context, rules, told)
    fact = Fact(
        kind=EventKind.GATE_OPENED,
        happened_at=at,
        before=state,
        after=after,
        cause=f"fact:{turn.opens.when}",
        data={"rule": turn.opens.rule, "turn": turn.name},
        notices=next_task(after, context),
    )
    return cited((fact,), context, rules)
