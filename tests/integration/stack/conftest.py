"""A directory, a schema and a stack for each test of the stack."""

import shutil

import pytest

from runtime.embedded.stack import Stack
from runtime.settings import Settings
from tests.support.bare_stack import ATTRIBUTES, ROLES, make_directory, processes_of
from tests.support.stack_process import SLEEPER


@pytest.fixture
def data():
    path = make_directory()
    yield path / "data"
    left = processes_of(path)
    for process in left:
        process.kill()
    shutil.rmtree(path, ignore_errors=True)
    assert left == []


@pytest.fixture(scope="module")
def migrations():
    path = make_directory()
    (path / "20260101000000_roles.sql").write_text(ROLES)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def make_stack(data, migrations):
    def make(workers=(SLEEPER,), **options):
        return Stack(Settings(data=data), migrations, ATTRIBUTES, workers, **options)

    return make
