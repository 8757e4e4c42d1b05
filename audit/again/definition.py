"""The rules of a decision, kept: thousands of decisions share a definition and a calendar."""

from functools import lru_cache

from domain.decision import Rules
from domain.definition import KEPT, definition
from domain.rulebook import Rulebook
from domain.working_calendar import WorkingCalendar
from schemas.file import ProcessId


def rules_of(key: ProcessId, period: str, calendar: WorkingCalendar, own: Rulebook) -> Rules:
    """What a file of a period is decided by that follows a definition.

    Raises:
        InvalidProcess: as :func:`domain.definition.definition`.
    """
    return _rules(key.id, key.version, key.rules, period, calendar, own)


@lru_cache(maxsize=KEPT)
def _rules(  # plain values: a key that is a model is hashed field by field each time
    id: str, version: int, rules: int, period: str, calendar: WorkingCalendar, own: Rulebook
) -> Rules:
    key = ProcessId(id=id, version=version, rules=rules)
    return Rules(definition(key, period, own), calendar, own)
