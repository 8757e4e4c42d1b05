"""What the predicate of a unit means for the rating of its head: a suggestion, never more.

Source: SE MenPANRB 3/2023 (the organisation's achievement is its leader's work result). Which rating
a predicate stands for is a project decision (``organisasi.pimpinan``), and the supervisor always
decides: so who rates otherwise is not refused. Each act that rates gives a reason; its event says
that it differs, from what, and by which rule.
"""

from datetime import date
from typing import Any

from pydantic import JsonValue

from domain.rulebook import Rulebook
from domain.rules.organisation_predicate import LeaderRating, leader_rating
from schemas.file import Context, FileState


def suggested(
    state: FileState, changed: dict[str, Any], context: Context, rules: Rulebook, on: date
) -> dict[str, JsonValue]:
    """What a rating is beside the one that the unit's predicate suggests.

    Nothing where nobody is rated, where the file is not that of the unit's head in the post it was
    opened for, or where the unit has no predicate yet.
    """
    head, unit = context.chain.unit_head, context.unit_predicate
    if "work_result" not in changed or head is None or unit is None:
        return {}
    if (head.person, head.post) != (state.file.person, state.post):
        return {}
    rating = leader_rating(unit.predicate, rules.parameters_on(LeaderRating, on))
    said: dict[str, JsonValue] = {
        "rule": LeaderRating.RULE,
        "unit_predicate": unit.predicate.value,
        "work_result": rating.value,
        "differs": changed["work_result"] is not rating,
    }
    return {"suggestion": said}
