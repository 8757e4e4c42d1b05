"""One stack starts servers, and nothing else does: whoever needs one uses it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = (
    *("schemas", "domain", "runtime", "storage", "activities", "workflows", "gateway", "audit"),
    *("simulation", "workers", "cli"),
)
STACK = ROOT / "runtime" / "embedded"

# Ways to start a process, and the programs that are servers.
MODULES = {"subprocess", "multiprocessing", "pty", "pexpect"}
CALLS = {
    *("create_subprocess_exec", "create_subprocess_shell", "subprocess_exec", "subprocess_shell"),
    *("system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp", "startfile", "spawn"),
    *("execv", "execve", "execvp", "execvpe", "execl", "execle", "execlp", "execlpe"),
    *("spawnl", "spawnle", "spawnlp", "spawnlpe", "spawnv", "spawnve", "spawnvp", "spawnvpe"),
    *("ProcessPoolExecutor", "run_to_end"),
}
SERVERS = ("initdb", "pg_ctl", "start-dev", "temporal-server")
SERVER_CALLS = {"EmbeddedPostgres", "EmbeddedTemporal", "start_local", "get_server", "Stack"}

# Tests may start the product itself, as its users do, and the time-skipping server; and this many
# things of the stack's own, because they are about nothing else.
STACKS_OWN = {
    "tests/support/database.py": "one Postgres for the suites that need no more than that",
    "tests/support/stack_process.py": "the stack in a process that can be killed",
    "tests/support/bare_stack.py": "the stack without Siklus, hurt and left over",
    "tests/integration/stack/conftest.py": "the stack itself",
    "tests/integration/stack/test_ready.py": "the stack itself",
    "tests/integration/stack/test_death.py": "the stack itself",
    "tests/integration/stack/test_stop.py": "the stack itself",
    "tests/unit/test_temporal_server.py": "what is done with the server's file; none is started",
    "tests/unit/test_one_of_each.py": "this list",
}


# Python processes that calculate and serve nobody; they end with the call that made them.
CALCULATE = {"audit/again/run.py": "decides the files of a period again, on every core"}


def python_files(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def starts(path, source=None):
    """What in a file starts a process or names a server, with its line."""
    tree = ast.parse(path.read_text() if source is None else source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        for name in _names(node):
            yield f"{path.name}:{line}: {name}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            named = [server for server in SERVERS if server in node.value]
            if named and id(node) not in docstrings:
                yield f"{path.name}:{line}: {named[0]}"


def _names(node):
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names if alias.name.split(".")[0] in MODULES]
        case ast.ImportFrom(module=str(module), names=names):
            modules = [module] if module.split(".")[0] in MODULES else []
            return modules + [a.name for a in names if a.name in CALLS]
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return [name] if name in CALLS else []
        case _:
            return []


def servers_of_its_own(path, source=None):
    """What a test starts that only the stack may."""
    tree = ast.parse(path.read_text() if source is None else source)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
                if name in SERVER_CALLS:
                    yield f"{path.name}:{node.lineno}: {name}"
            case ast.Constant(value=str(text)):
                if any(server in text for server in SERVERS):
                    yield f"{path.name}:{node.lineno}: {text}"


class TestProduct:
    def test_only_the_stack_starts_processes(self):
        files = [p for p in python_files(*PRODUCT) if STACK not in p.parents]
        assert len(files) > 50
        found = {p.relative_to(ROOT).as_posix(): list(starts(p)) for p in files}
        assert {path: said for path, said in found.items() if said}.keys() == CALCULATE.keys()

    def test_only_the_composition_root_makes_a_stack(self):
        made = [
            path.relative_to(ROOT).as_posix()
            for path in python_files(*PRODUCT)
            if STACK not in path.parents
            for found in servers_of_its_own(path)
        ]
        assert made == ["workers/stack.py"]

    def test_the_stack_does_start_them(self):
        """The search finds what it looks for."""
        found = {f.split(": ")[1] for p in python_files("runtime/embedded") for f in starts(p)}
        assert {"subprocess", "execv", "initdb", "start-dev"} <= found


class TestTests:
    def test_they_start_no_servers_but_by_the_stack(self):
        files = python_files("tests", "benchmarks")
        others = [p for p in files if p.relative_to(ROOT).as_posix() not in STACKS_OWN]
        assert len(others) > 20
        assert [found for path in others for found in servers_of_its_own(path)] == []

    def test_the_exceptions_exist(self):
        assert [name for name in STACKS_OWN if not (ROOT / name).exists()] == []


class TestSearch:
    @pytest.mark.parametrize(
        "source",
        [
            "import subprocess",
            "from subprocess import run",
            "import asyncio\nasyncio.create_subprocess_exec('postgres')",
            "from os import execv",
            "import os\nos.system('postgres -D here')",
            "x = ['temporal', 'server', 'start-dev']",
            "from concurrent.futures import ProcessPoolExecutor",
            "from runtime.embedded.spawn import spawn",
        ],
    )
    def test_a_start_is_found(self, source):
        assert list(starts(Path("some.py"), source))

    @pytest.mark.parametrize(
        "source",
        [
            "await WorkflowEnvironment.start_local()",
            "Stack(settings, migrations, {})",
            "postgres = EmbeddedPostgres(data, binaries, state)",
            "['pg_ctl', 'start']",
        ],
    )
    def test_a_test_s_own_server_is_found(self, source):
        assert list(servers_of_its_own(Path("some.py"), source))

    @pytest.mark.parametrize("source", ["'''How initdb is run.'''", "import asyncio", "run(1)"])
    def test_words_about_it_are_not(self, source):
        assert not list(starts(Path("some.py"), source))
