"""``siklus status``: what runs, where, and what waits."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from psutil import STATUS_STOPPED, Error
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from cli.output import Exit, print_json
from cli.session import load_settings
from cli.status_view import show_status
from runtime.addresses import DatabaseAccess, StackAddresses, read_addresses
from runtime.embedded.stack import POSTGRES, TEMPORAL
from runtime.errors import NotRunning, SiklusError
from runtime.exit import leave
from runtime.process_record import ProcessRecord
from runtime.settings import Settings
from runtime.temporal_client import connect_to
from schemas.task_queue import CYCLE
from storage.clock import load_clock
from storage.pool import DATABASE_AWAY, open_pool
from storage.read.status import count_stages, what_waits
from workers.stack import CATCHER

SECONDS = 3.0
Found = dict[str, Any]


def status(
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Show what runs, where, and what waits. Parts that are down are named.

    A part is ready when it answers: Postgres a query, Temporal a health check; a worker is ready
    when it has asked Temporal for work, the catcher of mail when it takes a connection. A part that died is started again within seconds: its
    "since" tells when.

    Examples: siklus status; siklus status --json

    Exit codes: 0 everything is up, 5 something is not.
    """
    settings = load_settings("status")
    found = asyncio.run(_look(settings))
    if as_json:
        print_json(found)
    else:
        show_status(found, settings.language)
    leave(Exit.OK if found["up"] else Exit.UNAVAILABLE)


async def _look(settings: Settings) -> Found:
    found: Found = {"up": False, "data": str(settings.data), "org": settings.org, "processes": {}}
    try:
        addresses = read_addresses(settings)
    except NotRunning as error:
        return {**found, "problem": str(error)}
    (temporal, polling), waiting, mail = await asyncio.gather(
        _temporal(addresses), _waiting(settings, addresses), _mail(addresses)
    )
    found |= {
        "profile": addresses.profile,
        "started_at": addresses.started_at,
        "supervisor": None if addresses.supervisor is None else addresses.supervisor.pid,
        "postgres": {"address": without_password(addresses.web), "answers": waiting is not None},
        "temporal": {
            "address": addresses.temporal_address,
            "namespace": addresses.temporal_namespace,
            "answers": temporal,
        },
    }
    answers = {POSTGRES: waiting is not None, TEMPORAL: temporal, CATCHER: mail}
    found["processes"] = {
        name: _process(record, answers.get(name, record.pid in polling))
        for name, record in addresses.processes.items()
    }
    # Of servers that others run we know no processes, only who asked for work.
    ready = all(p["ready"] for p in found["processes"].values()) and bool(polling)
    found["up"] = ready and temporal and waiting is not None
    return found | (waiting or {})


def _process(record: ProcessRecord, answers: bool) -> Found:
    """A child as it is now; ``ready`` also wants that it lives and was not stopped."""
    process = record.find()
    try:
        state = "gone" if process is None else process.status()
        since = None if process is None else datetime.fromtimestamp(process.create_time(), UTC)
    except Error:  # it ended this moment
        state, since = "gone", None
    is_alive = state != "gone"
    return {
        "pid": record.pid,
        "alive": is_alive,
        "ready": is_alive and state != STATUS_STOPPED and answers,
        "since": since,
    }


def without_password(access: DatabaseAccess) -> str:
    """Hosts and database; whatever else stands in the address may be a secret."""
    parts = urlsplit(access.url)
    if "@" in parts.path + parts.query + parts.fragment:  # a password with a bare / ? or #
        return "an address that cannot be read"
    return (parts.netloc.rpartition("@")[2] or "local socket") + parts.path


async def _temporal(addresses: StackAddresses) -> tuple[bool, set[int]]:
    """Whether Temporal answers, and the pids of the workers that have asked it for work."""
    try:
        async with asyncio.timeout(SECONDS):
            client = await connect_to(addresses, "status")
            return await client.service_client.check_health(), await _polling(client)
    except (SiklusError, TimeoutError, RuntimeError, RPCError):
        return False, set()


async def _mail(addresses: StackAddresses) -> bool:
    """Whether the mail server takes a connection."""
    if addresses.mail is None:
        return False
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(addresses.mail.host, addresses.mail.port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _polling(client: Client) -> set[int]:
    """Workers are known to Temporal as ``worker:PID@HOST`` (``runtime.temporal_client``)."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=CYCLE),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    answer = await client.workflow_service.describe_task_queue(request)
    numbers = (p.identity.partition(":")[2].partition("@")[0] for p in answer.pollers)
    return {int(number) for number in numbers if number.isdecimal()}


async def _waiting(settings: Settings, addresses: StackAddresses) -> Found | None:
    """What waits; None if the database does not answer."""
    try:
        async with asyncio.timeout(SECONDS), open_pool(addresses.web, 1) as pool:
            clock = await load_clock(pool, is_demo=addresses.profile == "demo")
            now = clock.now()
            waits = await what_waits(pool, settings.org, now)
            stages = await count_stages(pool, settings.org)
    except DATABASE_AWAY:
        return None
    return {
        "business_time": now,
        "waiting": waits.model_dump(mode="json"),
        "stages": [s.model_dump(mode="json") for s in stages],
    }
