"""A stack is hurt and goes on, and starts again over whatever was left; real Postgres, real Temporal."""

import os
import signal
import time

import asyncpg
import psutil
import pytest

from runtime.addresses import read_addresses, stack_file
from runtime.embedded import local_state
from runtime.errors import (
    NotRunning,
    UnusableDirectory,
)
from runtime.settings import Settings
from runtime.temporal_client import connect
from tests.support.bare_stack import (
    add_fact,
    facts,
    knows_workflow,
    session,
    stack_process,
    start_orphan,
    start_workflow,
    taken,
)
from tests.support.waiting import eventually


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
