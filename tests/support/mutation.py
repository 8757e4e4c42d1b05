"""A pytest plugin for ``make mutation``: every mutant is tried on modules and caches of its own.

The mutation engine forks each mutant's process from one that has imported the product and run its
tests. Whatever was built there at import, or is kept by ``functools.cache``, was built by code that
is not mutated. So a mutant's session imports the product anew; and while the engine learns which
test reaches which function, every test module has an import of its own and every test empty caches,
for otherwise only the first test of all would be seen to reach a loader.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings
from mutmut.state import state

settings.register_profile(
    "mutation",
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
)
_KEPT = ("schemas", "tests.conftest", "tests.support.mutation", "tests.support.database")
_OURS = ("activities", "audit", "cli", "domain", "gateway", "runtime", "simulation", "storage")
SUSPICIOUS = 35
"""The engine's exit code for a mutant of which nothing can be said."""
_fresh: set[int] = set()
_reached_by_import: dict[str, set[str]] = {}
_imported: dict[str, dict[str, ModuleType]] = {}


def _is_learning() -> bool:
    return os.environ.get("MUTANT_UNDER_TEST") == "stats"


def _is_mutant() -> bool:
    return "__mutmut_" in os.environ.get("MUTANT_UNDER_TEST", "")


def _ours() -> list[str]:
    rooms = (*_OURS, "workers", "workflows", "tests")
    return [n for n in sys.modules if n.split(".")[0] in rooms and n not in ("tests", *_KEPT)]


def _forget_imports() -> None:
    for name in _ours():
        del sys.modules[name]


def _forget_results() -> None:
    for name in _ours():
        for value in vars(sys.modules[name]).values():
            if isinstance(value, _lru_cache_wrapper):
                value.cache_clear()


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Run a mutant's tests file by file, those with most of them first, until one fails.

    Importing thirty test files takes longer than the first few tests that kill a mutant.
    """
    by_file: dict[str, list[str]] = defaultdict(list)
    for argument in config.args:
        by_file[argument.partition("::")[0]].append(argument)
    if not _is_mutant() or len(by_file) == 1:
        return None
    options = [x for x in config.invocation_params.args if x not in config.args]
    for tests in sorted(by_file.values(), key=len, reverse=True):
        if code := pytest.main([*options, *tests]):
            return code
    return 0


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """After the suite's own profile: few examples, and the same for every mutant."""
    settings.load_profile("mutation")
    if os.getpid() not in _fresh:  # a process of its own, and not the next file of its tests
        _forget_imports()
        _fresh.add(os.getpid())


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Learn what the import of a test module reaches."""
    if not (isinstance(collector, pytest.Module) and _is_learning()):
        return (yield)
    _forget_imports()
    state()._stats.clear()
    report = yield
    _reached_by_import[collector.nodeid] = set(state()._stats)
    state()._stats.clear()
    _imported[collector.nodeid] = {name: sys.modules[name] for name in _ours()}
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let a test reach the loaders, too, and count the import of its module as its own."""
    if _is_learning():
        module = item.getparent(pytest.Module)
        assert module is not None
        _forget_imports()
        sys.modules.update(_imported[module.nodeid])
        _forget_results()
        state()._stats.update(_reached_by_import[module.nodeid])


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Do not let pass for a kill that a test is called otherwise than without the mutant.

    A module that no longer imports is one, and fails before.
    """
    is_unknown = exitstatus == pytest.ExitCode.USAGE_ERROR and not session.testsfailed
    if _is_mutant() and is_unknown:
        os._exit(SUSPICIOUS)
