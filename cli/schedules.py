"""``siklus schedules``: what runs by itself, and what became of it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from typing import Annotated

import typer
from rich.table import Table
from temporalio.client import ScheduleBackfill, ScheduleHandle, ScheduleOverlapPolicy
from temporalio.service import RPCError, RPCStatusCode

from cli.options import Json
from cli.output import Exit, fail, out, print_json
from cli.session import Session, os_user, run
from domain.timetable import times
from domain.working_calendar import ZONE
from schemas.identifier import schedule_id
from schemas.schedule import RunVerdict
from schemas.text import when, word
from storage.read.schedule import NotedRun, read_runs, read_spans
from workers.schedules import DECLARED, Declared, declared

app = typer.Typer(
    no_args_is_help=True, help="What runs by itself: look at it, pause it, make up for it."
)
Id = Annotated[str, typer.Argument(metavar="ID", help="the schedule, as siklus schedules list")]
_MADE = (RunVerdict.RAN, RunVerdict.CAUGHT_UP_LATE)
_NEXT = 3


@app.command("list")
def list_schedules(
    is_declared: Annotated[
        bool, typer.Option("--declared", help="what is to be there, without asking Temporal")
    ] = False,
    as_json: Json = False,
) -> None:
    """List what runs by itself: when, whether it is paused, and when it comes next.

    Examples: siklus schedules list; siklus schedules list --declared --json
    """

    async def work(session: Session) -> Exit:
        rows = [_as_declared(each) for each in DECLARED]
        if not is_declared:
            for row, each in zip(rows, DECLARED, strict=True):
                row |= await _on_server(session, each)
        if as_json:
            print_json({"schedules": rows})
        else:
            _show_list(session, rows)
        return Exit.OK

    _run("a schedule", work)


def _as_declared(each: Declared) -> dict[str, object]:
    return {
        "id": each.name,
        "workflow": each.workflow,
        "task_queue": each.task_queue,
        "timing": each.timing.model_dump(mode="json", exclude_none=True),
        "zone": ZONE.key,
        "overlap": each.overlap.name.lower(),
        "catch_up_seconds": int(each.catchup_window.total_seconds()),
        "timeout_seconds": int(each.execution_timeout.total_seconds()),
    }


async def _on_server(session: Session, each: Declared) -> dict[str, object]:
    try:
        found = await _handle(session, each.name).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return {"is_there": False, "is_paused": False, "note": None, "next": []}
        raise
    state = found.schedule.state
    upcoming = found.info.next_action_times[:_NEXT]
    return {
        "is_there": True,
        "is_paused": state.paused,
        "note": state.note,
        "next": [at.isoformat() for at in upcoming],
    }


def _show_list(session: Session, rows: list[dict[str, object]]) -> None:
    table = Table("id", "starts", "state", "next")
    for row in rows:
        state = "declared"
        if "is_there" in row:
            state = "paused" if row["is_paused"] else "runs" if row["is_there"] else "not there"
        following = row.get("next") or []
        assert isinstance(following, list), "made above"  # noqa: S101
        first = datetime.fromisoformat(following[0]) if following else None
        shown = when(first, session.settings.language) if first else "-"
        table.add_row(str(row["id"]), str(row["workflow"]), state, shown)
    out.print(table)


@app.command("show")
def show(
    name: Id,
    days: Annotated[int, typer.Option(help="so many days back", min=1)] = 400,
    as_json: Json = False,
) -> None:
    """Show what became of every time that something was to run by itself, the last one first.

    Examples: siklus schedules show open-month; siklus schedules show close-month --json
    """
    _known(name)

    async def work(session: Session) -> Exit:
        after = datetime.now(UTC) - timedelta(days=days)
        runs = await read_runs(session.pool, session.settings.org, name, after)
        if as_json:
            print_json({"id": name, "occurrences": [r.model_dump(mode="json") for r in runs]})
        else:
            _show_runs(session, runs)
        return Exit.OK

    run(work)


def _show_runs(session: Session, runs: list[NotedRun]) -> None:
    language = session.settings.language
    table = Table("for", "verdict", "because", "began", "ended", "did")
    for each in runs:
        table.add_row(
            when(each.nominal, language),
            word("run_verdict", each.verdict, language),
            each.reason or "",
            when(each.started_at, language) if each.started_at else "-",
            when(each.ended_at, language) if each.ended_at else "-",
            ", ".join(f"{key} {value}" for key, value in each.told.items()),
        )
    out.print(table if runs else "it was not to run within these days")


@app.command("pause")
def pause(name: Id) -> None:
    """Let a schedule run no more until it is resumed; who and when is noted on it.

    Examples: siklus schedules pause open-month
    """
    _known(name)

    async def work(session: Session) -> Exit:
        await _handle(session, name).pause(note=f"paused by {os_user()}, {_now()}")
        out.print(f"{name}: [yellow]paused[/]; siklus schedules resume {name} goes on with it")
        return Exit.OK

    _run(name, work)


@app.command("resume")
def resume(name: Id) -> None:
    """Let a schedule run again, and make up for what was missed within its catch-up window.

    Each missed time is run for its own period, as siklus schedules backfill does.

    Examples: siklus schedules resume open-month
    """
    each = _known(name)

    async def work(session: Session) -> Exit:
        handle = _handle(session, name)
        missed = await _missed(session, each, datetime.now(UTC))
        await handle.unpause(note=f"resumed by {os_user()}, {_now()}")
        if missed:
            await handle.backfill(*(_moment(each, at) for at in missed))
        out.print(f"{name}: [green]runs[/], {len(missed)} missed times are made up for")
        return Exit.OK

    _run(name, work)


async def _missed(session: Session, each: Declared, now: datetime) -> list[datetime]:
    """The times within its catch-up window, and since it was declared, that no run was for."""
    org = session.settings.org
    spans = [s for s in await read_spans(session.pool, org) if s.name == each.name]
    if not spans:
        return []
    since = max(spans[0].since, now - each.catchup_window)
    made = {
        run.nominal
        for run in await read_runs(session.pool, org, each.name, since)
        if run.verdict in _MADE
    }
    return [at for at in times(each.timing, since, now) if at not in made]


@app.command("trigger")
def trigger(name: Id) -> None:
    """Run a schedule now, for the present time: the period is the one of today.

    Examples: siklus schedules trigger open-month
    """
    _known(name)

    async def work(session: Session) -> Exit:
        await _handle(session, name).trigger(overlap=ScheduleOverlapPolicy.ALLOW_ALL)
        out.print(f"{name}: [green]triggered[/]; siklus schedules show {name} tells what became")
        return Exit.OK

    _run(name, work)


@app.command("backfill")
def backfill(
    name: Id,
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="the first day")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="the last day")],
) -> None:
    """Run a schedule for every one of its times from one day to another, both included.

    Nothing is done twice: what was opened or closed already stays as it is.

    Examples: siklus schedules backfill open-month --from 2026-01-01 --to 2026-03-31
    """
    each = _known(name)
    begin = datetime.combine(first.date(), time(), ZONE)
    end = datetime.combine(last.date() + timedelta(days=1), time(), ZONE)
    wanted = list(times(each.timing, begin - timedelta(microseconds=1), end))

    async def work(session: Session) -> Exit:
        if wanted:
            await _handle(session, name).backfill(*(_moment(each, at) for at in wanted))
        out.print(f"{name}: {len(wanted)} times are run")
        return Exit.OK

    _run(name, work)


def _moment(each: Declared, at: datetime) -> ScheduleBackfill:
    """A span that holds just this time."""
    return ScheduleBackfill(start_at=at, end_at=at, overlap=each.overlap)


def _run(name: str, work: Callable[[Session], Awaitable[Exit]]) -> None:
    async def guarded(session: Session) -> Exit:
        try:
            return await work(session)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                fail(f"{name} is not on the server; siklus up declares it", Exit.UNAVAILABLE)
            fail(f"Temporal does not answer: {error.status.name.lower()}", Exit.UNAVAILABLE)

    run(guarded)


def _known(name: str) -> Declared:
    try:
        return declared(name)
    except KeyError as error:
        fail(str(error.args[0]), Exit.USAGE)


def _handle(session: Session, name: str) -> ScheduleHandle:
    return session.client.get_schedule_handle(schedule_id(session.settings.org, name))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
