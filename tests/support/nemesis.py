"""Seeded faults on a running stack, one after the other, each with the time it took to recover."""

import asyncio
import contextlib
import signal
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from random import Random
from time import monotonic

import psutil

from runtime.embedded.stack import Stack
from storage.pool import open_pool
from workers.stack import workflow_runs

WORKER, SERVER, POSTGRES, BACKEND, EVERYTHING, STALL = (
    "kill worker",
    "kill server",
    "kill postgres",
    "kill backend",
    "kill everything",
    "stall",
)
RECOVERY_SECONDS = 60.0
PAUSE_SECONDS = (0.2, 0.8)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: what, when since the beginning, and how long until everything worked again."""

    what: str
    victim: str
    at: float
    recovery: float


class Nemesis:
    """Carries out so many faults of each kind in an order of the seed's choosing.

    Attributes:
        done: the faults so far.
    """

    def __init__(
        self, stack: Stack, seed: int, counts: Mapping[str, int], longest_stall: float
    ) -> None:
        self._stack = stack
        self._chance = Random(f"nemesis/{seed}")  # noqa: S311
        self._longest_stall = longest_stall
        self._plan = [what for what, count in counts.items() for _ in range(count)]
        self._chance.shuffle(self._plan)
        self.done: list[Fault] = []

    async def run(self) -> None:
        """All faults; each begins when the one before has been recovered from."""
        began = monotonic()
        for what in self._plan:
            await asyncio.sleep(self._chance.uniform(*PAUSE_SECONDS))
            at = monotonic()
            victim = await self._carry_out(what)
            if what == STALL:
                at = monotonic()
            await self._recovered()
            self.done.append(Fault(what, victim, at - began, monotonic() - at))

    def summary(self) -> str:
        """How many faults of each kind, and how long recovery took: half of them, and all."""
        lines = []
        for what, count in Counter(fault.what for fault in self.done).items():
            times = sorted(fault.recovery for fault in self.done if fault.what == what)
            lines.append(
                f"{what}: {count}, recovered in {times[len(times) // 2]:.1f} s (median),"
                f" {times[ceil(0.95 * len(times)) - 1]:.1f} s (p95), {times[-1]:.1f} s (worst)"
            )
        return "; ".join(lines)

    async def _carry_out(self, what: str) -> str:
        names = [child.name for child in self._stack.children]
        workers = [name for name in names if name.startswith("worker")]
        match what:
            case "kill worker":
                victims = [self._chance.choice(workers)]
            case "kill server":
                victims = ["temporal"]
            case "kill everything":
                victims = names
            case "kill postgres":
                victims = ["postgres"]
            case "kill backend":
                return await self._kill_backend()
            case _:
                return await self._stall(self._chance.choice(names))
        for name in victims:
            self._stack.kill(name)
        return ", ".join(victims)

    async def _kill_backend(self) -> str:
        """Postgres then throws out everybody and recovers, without a new postmaster."""
        while True:
            backends = [p for p in (await self._family("postgres"))[1:] if _serves_us(p)]
            if backends:
                backend = self._chance.choice(backends)
                _signal(backend, signal.SIGKILL)
                return f"backend {backend.pid}"
            await asyncio.sleep(0.02)

    async def _stall(self, name: str) -> str:
        family = await self._family(name)
        for process in family:
            _signal(process, signal.SIGSTOP)
        try:
            await asyncio.sleep(self._chance.uniform(2.0, self._longest_stall))
        finally:
            for process in family:
                _signal(process, signal.SIGCONT)
        return name

    async def _family(self, name: str) -> list[psutil.Process]:
        """A child and its children, as soon as it lives: a worker that found no server restarts."""
        async with asyncio.timeout(RECOVERY_SECONDS):
            while True:
                pid = self._stack.child(name).pid
                with contextlib.suppress(psutil.NoSuchProcess):
                    if pid is not None:
                        process = psutil.Process(pid)
                        return [process, *process.children(recursive=True)]
                await asyncio.sleep(0.02)

    async def _recovered(self) -> None:
        """Wait until every child lives, the database answers, and a workflow runs."""
        async with asyncio.timeout(RECOVERY_SECONDS):
            while not await self._works():  # noqa: ASYNC110  (nothing announces it)
                await asyncio.sleep(0.05)

    async def _works(self) -> bool:
        if not all(child.is_ready for child in self._stack.children):
            return False
        try:
            async with asyncio.timeout(5), open_pool(self._stack.addresses.web, 1) as pool:
                await pool.fetchval("SELECT true")
                await workflow_runs(self._stack.addresses)
        except Exception:  # noqa: BLE001  (not yet, whatever it is)
            return False
        return True


def _serves_us(backend: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return "siklus_" in " ".join(backend.cmdline())
    return False


def _signal(process: psutil.Process, signum: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(signum)
