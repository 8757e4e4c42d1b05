"""Decide that a Temporal server is usable, not merely listening."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from uuid import uuid4

from runtime.addresses import StackAddresses
from runtime.embedded.temporal_server import prepare_server
from runtime.errors import TemporalUnavailable
from runtime.settings import Settings
from runtime.temporal_client import connect


async def workflow_can_start(addresses: StackAddresses) -> None:
    """Start a workflow on a queue that nobody serves, look at it, and end it.

    Raises:
        RPCError: if the server cannot do that yet; it listens before it can.
    """
    client = await connect(
        addresses.temporal_address,
        namespace=addresses.temporal_namespace,
        tls=addresses.temporal_tls,
        api_key=addresses.temporal_api_key,
        component="ready-probe",
    )
    handle = await client.start_workflow(
        "ReadyProbe",
        id=f"ready-probe-{os.getpid()}-{uuid4()}",
        task_queue="ready-probe",
        execution_timeout=timedelta(minutes=1),
        rpc_timeout=timedelta(seconds=5),
    )
    await handle.describe(rpc_timeout=timedelta(seconds=5))
    await handle.terminate("the server is ready", rpc_timeout=timedelta(seconds=5))


async def prepare_external(settings: Settings, search_attributes: Mapping[str, str]) -> str:
    """Make an external Temporal server what the engine needs; return its address.

    Raises:
        TemporalUnavailable: if that did not succeed within 30 s.
    """
    address = settings.temporal_address or ""

    async def prepare() -> None:
        client = await connect(
            address,
            namespace=settings.temporal_namespace,
            tls=settings.temporal_tls,
            api_key=settings.temporal_api_key,
            component="stack",
        )
        await prepare_server(client, search_attributes)

    problem = await succeeds_within(30, prepare)
    if problem is not None:
        raise TemporalUnavailable(
            f"The Temporal server at {address} (TEMPORAL_ADDRESS) could not be prepared: {problem}"
        )
    return address


async def succeeds_within(
    limit_seconds: float, attempt: Callable[[], Awaitable[None]]
) -> str | None:
    """Repeat an attempt until it succeeds; return None, or what the last error was."""
    problem = "no answer"
    try:
        async with asyncio.timeout(limit_seconds):
            while True:
                try:
                    await attempt()
                    return None
                except Exception as error:  # noqa: BLE001  (any may pass while servers come up)
                    problem = f"{type(error).__name__}: {error}"
                await asyncio.sleep(0.1)
    except TimeoutError:
        return problem
