"""Gates: turns that a fact outside the file ends, and when that fact is there.

A context holds what is known of the fact under the fact's own name, and so does the state of a
file that has come to the gate: the two are compared, and kept, alike.
"""

from typing import Any

from domain.process import GateFact
from schemas.file import Context, FileState


def is_open(when: GateFact, told: Context | FileState) -> bool:
    """Whether the fact that a gate waits for is there, by a context or by a file that has come.

    A unit has its predicate once it is set. Nobody waits for the plan of a superior who owes none.
    """
    match when:
        case "unit_predicate":
            return told.unit_predicate is not None
        case "superior_plan":
            return told.superior_plan is None or told.superior_plan.agreed is not None


def kept(when: GateFact, context: Context) -> dict[str, Any]:
    """What a file that comes to a gate, or is let through, keeps of the fact."""
    return {when: getattr(context, when)}
