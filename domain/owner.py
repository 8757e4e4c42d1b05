"""Whom an open file waits for: exactly one person, or visibly nobody."""

from datetime import date
from uuid import UUID

from domain.authority import resolve_chain
from domain.organisation import Organisation
from schemas.code import Role, Stage
from schemas.file import Chain, FileState, SuperiorPlan


def owner_of(state: FileState, chain: Chain) -> UUID | None:
    """Who is awaited by those who are who on a day; None where nobody has the role, or it ended.

    The employee owns what he owes himself, in a post or not; and a plan that waits for the plan
    above waits for that of whoever was the supervisor when it began (ADR 0014).
    """
    if state.awaits is None:
        return None
    return awaited(state, state.stage, state.turn, state.awaits, state.superior_plan, chain)


def awaited(
    state: FileState,
    stage: Stage,
    turn: str,
    role: Role,
    above: SuperiorPlan | None,
    chain: Chain,
) -> UUID | None:
    """Who is awaited once the file is in a turn that waits for a role; see :func:`owner_of`.

    ``above`` is what the file says of the plan above then.
    """
    if role is Role.EMPLOYEE:
        return state.file.person
    if turn == "superior_plan" and above is not None:
        return above.person
    seat = chain.holder(role, stage, state.supervisor_signature)
    return None if seat is None else seat.person


def owner_on(organisation: Organisation, state: FileState, on: date) -> UUID | None:
    """Who is awaited on a day by what is known of the organisation; see :func:`owner_of`."""
    return owner_of(state, resolve_chain(organisation, state.file, state.post, on))
