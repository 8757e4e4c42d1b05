"""The stack is started, hurt and started again; real Postgres, real Temporal."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest

from runtime.addresses import read_addresses, stack_file
from runtime.embedded import binaries, local_state
from runtime.embedded.port import LOOPBACK
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.embedded.stack import ChildSpec, Stack
from runtime.errors import (
    AlreadyRunning,
    MigrationFailed,
    NotRunning,
    StartFailed,
    UnsupportedPostgres,
    UnusableDirectory,
)
from runtime.settings import Settings
from runtime.temporal_client import connect
from tests.support.stack_process import SLEEPER
from tests.support.waiting import eventually

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="about running Postgres as another user")
ATTRIBUTES = {"EvalUnit": "Keyword", "EvalDueAt": "Datetime"}
ROLES = """-- migrate:up
CREATE ROLE siklus_worker NOLOGIN;
CREATE ROLE siklus_web NOLOGIN;
CREATE TABLE fact (id integer PRIMARY KEY);
GRANT SELECT, INSERT ON fact TO siklus_worker;
GRANT SELECT ON fact TO siklus_web;
-- migrate:down
"""
FIND_ADDRESSES = """
import time
from runtime.addresses import read_addresses
from runtime.settings import Settings
print(read_addresses(Settings.load()).worker.url, flush=True)
time.sleep(1000)
"""


def processes_of(data):
    """Every process that has to do with a data directory."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = str(data) in " ".join(process.cmdline()) or process.cwd().startswith(str(data))
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def make_directory():
    path = Path(tempfile.mkdtemp(prefix="siklus-test-")).resolve()
    path.chmod(0o755)
    return path


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


@asynccontextmanager
async def session(access):
    opened = await asyncpg.connect(access.url, server_settings=access.server_settings)
    try:
        yield opened
    finally:
        await opened.close()


async def facts(stack):
    async with session(stack.addresses.worker) as worker:
        return [row["id"] for row in await worker.fetch("SELECT id FROM fact ORDER BY id")]


async def add_fact(stack, number):
    async with session(stack.addresses.worker) as worker:
        await worker.execute("INSERT INTO fact VALUES ($1)", number)


async def client_of(stack):
    return await connect(stack.addresses.temporal_address)


async def start_workflow(stack, workflow_id):
    await (await client_of(stack)).start_workflow("Any", id=workflow_id, task_queue="none")


async def knows_workflow(stack, workflow_id):
    described = await (await client_of(stack)).get_workflow_handle(workflow_id).describe()
    return described.id == workflow_id


@pytest.fixture(scope="module")
async def running(migrations):
    path = make_directory()
    stages = []
    probe = ChildSpec("probe", [sys.executable, "-c", FIND_ADDRESSES])
    settings = Settings(data=path / "data", org="lab", profile="demo")
    stack = Stack(
        settings,
        migrations,
        ATTRIBUTES,
        [probe, SLEEPER],
        on_stage=lambda *stage: stages.append(stage),
    )
    async with stack:
        yield stack, settings, stages
    assert processes_of(path) == []
    shutil.rmtree(path)


class TestReadyStack:
    async def test_each_role_has_its_own_log_in(self, running):
        stack, _, _ = running
        for role in ("owner", "worker", "web"):
            async with session(getattr(stack.addresses, role)) as opened:
                assert await opened.fetchval("SELECT session_user") == f"siklus_{role}"
                assert not await opened.fetchval(
                    "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
                )

    async def test_migrations_belong_to_the_owner_and_roles_are_limited(self, running):
        stack, _, _ = running
        async with session(stack.addresses.web) as web:
            assert await web.fetchval("SELECT count(*) FROM fact") == 0
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await web.execute("INSERT INTO fact VALUES (1)")
            owner = await web.fetchval("SELECT tableowner FROM pg_tables WHERE tablename = 'fact'")
            assert owner == "siklus_owner"

    async def test_database_is_durable_and_checked(self, running):
        stack, _, _ = running
        wanted = {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "data_checksums": "on",
            "listen_addresses": LOOPBACK,
            "password_encryption": "scram-sha-256",
            "server_encoding": "UTF8",
            "TimeZone": "UTC",
        }
        async with session(stack.addresses.owner) as owner:
            shown = {name: await owner.fetchval(f"SHOW {name}") for name in wanted}
        assert shown == wanted

    async def test_a_wrong_password_is_refused(self, running):
        stack, _, _ = running
        url = stack.addresses.owner.url.replace("siklus_owner:", "siklus_owner:x")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(url)

    async def test_temporal_has_namespace_retention_and_search_attributes(self, running):
        stack, _, _ = running
        client = await client_of(stack)
        namespace = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace="default")
        )
        kept = namespace.config.workflow_execution_retention_ttl.ToTimedelta()
        assert kept.days == 30
        listed = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace="default")
        )
        assert set(ATTRIBUTES) <= set(listed.custom_attributes)

    async def test_everything_listens_on_loopback_only(self, running):
        stack, _, _ = running
        for child in stack.children:
            for place in psutil.Process(child.pid).net_connections(kind="inet"):
                if place.status == psutil.CONN_LISTEN:
                    assert place.laddr.ip in (LOOPBACK, "::1"), child.name

    async def test_addresses_are_found_by_other_processes(self, running):
        stack, settings, _ = running
        assert read_addresses(settings) == stack.addresses
        log = settings.data / "log" / "probe.log"
        await eventually(lambda: log.read_text().strip() == stack.addresses.worker.url)

    async def test_recorded_processes_are_the_running_ones(self, running):
        stack, settings, _ = running
        recorded = read_addresses(settings)
        pids = {name: record.pid for name, record in recorded.processes.items()}
        assert pids == {child.name: child.pid for child in stack.children}
        assert recorded.supervisor is not None
        assert recorded.supervisor.pid == os.getpid()
        assert recorded.profile == "demo"

    async def test_secrets_are_in_private_files_and_in_no_argument(self, running):
        stack, settings, _ = running
        state = local_state.LocalState.model_validate_json(
            (settings.data / "secrets.json").read_bytes()
        )
        secrets = [getattr(state, f) for f in type(state).model_fields if f.endswith("password")]
        for name in ("stack.json", "secrets.json", "processes.json", "lock"):
            assert (settings.data / name).stat().st_mode & 0o777 == 0o600
        for process in processes_of(settings.data):
            assert not any(secret in " ".join(process.cmdline()) for secret in secrets)
        assert not any(secret in repr(stack.addresses) for secret in secrets)

    async def test_stages_were_told_in_order(self, running):
        _, _, stages = running
        begun = [name for name, state in stages if state == "started"]
        assert begun == ["lock", "postgres", "migrate", "temporal", "workers"]
        assert stages[-1] == ("ready", "done")

    async def test_second_stack_is_told_who_runs(self, running, migrations):
        _, settings, _ = running
        with pytest.raises(AlreadyRunning, match=str(os.getpid())):
            async with Stack(settings, migrations, {}):
                pass
        assert read_addresses(settings).temporal_address

    async def test_external_servers_are_used_instead(self, running, migrations, data):
        stack, _, _ = running
        settings = Settings(
            data=data,
            database_url=stack.addresses.owner.url,
            temporal_address=stack.addresses.temporal_address,
            temporal_namespace="other",
        )
        async with Stack(settings, migrations, {"Other": "Keyword"}, [SLEEPER]) as second:
            assert [child.name for child in second.children] == ["worker"]
            assert second.addresses.worker.role == "siklus_worker"
            assert second.addresses.web.role == "siklus_web"
            assert not second.fresh
            async with session(second.addresses.worker) as worker:
                assert await worker.fetchval("SELECT current_user") == "siklus_worker"
            without_secrets = Settings(data=data)
            assert read_addresses(without_secrets) == second.addresses
            assert read_addresses(settings).owner == second.addresses.owner
        with pytest.raises(NotRunning):
            read_addresses(without_secrets)


class TestDeath:
    @pytest.mark.timeout(120)
    async def test_of_any_child_is_survived(self, make_stack):
        async with make_stack() as stack:
            await start_workflow(stack, "kept")
            for number, child in enumerate(["worker", "temporal", "postgres"]):
                await add_fact(stack, number)
                died = stack.kill(child)
                await stack.wait_ready()
                assert stack.child(child).pid != died
                assert stack.child(child).restarts == 1
                assert await facts(stack) == list(range(number + 1))
                assert await knows_workflow(stack, "kept")
            assert read_addresses(stack._settings).processes.keys() == {
                child.name for child in stack.children
            }

    async def test_of_all_children_at_once_is_survived(self, make_stack):
        async with make_stack() as stack:
            await add_fact(stack, 1)
            await start_workflow(stack, "kept")
            for child in stack.children:
                stack.kill(child.name)
            await stack.wait_ready()
            assert await facts(stack) == [1]
            assert await knows_workflow(stack, "kept")
            assert not any(child.restarts > 5 for child in stack.children)

    async def test_of_one_backend_is_survived(self, make_stack):
        async with make_stack() as stack:
            await add_fact(stack, 1)
            async with session(stack.addresses.worker) as worker:
                os.kill(await worker.fetchval("SELECT pg_backend_pid()"), signal.SIGKILL)
                with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
                    await worker.fetchval("SELECT 1")
            assert await eventually(lambda: facts(stack)) == [1]

    @pytest.mark.timeout(120)
    async def test_of_the_supervisor_loses_nothing(self, data, migrations, make_stack):
        async with stack_process(data, migrations) as supervisor:
            addresses = read_addresses(Settings(data=data))
            async with session(addresses.worker) as worker:
                await worker.execute("INSERT INTO fact VALUES (7)")
            client = await connect(addresses.temporal_address)
            await client.start_workflow("Any", id="kept", task_queue="none")
            supervisor.kill()
        with pytest.raises(NotRunning):
            read_addresses(Settings(data=data))
        async with make_stack() as stack:
            assert await facts(stack) == [7]
            assert await knows_workflow(stack, "kept")
            assert stack.fresh  # nobody can tell whether the first life has sent its knocks
            assert stack.addresses.owner == addresses.owner
        async with make_stack() as stack:
            assert not stack.fresh

    @pytest.mark.timeout(120)
    async def test_of_a_supervisor_that_is_just_starting_is_no_obstacle(
        self, data, migrations, make_stack
    ):
        for stage in (b"lock done", b"postgres started", b"migrate started", b"temporal started"):
            async with stack_process(data, migrations, until=stage) as supervisor:
                supervisor.kill()
        async with make_stack() as stack:
            assert await facts(stack) == []
        assert not list(data.glob(".initdb-*"))


class TestLeftOvers:
    @pytest.mark.timeout(120)
    async def test_pid_file_with_a_reused_pid_is_no_obstacle(self, data, make_stack):
        async with make_stack() as stack:
            await add_fact(stack, 1)
            postmaster = stack.child("postgres").pid
        pid_file = data / "postgres" / "postmaster.pid"
        for pid in (os.getppid(), postmaster):
            pid_file.write_text(f"{pid}\n{data}/postgres\n{int(time.time())}\n0\n\n\n\n")
            async with make_stack() as stack:
                assert await facts(stack) == [1]
        assert psutil.pid_exists(os.getppid())

    @pytest.mark.timeout(120)
    async def test_orphaned_postgres_of_ours_is_ended_first(self, data, make_stack):
        async with make_stack() as stack:
            await add_fact(stack, 1)
        orphan = start_orphan(data)
        try:
            await eventually(lambda: (data / "postgres" / "postmaster.pid").exists())
            async with make_stack() as stack:
                assert await facts(stack) == [1]
        finally:
            assert orphan.wait() == 0

    async def test_file_of_a_dead_stack_is_not_believed(self, data, migrations, make_stack):
        async with stack_process(data, migrations) as supervisor:
            supervisor.kill()
        assert stack_file(data).exists()
        with pytest.raises(NotRunning, match="siklus up"):
            read_addresses(Settings(data=data))

    @pytest.mark.parametrize("content", ["", "{}", '{"owner": 1}'])
    async def test_damaged_stack_file_means_not_running(self, data, content):
        data.mkdir()
        stack_file(data).write_text(content)
        with pytest.raises(NotRunning, match="siklus up"):
            read_addresses(Settings(data=data))

    async def test_nothing_there_means_not_running(self, data):
        with pytest.raises(NotRunning, match="siklus up"):
            read_addresses(Settings(data=data))

    async def test_interrupted_initdb_is_done_again(self, data, make_stack):
        half = data / ".postgres.unfinished"
        half.mkdir(parents=True)
        (half / "PG_VERSION").write_text("18\n")
        async with make_stack() as stack:
            assert await facts(stack) == []
        assert not half.exists()

    async def test_lost_passwords_are_told_at_once(self, data, make_stack):
        async with make_stack():
            pass
        (data / "secrets.json").unlink()
        with pytest.raises(UnusableDirectory, match=r"secrets\.json"):
            async with make_stack():
                pass

    async def test_taken_ports_are_replaced(self, data, make_stack):
        async with make_stack() as stack:
            before = stack.addresses
        state = local_state.LocalState.model_validate_json((data / "secrets.json").read_bytes())
        async with taken(state.postgres_port), taken(state.temporal_port), make_stack() as stack:
            assert stack.addresses.owner.url != before.owner.url
            assert stack.addresses.temporal_address != before.temporal_address
            assert await facts(stack) == []

    @pytest.mark.timeout(120)
    async def test_unreadable_temporal_file_is_put_aside(self, data, make_stack):
        async with make_stack() as stack:
            assert stack.fresh
            await add_fact(stack, 1)
        async with make_stack() as stack:
            assert not stack.fresh
        assert (data / "temporal" / "opened-by").exists()
        for log in (data / "temporal").glob("temporal.db-*"):
            log.unlink()  # SQLite would mend the file from what it finds there
        (data / "temporal" / "temporal.db").write_bytes(b"no database at all" * 1000)
        async with make_stack() as stack:
            assert stack.fresh
            assert await facts(stack) == [1]
            await start_workflow(stack, "new")
        (kept,) = (data / "temporal").glob("temporal.db.unreadable-*")
        assert kept.read_bytes().startswith(b"no database at all")


class TestStop:
    async def test_signal_stops_in_order_and_leaves_nothing(self, data, migrations):
        async with stack_process(data, migrations) as supervisor:
            began = time.monotonic()
            supervisor.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(supervisor.wait) == 0
            assert time.monotonic() - began < 30
            assert processes_of(data) == []
            assert not stack_file(data).exists()

    async def test_second_signal_kills(self, data, migrations):
        async with stack_process(data, migrations) as supervisor:
            supervisor.send_signal(signal.SIGINT)
            supervisor.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(supervisor.wait) == 0
            await eventually(lambda: processes_of(data) == [])

    async def test_signal_during_the_start_leaves_nothing(self, data, migrations):
        async with stack_process(data, migrations, until=b"temporal started") as supervisor:
            supervisor.send_signal(signal.SIGTERM)
            output = await asyncio.to_thread(supervisor.stdout.read)
            assert await asyncio.to_thread(supervisor.wait) == 3
            assert b"StartInterrupted" in output
            assert processes_of(data) == []

    async def test_deaf_worker_is_killed_within_the_time(self, data, make_stack):
        code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        deaf = ChildSpec("deaf", [sys.executable, "-c", code + "time.sleep(1000)"], grace=0.5)
        async with make_stack([deaf]):
            began = time.monotonic()
        assert time.monotonic() - began < 30
        assert processes_of(data) == []


class TestImpossibleStart:
    async def test_wrong_migration_is_told_and_nothing_is_left(self, data, tmp_path):
        (tmp_path / "20260101000000_wrong.sql").write_text(
            "-- migrate:up\nSELEC 1;\n-- migrate:down\n"
        )
        with pytest.raises(MigrationFailed, match="syntax error") as caught:
            async with Stack(Settings(data=data), tmp_path, {}):
                pass
        assert "siklus_owner:" not in str(caught.value)
        assert processes_of(data) == []

    async def test_migrations_without_the_roles_are_told(self, data, tmp_path):
        (tmp_path / "20260101000000_one.sql").write_text("-- migrate:up\n-- migrate:down\n")
        with pytest.raises(MigrationFailed, match="siklus_worker"):
            async with Stack(Settings(data=data), tmp_path, {}):
                pass

    async def test_missing_migrations_are_told(self, data, tmp_path):
        with pytest.raises(MigrationFailed, match="no directory"):
            async with Stack(Settings(data=data), tmp_path / "none", {}):
                pass

    async def test_worker_that_cannot_begin_is_told_with_its_words(self, make_stack):
        async def never(_addresses):
            raise RuntimeError("nobody serves the queue")

        broken = ChildSpec("worker", [sys.executable, "-c", "import no_such_module"])
        with pytest.raises(StartFailed, match="worker ends again and again") as caught:
            async with make_stack([broken], ready_probe=never):
                pass
        assert "no_such_module" in str(caught.value)

    async def test_probe_that_never_succeeds_is_told(self, make_stack):
        async def never(_addresses):
            raise RuntimeError("nobody serves the queue")

        with pytest.raises(StartFailed, match="nobody serves the queue"):
            async with make_stack(ready_probe=never, ready_limit=0.5):
                pass

    @AS_ROOT
    async def test_directory_that_postgres_cannot_enter_is_told(self, data, make_stack):
        data.parent.chmod(0o700)
        with pytest.raises(UnusableDirectory, match=f"{data.parent}.*SIKLUS_DATA="):
            async with make_stack():
                pass
        assert data.parent.stat().st_mode & 0o777 == 0o700

    async def test_data_that_is_no_directory_is_told(self, data, make_stack):
        data.write_text("")
        with pytest.raises(UnusableDirectory, match="SIKLUS_DATA="):
            async with make_stack():
                pass

    async def test_old_postgres_is_refused(self, data, migrations, tmp_path):
        data.parent.joinpath("bin").mkdir()
        old = data.parent / "bin" / "postgres"
        old.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 15.18 (Debian 15.18-1)'\n")
        old.chmod(0o755)
        with pytest.raises(UnsupportedPostgres, match=r"15\.18.*18 or newer"):
            async with Stack(Settings(data=data, pg_bin=old.parent), migrations, {}):
                pass


@asynccontextmanager
async def stack_process(data, migrations, until=b"ready done"):
    """Run a stack in another process until it has said something."""
    supervisor = await asyncio.to_thread(popen_stack, data, migrations)
    try:
        said: list[bytes] = []
        while until not in said:
            line = await asyncio.to_thread(supervisor.stdout.readline)
            assert line, said
            said.append(line.strip())
        yield supervisor
    finally:
        if supervisor.poll() is None:
            supervisor.kill()
        await asyncio.to_thread(supervisor.wait)
        supervisor.stdout.close()
        await eventually(lambda: processes_of(data) == [], 15, 0.2)


def popen_stack(data, migrations):
    command = [sys.executable, "-m", "tests.support.stack_process", str(data), str(migrations)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def start_orphan(data):
    """Start our Postgres as a killed supervisor may leave it, where the kernel cannot help."""
    found = binaries.locate(Settings(data=data))
    program = EmbeddedPostgres(data, found, local_state.load(data, True)).program()
    user = found.user
    return subprocess.Popen(
        program.argv,
        cwd=program.cwd,
        stderr=subprocess.DEVNULL,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )


@asynccontextmanager
async def taken(port):
    async with await asyncio.start_server(lambda _r, _w: None, LOOPBACK, port):
        yield
