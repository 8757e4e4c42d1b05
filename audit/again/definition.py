"""Process definitions that remember who may ever do an act; asked at every decision."""

from functools import cache

from pydantic import PrivateAttr
from typing_extensions import override

from domain.process import Process, load
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


@cache
def definition(key: ProcessId) -> Process:
    """The definition of that name and version.

    Raises:
        InvalidProcess: when it does not ship with this version of Siklus, or is broken.
    """
    process = load(key)
    return RememberingProcess.model_construct(process.model_fields_set, **dict(process))
