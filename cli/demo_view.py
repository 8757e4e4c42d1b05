"""What the demonstration looks like while it runs, and its result."""

import asyncio
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from domain.working_calendar import ZONE
from runtime.embedded.stack import StageState
from schemas.code import Stage
from simulation.chaos import Killer
from simulation.demo import Demo
from simulation.report import DemoResult

_REFRESH_SECONDS = 0.2
_LINE_SECONDS = 10.0
_NAMES = {stage: stage.value.replace("_", " ") for stage in Stage}


class DemoView:
    """A bar for each stage on a terminal; elsewhere a line now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[Stage, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def on_stage(self, name: str, state: StageState) -> None:
        """Tell how the start goes."""
        if state == "done":
            self._console.print(f"{name}: {state}", style="dim", highlight=False)

    async def follow(self, demo: Demo, killer: Killer, files: int) -> None:
        """Show where the files are until cancelled."""
        self._tasks = {
            stage: self._bars.add_task(_NAMES[stage], total=files, note="") for stage in Stage
        }
        rounds = 0
        while True:
            self._show(demo, killer, files)
            if (
                not self._console.is_terminal
                and rounds % int(_LINE_SECONDS / _REFRESH_SECONDS) == 0
            ):
                self._console.print(_line(demo, killer, files), highlight=False)
            rounds += 1
            await asyncio.sleep(_REFRESH_SECONDS)

    def _show(self, demo: Demo, killer: Killer, files: int) -> None:
        seen = demo.driver.stages
        for stage, task in self._tasks.items():
            is_last = stage is Stage.CLOSED
            completed = demo.driver.closed if is_last else seen[stage]
            note = _note(demo, killer) if is_last else ""
            self._bars.update(task, completed=completed, note=note)

    def finish(self) -> None:
        """The play is over; what follows is counting and checking."""
        self._console.print("every file is closed; checking", style="dim")


def _note(demo: Demo, killer: Killer) -> str:
    at = demo.clock.now().astimezone(ZONE)
    told = f"{len(demo.log.accepted)} acts, {len(demo.log.refused)} refused"
    kills = f", killed: {len(killer.done)}" if killer.done else ""
    return f"{at:%a %d %b %Y}  {told}{kills}"


def _line(demo: Demo, killer: Killer, files: int) -> str:
    return f"{_note(demo, killer)}; {demo.driver.closed} of {files} files closed"


def show_result(result: DemoResult, console: Console) -> None:
    """The result as tables for people."""
    console.print(_counts(result))
    console.print(_pairs("How files ended", result.ends))
    if result.refusals:
        console.print(_pairs("Refused, by reason", result.refusals))
    for problem in result.found:
        console.print(problem, style="red", highlight=False, markup=False)
    verdict = "[green]in order[/]" if result.is_in_order else "[bold red]not in order[/]"
    console.print(f"{verdict} after {result.seconds:.0f} s", highlight=False)


def _counts(result: DemoResult) -> Table:
    return _pairs(
        "One month",
        {
            "civil servants": result.people,
            "files opened": result.opened,
            "files closed": result.closed,
            "acts acknowledged": result.acts,
            "of them stored": result.acts_stored,
            "acts refused": result.refused,
            "reminders due": result.reminders_expected,
            "reminders sent": result.reminders,
            "escalations": result.escalations,
            "delegated files": result.delegated,
            "events recorded": result.events,
            "processes killed": result.kills,
            "problems found": result.problems,
        },
    )


def _pairs(title: str, values: dict[str, int]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in values.items():
        table.add_row(name.replace("_", " "), str(value))
    return table
