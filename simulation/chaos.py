"""Seeded faults: processes of a stack are killed and stopped while people work."""

import asyncio
import contextlib
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import structlog

from runtime.embedded.stack import Stack

RECOVERY_SECONDS = 60.0
STALL_SECONDS = (0.3, 1.5)
_STALL_EVERY = 5

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kill:
    """One fault: which process, with which signal, and when in real time."""

    child: str
    signum: signal.Signals
    at: datetime


class Killer:
    """Kills -9 children of a stack at random moments, one in each equal part of a span of time.

    The same seed draws the same moments and victims. Every fifth kill comes with a stall: a child
    is stopped for a moment and goes on.

    Args:
        stack: whose children; they come back by themselves.
        seed: draws moments and victims.
        kills: how many.
        over_seconds: the span of real time that the moments are spread over.
        weights: how often each child is drawn, by name; by default all alike.

    Attributes:
        done: the kills so far.
        stalls: the times a child was stopped and let go on.
    """

    def __init__(
        self,
        stack: Stack,
        seed: int,
        kills: int,
        over_seconds: float,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        self._stack = stack
        self._chance = Random(f"chaos/{seed}")  # noqa: S311 - repeatable, not secret
        part = over_seconds / max(1, kills)
        self._moments = [part * (n + self._chance.random()) for n in range(kills)]
        self._hurried = asyncio.Event()
        self._weights = weights or dict.fromkeys((c.name for c in stack.children), 1.0)
        self.done: list[Kill] = []
        self.stalls: list[Kill] = []

    async def run(self) -> None:
        """Carry out all kills, then wait until everything is ready again.

        Raises:
            StartFailed: if something does not come back.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number, moment in enumerate(self._moments, start=1):
            await self._sleep(began + moment - loop.time())
            if number % _STALL_EVERY == 0:
                await self._stall(self._draw())
            await self._kill(self._draw())
        await self._stack.wait_ready(RECOVERY_SECONDS)

    def hurry(self) -> None:
        """Carry out the kills that are left at once; there is nothing more to wait for."""
        self._hurried.set()

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._hurried.wait()

    def _draw(self) -> str:
        return self._chance.choices(list(self._weights), list(self._weights.values()))[0]

    async def _kill(self, name: str) -> None:
        """Kill a child once it is ready again from the kill before."""
        async with asyncio.timeout(RECOVERY_SECONDS):
            while not self._stack.child(name).is_ready:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            while self._stack.kill(name) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        self.done.append(Kill(name, signal.SIGKILL, datetime.now(UTC)))
        _log.info("killed", process=name, number=len(self.done))

    async def _stall(self, name: str) -> None:
        """Stop a child for a moment; one that is killed meanwhile comes back running."""
        if self._stack.kill(name, signal.SIGSTOP) is None:
            return
        self.stalls.append(Kill(name, signal.SIGSTOP, datetime.now(UTC)))
        try:
            await asyncio.sleep(self._chance.uniform(*STALL_SECONDS))
        finally:
            self._stack.kill(name, signal.SIGCONT)
