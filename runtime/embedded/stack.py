"""The whole stack of one data directory: started in order, watched, stopped in reverse order."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import structlog

from runtime.addresses import MailAccess, StackAddresses, stack_file
from runtime.embedded import binaries, local_state
from runtime.embedded.children import Children, ChildSpec, ChildStatus
from runtime.embedded.data_directory import prepare_data_directory
from runtime.embedded.database import (
    Databases,
    create_database,
    give_logins,
    migrate,
    owner_url,
    prepare_external_database,
)
from runtime.embedded.local_state import LocalState
from runtime.embedded.lock import DataLock
from runtime.embedded.postgres import (
    EmbeddedPostgres,
    cluster_directory,
    cluster_exists,
    end_orphans,
)
from runtime.embedded.process import Supervised
from runtime.embedded.readiness import prepare_external, succeeds_within, workflow_can_start
from runtime.embedded.signals import StopRequest
from runtime.embedded.temporal_server import EmbeddedTemporal
from runtime.errors import StartFailed, StartInterrupted
from runtime.files import tail, write_private
from runtime.process_record import ProcessRecord
from runtime.settings import Settings, child_environment

__all__ = [
    "BeforeWorkers",
    "ChildSpec",
    "ChildStatus",
    "OnStage",
    "ReadyProbe",
    "Stack",
    "StageState",
]

StageState = Literal["started", "done"]
ReadyProbe = Callable[[StackAddresses], Awaitable[None]]
BeforeWorkers = Callable[[StackAddresses], Awaitable[None]]
OnStage = Callable[[str, StageState], None]

POSTGRES = "postgres"
TEMPORAL = "temporal"
_POSTGRES_LIMIT = 300.0  # replaying a long log after a crash takes its time
_TEMPORAL_LIMIT = 60.0
_HOPELESS = 10  # lives that end before they begin; about 25 s with the back-off
_HOPELESS_WORKER = 4  # restarts; a worker has nothing to wait for, so this is soon said

_log = structlog.stdlib.get_logger("siklus.stack")


class Stack:
    """Postgres, schema, Temporal and workers of one data directory, as an async context.

    Inside the context everything is ready: a workflow can be started and the schema is current.
    Whatever dies is started again, for ever. On leaving, everything is stopped within 30 s and
    no process is left. If this process is killed, the kernel ends the children (Linux) or the
    next start does; the next start finds all committed data.

    Servers named by ``DATABASE_URL`` and ``TEMPORAL_ADDRESS`` are used instead of embedded ones.

    Args:
        settings: where the data lies and which servers are external.
        migrations: the directory of dbmate files.
        search_attributes: type by name, e.g. ``{"EvalUnit": "Keyword"}``.
        workers: what to run when the servers are ready.
        ready_probe: awaited at the end of the start, repeatedly until it returns without an
            error; by default a workflow is started on an unused queue.
        before_workers: awaited when the servers are ready and the schema is current, before any
            worker runs; its errors end the start.
        on_stage: told when each stage of the start begins and ends.
        ready_limit: seconds that the ready probe may take.
        handle_signals: listen for signals during the start, too, not only in
            :meth:`run_until_signal`; for a process that does nothing else.

    Raises:
        AlreadyRunning: on entering, if another process holds the data directory.
        StartInterrupted: on entering, if a signal came meanwhile.
        SiklusError: on entering, if something cannot be started; nothing is left running.
    """

    def __init__(
        self,
        settings: Settings,
        migrations: Path,
        search_attributes: Mapping[str, str],
        workers: Sequence[ChildSpec] = (),
        *,
        ready_probe: ReadyProbe | None = None,
        before_workers: BeforeWorkers | None = None,
        on_stage: OnStage | None = None,
        ready_limit: float = 60.0,
        handle_signals: bool = False,
    ) -> None:
        self._settings = settings
        self._migrations = migrations
        self._search_attributes = search_attributes
        self._workers = workers
        self._ready_probe = ready_probe or workflow_can_start
        self._before_workers = before_workers
        self._on_stage = on_stage or (lambda _name, _state: None)
        self._ready_limit = ready_limit
        self._children = Children(settings.data, self._note_start)
        self._addresses: StackAddresses | None = None
        self._temporal: EmbeddedTemporal | None = None
        self._cleanup = AsyncExitStack()
        self._signals = StopRequest(self._children.kill_all)
        self._handle_signals = handle_signals

    @property
    def addresses(self) -> StackAddresses:
        """How to reach everything; the same as in ``<data>/stack.json``."""
        if self._addresses is None:
            raise StartFailed("siklus", "the stack has not been entered")
        return self._addresses

    @property
    def fresh(self) -> bool:
        """Whether Temporal began without any workflow, so that knocks must be sent again.

        Stays so over a crash, until a stack was left in order: sending twice is harmless,
        forgetting is not.
        """
        return self._temporal is not None and self._temporal.fresh

    @property
    def children(self) -> list[ChildStatus]:
        """All children in the order of their start."""
        return self._children.status()

    def child(self, name: str) -> ChildStatus:
        """One child by its name.

        Raises:
            KeyError: naming the children there are.
        """
        name = self._children.get(name).name
        return next(child for child in self.children if child.name == name)

    def kill(self, name: str, signum: signal.Signals = signal.SIGKILL) -> int | None:
        """Send a child a signal, as a fault would; return its pid, None if it was not alive."""
        return self._children.get(name).kill(signum)

    async def wait_ready(self, limit_seconds: float = 60.0) -> None:
        """Wait until every child lives and is ready again.

        Raises:
            StartFailed: naming the child that is not, with the end of its log.
        """
        await self._children.wait_ready(limit_seconds)

    async def run_until_signal(self) -> None:
        """Wait for SIGINT, SIGTERM or SIGHUP; the caller then leaves the context.

        A second signal, also while the stack is being stopped, kills all children at once.
        """
        self._signals.install()
        await self._signals.wait()

    async def __aenter__(self) -> Self:
        if self._handle_signals:
            self._signals.install()
            self._signals.interrupt(asyncio.current_task())
        try:
            await self._start()
        except BaseException:
            await self._stop()
            if self._signals.requested:
                raise StartInterrupted from None
            raise
        self._signals.interrupt(None)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._temporal is not None and error is None:
            self._temporal.forget_fresh()
        await self._stop()

    async def _stop(self) -> None:
        self._signals.interrupt(None)
        try:
            await self._cleanup.aclose()
        finally:
            self._signals.remove()

    async def _start(self) -> None:
        with self._stage("lock"):
            await self._take_directory()
        databases, state = await self._start_databases()
        with self._stage("temporal"):
            address = await self._start_temporal(state)
        self._publish(databases, address)
        if self._before_workers is not None:
            await self._before_workers(self.addresses)
        with self._stage("workers"):
            self._start_workers()
            await self._until_usable()
        self._on_stage("ready", "done")

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        self._on_stage(name, "started")
        yield
        self._on_stage(name, "done")

    async def _take_directory(self) -> None:
        data = self._settings.data
        prepare_data_directory(data)
        self._cleanup.enter_context(DataLock(data))
        stack_file(data).unlink(missing_ok=True)
        left_over = await self._children.table.end_left_over(spare=frozenset({POSTGRES}))
        await end_orphans(cluster_directory(data))
        if left_over:
            _log.warning("left_over_processes_ended", names=left_over)
        self._cleanup.callback(self._children.table.clear)
        self._cleanup.callback(stack_file(data).unlink, missing_ok=True)

    async def _start_databases(self) -> tuple[Databases, LocalState]:
        made = cluster_exists(self._settings.data)
        state = local_state.load(self._settings.data, made)
        if self._settings.database_url is None:
            return await self._start_postgres(state), state
        with self._stage("migrate"):
            return await prepare_external_database(self._settings, self._migrations), state

    async def _start_postgres(self, state: LocalState) -> Databases:
        with self._stage(POSTGRES):
            postgres = EmbeddedPostgres(self._settings.data, binaries.locate(self._settings), state)
            await postgres.create_cluster()
            child = self._children.run(postgres.program(), postgres.hooks())
            self._cleanup.push_async_callback(child.stop)
            await child.wait_ready(_POSTGRES_LIMIT, _HOPELESS)
            await create_database(postgres)
        with self._stage("migrate"):
            await migrate(owner_url(postgres), self._migrations, self._settings.data)
            return await give_logins(postgres)

    async def _start_temporal(self, state: LocalState) -> str:
        if self._settings.temporal_address is not None:
            return await prepare_external(self._settings, self._search_attributes)
        temporal = EmbeddedTemporal(
            self._settings.data, state.temporal_port, self._settings, self._search_attributes
        )
        self._temporal = temporal
        child = self._children.run(temporal.program(), temporal.hooks())
        self._cleanup.push_async_callback(child.stop)
        await child.wait_ready(_TEMPORAL_LIMIT, _HOPELESS)
        return temporal.address

    def _start_workers(self) -> None:
        environment = child_environment(self._settings)
        running: list[Supervised] = []
        self._cleanup.push_async_callback(_stop_together, running)
        for spec in self._workers:
            # One by one, so that those begun are stopped should a later one be refused.
            running.append(self._children.run(spec.program(environment)))  # noqa: PERF401

    async def _until_usable(self) -> None:
        """Wait for the ready probe, but not for a worker that cannot even begin."""
        probing = asyncio.create_task(succeeds_within(self._ready_limit, self._try_ready_probe))
        watching = asyncio.create_task(self._hopeless_worker())
        try:
            await asyncio.wait({probing, watching}, return_when=asyncio.FIRST_COMPLETED)
            problem = probing.result() if probing.done() else watching.result()
        finally:
            probing.cancel()
            watching.cancel()
            await asyncio.wait({probing, watching})
        if problem is not None:
            logs = [self._children.get(spec.name).log_path for spec in self._workers]
            ends = [line for log in logs for line in tail(log)]
            raise StartFailed("siklus", f"no workflow can be run; {problem}", ends)

    async def _hopeless_worker(self) -> str:
        workers = [self._children.get(spec.name) for spec in self._workers]
        while True:
            for worker in workers:
                if worker.restarts >= _HOPELESS_WORKER:
                    return f"{worker.name} ends again and again"
            await asyncio.sleep(0.1)

    async def _try_ready_probe(self) -> None:
        await self._ready_probe(self.addresses)

    def _note_start(self) -> None:
        if self._addresses is not None:
            self._write_addresses(self._addresses)

    def _publish(self, databases: Databases, temporal_address: str) -> None:
        self._write_addresses(
            StackAddresses(
                administrator=databases.owner,
                worker=databases.worker,
                web=databases.web,
                temporal_address=temporal_address,
                temporal_namespace=self._settings.temporal_namespace,
                temporal_tls=self._settings.temporal_tls,
                temporal_api_key=self._settings.temporal_api_key,
                mail=MailAccess.of(self._settings),
                profile=self._settings.profile,
                started_at=datetime.now(UTC),
                supervisor=ProcessRecord.of(os.getpid()),
            )
        )

    def _write_addresses(self, addresses: StackAddresses) -> None:
        self._addresses = addresses.model_copy(update={"processes": self._children.records})
        write_private(stack_file(self._settings.data), self._addresses.model_dump_json(indent=1))


async def _stop_together(children: Sequence[Supervised]) -> None:
    await asyncio.gather(*(child.stop() for child in children))
