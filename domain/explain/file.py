"""Everything that can be asked of a file, answered at once: pure, and without a word of text."""

from domain.explain.case import Case
from domain.explain.deadline import why_deadline
from domain.explain.event import why_events
from domain.explain.holder import why_holder
from domain.explain.refused import attempted, offered_and_refused
from domain.explain.result import why_result
from schemas.explanation import Explanation


def explain_file(case: Case) -> Explanation:
    """Why this result, this deadline and this holder, and why not the acts that are not offered.

    There is an answer for every state that the engine can bring a file to.
    """
    offered, refused = offered_and_refused(case)
    return Explanation(
        file_id=case.state.file.file_id,
        at=case.at,
        person=case.person,
        result=why_result(case),
        deadline=why_deadline(case),
        holder=why_holder(case),
        offered=offered,
        refused=refused,
        history=why_events(case),
        attempts=attempted(case),
    )
