"""Temporal's time-skipping test server, as the engine's workflows need it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from sysconfig import get_path

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

from runtime.temporal_client import DATA_CONVERTER
from schemas.search_attributes import DECLARED

SERVER = Path(get_path("scripts")) / "temporal-test-server"


@asynccontextmanager
async def time_skipping_server() -> AsyncIterator[WorkflowEnvironment]:
    """A running server with the engine's search attributes; histories name no machine."""
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(SERVER),
        data_converter=DATA_CONVERTER,
        identity="siklus-test",
    )
    async with environment:
        keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=environment.client.namespace,
                search_attributes=dict.fromkeys(DECLARED, keyword),
            )
        )
        yield environment
