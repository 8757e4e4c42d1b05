"""Why a file is with whom it is: the role, who has it on the day, and who was passed over."""

from collections.abc import Iterator
from uuid import UUID

from domain.citation import (
    APPRAISER,
    HANDOVER,
    NOT_HIMSELF,
    OBJECTION_DECIDED,
    PLAN_GATE,
    PLH,
    of_capacity,
)
from domain.deadline import expires_at
from domain.explain.case import Case, acting
from domain.organisation import Organisation
from domain.process import Turn
from schemas.code import Capacity, EventKind, Role
from schemas.explanation import Reason
from schemas.file import Chain
from schemas.organisation import Post, Seat

_OFFICIALS = (Role.SUPERVISOR, Role.SUPERIOR)


def why_holder(case: Case) -> tuple[Reason, ...]:
    """With whom the file is, and why with him; of a closed file, why with nobody."""
    state = case.state
    if state.awaits is None:
        return (case.reason("holder.closed", end=state.end, at=state.ended_at),)
    return tuple(_reasons(case, case.rules.process.find(state.turn), state.awaits))


def _reasons(case: Case, turn: Turn, role: Role) -> Iterator[Reason]:
    yield case.reason("holder.role", turn=turn.name, role=role, since=case.state.entered_at)
    yield from _came_by_time(case)
    yield from _waits_for(case, turn)
    if role is not turn.awaits:
        yield _delegated(case)
    chain = case.context.chain
    seat = chain.holder_for(role, case.state)
    is_above = role is Role.SUPERIOR and seat not in (chain.superior, chain.supervisor)
    if seat is not None and is_above:
        yield case.reason("holder.not_his_own_rating", OBJECTION_DECIDED, **acting(seat))
        return
    if role in _OFFICIALS:
        yield from _passed_over(case, role)
    if seat is None:
        yield case.reason("holder.vacant", role=role)
        return
    ids = of_capacity(seat.capacity) if role is not Role.EMPLOYEE else ()
    if role in _OFFICIALS:
        ids = (*APPRAISER, *ids)
    yield case.reason(_code(role, chain), ids, role=role, **acting(seat))
    if role is Role.SUPERVISOR:
        for mandated in chain.mandated:
            yield case.reason("holder.mandated", APPRAISER, **acting(mandated, seat.person))


def _code(role: Role, chain: Chain) -> str:
    """Why somebody has a role; where nobody stands above him, he has that of the one above."""
    match role:
        case Role.EMPLOYEE:
            return "holder.employee"
        case Role.SUPERVISOR:
            return "holder.supervisor"
        case Role.SUPERIOR:
            return "holder.nobody_above" if chain.superior is None else "holder.superior"
        case Role.UNIT_SUPERIOR if chain.unit_superior is None:
            return "holder.nobody_above_unit"
        case _:
            return "holder.office"


def _came_by_time(case: Case) -> Iterator[Reason]:
    """The file came to its turn because an earlier one ran out, and not by an act."""
    state = case.state
    if state.expired_turn is not None and state.expired_at == state.entered_at:
        yield case.reason("holder.ran_out", late=state.expired_turn, at=state.expired_at)


def _waits_for(case: Case, turn: Turn) -> Iterator[Reason]:
    """Whose plan has to be agreed first, and until when that is waited for."""
    state, above = case.state, case.state.superior_plan
    if turn.opens is None or turn.opens.when != "superior_plan" or above is None:
        return
    at = expires_at(state, turn, case.rules.calendar)
    yield case.reason("holder.superior_plan", PLAN_GATE, other=above.person, at=at)


def _delegated(case: Case) -> Reason:
    """A supervisor's task that became the superior's."""
    at = next((h.at for h in reversed(case.history) if h.kind is EventKind.DELEGATED), None)
    if at is None:
        return case.reason("holder.delegated", HANDOVER)
    return case.reason("holder.delegated_since", HANDOVER, at, at=at)


def is_passed_over_as_plh(case: Case, person: UUID) -> bool:
    """Whether somebody stands in (Plh) for a post that would appraise if its holder were there."""
    organisation = case.organisation
    if organisation is None:
        return False
    own = _own_post(case)
    return any(
        person in _holders(organisation, post, case, Capacity.PLH)
        for post in _between(organisation, own, case.context.chain.supervisor, case)
        if organisation.is_rating(post.level, case.today)
    )


def _own_post(case: Case) -> str:
    employee = case.context.chain.employee
    return employee.post if employee else case.state.post


def _holders(
    organisation: Organisation, post: Post, case: Case, capacity: Capacity
) -> frozenset[UUID]:
    """Who holds a post in a capacity on that day."""
    return frozenset(
        h.person
        for h in organisation.by_post.get(post.id, ())
        if h.capacity is capacity
        and h.from_on <= case.today
        and (h.to_on is None or case.today <= h.to_on)
    )


def _passed_over(case: Case, role: Role) -> Iterator[Reason]:
    """The posts between somebody and his appraiser whose holders do not appraise him."""
    chain, organisation = case.context.chain, case.organisation
    if organisation is None:
        return
    if role is Role.SUPERVISOR:
        own, person, found = _own_post(case), case.state.file.person, chain.supervisor
    elif chain.supervisor is not None and chain.superior is not None:
        own, person, found = chain.supervisor.post, chain.supervisor.person, chain.superior
    else:
        return
    for post in _between(organisation, own, found, case):
        yield _why_passed_over(case, organisation, post, person)


def _between(
    organisation: Organisation, own: str, found: Seat | None, case: Case
) -> Iterator[Post]:
    """The posts above ``own``, up to the one somebody was found in, or to the top."""
    seen, post = {own}, _place(organisation, own, case)
    while post is not None and post.superior is not None and post.superior not in seen:
        seen.add(post.superior)
        post = _place(organisation, post.superior, case)
        if post is None or (found is not None and post.id == found.post):
            return
        yield post


def _place(organisation: Organisation, post: str, case: Case) -> Post | None:
    rows = organisation.posts.get(post, ())
    begun = [p for p in rows if p.from_on <= case.today]
    return organisation.post(post, case.today) or (begun[-1] if begun else next(iter(rows), None))


def _why_passed_over(case: Case, organisation: Organisation, post: Post, person: UUID) -> Reason:
    seat = organisation.rater(post.id, case.today)
    if not organisation.is_rating(post.level, case.today):
        return case.reason("holder.level", APPRAISER, post=post.id)
    if seat is None and _holders(organisation, post, case, Capacity.PLT):
        return case.reason("holder.plt_only", of_capacity(Capacity.PLT), post=post.id)
    if seat is None and _holders(organisation, post, case, Capacity.PLH):
        return case.reason("holder.plh_only", PLH, post=post.id)
    if seat is None:
        return case.reason("holder.post_vacant", post=post.id)
    if seat.person == person:
        return case.reason("holder.himself", NOT_HIMSELF, post=post.id)
    return case.reason("holder.own_superior", NOT_HIMSELF, post=post.id)
