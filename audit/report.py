"""What the check found: one finding an invariant, each with its count and its problems."""

from collections.abc import Iterator
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, computed_field

KEPT = 1_000  # problems of one invariant that are kept word for word; all are counted


class Invariant(StrEnum):
    """What must hold over the whole record; the values are part of ``siklus check --json``."""

    KEPT = "I1"
    ONCE = "I2"
    PATH = "I3"
    AUTHORITY = "I4"
    TIME = "I5"
    CHAIN = "I6"
    OWNER = "I7"
    RECOMPUTED = "I8"
    WORKFLOWS = "I9"
    FOLD = "fold"
    ROSTER = "roster"
    CLOSED = "closed"
    SCHEDULES = "schedules"


TITLES = {
    Invariant.KEPT: "nothing acknowledged is lost, everything stored is decided",
    Invariant.ONCE: "nothing happens twice, everybody concerned is told once",
    Invariant.PATH: "every file has taken a path of its process definition",
    Invariant.AUTHORITY: "everybody who acted had the right at that moment",
    Invariant.TIME: "nothing rang early, nothing is overslept",
    Invariant.CHAIN: "every chain is whole and unchanged",
    Invariant.OWNER: "each open file waits for exactly one person, or visibly for nobody",
    Invariant.RECOMPUTED: "deciding again from what was stored gives the same bytes",
    Invariant.WORKFLOWS: "each open file has its workflow, and each workflow its file",
    Invariant.FOLD: "each file's row is what its events amount to",
    Invariant.ROSTER: "everybody of an opened period has a file or a reason for none",
    Invariant.CLOSED: "a closed period's files had all ended, and amount to what was frozen",
    Invariant.SCHEDULES: "every time that something was to run by itself has its verdict",
}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Problem(_Frozen):
    """One thing that is wrong, and where: a stream and the number in it, or a command's id."""

    what: str
    where: str


class Finding(_Frozen):
    """One invariant: how many things were looked at, and what is wrong with them.

    Attributes:
        id: ``I1`` to ``I9``, ``fold``, ``roster``, ``closed`` or ``schedules``.
        title: the invariant in a sentence.
        checked: how many things were looked at.
        total: how many problems there are.
        problems: the first thousand of them.
        note: what a reader should know, such as what could not be judged.
    """

    id: str
    title: str
    checked: int
    total: int
    problems: tuple[Problem, ...]
    note: str | None = None


class Report(_Frozen):
    """What a check found over the whole record of one organisation."""

    org: str
    findings: tuple[Finding, ...]

    @computed_field  # type: ignore[prop-decorator]  # https://github.com/python/mypy/issues/1362
    @property
    def problems(self) -> int:
        """How many problems there are altogether; 0 means that everything holds."""
        return sum(finding.total for finding in self.findings)

    def finding(self, invariant: Invariant) -> Finding:
        """What was found about one invariant."""
        return next(f for f in self.findings if f.id == invariant.value)


class Tally:
    """One invariant's result while it is being found."""

    def __init__(self, invariant: Invariant) -> None:
        self._invariant = invariant
        self._checked = 0
        self._total = 0
        self._problems: list[Problem] = []
        self.notes: list[str] = []

    def count(self, things: int = 1) -> None:
        """So many things have been looked at."""
        self._checked += things

    def problem(self, what: str, where: str) -> None:
        """Something is wrong."""
        self._total += 1
        if len(self._problems) < KEPT:
            self._problems.append(Problem(what=what, where=where))

    def finding(self) -> Finding:
        """The result so far."""
        return Finding(
            id=self._invariant.value,
            title=TITLES[self._invariant],
            checked=self._checked,
            total=self._total,
            problems=tuple(self._problems),
            note="; ".join(self.notes) or None,
        )


class Tallies:
    """The running results of all invariants."""

    def __init__(self) -> None:
        self._tallies = {invariant: Tally(invariant) for invariant in Invariant}

    def __getitem__(self, invariant: Invariant) -> Tally:
        return self._tallies[invariant]

    def findings(self) -> Iterator[Finding]:
        """The results, in the order of the invariants."""
        return (tally.finding() for tally in self._tallies.values())


def place(stream: str, number: int) -> str:
    """Where an event is."""
    return f"{stream} event {number}"
