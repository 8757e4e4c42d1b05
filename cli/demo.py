"""``siklus demo``: a synthetic city lives through one month, before your eyes."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from cli.demo_view import DemoView, show_result
from cli.org import read_organisation_file
from cli.output import Exit, err, fail, out
from cli.session import load_settings
from domain.working_calendar import load
from runtime.embedded.stack import Stack
from runtime.errors import SiklusError
from runtime.exit import leave
from runtime.log import configure_logging
from runtime.settings import Settings
from runtime.temporal_client import connect_to
from schemas.organisation import HoldingRow
from schemas.period import Period
from simulation.chaos import Killer
from simulation.city import generate
from simulation.demo import (
    DAY_A_SECOND,
    Demo,
    DemoPlan,
    DemoRefused,
    demo_settings,
    require_known_calendar,
    seconds_of_work,
    start_clock,
)
from simulation.demo_directory import empty_demo_directory
from simulation.driver import IN_FLIGHT
from simulation.report import DemoResult
from storage.clock import load_clock
from storage.pool import open_pool
from workers.stack import running_stack

SPARE_CONNECTIONS = 6
PACE_WITH_KILLS = 2 / 3  # an outage of seconds costs everybody days; leave them some to catch up


class Interrupted(Exception):
    """The user has seen enough."""


def demo(
    people: Annotated[int, typer.Option(min=1, help="civil servants of the synthetic city")] = 150,
    month: Annotated[str, typer.Option(help="the month that is evaluated")] = "2026-03",
    seed: Annotated[int, typer.Option(help="the same seed plays the same city")] = 31,
    organisation: Annotated[
        Path | None, typer.Option(help="an organisation file instead of a synthetic city")
    ] = None,
    kill: Annotated[int, typer.Option(min=0, help="kill -9 so many processes meanwhile")] = 0,
    json_file: Annotated[
        str | None, typer.Option("--json", help="write the result as JSON; - for standard output")
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            min=1,
            max=1_000_000,
            help="business seconds a second; by default a day, and two thirds of one with --kill",
        ),
    ] = None,
) -> None:
    """Play one month of evaluations in about a minute, in a directory of its own, and check it.

    Examples: siklus demo; siklus demo --people 50 --kill 5 --json -

    Exit codes: 0 in order, 2 usage, 3 refused, 5 could not start, 6 problems were found.
    """
    began = monotonic()
    settings = load_settings("demo")
    try:
        period = Period.parse(month)
        require_known_calendar(period, load())
    except (ValueError, SiklusError) as error:
        fail(f"--month: {error}", Exit.USAGE)
    _require_writable(json_file)
    pace = speed or (DAY_A_SECOND if kill == 0 else DAY_A_SECOND * PACE_WITH_KILLS)
    plan = DemoPlan(_rows(organisation, people, seed), period, seed, pace)
    try:
        result = asyncio.run(_run(demo_settings(settings), plan, kill, began))
    except Interrupted:
        fail("stopped before the end; nothing is left running", Exit.FAILED)
    except DemoRefused as error:
        fail(str(error), Exit.REFUSED)
    except SiklusError as error:
        fail(str(error), Exit.UNAVAILABLE)
    _present(result, json_file)
    leave(Exit.OK if result.is_in_order else Exit.PROBLEMS)


def _rows(organisation: Path | None, people: int, seed: int) -> list[HoldingRow]:
    if organisation is None:
        return generate(people, seed)
    return read_organisation_file(organisation)


def _require_writable(json_file: str | None) -> None:
    """Say at once, and not after a minute, that the result could not be written."""
    if json_file is None or json_file == "-":
        return
    try:
        Path(json_file).touch()
    except OSError as error:
        fail(f"--json {json_file}: {error.strerror}", Exit.USAGE)


def _present(result: DemoResult, json_file: str | None) -> None:
    text = result.model_dump_json(indent=2) + "\n"
    show_result(result, err if json_file == "-" else out)
    if json_file == "-":
        typer.echo(text, nl=False)
    elif json_file is not None:
        Path(json_file).write_text(text, encoding="utf-8")


async def _run(settings: Settings, plan: DemoPlan, kills: int, began: float) -> DemoResult:
    """Start everything in an empty directory, play, and stop everything; ctrl-C stops it too."""
    await empty_demo_directory(settings.data)
    with _log_beside_the_bars(settings), DemoView(err) as view:
        async with running_stack(
            settings,
            view.on_stage,
            before_workers=start_clock(plan, load()),
            handle_signals=True,
        ) as stack:
            playing = asyncio.create_task(_play(stack, settings, plan, kills, began, view))
            stopping = asyncio.create_task(stack.run_until_signal())
            try:
                await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not playing.done():
                    raise Interrupted
                return playing.result()
            finally:
                for task in (playing, stopping):
                    task.cancel()
                await asyncio.wait({playing, stopping})


@contextlib.contextmanager
def _log_beside_the_bars(settings: Settings) -> Iterator[None]:
    """On a terminal log lines would tear the bars apart: they go to a file meanwhile."""
    if not err.is_terminal:
        yield
        return
    with (settings.data / "log" / "demo.log").open("a", encoding="utf-8") as log:
        configure_logging(settings, "demo", log)
        try:
            yield
        finally:
            configure_logging(settings, "demo")


async def _play(
    stack: Stack,
    settings: Settings,
    plan: DemoPlan,
    kills: int,
    began: float,
    view: DemoView,
) -> DemoResult:
    calendar = load()
    client = await connect_to(stack.addresses, "demo")
    async with open_pool(stack.addresses.web, IN_FLIGHT + SPARE_CONNECTIONS) as pool:
        async with pool.acquire() as connection:
            clock = await load_clock(connection, is_demo=True)
        show = Demo(plan, settings, pool, client, clock, calendar)
        files = await show.prepare()
        span = seconds_of_work(plan, calendar)
        killer = Killer(stack, plan.seed, kills, span)
        async with asyncio.TaskGroup() as group:
            viewing = group.create_task(view.follow(show, killer, files))
            group.create_task(killer.run())
            await show.play()
            killer.hurry()
            viewing.cancel()
        view.finish()
        return await show.result(kills=len(killer.done), began=began)
