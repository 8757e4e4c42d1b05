"""The one driver that plays people: it sees what files wait for, and acts through the gateway.

It never looks into Temporal and writes nothing itself. What it is told goes into the log of
acknowledgements, whatever dies meanwhile.
"""

import asyncio
import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import count
from random import Random
from time import monotonic
from uuid import UUID, uuid4

import asyncpg
import structlog
from temporalio.service import RPCError

from domain.authority import resolve_chain
from domain.decision import effective_role
from domain.definition import process_of
from domain.fold import evolve
from domain.organisation import Organisation
from domain.working_calendar import WorkingCalendar
from gateway.answer import Answer, Unavailable
from gateway.door import Gateway
from runtime.clock import Clock
from schemas.code import Act, Role, Stage, Via
from schemas.file import FileState
from simulation.acknowledgements import Acknowledgement, Acknowledgements
from simulation.behaviour import Behaviour, Deed, Intent, Task, second_thoughts
from storage.organisation import Organisations
from storage.pool import DATABASE_AWAY
from storage.query import queries

POLL_SECONDS = 0.075
IN_FLIGHT = 16
FIRST_BACK_OFF = 0.05
LONGEST_BACK_OFF = 1.0
LAST_ANSWERS_SECONDS = 30.0

# What a task is known by: the file's visit, and whom it waits for, who may change within one.
Mark = tuple[int, UUID | None]

_AWAY = (Unavailable, *DATABASE_AWAY, asyncpg.PostgresError, RPCError)
_log = structlog.get_logger(__name__)


class Driver:
    """Plays everybody whom an open file waits for, as their temperaments have it.

    Args:
        gateway: the front door; every act goes through it.
        pool: reads; the web's rights suffice.
        clock: the business clock that everybody lives by.
        calendar: the working days.
        behaviour: what people do, and when.
        org: the organisation that is played.
        log: what people were told.
        in_flight: how many people are at the door at the same time.

    Attributes:
        stages: how many open files are in each stage, as last seen.
    """

    def __init__(
        self,
        gateway: Gateway,
        pool: "asyncpg.Pool[asyncpg.Record]",
        clock: Clock,
        calendar: WorkingCalendar,
        behaviour: Behaviour,
        org: str,
        log: Acknowledgements,
        *,
        in_flight: int = IN_FLIGHT,
    ) -> None:
        self._gateway = gateway
        self._pool = pool
        self._clock = clock
        self._calendar = calendar
        self._behaviour = behaviour
        self._org = org
        self._log = log
        self._door = asyncio.Semaphore(in_flight)
        self._organisations = Organisations()
        self._open: Mapping[UUID, Mark] = {}
        self._seen: set[tuple[UUID, Mark]] = set()
        self._known: set[UUID] = set()
        self._planned: list[tuple[datetime, int, UUID, Task, Intent]] = []
        self._order = count()
        self._is_earlier = asyncio.Event()
        self._acting: set[asyncio.Task[None]] = set()
        self.stages: Counter[Stage] = Counter()

    @property
    def closed(self) -> int:
        """Files that were seen open and are not any more."""
        return len(self._known) - len(self._open)

    @property
    def waiting(self) -> int:
        """Acts that are planned and not yet due."""
        return len(self._planned)

    async def run(self, until_closed: Sequence[str]) -> None:
        """Play until every file of these periods' rosters has been opened and closed.

        Outages are lived through. A defect of the simulation itself ends it.
        """
        async with asyncio.TaskGroup() as group:
            punctual = group.create_task(self._act_in_time(group))
            await self._watch(until_closed)
            punctual.cancel()
            if self._acting:
                await asyncio.wait(self._acting, timeout=LAST_ANSWERS_SECONDS)
            for unanswered in self._acting:
                unanswered.cancel()

    async def step(self) -> datetime | None:
        """See everybody to the door whose time has come, and what follows from that.

        For a clock that somebody else moves on between two steps, in place of :meth:`run`.

        Returns:
            When the next act is planned; None if none is.
        """
        await self._look()
        async with asyncio.TaskGroup() as group:
            self._send_due(group)
        await self._look()
        return self._planned[0][0] if self._planned else None

    async def _watch(self, until_closed: Sequence[str]) -> None:
        is_over = False
        while not is_over:
            began = monotonic()
            try:
                await self._look()
                is_over = not self._open and await self._all_closed(until_closed)
            except _AWAY as error:
                _log.debug("record_away", error=type(error).__name__)
            await asyncio.sleep(max(0.01, POLL_SECONDS - (monotonic() - began)))

    async def _all_closed(self, periods: Sequence[str]) -> bool:
        files = await queries("simulation").count_files(
            self._pool, org=self._org, periods=list(periods)
        )
        return bool(files["included"] and files["closed"] == files["included"])

    async def _look(self) -> None:
        """See which files have moved, and plan what their people will do."""
        q = queries("simulation")
        rows = await q.read_open(self._pool, org=self._org)
        self._open = {r["id"]: (r["visit"], r["owner"]) for r in rows}
        self._known |= self._open.keys()
        self.stages = Counter(Stage(r["stage"]) for r in rows)
        moved = self._open.items() - self._seen
        if not moved:
            return
        async with self._pool.acquire() as connection:
            organisation = await self._organisations.current(connection, self._org)
            found = await q.read_tasks(connection, ids=[file for file, _ in moved])
        for row in found:
            state = evolve(None, row["state"])
            self._seen.add((state.file.file_id, (state.visit, state.owner)))
            self._plan(state, organisation)

    def _plan(self, state: FileState, organisation: Organisation) -> None:
        for task in self._tasks(state, organisation):
            intent = self._behaviour.intent(task)
            if intent is not None:
                entry = (intent.at, next(self._order), state.file.file_id, task, intent)
                heapq.heappush(self._planned, entry)
                self._is_earlier.set()

    def _tasks(self, state: FileState, organisation: Organisation) -> Iterable[Task]:
        """What a file asks of whom: the awaited act, and what its turn allows once overdue."""
        now = self._clock.now()
        on = self._calendar.local_date(now)
        chain = resolve_chain(organisation, state.file, state.post, on)
        turn = process_of(state, organisation.rules).find(state.turn)
        wanted: list[tuple[Role, tuple[Act, ...], datetime, bool]] = []
        if state.awaits is not None and turn.acts:
            wanted.append((state.awaits, tuple(turn.acts), now, False))
        for act, standing in turn.after_due.items():
            role = effective_role(standing.by, is_delegated=state.is_delegated)
            wanted.append((role, (act,), max(now, state.due_at or now), True))
        for role, acts, since, is_standing in wanted:
            seat = chain.holder_for(role, state)
            if seat is not None:
                yield Task(state, seat.person, role, acts, since, is_standing)

    async def _act_in_time(self, group: asyncio.TaskGroup) -> None:
        """The one sleeper: sends everybody to the door when their time has come."""
        while True:
            self._send_due(group)
            self._is_earlier.clear()
            seconds = None
            if self._planned:
                due = self._clock.to_real(self._planned[0][0])
                seconds = max(0.0, (due - self._clock.real_now()).total_seconds())
            try:
                async with asyncio.timeout(seconds):
                    await self._is_earlier.wait()
            except TimeoutError:
                continue

    def _send_due(self, group: asyncio.TaskGroup) -> None:
        now = self._clock.now()
        while self._planned and self._planned[0][0] <= now:
            _, _, file, task, intent = heapq.heappop(self._planned)
            acting = group.create_task(self._carry_out(file, task, intent))
            self._acting.add(acting)
            acting.add_done_callback(self._acting.discard)

    async def _carry_out(self, file: UUID, task: Task, intent: Intent) -> None:
        async with self._door:
            for deed in intent.deeds:
                if self._open.get(file) != (task.state.visit, task.state.owner):
                    return  # somebody else, or time, was faster
                target = self._other_file(file) if deed.elsewhere else file
                times = 2 if deed.twice else 1
                command_id = uuid4()
                answers = await asyncio.gather(
                    *(self._send(target, task.person, deed, command_id) for _ in range(times))
                )
                if better := second_thoughts(deed, answers[0]):
                    await self._send(target, task.person, better, uuid4())

    def _other_file(self, file: UUID) -> UUID:
        others = sorted(self._open.keys() - {file})
        return Random(str(file)).choice(others) if others else file  # noqa: S311

    async def _send(self, file: UUID, actor: UUID, deed: Deed, command_id: UUID) -> Answer:
        """Send one command, with the same id as often as it takes to get an answer."""
        back_off = FIRST_BACK_OFF
        while True:
            try:
                answer = await self._knock(file, actor, deed, command_id)
            except _AWAY as error:
                _log.debug("door_shut", error=type(error).__name__)
                await asyncio.sleep(back_off)
                back_off = min(2 * back_off, LONGEST_BACK_OFF)
                continue
            self._log.note(Acknowledgement.of(file, deed.act, answer))
            return answer

    async def _knock(self, file: UUID, actor: UUID, deed: Deed, command_id: UUID) -> Answer:
        return await self._gateway.act(
            file,
            deed.act,
            deed.body,
            actor=actor,
            command_id=command_id,
            via=Via.SIMULATION,
            expected_version=deed.expected_version,
        )
