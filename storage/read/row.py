"""What all readers share."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from schemas.file import FileState


class Database(Protocol):
    """A pool or a connection."""

    async def fetch(self, query: str, *args: object) -> Sequence[Any]:
        """Rows."""

    async def fetchrow(self, query: str, *args: object) -> Any:  # noqa: ANN401
        """One row or None."""


class Row(BaseModel):
    """What is shown: never changed, and exactly what the query gives."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def is_overdue(state: FileState, at: datetime) -> bool:
    """Whether what a file waits for was due by that instant."""
    return state.due_at is not None and state.due_at <= at
