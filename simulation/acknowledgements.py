"""The log of acknowledgements: what people were told, kept outside the database.

It is the witness against the record: whatever stands here as done or stored must be there.
"""

import asyncio
import contextlib
import os
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from gateway.answer import Answer, Status
from schemas.code import Act, UnitAct
from schemas.error import Refusal

_SYNC_SECONDS = 0.05


class Acknowledgement(BaseModel):
    """One answer that somebody got; one line of the log."""

    model_config = ConfigDict(frozen=True)

    command_id: UUID
    file: UUID | None
    act: Act | UnitAct
    status: Status
    version: int | None
    refusal: Refusal | None

    @classmethod
    def of(cls, file: UUID | None, act: Act | UnitAct, answer: Answer) -> Self:
        """What an answer says about an act on a file, or on a unit."""
        return cls(
            command_id=answer.command_id,
            file=file,
            act=act,
            status=answer.status,
            version=answer.version,
            refusal=answer.refusal,
        )


class Acknowledgements:
    """Appends answers to a file as JSON lines; a batch of lines is one write and one fsync.

    Use it as an async context; on leaving, everything is on disk.

    Attributes:
        path: the file, one :class:`Acknowledgement` a line.
        accepted: commands that were answered with done or stored.
        refused: commands that were refused, with the reason.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.accepted: set[UUID] = set()
        self.refused: dict[UUID, str] = {}
        self._lines: list[bytes] = []
        self._leaving = asyncio.Event()

    @property
    def refusals(self) -> Counter[str]:
        """How many commands were refused for each reason."""
        return Counter(self.refused.values())

    async def __aenter__(self) -> Self:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._writing = asyncio.create_task(self._write(descriptor))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leaving.set()
        await self._writing

    def note(self, told: Acknowledgement) -> None:
        """Keep one answer; it is on disk a moment later."""
        self._lines.append(told.model_dump_json().encode() + b"\n")
        if told.status is not Status.REFUSED:
            self.accepted.add(told.command_id)
        elif told.refusal is not None:
            self.refused[told.command_id] = f"{told.refusal.type}: {told.refusal.rule}"

    async def _write(self, descriptor: int) -> None:
        try:
            while not (self._leaving.is_set() and not self._lines):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._leaving.wait(), _SYNC_SECONDS)
                lines, self._lines = self._lines, []
                if lines:
                    await asyncio.to_thread(_append, descriptor, b"".join(lines))
        finally:
            os.close(descriptor)


def _append(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)
