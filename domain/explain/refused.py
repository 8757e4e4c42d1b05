"""Which acts would not be taken from somebody now, and why: the decider itself is asked."""

from datetime import datetime
from uuid import UUID

from domain.citation import APPRAISER, PLH, cite_recorded, of_refusal
from domain.decide import decide, unreadable
from domain.decision import Rules
from domain.explain.case import Case
from domain.explain.holder import is_passed_over_as_plh
from schemas.code import Act, Via
from schemas.command import StoredCommand
from schemas.error import Refusal
from schemas.explanation import Attempt, Citation, RefusedAct
from schemas.file import Context, FileState


def refusal_of(
    act: Act, person: UUID, state: FileState, context: Context, rules: Rules, at: datetime
) -> Refusal | None:
    """Why an act would not be taken from somebody at an instant; None if it would be.

    The decider is asked with a body that never fits: an act that fails on its body alone passed
    every other question.
    """
    command = StoredCommand(
        id=state.file.file_id,
        stream=state.file.stream,
        act=act,
        actor=person,
        body=None,
        expected_version=None,
        via=Via.SHELL,
        os_user=None,
        received_at=at,
    )
    answer = decide(state, command, context, rules)
    return answer if isinstance(answer, Refusal) and answer != unreadable() else None


def offered_and_refused(case: Case) -> tuple[tuple[Act, ...], tuple[RefusedAct, ...]]:
    """Every act there is, parted into those that the person may do now and those he may not.

    Acts without a body stand among the former as well, for the decider takes them.
    """
    if case.person is None:
        return (), ()
    offered, refused = [], []
    for act in Act:
        answer = refusal_of(act, case.person, case.state, case.context, case.rules, case.at)
        if answer is None:
            offered.append(act)
        else:
            rules = _rules(case, act, case.person, answer)
            refused.append(RefusedAct(act=act, refusal=answer, rules=rules))
    return tuple(offered), tuple(refused)


def attempted(case: Case) -> tuple[Attempt, ...]:
    """The acts that were refused so far, each with the rules that are recorded with its answer."""
    return tuple(
        Attempt(
            act=tried.act,
            person=tried.person,
            at=tried.at,
            refusal=tried.refusal,
            rules=cite_recorded(tuple(tried.rules), tried.rules, case.rulebook),
        )
        for tried in case.tried
    )


def _rules(case: Case, act: Act, person: UUID, refusal: Refusal) -> tuple[Citation, ...]:
    ids = of_refusal(refusal, act, person, case.state, case.rules.process)
    if ids == APPRAISER and is_passed_over_as_plh(case, person):
        ids += PLH
    return case.cite(ids, case.today)
