"""Seeded faults: processes of a stack are killed and stopped while people work."""

import asyncio
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import structlog

from runtime.embedded.stack import POSTGRES, TEMPORAL, Stack

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
    """Kills -9 children of a stack at random moments; the same seed draws the same moments.

    Args:
        stack: whose children; they come back by themselves.
        seed: draws moments and victims.
        kills: how many.
        over_seconds: the span of real time that the moments are spread over.
        weights: how often each child is drawn; by default the servers like all workers together.

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
        self._moments = sorted(self._chance.uniform(0, over_seconds) for _ in range(kills))
        self._weights = weights or _evenly(stack)
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
            await asyncio.sleep(max(0.0, began + moment - loop.time()))
            if number % _STALL_EVERY == 0:
                await self._stall(self._draw())
            await self._kill(self._draw())
        await self._stack.wait_ready(RECOVERY_SECONDS)

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


def _evenly(stack: Stack) -> dict[str, float]:
    workers = [c.name for c in stack.children if c.name not in (POSTGRES, TEMPORAL)]
    weights = dict.fromkeys((c.name for c in stack.children), 1.0)
    return weights | dict.fromkeys(workers, 1.0 / max(1, len(workers)))
