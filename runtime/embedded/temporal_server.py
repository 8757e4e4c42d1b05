"""The embedded Temporal server, and what the engine needs of any Temporal server."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import structlog
from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from runtime.embedded.port import LOOPBACK, is_free
from runtime.embedded.process import Hooks
from runtime.embedded.spawn import Program, find_program
from runtime.embedded.sqlite_file import is_damaged, put_aside
from runtime.errors import MissingProgram
from runtime.settings import Settings, tool_environment
from runtime.temporal_client import connect

RETENTION = timedelta(days=30)
REFUSALS = 3
_ENOUGH_SPACE = 64 * 1024 * 1024
_REMEDY = "Install siklus[embedded], or set TEMPORAL_ADDRESS to a server that runs."
_RPC = timedelta(seconds=5)
_TYPES = {
    "Text": IndexedValueType.INDEXED_VALUE_TYPE_TEXT,
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "Int": IndexedValueType.INDEXED_VALUE_TYPE_INT,
    "Double": IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
    "Bool": IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
    "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
    "KeywordList": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
}
_log = structlog.stdlib.get_logger("siklus.stack")


@dataclass(slots=True)
class EmbeddedTemporal:
    """A file-backed development server on loopback.

    Attributes:
        data: the stack's data directory.
        port: where it listens.
        settings: namespace and memory.
        search_attributes: the types of the attributes that must exist, by name.
        fresh: whether its file was newly made, so that it knows of no workflow.
    """

    data: Path
    port: int
    settings: Settings
    search_attributes: Mapping[str, str]
    fresh: bool = field(init=False)

    def __post_init__(self) -> None:
        self.file.parent.mkdir(mode=0o700, exist_ok=True)
        self.fresh = self._fresh_mark.exists() or not self.file.exists()
        if self.fresh:
            self._fresh_mark.touch()

    @property
    def _fresh_mark(self) -> Path:
        return self.data / "temporal" / "fresh"

    @property
    def _opened_mark(self) -> Path:
        return self.data / "temporal" / "opened-by"

    def forget_fresh(self) -> None:
        """Note that what a fresh server needs has been done."""
        self._fresh_mark.unlink(missing_ok=True)

    @property
    def file(self) -> Path:
        """Its database: a copy of nothing, but re-creatable from Postgres."""
        return self.data / "temporal" / "temporal.db"

    @property
    def address(self) -> str:
        """``host:port`` for clients."""
        return f"{LOOPBACK}:{self.port}"

    def program(self) -> Program:
        """How the server is run: durable at each commit, and without its polling limits."""
        limits = ("history.transferProcessorMaxPollRPS", "history.timerProcessorMaxPollRPS")
        options = [
            *("--ip", LOOPBACK, "--port", str(self.port), "--headless", "--log-level", "error"),
            *("--db-filename", str(self.file), "--namespace", self.settings.temporal_namespace),
            *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=2"),
            *(word for name in limits for word in ("--dynamic-config-value", f"{name}=2000")),
        ]
        for name, kind in sorted(self.search_attributes.items()):
            options += ["--search-attribute", f"{name}={kind}"]
        return Program(
            name="temporal",
            argv=(find_program("temporal", _REMEDY), "server", "start-dev", *options),
            env=tool_environment() | {"GOGC": str(self.settings.temporal_gogc)},
            cwd=self.data,
            grace=5.0,
        )

    def hooks(self) -> Hooks:
        """Ready when namespace and search attributes are as the engine needs them."""
        return Hooks(
            before_start=self._forget_a_file_that_is_gone,
            is_ready=self.is_prepared,
            on_refusal=self.put_aside_if_unreadable,
        )

    async def is_prepared(self) -> bool:
        """Whether the server answers and is set up; sets it up."""
        _, writer = await asyncio.open_connection(LOOPBACK, self.port)
        writer.close()
        client = await connect(
            self.address, namespace=self.settings.temporal_namespace, component="stack"
        )
        await prepare_server(client, self.search_attributes)
        self.note_opened()
        return True

    def note_opened(self) -> None:
        """Remember that this very server has been ready with the file."""
        with contextlib.suppress(OSError):  # a full disk must not keep it from being ready
            self._opened_mark.write_text(_server_identity(), encoding="ascii")

    async def _forget_a_file_that_is_gone(self) -> None:
        if not self.file.exists():
            self._opened_mark.unlink(missing_ok=True)

    def _was_opened(self) -> bool:
        try:
            return self._opened_mark.read_text(encoding="ascii") == _server_identity()
        except (OSError, UnicodeDecodeError, MissingProgram):
            return False

    async def put_aside_if_unreadable(self, refusals: int) -> None:
        """Put the file aside after the server refused three times in a row to start with it.

        Postgres is the record and workflows can be made again from it, so an unreadable file
        (damaged, half made, or of another version) must not keep the engine down. It is kept for
        a look, and never in the place of one kept before.

        The file is not to blame, and stays, while the disk is full or the port is taken; nor if
        this very server has been ready with it and SQLite finds no damage.
        """
        if refusals % REFUSALS or not self.file.exists():
            return
        if shutil.disk_usage(self.data).free < _ENOUGH_SPACE or not is_free(self.port):
            return
        if self._was_opened() and not await asyncio.to_thread(is_damaged, self.file):
            _log.warning("temporal_file_is_sound", file=str(self.file), refusals=refusals)
            return
        self.fresh = True
        self._fresh_mark.touch()
        self._opened_mark.unlink(missing_ok=True)
        added = put_aside(self.file)
        _log.warning("temporal_file_put_aside", file=str(self.file), added=added)


def _server_identity() -> str:
    """Tells one installed server from the next: an upgrade replaces the program."""
    program = os.stat(find_program("temporal", _REMEDY))
    return f"{program.st_size} {program.st_mtime_ns}"


async def prepare_server(client: Client, search_attributes: Mapping[str, str]) -> None:
    """Make the namespace, its retention and the search attributes what the engine needs.

    Safe to repeat, and against any Temporal server. Retention is only ever lengthened.

    Raises:
        RPCError: if the server refuses or does not answer.
    """
    await _ensure_namespace(client)
    await _ensure_search_attributes(client, search_attributes)


async def _ensure_namespace(client: Client) -> None:
    wanted = Duration()
    wanted.FromTimedelta(RETENTION)
    service = client.workflow_service
    try:
        found = await service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace), timeout=_RPC
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        new = RegisterNamespaceRequest(
            namespace=client.namespace, workflow_execution_retention_period=wanted
        )
        await service.register_namespace(new, timeout=_RPC)
        return
    if found.config.workflow_execution_retention_ttl.ToTimedelta() < RETENTION:
        change = UpdateNamespaceRequest(namespace=client.namespace)
        change.config.workflow_execution_retention_ttl.CopyFrom(wanted)
        await service.update_namespace(change, timeout=_RPC)


async def _ensure_search_attributes(client: Client, wanted: Mapping[str, str]) -> None:
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace), timeout=_RPC
    )
    missing = {
        name: _TYPES[kind] for name, kind in wanted.items() if name not in listed.custom_attributes
    }
    if missing:
        request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        await client.operator_service.add_search_attributes(request, timeout=_RPC)
