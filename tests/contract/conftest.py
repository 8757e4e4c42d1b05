"""Ledgers to be held to the contract: each test has its own, in memory and on Postgres."""

from functools import partial

import pytest

from tests.contract.house import in_memory, on_postgres
from tests.support.database import fresh_copy


@pytest.fixture(scope="module")
async def database(postgres):
    """One database for all; each test has an organisation and people of its own in it."""
    async with fresh_copy(postgres) as database:
        yield database


@pytest.fixture(params=["memory", "postgres"])
def build(request):
    """How a test gets a ledger; one in memory starts no server."""
    if request.param == "memory":
        return in_memory
    return partial(on_postgres, request.getfixturevalue("database"))


@pytest.fixture
async def house(build):
    """A ledger with one enrolled file that nobody has opened yet."""
    return await build()


@pytest.fixture
async def opened(house):
    await house.open()
    return house
