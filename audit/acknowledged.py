"""I1: whatever somebody was told is in the record, as it was told.

The witness lies outside the database: a log of answers, one JSON line each.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from audit.report import Tally
from gateway.answer import Status
from schemas.cycle import Outcome, Verdict
from schemas.error import ErrorType
from storage.clock import Connection
from storage.query import queries

BATCH = 1_000


class InvalidLog(ValueError):
    """A log of acknowledgements that cannot be read; names the line."""


class AcknowledgedRefusal(BaseModel):
    """Why an act was refused, as somebody was told."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ErrorType
    rule: str | None = None


class Acknowledged(BaseModel):
    """One answer that somebody got; other keys of its line are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    command_id: UUID
    status: Status
    version: int | None = None
    refusal: AcknowledgedRefusal | None = None

    @property
    def may_be_unstored(self) -> bool:
        """The gateway gives such refusals before it stores anything: they promise nothing."""
        if self.status is not Status.REFUSED or self.refusal is None:
            return False
        kind, rule = self.refusal.type, self.refusal.rule or ""
        return kind in (
            ErrorType.NOT_FOUND,
            ErrorType.NOT_AUTHORISED,
            ErrorType.COMMAND_REUSED,
        ) or (kind is ErrorType.INVALID and rule.startswith("shape."))


def read_log(path: Path) -> Iterator[Acknowledged]:
    """The answers of a log, read as they are asked for.

    A last line without its end is left out: whoever wrote it had not been told yet.

    Raises:
        InvalidLog: naming the line that is no answer.
        OSError: if there is no such file.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield Acknowledged.model_validate_json(line)
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                key = ".".join(str(part) for part in first["loc"])
                raise InvalidLog(f"line {number}: {key or 'line'}: {first['msg']}") from None


async def check_acknowledged(
    connection: Connection, acknowledged: Iterable[Acknowledged], tally: Tally
) -> None:
    """Compare every answer with the command's row."""
    answers = iter(acknowledged)
    while batch := list(islice(answers, BATCH)):
        ids = [answer.command_id for answer in batch]
        rows = await queries("audit").read_acknowledged(connection, ids=ids)
        found = {row["id"]: row for row in rows}
        for answer in batch:
            tally.count()
            problem = _problem(answer, found.get(answer.command_id))
            if problem is not None:
                tally.problem(problem, f"command {answer.command_id}")


def _problem(answer: Acknowledged, row: Any) -> str | None:  # noqa: ANN401  (a row or None)
    if row is None:
        return None if answer.may_be_unstored else f"acknowledged as {answer.status}, and not there"
    if answer.status is Status.STORED or answer.may_be_unstored:
        return None
    if row["outcome"] is None:
        return f"acknowledged as {answer.status}, and undecided"
    outcome = Outcome.model_validate(row["outcome"])
    wanted = Verdict.ACCEPTED if answer.status is Status.DONE else Verdict.REFUSED
    if outcome.verdict is not wanted:
        return f"acknowledged as {answer.status}, and recorded as {outcome.verdict}"
    if answer.version is not None and answer.version != outcome.version:
        return f"acknowledged with version {answer.version}, and recorded with {outcome.version}"
    said = answer.refusal.type if answer.refusal else None
    kept = outcome.refusal.type if outcome.refusal else None
    return None if said == kept else f"acknowledged as {said}, and recorded as {kept}"
