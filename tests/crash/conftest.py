"""One stack a module, with a small city and an open month."""

import pytest

from tests.support.stack import make_directory, remove_directory


@pytest.fixture(scope="session")
def is_full(pytestconfig):
    """Whether this is ``make test-full``."""
    return pytestconfig.getoption("--full")


@pytest.fixture(scope="module")
def directory():
    """Where the module's stack lies."""
    path = make_directory()
    yield path
    remove_directory(path)


@pytest.fixture
def other_directory():
    """A directory for a stack of one test's own."""
    path = make_directory()
    yield path
    remove_directory(path)
