"""The decider of acts: may this person do this now, is it complete, and what follows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, JsonValue, ValidationError

from domain.act import RULES, Terms
from domain.authority import roles_of
from domain.cited import cited
from domain.decision import Fact, Notice, Rules, effective_role, entered, next_task
from domain.distribution import weigh
from domain.interim import interim_data, refuse_interim
from domain.leader import suggested
from domain.nudge import nudge
from domain.process import AFTER_THE_END, ASIDE, ENDS, EVERYWHERE, GateFact
from domain.rules.predicate import PredicateMatrix
from schemas.code import Act, AnyAct, End, EventKind, Role, Topic
from schemas.command import BODIES, StoredCommand
from schemas.error import ErrorType, Refusal
from schemas.file import Context, FileState
from schemas.file_body import Empty, RecordInterim, Sign
from schemas.instant import stamp
from schemas.organisation import Seat

_WORDLESS = (Empty(), Sign())


@dataclass(frozen=True, slots=True)
class _Offer:
    """An act as a turn offers it: to whom, and where the file goes then."""

    role: Role
    to: str


def _offers(state: FileState, act: Act, command: StoredCommand, rules: Rules) -> list[_Offer]:
    """What the turn offers of an act, to whom it waits for first."""
    turn, found = rules.process.find(state.turn), []
    if act in turn.acts:
        assert state.awaits is not None, "an open turn awaits somebody"  # noqa: S101
        found.append(_Offer(state.awaits, turn.acts[act]))
    is_overdue = state.due_at is not None and command.received_at >= state.due_at
    found += [
        _Offer(effective_role(standing.by, is_delegated=state.is_delegated), standing.to)
        for standing in turn.standing(act, is_overdue=is_overdue)
    ]
    if act in rules.process.always:
        standing = rules.process.always[act]
        found.append(_Offer(standing.by, standing.to))
    if act in ASIDE:
        found.append(_Offer(ASIDE[act], state.turn))
    return found


def _closed(state: FileState, act: Act, rules: Rules) -> Refusal:
    if late := _too_late(state, act, rules):
        return late
    params = {"end": str(state.end), "at": _stamp(state.ended_at)}
    return Refusal(type=ErrorType.CLOSED, rule="file.closed", params=params)


def _stamp(at: datetime | None) -> str:
    return "" if at is None else stamp(at)


def _too_late(state: FileState, act: Act, rules: Rules) -> Refusal | None:
    """The act's turn ran out: say when, which is the proof of time the person is owed."""
    if state.expired_turn is None or act not in rules.process.find(state.expired_turn).acts:
        return None
    params = {"turn": state.expired_turn, "at": _stamp(state.expired_at)}
    return Refusal(type=ErrorType.DEADLINE_PASSED, rule="turn.expired", params=params)


def _not_now(state: FileState, act: Act, rules: Rules) -> Refusal:
    turn = rules.process.find(state.turn)
    if act in turn.after_due:
        params = {"act": act.value, "due_at": _stamp(state.due_at)}
        return Refusal(type=ErrorType.NOT_NOW, rule="act.before_due", params=params)
    if turn.opens is not None and act in rules.process.find(turn.opens.to).acts:
        return _shut(state, act, turn.opens.when)
    params = {"act": act.value, "turn": state.turn, "awaits": str(state.awaits)}
    return Refusal(type=ErrorType.NOT_NOW, rule="act.turn", params=params)


def _shut(state: FileState, act: Act, when: GateFact) -> Refusal:
    """The act comes after a gate: say what has to happen first, and who has to do it."""
    params = {"act": act.value, "awaits": str(state.awaits), "due_at": _stamp(state.due_at)}
    match when:
        case "unit_predicate":
            return Refusal(type=ErrorType.NOT_NOW, rule="gate.unit_predicate", params=params)
        case "superior_plan":
            return Refusal(type=ErrorType.NOT_NOW, rule="gate.superior_plan", params=params)


def _moved_on(state: FileState, command: StoredCommand) -> Refusal:
    """The form was made of an older file; that is why it no longer fits, whatever else is wrong."""
    return Refusal(
        type=ErrorType.VERSION_CONFLICT,
        rule="file.version",
        field="expected_version",
        params={"expected": command.expected_version or 0, "version": state.version},
    )


def may_ever(act: Act, actor: UUID, state: FileState, context: Context, rules: Rules) -> bool:
    """Whether the person has a role that does this act in some turn of the file."""
    return not rules.process.roles_for(act).isdisjoint(roles_of(actor, state, context))


def not_authorised(act: AnyAct) -> Refusal:
    """The refusal of somebody who has no such right on this file on that day."""
    return Refusal(type=ErrorType.NOT_AUTHORISED, rule="act.role", params={"act": act.value})


def unreadable() -> Refusal:
    """The refusal of a body that was taken in once and that the shapes of today do not fit."""
    return Refusal(type=ErrorType.INVALID, rule="command.unreadable", field="body")


def decide(
    state: FileState, command: StoredCommand, context: Context, rules: Rules
) -> tuple[Fact, ...] | Refusal:
    """Decide one act on the facts of the instant it was received.

    Pure: the same arguments give the same answer for ever. The order of checks is fixed, so that
    a refusal reveals nothing to somebody who has no business with the file.
    """
    act, actor = Act(command.act), command.actor
    roles = {} if actor is None else roles_of(actor, state, context)
    if rules.process.roles_for(act).isdisjoint(roles):
        return not_authorised(act)
    if act is Act.RECORD_LATE:
        return _recorded_late(state, command, context, rules)
    if state.is_closed:
        return _closed(state, act, rules)
    if act in EVERYWHERE:
        return _in_place(state, command, context, rules)
    offers = _offers(state, act, command, rules)
    if not offers and (late := _too_late(state, act, rules)):
        return late
    if command.expected_version not in (None, state.version):
        return _moved_on(state, command)
    if not offers:
        return _not_now(state, act, rules)
    offer = next((offer for offer in offers if offer.role in roles), None)
    if offer is None:
        who: dict[str, str | int] = {"act": act.value, "awaits": offers[0].role.value}
        return Refusal(type=ErrorType.NOT_AUTHORISED, rule="act.other_role", params=who)
    return _apply(state, command, context, rules, offer, roles[offer.role])


def _in_place(
    state: FileState, command: StoredCommand, context: Context, rules: Rules
) -> tuple[Fact, ...] | Refusal:
    """An act that leaves the file where it is, whatever step that is."""
    act, actor = Act(command.act), command.actor
    assert actor is not None, "somebody with a role acts"  # noqa: S101
    if command.expected_version not in (None, state.version):
        return _moved_on(state, command)
    roles = roles_of(actor, state, context)
    acting = next(roles[role] for role in EVERYWHERE[act] if role in roles)
    fact = nudge(state, command.received_at, acting, context, rules)
    if isinstance(fact, Refusal):
        return fact
    try:
        BODIES[act].model_validate(command.body)
    except ValidationError:
        return unreadable()
    return cited((fact,), context, rules)


def _apply(
    state: FileState,
    command: StoredCommand,
    context: Context,
    rules: Rules,
    offer: _Offer,
    acting: tuple[Seat, UUID | None],
) -> tuple[Fact, ...] | Refusal:
    act, at = Act(command.act), command.received_at
    kind, rule = RULES[act]
    try:
        body: BaseModel = BODIES[act].model_validate(command.body)
    except ValidationError:
        return unreadable()
    if isinstance(body, RecordInterim):
        return _noted(state, body, at, context, rules)
    known, on = rules.known(context), rules.calendar.local_date(at)
    terms = Terms(rules.calendar, known.parameters_on(PredicateMatrix, on))
    changed = rule(state, body, at, terms)
    if isinstance(changed, Refusal):
        return changed
    weighed = _weighed(state, act, body, at, context, rules)
    if isinstance(weighed, Refusal):
        return weighed
    weighed |= suggested(state, changed, context, known, on)
    seat, on_behalf_of = acting
    if act is Act.SIGN:
        changed |= _signature(offer, seat)
    after = entered(state, offer.to, at, context, rules, changed)
    delivers = act is Act.SIGN and offer.to not in ENDS
    fact = Fact(
        kind=kind,
        happened_at=at,
        before=state,
        after=after,
        cause=f"act:{act}",
        seat=seat,
        on_behalf_of=on_behalf_of,
        has_content=not (isinstance(body, Empty | Sign) and body in _WORDLESS),
        data=weighed,
        notices=() if delivers else next_task(after, context),
    )
    return cited((fact, _delivered(after, fact)) if delivers else (fact,), context, rules)


def _recorded_late(
    state: FileState, command: StoredCommand, context: Context, rules: Rules
) -> tuple[Fact, ...] | Refusal:
    """What came after a file had ended without a result is told of it, and changes nothing of it."""
    act = Act.RECORD_LATE
    if state.end is not End.UNRATEABLE:
        params = {"act": act.value, "end": str(state.end)}
        return Refusal(type=ErrorType.NOT_NOW, rule="late.not_unrateable", params=params)
    try:
        BODIES[act].model_validate(command.body)
    except ValidationError:
        return unreadable()
    assert command.actor is not None, "nobody else may ever do it"  # noqa: S101
    seat, _ = roles_of(command.actor, state, context)[AFTER_THE_END[act]]
    fact = Fact(
        kind=EventKind.LATE_RECORDED,
        happened_at=command.received_at,
        before=state,
        after=state,
        cause=f"act:{act}",
        seat=seat,
        has_content=True,
    )
    return cited((fact,), context, rules)


def _noted(
    state: FileState, note: RecordInterim, at: datetime, context: Context, rules: Rules
) -> tuple[Fact, ...] | Refusal:
    """The note of an outgoing supervisor, which leaves the file where and as it is."""
    former, on = context.former, rules.calendar.local_date(at)
    assert former is not None, "who has the role has been the supervisor"  # noqa: S101
    refusal = refuse_interim(state, note, former, on, rules.known(context), rules.calendar)
    if refusal is not None:
        return refusal
    fact = Fact(
        kind=EventKind.INTERIM_RECORDED,
        happened_at=at,
        before=state,
        after=state,
        cause=f"act:{Act.RECORD_INTERIM}",
        seat=former.seat,
        has_content=True,
        data=interim_data(note, former),
    )
    return cited((fact,), context, rules)


def _weighed(
    state: FileState, act: Act, body: BaseModel, at: datetime, context: Context, rules: Rules
) -> dict[str, JsonValue] | Refusal:
    """What an act that its turn guards was done in spite of; refused if that needs a reason.

    Nothing where there was no spread to weigh it by.
    """
    if act not in rules.process.find(state.turn).guards or not isinstance(body, Sign):
        return {}
    found = weigh(context.distribution, body, rules.known(context), rules.calendar.local_date(at))
    if isinstance(found, Refusal):
        return found
    is_weighed = context.distribution is not None
    return {"distribution": [f.code.value for f in found]} if is_weighed else {}


def _signature(offer: _Offer, seat: Seat) -> dict[str, Seat]:
    owner = "employee" if offer.role is Role.EMPLOYEE else "supervisor"
    return {f"{owner}_signature": seat}


def _delivered(after: FileState, signed: Fact) -> Fact:
    """The signed result reaches the employee's inbox; the windows count from here.

    The inbox accepts inside the same transaction, so the delivery is as certain as the signature.
    """
    person = after.file.person
    return Fact(
        kind=EventKind.DELIVERED,
        happened_at=signed.happened_at,
        before=after,
        after=after.model_copy(update={"delivered_at": signed.happened_at}),
        cause="act:sign",
        data={"channel": "inbox", "recipient": str(person)},
        notices=(Notice(Topic.RESULT, person),),
    )
