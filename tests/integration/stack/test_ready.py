"""A stack that is ready: what runs, who may do what, what it says of itself; real Postgres, real Temporal."""

import os
import shutil
import sys

import asyncpg
import psutil
import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest

from runtime.addresses import read_addresses
from runtime.embedded import local_state
from runtime.embedded.port import LOOPBACK
from runtime.embedded.stack import ChildSpec, Stack
from runtime.errors import (
    AlreadyRunning,
    NotRunning,
)
from runtime.settings import Settings
from tests.support.bare_stack import (
    ATTRIBUTES,
    FIND_ADDRESSES,
    client_of,
    make_directory,
    processes_of,
    session,
)
from tests.support.stack_process import SLEEPER
from tests.support.waiting import eventually


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
