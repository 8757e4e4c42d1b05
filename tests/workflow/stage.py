"""One file on the time-skipping server: its people act by real Updates, and time really passes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle, WorkflowHistory, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from temporalio.workflow import NondeterminismError

from domain.deadline import next_wake
from domain.definition import shape
from domain.process import MONTHLY
from runtime.clock import Clock
from schemas.code import Act, EventKind, Role
from schemas.cycle import (
    Advance,
    Agenda,
    CycleInput,
    CycleResult,
    Knock,
    Outcome,
    Progress,
    StreamAct,
)
from schemas.event import Event
from schemas.file import FileState, ProcessId
from schemas.identifier import FileKey, stream_workflow_id
from schemas.period import Period
from schemas.search_attributes import of_cycle
from tests.builders import CALENDAR, Cast, command, file_key, organisation, unique_cast, wib
from tests.fakes.ledger import Enrolment, FakeLedger, Record
from tests.stories import Story
from tests.support.waiting import eventually
from workers.cycle import build_worker
from workflows.evaluation_cycle import EvaluationCycle
from workflows.short import DecideCommand

OPENED = wib(3, 2, 8)
_FAILURES = (NondeterminismError, AssertionError)


@dataclass
class Stage:
    """A file, its workflow and its ledger, on the server's own clock.

    Business time begins when the file is opened (08:00 on Monday, 2 March 2026, unless told
    otherwise), whatever the server's clock says, and runs as fast as the server's.
    """

    environment: WorkflowEnvironment
    clock: Clock
    ledger: FakeLedger
    cast: Cast
    file: FileKey
    task_queue: str
    cached_workflows: int
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _started: WorkflowHandle[EvaluationCycle, CycleResult] | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        environment: WorkflowEnvironment,
        cached_workflows: int,
        *,
        is_started: bool = True,
        is_working: bool = True,
        process: ProcessId = MONTHLY,
        opened_at: datetime = OPENED,
    ) -> AsyncIterator["Stage"]:
        """A new file; started, with a worker, unless told otherwise."""
        cast = unique_cast()
        clock = Clock(opened_at, await environment.get_current_time(), 1.0)
        ledger = FakeLedger(organisation(cast), CALENDAR, clock)
        months = shape(process).cadence.months
        period = Period.containing(CALENDAR.local_date(opened_at), months)
        file = file_key(cast, str(period), kind=process.id)
        ledger.enrol(file, Enrolment("dinas", "staff", opened_at, process))
        queue = str(uuid4())
        stage = cls(environment, clock, ledger, cast, file, queue, cached_workflows)
        async with stage._stack:
            if is_started:
                await stage.start()
            if is_working:
                await stage.begin_work()
            stage._stack.push_async_callback(stage.strike)
            yield stage

    async def start(self) -> None:
        """Start the file's workflow, as the gateway does."""
        cycle = CycleInput(file=self.file, unit="dinas")
        self._started = await self.environment.client.start_workflow(
            EvaluationCycle.run,
            cycle,
            id=self.file.workflow_id,
            task_queue=self.task_queue,
            search_attributes=of_cycle(cycle),
        )

    async def strike(self) -> None:
        """End the workflow between two tasks: an unfinished one would stop the server's clock."""
        await eventually(self.is_idle)
        try:
            await self.handle.terminate("the test is over")
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def is_idle(self) -> bool:
        """Whether no task of the workflow is under way."""
        last = (await self.history()).events[-1].event_type
        return last not in (
            EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
            EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
        )

    async def begin_work(self) -> Worker:
        """Let the production worker run until the test ends."""
        worker = build_worker(
            self.environment.client,
            self.ledger,
            task_queue=self.task_queue,
            cached_workflows=self.cached_workflows,
            failure_types=_FAILURES,
        )
        return await self._stack.enter_async_context(worker)

    @property
    def handle(self) -> WorkflowHandle[EvaluationCycle, CycleResult]:
        """The file's workflow."""
        return self.environment.client.get_workflow_handle_for(
            EvaluationCycle.run, self.file.workflow_id
        )

    # --- people ------------------------------------------------------------------------------

    async def now(self) -> datetime:
        """The business instant."""
        return self.clock.to_business(await self.environment.get_current_time())

    async def store(self, act: Act, actor: UUID | None = None, **options: Any) -> UUID:
        """Have the gateway take a command in, and nobody told of it yet."""
        return self._store(self.state, act, actor, options.pop("at", await self.now()), **options)

    async def store_unopened(self, act: Act) -> UUID:
        """The same for a file that nobody has opened yet."""
        return self._store(Story(cast=self.cast).state, act, None, await self.now())

    def _store(
        self, state: FileState, act: Act, actor: UUID | None, at: datetime, **options: Any
    ) -> UUID:
        made = command(state, act, actor or self.cast.acting_for(state), at, **options)
        self.ledger.store(made)
        return made.id

    async def knock(self, act: Act, command_id: UUID) -> Progress:
        """Deliver a stored command and wait for the ledger's answer."""
        answer: Progress = await self.handle.execute_update(
            act.value, Knock(command_id=command_id), id=str(command_id), result_type=Progress
        )
        return answer

    async def act(self, act: Act, actor: UUID | None = None, **options: Any) -> Agenda:
        """Somebody acts (whoever is awaited, if nobody is named), and it is accepted."""
        await self.ready()
        return (await self.knock(act, await self.store(act, actor, **options))).agenda

    async def refused(self, act: Act, actor: UUID | None = None, **options: Any) -> Progress:
        """Somebody acts, and it is refused: the whole answer."""
        await self.ready()
        return await self._refused(act, await self.store(act, actor, **options))

    async def refused_knock(self) -> Progress:
        """Somebody knocks for a command that was never stored."""
        await self.ready()
        return await self._refused(Act.SUBMIT_PLAN, uuid4())

    async def _refused(self, act: Act, command_id: UUID) -> Progress:
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await self.knock(act, command_id)
        answer = refusal_of(caught.value)
        assert answer.outcome is not None
        assert answer.outcome.refusal is not None
        return answer

    async def answer(self, act: Act, command_id: UUID) -> Progress | None:
        """What the knock is answered with, accepted or refused; None if the file closed first."""
        try:
            return await self.knock(act, command_id)
        except WorkflowUpdateFailedError as error:
            return refusal_of(error)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None

    async def decide_by_short_workflow(self, command_id: UUID) -> Outcome:
        """What the gateway does for a closed file."""
        stream = self.file.stream
        return await self.environment.client.execute_workflow(
            DecideCommand.run,
            StreamAct(stream=stream, command_id=command_id),
            id=stream_workflow_id(stream, command_id),
            task_queue=self.task_queue,
        )

    def question(self, command_id: UUID | None = None) -> Advance:
        """What a workflow would ask the ledger."""
        return Advance(file=self.file, command_id=command_id)

    async def ready(self) -> None:
        """Wait until the file is open; the clock does not move."""
        await eventually(lambda: self.file in self.ledger.records)

    # --- time --------------------------------------------------------------------------------

    async def sleep_until(self, at: datetime) -> None:
        """Let time pass until a business instant, and everything due by then be done."""
        await self.ready()
        await self.skip_to(at)
        await self.caught_up()

    async def caught_up(self) -> None:
        """Wait until all that is due has been done."""
        now = await self.now()
        await eventually(lambda: self.next_wake is None or self.next_wake > now)

    async def refresh(self) -> None:
        """Signal the workflow, and wait until it has asked the ledger again."""
        asked = len(self.ledger.asked)
        await self.handle.signal(EvaluationCycle.refresh)
        await eventually(lambda: len(self.ledger.asked) > asked)

    async def skip_to(self, at: datetime) -> None:
        """Let time pass until a business instant, whatever has been done by then."""
        left = at - await self.now()
        assert left >= timedelta(0), f"{at} has passed"
        await self.environment.sleep(left)

    async def result(self) -> CycleResult:
        """How the file ended; time passes while it has not.

        Only the handle that started a workflow makes the server skip time; it would go on
        skipping for a file that has already ended.
        """
        if self.file in self.ledger.records and self.state.is_closed:
            return await self.handle.result()
        assert self._started is not None
        return await self._started.result()

    # --- what can be seen ----------------------------------------------------------------------

    @property
    def record(self) -> Record:
        """The file as the ledger has it."""
        return self.ledger.records[self.file]

    @property
    def state(self) -> FileState:
        """The file's state as the ledger has it."""
        return self.record.state

    @property
    def next_wake(self) -> datetime | None:
        """When time will do something to the file next."""
        wake = next_wake(self.state, shape(self.state.process), CALENDAR)
        return wake.at if wake else None

    @property
    def events(self) -> tuple[Event, ...]:
        """The file's chain."""
        return self.record.events

    def kinds(self) -> list[EventKind]:
        """What happened, in order."""
        return [e.kind for e in self.events]

    def role_of(self, person: UUID | None) -> Role | None:
        """What somebody is to the file, for readable assertions."""
        return next((r for r in Role if self.cast.in_role(r) == person), None)

    async def history(self) -> WorkflowHistory:
        """The workflow's history."""
        return await self.handle.fetch_history()


def refusal_of(error: WorkflowUpdateFailedError) -> Progress:
    """The whole answer inside a refused update."""
    cause = error.cause
    assert isinstance(cause, ApplicationError)
    answer = Progress.model_validate(cause.details[0])
    assert answer.outcome is not None
    assert answer.outcome.refusal is not None
    assert cause.type == answer.outcome.refusal.type
    return answer
