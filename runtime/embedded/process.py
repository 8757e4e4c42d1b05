"""A child process that is kept alive until it is told to stop."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import structlog

from runtime.embedded.spawn import Program, exited, kill_group, spawn
from runtime.errors import StartFailed
from runtime.files import tail

FIRST_DELAY = 0.1
LONGEST_DELAY = 5.0
LONG_LIFE = 10.0
ROTATE_BYTES = 5_000_000
PROBE_INTERVAL = 0.02

_log = structlog.stdlib.get_logger("siklus.stack")


async def _nothing() -> None:
    return None


async def _at_once() -> bool:
    return True


def _ignore(_child: "Supervised") -> None:
    return None


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a particular child needs beyond being run.

    Attributes:
        before_start: awaited before each start; clears the way.
        is_ready: asked until it says yes, after each start.
        on_start: told about each start.
        on_refusal: told how often in a row the child ended by itself, with an error, before it
            was ready; a kill does not count.
    """

    before_start: Callable[[], Awaitable[None]] = _nothing
    is_ready: Callable[[], Awaitable[bool]] = _at_once
    on_start: Callable[["Supervised"], None] = _ignore
    on_refusal: Callable[[int], Awaitable[None]] | None = None


class Supervised:
    """Runs one program for ever: whatever ends it, it is started again.

    Restarts wait 0.1 s, then twice as long each time up to 5 s; a life of 10 s forgets that, and so
    does one that was ready and ended by a signal: a killed process is no reason to stay away.
    There is no last attempt: a server that cannot start now (old shared memory still in use,
    disk full) may be able to later, and giving up would lose what only it can bring back.
    """

    def __init__(self, program: Program, log_dir: Path, hooks: Hooks | None = None) -> None:
        self.program = program
        self.log_path = log_dir / f"{program.name}.log"
        self.restarts = 0
        self._hooks = hooks or Hooks()
        self._process: subprocess.Popen[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._stopping = asyncio.Event()
        self._came_up = False
        self._refusals = 0
        self._failures = 0
        self._problem = "it has not started yet"

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name

    @property
    def pid(self) -> int | None:
        """The pid of the living child, None between two lives."""
        alive = self._process is not None and self._process.poll() is None
        return self._process.pid if alive and self._process else None

    @property
    def is_ready(self) -> bool:
        """Whether the child lives and has been found ready."""
        return self._ready.is_set() and self.pid is not None

    def start(self) -> None:
        """Begin to run the program; returns at once."""
        self._task = asyncio.create_task(self._run(), name=f"supervise {self.name}")

    async def wait_ready(self, limit_seconds: float, failures: int | None = None) -> None:
        """Wait until the child is ready.

        Args:
            limit_seconds: how long.
            failures: give up earlier, after this many lives that ended before being ready.

        Raises:
            StartFailed: with the end of the child's log. The child goes on being restarted.
        """
        try:
            async with asyncio.timeout(limit_seconds):
                while not self.is_ready:
                    if failures is not None and self._failures >= failures:
                        raise StartFailed(self.name, self._problem, tail(self.log_path))
                    await asyncio.sleep(PROBE_INTERVAL)
        except TimeoutError:
            reason = f"not ready within {limit_seconds:g} s; {self._problem}"
            raise StartFailed(self.name, reason, tail(self.log_path)) from None

    def kill(self, signum: signal.Signals = signal.SIGKILL) -> int | None:
        """Send the child a signal; return its pid, or None if it was not alive."""
        pid = self.pid
        if pid is None:
            return None
        if signum == signal.SIGKILL:
            self._ready.clear()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signum)
        return pid

    async def stop(self) -> None:
        """End the child for good: its stop signal, its grace, then SIGKILL to its group."""
        self._stopping.set()
        self.kill(self.program.stop_signal)
        if self._task is None:
            return
        _, still_running = await asyncio.wait([self._task], timeout=self.program.grace)
        if still_running:
            _log.warning("process_killed", process=self.name, grace=self.program.grace)
            self.kill_now()
            await self._task

    def kill_now(self) -> None:
        """Kill the child and its group, and do not start it again."""
        self._stopping.set()
        if self._process is not None:
            kill_group(self._process)

    async def _run(self) -> None:
        delay = FIRST_DELAY
        while not self._stopping.is_set():
            began = asyncio.get_running_loop().time()
            was_killed = await self._live_once()
            lived = asyncio.get_running_loop().time() - began
            delay = FIRST_DELAY if lived >= LONG_LIFE or was_killed else delay
            if await self._stopped_within(delay):
                return
            delay = min(delay * 2, LONGEST_DELAY)
            self.restarts += 1
            _log.warning(
                "process_restarts", process=self.name, reason=self._problem, restarts=self.restarts
            )

    async def _live_once(self) -> bool:
        """One life; whether it had been ready and ended by a signal."""
        self._came_up = False
        try:
            await self._hooks.before_start()
            with self._open_log() as output:
                self._process = spawn(self.program, output)
        except Exception as error:  # noqa: BLE001  (whatever it is, trying again is all we can do)
            self._problem = f"{type(error).__name__}: {error}"
            self._failures += 1
            return False
        self._problem = "it is not ready yet"
        try:
            self._hooks.on_start(self)
        except OSError:  # a full disk must not make us forget a living child
            _log.exception("process_not_noted", process=self.name)
        status = await self._watch(self._process)
        await self._judge(status)
        return self._came_up and status < 0

    async def _watch(self, process: subprocess.Popen[bytes]) -> int:
        if self._stopping.is_set():  # asked to stop while it was being started
            self.kill(self.program.stop_signal)
        probing = asyncio.create_task(self._probe(), name=f"probe {self.name}")
        try:
            return await exited(process)
        finally:
            probing.cancel()
            await asyncio.wait([probing])
            kill_group(process)

    async def _probe(self) -> None:
        while True:
            try:
                if await self._hooks.is_ready():
                    break
            except Exception as error:  # noqa: BLE001  (not ready yet, whatever the reason)
                self._problem = f"{type(error).__name__}: {error}"
            await asyncio.sleep(PROBE_INTERVAL)
        self._came_up = True
        self._refusals = 0
        self._failures = 0
        self._ready.set()

    async def _judge(self, status: int) -> None:
        self._ready.clear()
        self._problem = _how_it_ended(status)
        if self._came_up or self._stopping.is_set():
            return
        self._failures += 1
        self._refusals = self._refusals + 1 if status > 0 else 0
        if self._refusals and self._hooks.on_refusal is not None:
            try:
                await self._hooks.on_refusal(self._refusals)
            except OSError:
                _log.exception("process_not_mended", process=self.name)

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return False
        return True

    def _open_log(self) -> BinaryIO:
        """Append to the log; one that has grown large is put aside first, replacing the last."""
        with contextlib.suppress(FileNotFoundError):
            if self.log_path.stat().st_size > ROTATE_BYTES:
                self.log_path.replace(self.log_path.with_suffix(".log.1"))
        descriptor = os.open(self.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "wb")


def _how_it_ended(status: int) -> str:
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"
