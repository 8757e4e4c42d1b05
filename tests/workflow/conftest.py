"""One time-skipping server for the suite; a worker of its own, with cache and without, a test."""

from pathlib import Path
from sysconfig import get_path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

from runtime.temporal_client import DATA_CONVERTER
from schemas.search_attributes import DECLARED
from tests.workflow.stage import Stage

SERVER = Path(get_path("scripts")) / "temporal-test-server"


@pytest.fixture(scope="session")
async def environment():
    """The time-skipping server, with the engine's search attributes."""
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(SERVER), data_converter=DATA_CONVERTER
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


@pytest.fixture(params=[1000, 0], ids=["cached", "replayed"])
def cached_workflows(request):
    """How many workflows the worker keeps; with none, every task replays the whole history."""
    return request.param


@pytest.fixture
async def stage(environment, cached_workflows):
    """A file of March 2026 with its people, a fake ledger and a running worker."""
    async with Stage.open(environment, cached_workflows) as stage:
        yield stage
