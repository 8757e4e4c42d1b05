"""Reading what a run cost: CPU and memory by process, percentiles, the rest of the machine."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import psutil

from runtime.embedded.stack import Stack

DRIVER = "driver"
Read = TypeVar("Read")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the sorted values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and range of a figure over the rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{self.median:.1f} [{self.low:.1f}-{self.high:.1f}]"


def _processes(stack: Stack) -> Iterator[tuple[str, list[psutil.Process]]]:
    yield DRIVER, [psutil.Process()]
    for child in stack.children:
        if child.pid is not None:
            process = psutil.Process(child.pid)
            yield child.name, [process, *process.children(recursive=True)]


def _alive(group: Sequence[psutil.Process], read: Callable[[psutil.Process], Read]) -> list[Read]:
    """What can be read; a backend of Postgres may end at any time."""
    found = []
    for process in group:
        with suppress(psutil.NoSuchProcess):
            found.append(read(process))
    return found


def cpu_seconds(stack: Stack) -> dict[str, float]:
    """CPU that each process of the stack has used, its living and its ended children included."""
    found = {}
    for name, group in _processes(stack):
        own = sum(t.user + t.system for t in _alive(group, psutil.Process.cpu_times))
        ended = 0.0
        if name != DRIVER:  # whose children are all the others
            times = group[0].cpu_times()
            ended = times.children_user + times.children_system
        found[name] = own + ended
    return found


def memory_mib(stack: Stack) -> dict[str, dict[str, float]]:
    """Resident and proportional set size of each process of the stack, its children included."""
    found = {}
    for name, group in _processes(stack):
        read = _alive(group, psutil.Process.memory_full_info)
        found[name] = {
            "rss": sum(m.rss for m in read) / 2**20,
            "pss": sum(m.pss for m in read) / 2**20,
        }
    return found


def busy_seconds() -> float:
    """CPU that the whole machine has used."""
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice + times.irq + times.softirq)


def differences(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What each has used in between."""
    return {name: after[name] - before.get(name, 0.0) for name in after}
