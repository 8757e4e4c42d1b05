"""A stack stops in order, and one that cannot start says why; real Postgres, real Temporal."""

import asyncio
import signal
import sys
import time

import pytest

from runtime.addresses import stack_file
from runtime.embedded.stack import ChildSpec, Stack
from runtime.errors import (
    MigrationFailed,
    StartFailed,
    UnsupportedPostgres,
    UnusableDirectory,
)
from runtime.settings import Settings
from tests.support.bare_stack import AS_ROOT, processes_of, stack_process
from tests.support.waiting import eventually


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
