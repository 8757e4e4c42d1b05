"""From a result to tables: on the screen, and into docs/performance.md between its markers.

``python -m benchmarks.report RESULT.json`` rewrites the page.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Spread

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- result -->", "<!-- end of result -->"
NAMES = {
    "siklus": "Siklus",
    "temporal": "(a) workflow that writes nothing",
    "memory": "(a+) Siklus' workflow, ledger in memory",
    "sql": "(b) plain SQL",
}
Rounds = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Section:
    """One table: its headings, and its rows as they are to be read."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def _spread(rounds: Rounds, key: str) -> Spread:
    return Spread.of([r[key] for r in rounds])


def _total_cpu(rounds: Rounds) -> Spread:
    return Spread.of([sum(r["cpu_ms"].values()) for r in rounds])


def _cpu_parts(rounds: Rounds) -> str:
    """The median of each process that took anything worth naming."""
    medians = {n: Spread.of([r["cpu_ms"][n] for r in rounds]).median for n in rounds[0]["cpu_ms"]}
    return ", ".join(f"{name} {ms:.1f}" for name, ms in medians.items() if ms >= 0.5)


def _loads(result: dict[str, Any]) -> Iterator[tuple[str, str, Rounds]]:
    for lane, kinds in result["rounds"].items():
        yield lane, "1", kinds["alone"]
        yield lane, str(result["given"]["in_flight"]), kinds["together"]


def speed(result: dict[str, Any]) -> Section:
    """How fast, and how much of the machine somebody else used meanwhile."""
    headings = ["", "in flight", "cycles/s", "act p50 ms", "act p99 ms", "other cores"]
    rows = [
        [
            NAMES[lane],
            in_flight,
            str(_spread(rounds, "cycles_a_second")),
            str(_spread(rounds, "p50_ms")),
            str(_spread(rounds, "p99_ms")),
            f"{_spread(rounds, 'other_cores').median:.2f}",
        ]
        for lane, in_flight, rounds in _loads(result)
    ]
    return Section(headings, rows)


def cpu(result: dict[str, Any]) -> Section:
    """What a cycle costs, by process."""
    rows = [
        [NAMES[lane], in_flight, str(_total_cpu(rounds)), _cpu_parts(rounds)]
        for lane, in_flight, rounds in _loads(result)
    ]
    return Section(["", "in flight", "CPU ms a cycle", "of that"], rows)


def ratios(result: dict[str, Any]) -> dict[str, float]:
    """Siklus against its floors: the median of the rounds' own ratios.

    The lanes of one round share its minute, and so whatever else the machine did then.
    """

    def against(lane: str, kind: str, key: str) -> float:
        pairs = zip(result["rounds"]["siklus"][kind], result["rounds"][lane][kind], strict=True)
        return Spread.of([ours[key] / theirs[key] for ours, theirs in pairs]).median

    def cpu_against(lane: str) -> float:
        pairs = zip(
            result["rounds"]["siklus"]["together"],
            result["rounds"][lane]["together"],
            strict=True,
        )
        return Spread.of(
            [sum(o["cpu_ms"].values()) / sum(t["cpu_ms"].values()) for o, t in pairs]
        ).median

    return {
        "cycles/s of (a), many in flight (aim: at least 0.75)": against(
            "temporal", "together", "cycles_a_second"
        ),
        "an idle act against (a)'s, p50 (aim: at most 2)": against("temporal", "alone", "p50_ms"),
        "CPU a cycle against (a), many in flight": cpu_against("temporal"),
        "cycles/s of (a+), many in flight": against("memory", "together", "cycles_a_second"),
        "CPU a cycle against (a+), many in flight": cpu_against("memory"),
        "cycles/s of (b) to one of Siklus', many in flight": 1
        / against("sql", "together", "cycles_a_second"),
    }


def _ratios(result: dict[str, Any]) -> Section:
    rows = [[name, f"{value:.2f}"] for name, value in ratios(result).items()]
    return Section(["ratio", ""], rows)


def stages(result: dict[str, Any]) -> Section:
    """Where one act's time goes."""
    rows = [[stage, f"{ms:.2f}"] for stage, ms in result["stages_ms"].items()]
    return Section(["an act, 1 in flight", "median ms"], rows)


def a_file(result: dict[str, Any]) -> Section:
    """What a file leaves behind, and what starting its workflow takes."""
    lanes = ("siklus", "temporal", "memory")
    history, opening = result["history"], result["opening_cpu_ms"]
    database = result["database_bytes_a_file"]
    rows = [
        ["events of history", *(f"{history[lane]['events']:,}" for lane in lanes)],
        ["bytes of history", *(f"{history[lane]['bytes']:,}" for lane in lanes)],
        ["bytes of database, opened", f"{database['opened']:,.0f}", "0", "0"],
        ["bytes of database, its nine acts", f"{database['played']:,.0f}", "0", "0"],
        ["CPU ms to start it", *(f"{sum(opening[lane].values()):.1f}" for lane in lanes)],
    ]
    return Section(["a file", "Siklus", "(a)", "(a+)"], rows)


def memory(result: dict[str, Any]) -> Section:
    """What each process holds."""
    before, after = (result["memory_mib"][when] for when in ("at_rest", "at_the_end"))
    rows = [
        [name, *(f"{found[name][kind]:.0f}" for found in (before, after) for kind in found[name])]
        for name in before
    ]
    headings = ["memory, MiB", "at rest, RSS", "PSS", "at the end, RSS", "PSS"]
    return Section(headings, rows)


def sections(result: dict[str, Any]) -> list[Section]:
    """Every table of a result, in the order of the page."""
    every = [f(result) for f in (_ratios, speed, cpu, stages, a_file, memory)]
    return [section for section in every if section.rows]


def show(result: dict[str, Any]) -> None:
    """Print the tables."""
    console = Console()
    for section in sections(result):
        table = Table(*section.headings)
        for row in section.rows:
            table.add_row(*row)
        console.print(table)


def _markdown(section: Section) -> str:
    lines = [section.headings, ["---"] * len(section.headings), *section.rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def markdown(result: dict[str, Any]) -> str:
    """The same for the page."""
    given = result["given"]
    intro = (
        f"Run of {result['at']} at commit `{result['commit']}`: {given['rounds']} rounds of "
        f"{given['cycles']} cycles with {given['in_flight']} in flight and {given['alone']} with "
        f"one, median [lowest-highest]; {result['machine']['cores']} cores shared by everything, "
        f"Python {result['machine']['python']}."
    )
    return "\n\n".join([intro, *(_markdown(section) for section in sections(result))])


def rewrite_page(result: dict[str, Any], page: Path = PAGE) -> None:
    """Put the result between the page's markers.

    Raises:
        ValueError: if the page has no such place.
    """
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page.name} needs a place between {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n{markdown(result)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    rewrite_page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
