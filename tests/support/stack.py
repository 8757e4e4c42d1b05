"""A running stack with a small city and an open month, and the means to act in it and hurt it."""

import asyncio
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import psutil
from pydantic import JsonValue
from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecutionStatus

from audit.acknowledged import Acknowledged
from audit.check import check
from audit.report import Report
from domain.authority import resolve_chain
from domain.definition import process_of
from domain.fold import evolve
from domain.working_calendar import WorkingCalendar
from domain.working_calendar import load as load_calendar
from gateway.answer import Answer, Status, Unavailable
from gateway.door import Gateway
from gateway.sweep import Sweep
from runtime.addresses import StackAddresses
from runtime.clock import Clock
from runtime.embedded.stack import BeforeWorkers, ChildSpec, Stack
from runtime.settings import Settings
from runtime.temporal_client import DATA_CONVERTER, connect_to
from schemas.code import Act, OrganisationAct, Role, Via
from schemas.cycle import Agenda, Progress
from schemas.file import FileState
from schemas.identifier import FileKey
from schemas.organisation import HoldingRow
from schemas.period import BULANAN
from simulation.city import generate
from simulation.texts import Matter, body
from simulation.units import set_every_unit
from storage.clock import load_clock, set_clock
from storage.organisation import read_organisation
from storage.pool import open_pool
from storage.query import queries
from tests.builders import wib
from tests.support.waiting import eventually
from workers.stack import running_stack, workflow_runs

ORG = "kota-contoh"
PERIOD = "2026-03"
# A morning in the middle of a quiet week: time does nothing to a file for hours.
MORNING = wib(3, 10, 9)
_TURNING_BACK = frozenset({Act.RETURN_PLAN, Act.RETURN_REPORT, Act.OBJECT})


@dataclass(frozen=True, slots=True)
class Step:
    """The next thing somebody legitimately does to a file, with the version it was made of."""

    file: FileKey
    act: Act
    actor: UUID
    body: JsonValue
    version: int


@dataclass(frozen=True, slots=True)
class House:
    """Everything a test needs of one running stack."""

    settings: Settings
    addresses: StackAddresses
    its_stack: Stack | None
    web: "asyncpg.Pool[asyncpg.Record]"
    owner: "asyncpg.Pool[asyncpg.Record]"
    client: Client
    clock: Clock
    calendar: WorkingCalendar
    gateway: Gateway

    @property
    def stack(self) -> Stack:
        """The stack, if it runs in this process and not in one of its own."""
        assert self.its_stack is not None, "the stack runs in a process of its own"
        return self.its_stack

    # Setting up

    async def order(self, act: OrganisationAct, said: JsonValue) -> None:
        """One act on the organisation by the administrator, done."""
        answer = await self.gateway.organisation_act(
            act, said, actor=None, command_id=uuid4(), via=Via.IMPORT, os_user="test", seconds=30
        )
        assert answer.status is Status.DONE, answer

    async def open_month(self, rows: Sequence[HoldingRow], period: str = PERIOD) -> list[FileKey]:
        """Import a city, open a month, and wait until every file of it is open."""
        data: list[JsonValue] = [row.model_dump(mode="json") for row in rows]
        await self.order(OrganisationAct.IMPORT_ORGANISATION, {"rows": data})
        opening: JsonValue = {"period": period, "kind": BULANAN}
        await self.order(OrganisationAct.OPEN_PERIOD, opening)
        await Sweep(self.web, self.client, ORG).open_files(period)
        wanted = await self.web.fetchval(
            "SELECT count(*) FROM roster WHERE period = $1 AND excluded_because IS NULL",
            period,
        )

        async def opened() -> bool:
            return bool(len(await self.files(period)) == wanted)

        await eventually(opened, 60)
        await self.set_units(period)
        return await self.files(period)

    async def set_units(self, period: str) -> None:
        """Give every unit its predicate, as the official above it does."""
        today = self.calendar.local_date(self.clock.now())
        await set_every_unit(self.gateway, self.web, ORG, period, today)

    async def files(self, period: str) -> list[FileKey]:
        """The files of a period, in the order of their people's identity numbers."""
        rows = await self.web.fetch(
            "SELECT f.stream FROM file AS f JOIN person AS p ON p.id = f.person"
            " WHERE f.period = $1 ORDER BY p.identity_number",
            period,
        )
        keys = [FileKey.of_stream(row["stream"]) for row in rows]
        return [key for key in keys if key is not None]

    # Acting

    async def state(self, file: FileKey) -> FileState:
        """A file as recorded."""
        found = await self.web.fetchval("SELECT state FROM file WHERE id = $1", file.file_id)
        return evolve(None, found)

    async def step(self, file: FileKey, act: Act | None = None) -> Step:
        """What moves the file on, done by whom it waits for, from its page as it is now."""
        state = await self.state(file)
        role = state.awaits or Role.EMPLOYEE
        today = self.calendar.local_date(self.clock.now())
        async with self.web.acquire() as connection:
            organisation = await read_organisation(connection, ORG)
        turn = process_of(state, organisation.rules).find(state.turn)
        act = act or next(a for a in turn.acts if a not in _TURNING_BACK)
        holder = resolve_chain(organisation, file, state.post, today).holder_for(role, state)
        assert holder is not None, f"nobody is {role} of {file}"
        matter = Matter(state.planned, state.work_result, state.behaviour, today)
        said = body(act, matter, Random(str(file.file_id)))  # noqa: S311
        if act is Act.SIGN:  # whatever the other files of the unit amount to
            said = {"distribution_reason": "[Simulasi] sesuai capaian masing-masing"}
        return Step(file, act, holder.person, said, state.version)

    async def send(self, step: Step, command_id: UUID) -> Answer:
        """Send one command once."""
        return await self.gateway.act(
            step.file.file_id,
            step.act,
            step.body,
            actor=step.actor,
            command_id=command_id,
            via=Via.SIMULATION,
            expected_version=step.version,
        )

    async def until_decided(
        self, step: Step, command_id: UUID | None = None, seconds: float = 60
    ) -> Answer:
        """Send a command with the same id until it is done or refused."""
        command_id = command_id or uuid4()
        async with asyncio.timeout(seconds):
            while True:
                try:
                    answer = await self.send(step, command_id)
                except Unavailable:
                    answer = None
                if answer is not None and answer.status is not Status.STORED:
                    return answer
                await asyncio.sleep(0.05)

    async def walk(self, file: FileKey, steps: int) -> None:
        """Let everybody do their part, so many acts."""
        for _ in range(steps):
            answer = await self.until_decided(await self.step(file))
            assert answer.status is Status.DONE, answer

    # Looking

    async def outcome(self, command_id: UUID) -> Any:
        """What the record says became of a command; None while it is undecided or unknown."""
        return await self.owner.fetchval("SELECT outcome FROM command WHERE id = $1", command_id)

    async def kinds(self, command_id: UUID) -> list[str]:
        """The events that a command made."""
        rows = await self.owner.fetch(
            "SELECT kind FROM event WHERE command_id = $1 ORDER BY number", command_id
        )
        return [row["kind"] for row in rows]

    async def believed(self, file: FileKey) -> Agenda:
        """The agenda that the file's workflow adopted last, read from its history."""
        handle = self.client.get_workflow_handle(file.workflow_id)
        found = None
        async for event in handle.fetch_history_events():
            result = _result_in(event)
            if result is not None and result.payloads:
                [found] = await DATA_CONVERTER.decode(result.payloads, [Progress])
        assert found is not None, f"the workflow of {file} has adopted nothing"
        agenda: Agenda = found.agenda
        return agenda

    async def is_behind(self, file: FileKey) -> bool:
        """Whether the file's workflow believes in an older version than the record."""
        believed, recorded = await self.believed(file), await self.state(file)
        assert believed.version <= recorded.version, "the workflow is ahead of the record"
        return believed.version < recorded.version

    async def status(self, file: FileKey) -> WorkflowExecutionStatus | None:
        """What Temporal says of a file's workflow."""
        handle = self.client.get_workflow_handle(file.workflow_id)
        return (await handle.describe()).status

    async def history_length(self, file: FileKey) -> int:
        """How many events a file's workflow has."""
        described = await self.client.get_workflow_handle(file.workflow_id).describe()
        return described.history_length

    async def check(self, answers: Iterable[Answer] = ()) -> Report:
        """The verdict of the one judge, who is told what people were answered."""
        told = [Acknowledged.model_validate_json(answer.model_dump_json()) for answer in answers]
        return await check(self.web, self.client, ORG, self.calendar, told)

    # Hurting

    async def works(self, seconds: float = 60) -> None:
        """Wait until every process is there and a workflow can be run."""

        async def ran() -> bool:
            await self.stack.wait_ready(1)
            async with asyncio.timeout(5):
                await workflow_runs(self.addresses)
            return True

        await eventually(ran, seconds, 0.05)

    async def catches_up(self, file: FileKey, seconds: float = 30) -> None:
        """Wait until the file's workflow believes what the record says."""

        async def is_level() -> bool:
            return not await self.is_behind(file)

        await eventually(is_level, seconds, 0.05)

    async def completes(self, file: FileKey, seconds: float = 30) -> None:
        """Wait until the file's workflow has completed."""

        async def has_completed() -> bool:
            return await self.status(file) is WorkflowExecutionStatus.COMPLETED

        await eventually(has_completed, seconds, 0.05)

    @asynccontextmanager
    async def hanging(self, name: str) -> AsyncIterator[None]:
        """A child answers nobody, and nobody is told so."""
        self.signal_all(name, signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal_all(name, signal.SIGCONT)

    @asynccontextmanager
    async def gone(self, name: str) -> AsyncIterator[None]:
        """A child is dead, and as often as it comes back it is killed again."""

        async def keep_killing() -> None:
            while True:
                self.stack.kill(name)
                await asyncio.sleep(0.02)

        killing = asyncio.create_task(keep_killing())
        await eventually(lambda: self.stack.child(name).pid is None)
        try:
            yield
        finally:
            killing.cancel()
            await asyncio.wait({killing})

    def away(self, name: str, how: str) -> AbstractAsyncContextManager[None]:
        """A child is hanging or gone."""
        return {"hanging": self.hanging, "gone": self.gone}[how](name)

    def signal_all(self, name: str, signum: signal.Signals) -> None:
        """Send a child and all its own children a signal: Postgres answers from its children."""
        pid = self.stack.child(name).pid
        assert pid is not None, f"{name} does not live"
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            try:
                each.send_signal(signum)
            except psutil.NoSuchProcess:
                continue


def _result_in(event: HistoryEvent) -> Payloads | None:
    """What the ledger answered, at once or after a while."""
    if event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED:
        return event.marker_recorded_event_attributes.details["result"]
    if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
        return event.activity_task_completed_event_attributes.result
    return None


def problems_of(report: Report) -> str | None:
    """None if there are no problems; otherwise what they are, for the failure message."""
    if not report.problems:
        return None
    lines = [f"{f.id} {p.where}: {p.what}" for f in report.findings for p in f.problems[:20]]
    return "\n".join([f"{report.problems} problems", *lines])


def make_directory() -> Path:
    """A directory that Postgres, which runs as another user, can enter."""
    path = Path(tempfile.mkdtemp(prefix="siklus-test-")).resolve()
    path.chmod(0o755)
    return path


def clock_from(business: datetime, speed: float = 1.0) -> BeforeWorkers:
    """Let business time begin at an instant, whatever day it is today; it goes on at a restart."""

    async def before_workers(addresses: StackAddresses) -> None:
        async with open_pool(addresses.owner, 1) as pool, pool.acquire() as connection:
            if await queries("clock").read_clock(connection) is None:
                await set_clock(connection, Clock(business, datetime.now(UTC), speed))

    return before_workers


@asynccontextmanager
async def running_house(
    directory: Path,
    *,
    workers: Sequence[ChildSpec] | None = None,
    begins: datetime = MORNING,
    speed: float = 1.0,
    **options: Any,
) -> AsyncIterator[House]:
    """A running stack on ``directory / "data"``, reached as every command reaches it."""
    settings = Settings(data=directory / "data", org=ORG, profile="demo", **options)
    clock_starts = clock_from(begins, speed)
    async with (
        running_stack(settings, workers=workers, before_workers=clock_starts) as stack,
        reached(settings, stack.addresses, stack) as house,
    ):
        yield house


@asynccontextmanager
async def reached(
    settings: Settings, addresses: StackAddresses, stack: Stack | None = None
) -> AsyncIterator[House]:
    """A stack that runs, here or elsewhere."""
    calendar = load_calendar()
    client = await connect_to(addresses, "test")
    async with open_pool(addresses.web, 24) as web, open_pool(addresses.owner, 4) as owner:
        async with web.acquire() as connection:
            clock = await load_clock(connection, is_demo=settings.profile == "demo")
        gateway = Gateway(web, client, clock, calendar, ORG)
        yield House(settings, addresses, stack, web, owner, client, clock, calendar, gateway)


def small_city(people: int = 12) -> list[HoldingRow]:
    """Two units with their heads and staff."""
    return generate(people, seed=3)


def remove_directory(path: Path) -> None:
    """Remove a directory of a stack that has ended."""
    shutil.rmtree(path, ignore_errors=True)
