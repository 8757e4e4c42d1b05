"""How much of what may break in ``domain`` a test notices: ``python -m benchmarks.mutation``.

mutmut changes one thing at a time and runs the tests that reach it: a mutant is killed where a test
fails or no longer ends, and survives where none does. ``tool.mutmut`` in pyproject.toml names the
tests. Functions with decorators (validators, properties, cached loaders) and statements outside
functions are not changed; docstrings neither.

The whole of ``domain`` takes an hour and more and is kept in ``benchmarks/results/mutation.json``; a
sample, drawn from all of it by chance, in ``mutation-sample.json``. Exit code 1: the score is below
85 % (of a sample: it may be, with 2.5 % of chance), or a mutant has no verdict.
"""

import argparse
import json
import os
import platform
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from math import sqrt
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
MUTANTS = ROOT / "mutants"
RESULT = Path(__file__).parent / "results" / "mutation.json"
SAMPLE = RESULT.with_name("mutation-sample.json")
FEW = "domain.rules.rank.x*"
LEAST = 85.0
"""Percent of the mutants that have to be killed."""

_VERDICTS: dict[int | None, str] = {
    1: "killed",
    3: "killed",
    0: "survived",
    5: "no_tests",
    33: "no_tests",
    -24: "timeout",
    24: "timeout",
    152: "timeout",
    255: "timeout",
}
"""What mutmut's exit codes say of a mutant; any other leaves it ``undecided``."""

KILLS = ("killed", "timeout")
_KILLING = {code for code, verdict in _VERDICTS.items() if verdict in KILLS}
COLUMNS = (*KILLS, "survived", "no_tests", "undecided")


@dataclass(frozen=True, slots=True)
class Figures:
    """How many mutants had which verdict."""

    counts: Mapping[str, int]

    @classmethod
    def of(cls, exit_codes: Mapping[str, int | None]) -> "Figures":
        """From the exit codes by mutant; None has not been tried."""
        return cls(Counter(_VERDICTS.get(code, "undecided") for code in exit_codes.values()))

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(Counter(self.counts) + Counter(other.counts))

    @property
    def total(self) -> int:
        """All mutants."""
        return sum(self.counts.values())

    @property
    def score(self) -> float | None:
        """Percent killed of all that have a verdict, if any; what no test reaches is alive."""
        decided = self.total - self.counts.get("undecided", 0)
        return 100 * sum(self.counts.get(k, 0) for k in KILLS) / decided if decided else None

    def is_enough(self) -> bool:
        """Whether everything was tried and enough was killed."""
        if self.score is None or self.counts.get("undecided"):
            return False
        return self.score >= LEAST

    def as_json(self) -> dict[str, float | None]:
        """The figures by name."""
        counts = {name: self.counts.get(name, 0) for name in COLUMNS}
        score = None if self.score is None else round(self.score, 1)
        return {"mutants": self.total, **counts, "score": score}

    def row(self) -> list[str]:
        """The figures of a table's row."""
        return ["-" if value is None else f"{value:g}" for value in self.as_json().values()]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--module", help="only this file, such as domain/rules/credit.py")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--sample", type=int, metavar="N", help="only so many mutants, by chance")
    parser.add_argument("--seed", type=int, default=1, help="which ones a sample draws")
    parser.add_argument(
        "--again",
        action="store_true",
        help="only what was not killed or not tried: after tests were added, or a run was broken off",
    )
    return parser.parse_args()


def drawn(found: Mapping[str, Mapping[str, int | None]], number: int, seed: int) -> list[str]:
    """So many mutants of all modules, each as likely as any other."""
    everything = sorted(mutant for codes in found.values() for mutant in codes)
    return random.Random(seed).sample(everything, min(number, len(everything)))  # noqa: S311


def at_least(killed: int, tried: int) -> float:
    """The lower end of the 95 % interval (Wilson) for the percentage killed of all mutants."""
    z, share = 1.96, killed / tried
    middle, spread = (
        share + z * z / (2 * tried),
        z * sqrt(share * (1 - share) / tried + (z / tried) ** 2 / 4),
    )
    return 100 * (middle - spread) / (1 + z * z / tried)


def read(directory: Path) -> dict[str, dict[str, int | None]]:
    """The exit codes of every mutant, by module; modules without mutants are left out."""
    found = {}
    for path in sorted((directory / "domain").rglob("*.py.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        if codes:
            found[str(path.relative_to(directory)).removesuffix(".meta")] = codes
    return found


def only(
    found: Mapping[str, Mapping[str, int | None]], module: str | None
) -> dict[str, Mapping[str, int | None]]:
    """That module, or all of them.

    Raises:
        SystemExit: mutmut finds nothing to change in that module, or it is none.
    """
    chosen = {name: codes for name, codes in found.items() if module in (None, name)}
    if not chosen:
        raise SystemExit(f"there are no mutants of {module}; a module is a file below domain/")
    return chosen


def _not_killed(module: str | None) -> list[str]:
    chosen = only(read(MUTANTS), module).values()
    return [m for codes in chosen for m, x in codes.items() if x not in _KILLING]


def try_mutants(given: argparse.Namespace) -> None:
    """Let mutmut try them; a whole run and a sample begin from nothing.

    Raises:
        CalledProcessError: the tests fail even without a mutant, or mutmut cannot go on.
    """
    if given.again:
        if names := _not_killed(given.module):
            _run(given.processes, names)
    elif given.module:
        _run(given.processes, [f"{given.module.removesuffix('.py').replace('/', '.')}.x*"])
    else:
        shutil.rmtree(MUTANTS, ignore_errors=True)
        if given.sample is None:
            _run(given.processes, [])
        else:
            _run(given.processes, [FEW])  # all are made then, and hardly any tried
            _run(given.processes, drawn(read(MUTANTS), given.sample, given.seed))


def _run(processes: int, names: list[str]) -> None:
    mutmut = [str(Path(sys.executable).with_name("mutmut")), "run"]
    command = [*mutmut, "--max-children", str(processes), *names]
    compiled_once = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run(command, cwd=ROOT, check=True, env=compiled_once)


def show(figures: Mapping[str, Figures], total: Figures) -> None:
    """One row a module, the weakest first."""
    table = Table("module", "mutants", *(c.replace("_", " ") for c in COLUMNS), "score")
    for name, found in sorted(figures.items(), key=lambda x: (x[1].score or 0, x[0])):
        table.add_row(name, *found.row())
    table.add_section()
    table.add_row("total", *total.row())
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def _kept(figures: Mapping[str, Figures], total: Figures) -> dict[str, Any]:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "mutmut": version("mutmut"),
        "total": total.as_json(),
        "modules": {name: row.as_json() for name, row in figures.items()},
    }


def only_drawn(
    found: Mapping[str, Mapping[str, int | None]], names: list[str]
) -> dict[str, Mapping[str, int | None]]:
    """The drawn mutants alone, by module."""
    wanted = set(names)
    chosen = {n: {m: c for m, c in codes.items() if m in wanted} for n, codes in found.items()}
    return {name: codes for name, codes in chosen.items() if codes}


def main(given: argparse.Namespace) -> int:
    """Try, show, keep the figures of a whole run or a sample, and say whether the score is reached."""
    try_mutants(given)
    found = only(read(MUTANTS), given.module)
    everything = sum(len(codes) for codes in found.values())
    if given.sample is not None:
        found = only_drawn(found, drawn(found, given.sample, given.seed))
    figures = {name: Figures.of(codes) for name, codes in found.items()}
    total = sum(figures.values(), Figures({}))
    show(figures, total)
    kept, is_enough = _kept(figures, total), total.is_enough()
    if given.sample is not None:
        killed = sum(total.counts.get(k, 0) for k in KILLS)
        least = at_least(killed, total.total)
        kept |= {"drawn_from": everything, "seed": given.seed, "at_least": round(least, 1)}
        is_enough = is_enough and least >= LEAST
        print(f"{total.total} of {everything} mutants; of all, {least:.1f} % or more are killed")
    if given.module is None:
        result = RESULT if given.sample is None else SAMPLE
        result.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    return 0 if is_enough else 1


if __name__ == "__main__":
    sys.exit(main(arguments()))
