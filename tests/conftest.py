"""Fixtures that several suites share."""

from collections.abc import AsyncIterator

import pytest

from tests.support.database import FreshDatabase, Postgres, fresh_copy, running_postgres


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[Postgres]:
    """One real Postgres for the whole session, with the schema of now."""
    async with running_postgres() as server:
        yield server


@pytest.fixture
async def fresh_database(postgres: Postgres) -> AsyncIterator[FreshDatabase]:
    """A migrated, empty database for one test."""
    async with fresh_copy(postgres) as database:
        yield database
