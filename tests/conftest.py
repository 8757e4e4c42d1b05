"""Fixtures that several suites share."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.database import FreshDatabase, Postgres, fresh_copy, running_postgres

settings.register_profile("usual", max_examples=300, deadline=None)
settings.register_profile("full", max_examples=1_000, deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--full`` runs the heavier sample: ``make test-full``; see ``make test-year``, too."""
    parser.addoption("--full", action="store_true", help="the heavier crash and property suites")
    parser.addoption("--year-seed", type=int, default=1, help="what decides the whole year")
    parser.addoption("--year-people", type=int, default=200, help="how many live through it")


def pytest_configure(config: pytest.Config) -> None:
    """How many examples a property is tried with."""
    settings.load_profile("full" if config.getoption("--full") else "usual")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the heavy tests, or give every test the time it takes to try 1,000 examples.

    What may take long comes first, so that no long file is left to one process at the end.
    """
    is_full = config.getoption("--full")
    for item in items:
        if not is_full and item.get_closest_marker("full"):
            item.add_marker(pytest.mark.skip(reason="runs with --full"))
        if is_full and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(1800))
    patience: Counter[Path] = Counter()
    for item in items:
        if not item.get_closest_marker("skip"):
            patience[item.path] = max(patience[item.path], _may_take(item))
    items.sort(key=lambda item: -patience[item.path])


def _may_take(item: pytest.Item) -> int:
    """The seconds a test is allowed; none for one that says nothing of it."""
    mark = item.get_closest_marker("timeout")
    return int(mark.args[0]) if mark else 0


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
