"""The embedded Postgres: made once, run as a child on loopback, never in doubt after a crash."""

import asyncio
import os
import secrets
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from runtime.embedded.binaries import PostgresBinaries
from runtime.embedded.local_state import LocalState
from runtime.embedded.port import LOOPBACK
from runtime.embedded.process import Hooks
from runtime.embedded.spawn import Program, run_to_end
from runtime.errors import StartFailed
from runtime.files import sync_directory
from runtime.settings import tool_environment

SUPERUSER = "postgres"
_SERVER_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_error_verbosity": "terse",  # the details of an error are values: names and texts
}


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """One cluster below the data directory.

    Attributes:
        data: the stack's data directory.
        binaries: what to run, and as whom.
        state: its port and passwords.
    """

    data: Path
    binaries: PostgresBinaries
    state: LocalState

    @property
    def cluster(self) -> Path:
        """The cluster's directory, owned by the user that runs it, 0700."""
        return cluster_directory(self.data)

    def program(self) -> Program:
        """How the server is run: in the foreground, on loopback only, with full durability."""
        settings = _SERVER_SETTINGS | {"port": str(self.state.postgres_port)}
        options = [word for item in settings.items() for word in ("-c", "=".join(item))]
        return Program(
            name="postgres",
            argv=(str(self.binaries.bin / "postgres"), "-D", str(self.cluster), *options),
            env=tool_environment(),
            user=self.binaries.user,
            cwd=self.cluster,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            grace=12.0,
            death_signal=signal.SIGINT,
        )

    def hooks(self) -> Hooks:
        """Clear the way before each start; ready when a session answers."""
        return Hooks(before_start=self.clear_the_way, is_ready=self.answers)

    async def clear_the_way(self) -> None:
        """End what an earlier supervisor left running, and remove a misleading pid file."""
        await end_orphans(self.cluster)

    async def answers(self) -> bool:
        """Whether a session can be opened and used."""
        connection = await self.connect(SUPERUSER)
        try:
            return bool(await connection.fetchval("SELECT true"))
        finally:
            connection.terminate()

    async def connect(self, database: str) -> asyncpg.Connection:
        """Open a superuser's session; for set-up only."""
        return await asyncpg.connect(
            host=LOOPBACK,
            port=self.state.postgres_port,
            user=SUPERUSER,
            password=self.state.superuser_password,
            database=database,
            ssl=False,
            timeout=5,
        )

    async def create_cluster(self) -> None:
        """Make the cluster unless it exists.

        Made in a temporary directory and renamed when it is complete, so a crash in between
        leaves nothing that looks like a cluster.

        Raises:
            StartFailed: with the output of ``initdb``.
        """
        if cluster_exists(self.data):
            return
        unfinished = self.cluster.with_name(f".{self.cluster.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._give(unfinished)
        password_file = self._password_file()
        try:
            await self._initdb(unfinished, password_file)
        finally:
            password_file.unlink()
        unfinished.rename(self.cluster)
        sync_directory(self.data)

    async def _initdb(self, directory: Path, password_file: Path) -> None:
        arguments = [
            f"--pgdata={directory}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--data-checksums",
        ]
        program = Program(
            name="initdb",
            argv=(str(self.binaries.bin / "initdb"), *arguments),
            env=tool_environment(),
            user=self.binaries.user,
            cwd=directory,
        )
        status, output = await run_to_end(program, 120)
        if status != 0:
            raise StartFailed("postgres", "initdb failed", output.splitlines()[-12:])

    def _password_file(self) -> Path:
        path = self.data / f".initdb-{secrets.token_hex(8)}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self.state.superuser_password)
        self._give(path)
        return path

    def _give(self, path: Path) -> None:
        if self.binaries.user is not None:
            os.chown(path, self.binaries.user.uid, self.binaries.user.gid)


def cluster_directory(data: Path) -> Path:
    """Where the cluster of a data directory lies."""
    return data / "postgres"


def cluster_exists(data: Path) -> bool:
    """Whether a cluster was made in this data directory; a half-made one does not count."""
    return (cluster_directory(data) / "PG_VERSION").exists()


async def end_orphans(cluster: Path) -> None:
    """End every Postgres process of this cluster and forget a pid file that names another's pid.

    Processes are recognised by what they are and where they work (each works in its cluster's
    directory), never by the pid alone: after a crash that pid may belong to anything. A pid file
    of a process that is gone is left to Postgres, which handles that itself.
    """
    pid_file = cluster / "postmaster.pid"
    orphans = _processes_of(cluster)
    for process in orphans:
        if process.pid == _pid_in(pid_file):
            _signal(process, signal.SIGINT)
            orphans = await _survivors(orphans, 5.0)
    # What has lost its server can do nothing useful, and would keep the next one waiting.
    for process in orphans:
        _signal(process, signal.SIGKILL)
    await _survivors(orphans, 5.0)
    pid = _pid_in(pid_file)
    # Every process of this cluster has ended by now, so whoever lives under this pid is another.
    if pid is not None and psutil.pid_exists(pid):
        pid_file.unlink()


def _processes_of(cluster: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter(["name"]) if _works_in(process, cluster)]


def _works_in(process: psutil.Process, cluster: Path) -> bool:
    try:
        return process.name().startswith("postgres") and Path(process.cwd()) == cluster
    except (psutil.Error, OSError):
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return


async def _survivors(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    deadline = asyncio.get_running_loop().time() + seconds
    while processes and asyncio.get_running_loop().time() < deadline:
        processes = [process for process in processes if _lives(process)]
        await asyncio.sleep(0.02)
    return processes


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _pid_in(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
