"""Process definitions that remember who may ever do an act; asked at every decision."""

from functools import lru_cache

from pydantic import PrivateAttr
from typing_extensions import override

from domain.definition import KEPT
from domain.definition import definition as as_shipped
from domain.process import Process
from domain.rulebook import Rulebook
from schemas.code import Act, Role
from schemas.file import ProcessId


class RememberingProcess(Process):
    """A definition like any other; it never changes, so an answer holds for ever."""

    _roles: dict[Act, frozenset[Role]] = PrivateAttr(default_factory=dict)

    @override
    def roles_for(self, act: Act) -> frozenset[Role]:
        found = self._roles.get(act)
        if found is None:
            found = self._roles[act] = super().roles_for(act)
        return found


@lru_cache(maxsize=KEPT)
def definition(key: ProcessId, period: str, rules: Rulebook) -> Process:
    """As :func:`domain.definition.definition`.

    Raises:
        InvalidProcess: likewise.
    """
    process = as_shipped(key, period, rules)
    return RememberingProcess.model_construct(process.model_fields_set, **dict(process))
