"""From a result to tables: on the screen, and into docs/performance.md between its markers.

``python -m benchmarks.report RESULT.json`` rewrites the page.
"""

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Spread

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- result -->", "<!-- end of result -->"
NAMES = {"siklus": "Siklus", "temporal": "(a) workflow that writes nothing", "sql": "(b) plain SQL"}


def _spread(rounds: list[dict[str, Any]], key: str) -> Spread:
    return Spread.of([r[key] for r in rounds])


def _cpu(rounds: list[dict[str, Any]]) -> dict[str, Spread]:
    return {name: Spread.of([r["cpu_ms"][name] for r in rounds]) for name in rounds[0]["cpu_ms"]}


def rows(result: dict[str, Any]) -> list[list[str]]:
    """One line a lane and load: cycles/s, p50, p99, CPU by process, and the rest of the machine."""
    found = []
    for lane, kinds in result["rounds"].items():
        for kind, label in (("alone", "1"), ("together", str(result["given"]["in_flight"]))):
            rounds = kinds[kind]
            cpu = _cpu(rounds)
            total = Spread.of([sum(r["cpu_ms"].values()) for r in rounds])
            parts = " ".join(f"{n} {s.median:.1f}" for n, s in cpu.items() if s.median >= 0.05)
            found.append(
                [
                    NAMES[lane],
                    label,
                    str(_spread(rounds, "cycles_a_second")),
                    str(_spread(rounds, "p50_ms")),
                    str(_spread(rounds, "p99_ms")),
                    f"{total} ({parts})",
                    f"{_spread(rounds, 'other_cores').median:.2f}",
                ]
            )
    return found


def ratios(result: dict[str, Any]) -> dict[str, float]:
    """Siklus against its floors, by the medians."""

    def median(lane: str, kind: str, key: str) -> float:
        return _spread(result["rounds"][lane][kind], key).median

    def cpu(lane: str) -> float:
        rounds = result["rounds"][lane]["together"]
        return Spread.of([sum(r["cpu_ms"].values()) for r in rounds]).median

    return {
        "cycles/s of (a), many in flight (aim 0.75)": median(
            "siklus", "together", "cycles_a_second"
        )
        / median("temporal", "together", "cycles_a_second"),
        "idle act against (a)'s, p50 (aim at most 2)": median("siklus", "alone", "p50_ms")
        / median("temporal", "alone", "p50_ms"),
        "CPU a cycle against (a)": cpu("siklus") / cpu("temporal"),
        "cycles/s of (b), many in flight": median("siklus", "together", "cycles_a_second")
        / median("sql", "together", "cycles_a_second"),
    }


HEADINGS = [
    "",
    "in flight",
    "cycles/s",
    "act p50 ms",
    "act p99 ms",
    "CPU ms a cycle",
    "other cores",
]


def show(result: dict[str, Any]) -> None:
    """Print the tables."""
    console = Console()
    table = Table(*HEADINGS)
    for row in rows(result):
        table.add_row(*row)
    console.print(table)
    for name, value in ratios(result).items():
        console.print(f"{value:8.2f}  {name}", highlight=False)


def markdown(result: dict[str, Any]) -> str:
    """The same for the page, with sizes and memory."""
    lines = [
        f"Run of {result['at']} at commit `{result['commit']}`:",
        f"{result['given']['rounds']} rounds, median [lowest-highest];",
        f"{result['machine']['cores']} cores shared by all processes.",
        "",
        "| " + " | ".join(HEADINGS) + " |",
        "|" + "---|" * len(HEADINGS),
        *("| " + " | ".join(row) + " |" for row in rows(result)),
        "",
        "| ratio | |",
        "|---|---|",
        *(f"| {name} | {value:.2f} |" for name, value in ratios(result).items()),
        "",
        "| a file | Siklus | (a) |",
        "|---|---|---|",
        *(
            f"| history {what} | {result['history']['siklus'][what]:,} "
            f"| {result['history']['temporal'][what]:,} |"
            for what in ("events", "bytes")
        ),
        f"| database bytes | {result['database_bytes_a_file']:,.0f} | 0 |",
        "",
        "| memory (PSS, MiB) | at rest | at the end |",
        "|---|---|---|",
        *(
            f"| {name} | {at_rest:.0f} | {result['memory_mib']['at_the_end'][name]:.0f} |"
            for name, at_rest in result["memory_mib"]["at_rest"].items()
        ),
    ]
    return "\n".join(lines)


def rewrite_page(result: dict[str, Any]) -> None:
    """Put the result between the page's markers."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{markdown(result)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    rewrite_page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
