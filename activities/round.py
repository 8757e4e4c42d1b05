"""Knocking at many doors at once, where one that does not answer keeps nobody else waiting."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog
from temporalio.service import RPCError, RPCStatusCode

from storage.pool import DATABASE_AWAY

AT_ONCE = 16
AWAY_AFTER = 5

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Round(Generic[_T]):
    """Knocks at many streams: one that fails keeps nobody else waiting, and is logged.

    ``failed`` are those where it failed. After some failures in a row because nobody answers, the
    rest is not tried: ``away`` is the last of them.
    """

    knock_at: Callable[[_T], Awaitable[object]]
    failed: list[_T] = field(default_factory=list)
    away: Exception | None = None
    _in_a_row: int = 0

    async def of(self, items: Iterable[_T]) -> "Round[_T]":
        """Knock at each, so many at a time."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(item: _T) -> None:
            async with gate:
                await self._one(item)

        await asyncio.gather(*(one(item) for item in items))
        return self

    async def _one(self, item: _T) -> None:
        if self.away is not None:
            self.failed.append(item)
            return
        try:
            await self.knock_at(item)
        except Exception as error:  # noqa: BLE001  (whatever is wrong with this one)
            _log.warning("knock_failed", error=type(error).__name__)
            self.failed.append(item)
            self._in_a_row += _is_away(error)
            self.away = error if self._in_a_row >= AWAY_AFTER else None
        else:
            self._in_a_row = 0

    def require_there(self) -> None:
        """Raise what says that nobody answers, if so."""
        if self.away is not None:
            raise self.away


def _is_away(error: Exception) -> bool:
    if isinstance(error, RPCError):
        return error.status in (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED)
    return isinstance(error, (RuntimeError, *DATABASE_AWAY))
