"""The one place that connects to Temporal."""

import functools
import logging
import os
import socket
from datetime import timedelta

from pydantic import SecretStr
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import RPCError

from runtime.addresses import StackAddresses
from runtime.errors import TemporalUnavailable

DATA_CONVERTER = pydantic_data_converter


async def connect(
    address: str,
    *,
    namespace: str = "default",
    component: str = "siklus",
    tls: bool = False,
    api_key: SecretStr | None = None,
    lazy: bool = False,
    timeout: timedelta = timedelta(seconds=5),  # noqa: ASYNC109  (handed to the client)
) -> Client:
    """Connect with the engine's data converter and a telling identity.

    Args:
        address: ``host:port`` of the server.
        namespace: the Temporal namespace.
        component: what this process is; the server shows it beside each request.
        tls: encrypt; implied by an API key.
        api_key: for a server that asks for one.
        lazy: connect at the first call, so that a server that is away is no error now.
        timeout: for establishing the connection.

    Raises:
        TemporalUnavailable: if the server does not answer (not when ``lazy``).
    """
    try:
        return await Client.connect(
            address,
            namespace=namespace,
            api_key=api_key.get_secret_value() if api_key else None,
            data_converter=DATA_CONVERTER,
            tls=True if tls or api_key else None,
            identity=f"{component}:{os.getpid()}@{socket.gethostname()}",
            lazy=lazy,
            connect_timeout=timeout,
            runtime=core_runtime(),
        )
    except (RuntimeError, RPCError) as error:
        raise TemporalUnavailable(
            f"Temporal does not answer at {address}; is it running? (siklus status)"
        ) from error


async def connect_to(addresses: StackAddresses, component: str, *, lazy: bool = False) -> Client:
    """A Temporal client for a running stack; see :func:`connect`."""
    return await connect(
        addresses.temporal_address,
        namespace=addresses.temporal_namespace,
        component=component,
        tls=addresses.temporal_tls,
        api_key=addresses.temporal_api_key,
        lazy=lazy,
    )


@functools.cache
def core_runtime() -> Runtime:
    """The SDK's native part, with its log in ours instead of on standard output."""
    forwarding = LogForwardingConfig(
        logger=logging.getLogger("temporalio.core"),
        append_target_to_name=False,
        prepend_target_on_message=False,
        append_log_fields_to_message=False,
    )
    severity = TelemetryFilter(core_level="WARN", other_level="ERROR")
    logs = LoggingConfig(filter=severity, forwarding=forwarding)
    return Runtime(telemetry=TelemetryConfig(logging=logs))
