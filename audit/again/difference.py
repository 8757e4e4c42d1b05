"""What deciding again found: differences by kind, and what was looked at."""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, computed_field

KEPT = 1_000  # differences that are kept word for word; all are counted


class Kind(StrEnum):
    """Where a difference lies; the values are part of ``siklus recompute --json``."""

    INPUT = "input"
    RULE = "rule"
    RESULT = "result"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Difference(_Frozen):
    """One thing that is not as it was, or does not come out as it was recorded.

    Attributes:
        file: the file's stream.
        number: the event's number in it; None for a refused command and for the file's row.
        command: the command's id, where there is one.
        kind: an input that was changed or is missing, a rule that is another one, or a result
            that comes out differently.
        field: which one, as in ``context``, ``command.via`` or ``data.set.work_result``.
        what: a sentence without any content.
    """

    file: str
    number: int | None = None
    command: UUID | None = None
    kind: Kind
    field: str
    what: str


class Count(BaseModel):
    """What a stretch of files amounts to; stretches add up.

    Attributes:
        files: streams of files that were looked at.
        events: events whose bytes were made again.
        steps: decisions that made them: acts, wake-ups, gates and openings.
        refusals: refused commands that were decided again.
        by_kind: how many differences of each kind.
        differences: the first thousand of them.
    """

    files: int = 0
    events: int = 0
    steps: int = 0
    refusals: int = 0
    by_kind: dict[Kind, int] = {}
    differences: list[Difference] = []

    @computed_field  # type: ignore[prop-decorator]  # as pydantic documents it
    @property
    def total(self) -> int:
        """Differences of every kind."""
        return sum(self.by_kind.values())

    def differ(self, found: Iterable[Difference]) -> None:
        """Count differences, and keep them while there is room."""
        for difference in found:
            self.by_kind[difference.kind] = self.by_kind.get(difference.kind, 0) + 1
            if len(self.differences) < KEPT:
                self.differences.append(difference)

    def add(self, other: "Count") -> None:
        """Add another stretch."""
        self.files += other.files
        self.events += other.events
        self.steps += other.steps
        self.refusals += other.refusals
        for kind, number in other.by_kind.items():
            self.by_kind[kind] = self.by_kind.get(kind, 0) + number
        self.differences.extend(other.differences[: KEPT - len(self.differences)])
