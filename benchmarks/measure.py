"""Reading what a run cost: CPU and memory by process, percentiles, the rest of the machine."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import psutil

from runtime.embedded.stack import Stack

DRIVER = "driver"


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


def cpu_seconds(stack: Stack) -> dict[str, float]:
    """CPU that each process of the stack has used, its children included."""
    found = {}
    for name, group in _processes(stack):
        times = [p.cpu_times() for p in group]
        found[name] = sum(t.user + t.system for t in times)
    return found


def memory_mib(stack: Stack) -> dict[str, float]:
    """Proportional set size of each process of the stack, its children included."""
    return {
        name: sum(p.memory_full_info().pss for p in group) / 2**20
        for name, group in _processes(stack)
    }


def busy_seconds() -> float:
    """CPU that the whole machine has used."""
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice + times.irq + times.softirq)


def differences(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What each has used in between."""
    return {name: after[name] - before.get(name, 0.0) for name in after}
