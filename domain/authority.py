"""What somebody is to a file: rights come from posts and mandates alone, never from a flag."""

from datetime import date
from uuid import UUID

from domain.organisation import Organisation
from schemas.code import Capacity, Office, Role
from schemas.file import Away, Chain, Context, FileState
from schemas.identifier import FileKey
from schemas.organisation import Seat


def resolve_chain(org: Organisation, file: FileKey, post: str, on: date) -> Chain:
    """Who is who to a file on a day.

    The employee's own post of that day decides; ``post``, the one the file was opened for,
    stands in when the person holds none any more.
    """
    own = org.own_post(file.person, on)
    own_id = own.post if own is not None else post
    supervisor = org.appraiser(own_id, file.person, on)
    superior = _boss(org, supervisor, on)
    here = org.post(own_id, on)
    top = org.top_post(here.unit, on) if here else None
    head = org.head(top.id, on) if top else None
    return Chain(
        employee=None if own is None else _own_seat(file.person, own_id, own.capacity, own.decree),
        supervisor=supervisor,
        superior=superior,
        superior_boss=_boss(org, superior, on),
        unit_head=head,
        unit_superior=org.above(top.id, head.person if head else None, on) if top else None,
        hr_head=org.office_head(Office.HR, on),
        sekda=org.office_head(Office.SEKDA, on),
        mandated=org.mandated(supervisor.post, own_id, on) if supervisor else (),
    )


def away_of(org: Organisation, chain: Chain, file: FileKey, on: date) -> tuple[Away, ...]:
    """Those of a chain, and the employee, who are on leave on a day, in the order of their ids."""
    if not org.absences:
        return ()
    seats = (getattr(chain, name) for name in _ALONE)
    people = {seat.person for seat in seats if seat is not None} | {file.person}
    leaves = ((person, org.leave_until(person, on)) for person in sorted(people))
    return tuple(Away(person=person, until=until) for person, until in leaves if until is not None)


_ALONE = (
    *("employee", "supervisor", "superior", "superior_boss"),
    *("unit_head", "unit_superior", "hr_head", "sekda"),
)


def _own_seat(person: UUID, post: str, capacity: Capacity, decree: str | None) -> Seat:
    return Seat(person=person, post=post, capacity=capacity, decree=decree)


def _boss(org: Organisation, seat: Seat | None, on: date) -> Seat | None:
    return None if seat is None else org.appraiser(seat.post, seat.person, on)


def roles_of(
    actor: UUID, state: FileState, context: Context
) -> dict[Role, tuple[Seat, UUID | None]]:
    """Every role the actor has, each with the seat he acts from and for whom he stands in.

    Nobody is supervisor, superior or HR office of his own file.
    """
    chain = context.chain
    if actor == state.file.person:
        seat = chain.employee or _own_seat(actor, state.post, Capacity.DEFINITIVE, None)
        return {Role.EMPLOYEE: (seat, None)}
    found: dict[Role, tuple[Seat, UUID | None]] = {}
    for role in (Role.SUPERVISOR, Role.SUPERIOR):
        holder = chain.holder_for(role, state)
        if holder is not None and holder.person == actor:
            found[role] = (holder, None)
    mandate = next((s for s in chain.mandated if s.person == actor), None)
    if mandate is not None and Role.SUPERVISOR not in found and chain.supervisor is not None:
        found[Role.SUPERVISOR] = (mandate, chain.supervisor.person)
    if context.hr_actor is not None and context.hr_actor.person == actor:
        found[Role.HR] = (context.hr_actor, None)
    if context.former is not None and context.former.seat.person == actor:
        found[Role.FORMER_SUPERVISOR] = (context.former.seat, None)
    return found
