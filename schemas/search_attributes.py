"""Search attributes of an evaluation cycle: set at start, never upserted, no personal data.

They are for operators; pages ask Postgres. The one module of ``schemas`` that may import from
``temporalio.common``.
"""

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from schemas.cycle import CycleInput

ORG = SearchAttributeKey.for_keyword("EvalOrg")
UNIT = SearchAttributeKey.for_keyword("EvalUnit")
PERIOD = SearchAttributeKey.for_keyword("EvalPeriod")
KIND = SearchAttributeKey.for_keyword("EvalKind")

DECLARED: dict[str, str] = {key.name: "Keyword" for key in (ORG, UNIT, PERIOD, KIND)}


def of_cycle(cycle: CycleInput) -> TypedSearchAttributes:
    """The attributes a cycle is started with."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(ORG, cycle.file.org),
            SearchAttributePair(UNIT, cycle.unit),
            SearchAttributePair(PERIOD, cycle.file.period),
            SearchAttributePair(KIND, cycle.file.kind),
        ]
    )
