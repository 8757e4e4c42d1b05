"""One time-skipping server for the suite; a worker of its own, with cache and without, a test."""

import pytest

from tests.support.time_skipping import time_skipping_server
from tests.workflow.stage import Stage


@pytest.fixture(scope="session")
async def environment():
    """The time-skipping server, with the engine's search attributes."""
    async with time_skipping_server() as environment:
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
