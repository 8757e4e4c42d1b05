"""The children of one stack: what to run, how they are, which processes they are."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from runtime.embedded.process import Hooks, Supervised
from runtime.embedded.process_table import ProcessTable
from runtime.embedded.spawn import Program
from runtime.process_record import ProcessRecord

_LONGEST_GRACE = 10.0


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A process that the composition root wants to run beside the servers.

    Attributes:
        name: unique; also the name of its log, and what ``Stack.kill`` takes.
        argv: absolute path of the program and its arguments; no secrets.
        env: variables in addition to those every child gets.
        grace: seconds it may take to end after SIGTERM; 10 at most, so that all ends within 30.
    """

    name: str
    argv: list[str]
    env: dict[str, str] = field(default_factory=dict)
    grace: float = _LONGEST_GRACE

    def program(self, environment: Mapping[str, str]) -> Program:
        """How the supervisor runs it."""
        return Program(
            name=self.name,
            argv=tuple(self.argv),
            env={**environment, **self.env},
            grace=min(self.grace, _LONGEST_GRACE),
        )


@dataclass(frozen=True, slots=True)
class ChildStatus:
    """A child at this moment; ``pid`` is None between two lives."""

    name: str
    pid: int | None
    restarts: int
    is_ready: bool


class Children:
    """Runs children by name and keeps the table of their processes on disk.

    Args:
        data: the stack's data directory.
        on_start: told after a child was started or started again.
    """

    def __init__(self, data: Path, on_start: Callable[[], None]) -> None:
        self.table = ProcessTable(data)
        self._log_dir = data / "log"
        self._on_start = on_start
        self._by_name: dict[str, Supervised] = {}

    @property
    def records(self) -> dict[str, ProcessRecord]:
        """The processes by name, as they were last started."""
        return self.table.records

    def run(self, program: Program, hooks: Hooks | None = None) -> Supervised:
        """Start a child and keep it running.

        Raises:
            ValueError: if the name is taken.
        """
        if program.name in self._by_name:
            raise ValueError(f"two children are called {program.name}")
        child = Supervised(program, self._log_dir, replace(hooks or Hooks(), on_start=self._note))
        self._by_name[program.name] = child
        child.start()
        return child

    def get(self, name: str) -> Supervised:
        """A child by its name.

        Raises:
            KeyError: naming the children there are.
        """
        if name not in self._by_name:
            raise KeyError(f"no child {name}; there are {', '.join(self._by_name)}")
        return self._by_name[name]

    def status(self) -> list[ChildStatus]:
        """All children in the order of their start."""
        return [
            ChildStatus(child.name, child.pid, child.restarts, child.is_ready)
            for child in self._by_name.values()
        ]

    async def wait_ready(self, limit_seconds: float) -> None:
        """Wait until every child lives and is ready.

        Raises:
            StartFailed: naming the child that is not, with the end of its log.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + limit_seconds
        for child in list(self._by_name.values()):
            await child.wait_ready(max(0.1, deadline - clock()))

    def kill_all(self) -> None:
        """Kill all children at once and for good, the last started first."""
        for child in reversed(self._by_name.values()):
            child.kill_now()

    def _note(self, child: Supervised) -> None:
        if child.pid is not None:
            self.table.put(child.name, child.pid)
        self._on_start()
