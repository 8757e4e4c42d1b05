"""Start one program in its own process group, tied to the life of this process."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from runtime.errors import MissingProgram
from runtime.settings import program_path

_LAUNCHER = str(Path(__file__).with_name("launch.py"))


@dataclass(frozen=True, slots=True)
class RunAs:
    """The unprivileged user that a program runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how it is ended.

    Attributes:
        name: how it is called in messages and in the name of its log.
        argv: absolute path and arguments; never secrets, everybody may read them.
        env: its whole environment.
        user: whom to run it as; None is our own user.
        cwd: its working directory.
        stop_signal: asks it to end in order.
        grace: seconds until it is killed after that.
        death_signal: what the kernel sends it when this process dies (Linux).
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    user: RunAs | None = None
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    death_signal: signal.Signals = signal.SIGKILL


def find_program(name: str, remedy: str) -> str:
    """The absolute path of a program beside this Python or on the path.

    Raises:
        MissingProgram: with the remedy.
    """
    found = shutil.which(name, path=program_path())
    if found is None:
        raise MissingProgram(f"The program {name} was not found. {remedy}")
    return os.path.abspath(found)


def spawn(program: Program, output: BinaryIO) -> subprocess.Popen[bytes]:
    """Start a program; it leads a process group of its own.

    On Linux it gets ``death_signal`` as soon as this process ends, however that happens.

    Raises:
        OSError: if it cannot be started.
    """
    linux = sys.platform == "linux"
    user = None if linux else program.user
    return subprocess.Popen(
        _launched(program) if linux else program.argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=program.cwd,
        env=dict(program.env),
        process_group=0,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )


def _launched(program: Program) -> Sequence[str]:
    if not os.access(program.argv[0], os.X_OK):
        raise FileNotFoundError(f"{program.argv[0]} is not an executable file")
    user = program.user or RunAs(-1, -1)
    numbers = (program.death_signal, os.getpid(), user.uid, user.gid)
    return [sys.executable, "-I", "-S", _LAUNCHER, *(str(int(n)) for n in numbers), *program.argv]


async def exited(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a process without a thread; return its exit status.

    Uses a pid descriptor where the system has one, so that the end is seen at once.
    """
    if process.poll() is None and hasattr(os, "pidfd_open"):
        await _until_readable(os.pidfd_open(process.pid))
    while (status := process.poll()) is None:  # noqa: ASYNC110  (nothing announces it)
        await asyncio.sleep(0.02)
    return status


async def _until_readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def run_to_end(program: Program, limit_seconds: float) -> tuple[int, str]:
    """Run a program that ends by itself; return its status and what it printed.

    It is killed when the time is up or when the caller is cancelled.

    Raises:
        TimeoutError: if it did not end in time.
        OSError: if it cannot be started.
    """
    with tempfile.TemporaryFile() as output:
        process = spawn(program, output)
        try:
            async with asyncio.timeout(limit_seconds):
                status = await exited(process)
        finally:
            kill_group(process)
        output.seek(0)
        return status, output.read().decode("utf-8", "replace").strip()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its group; harmless when it has ended."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            process.kill()
        process.wait()
