"""A pytest plugin for ``make mutation``: every mutant is tried on modules and caches of its own.

The mutation engine forks each mutant's process from one that has imported the product and run its
tests. Whatever was built there at import, or is kept by ``functools.cache``, was built by code that
is not mutated. So a mutant's session begins with empty caches, and where an import reaches the
mutated function it imports the product anew. While the engine learns which test reaches which
function, every test module has an import of its own and every test empty caches, for otherwise only
the first test of all would be seen to reach a loader.
"""

import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from itertools import chain
from pathlib import Path
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
REACHED = Path("reached-by-import.json")
"""Every function that some import reaches; kept, for the engine keeps what it has learnt, too."""
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


def _is_reached_by_import() -> bool:
    function = os.environ["MUTANT_UNDER_TEST"].partition("__mutmut_")[0]
    return function in json.loads(REACHED.read_text(encoding="utf-8"))


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
    """Run a mutant's tests file by file until one fails: those named like its module, then the rest.

    Most mutants die in the first few tests, and the quickest files come first.
    """
    by_file: dict[str, list[str]] = defaultdict(list)
    for argument in config.args:
        by_file[argument.partition("::")[0]].append(argument)
    if not _is_mutant() or len(by_file) == 1:
        return None
    options = [x for x in config.invocation_params.args if x not in config.args]
    module = os.environ["MUTANT_UNDER_TEST"].split(".")[-2]

    def rank(file: str) -> tuple[bool, float]:
        return module not in file, sum(state().duration_by_test[test] for test in by_file[file])

    for file in sorted(by_file, key=rank):
        if code := pytest.main([*options, *by_file[file]]):
            return code
    return 0


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """After the suite's own profile: few examples, and the same for every mutant."""
    settings.load_profile("mutation")
    if _is_mutant() and os.getpid() not in _fresh:  # and not the next file of its tests
        _fresh.add(os.getpid())
        _forget_results()
        if _is_reached_by_import():
            _forget_imports()


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
    """Keep what was learnt; and do not let pass for a kill that a test has no such name.

    A mutant whose module no longer imports is killed, and has failed before.
    """
    if _is_learning():
        known = json.loads(REACHED.read_text(encoding="utf-8")) if REACHED.exists() else []
        REACHED.write_text(json.dumps(sorted({*known, *chain(*_reached_by_import.values())})))
        _imported.clear()
    is_unknown = exitstatus == pytest.ExitCode.USAGE_ERROR and not session.testsfailed
    if _is_mutant() and is_unknown:
        os._exit(SUSPICIOUS)
