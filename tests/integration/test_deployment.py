"""The parts of the stack one by one, as containers run them, beside servers that others run."""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from domain.organisation_file import write_rows
from runtime.embedded.postgres import SUPERUSER
from tests.support.cli import siklus
from tests.support.stack import ORG, make_directory, remove_directory, running_house, small_city

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def servers(postgres, fresh_database):
    """Somebody else's Postgres and Temporal, as a container's variables name them."""
    directory = make_directory()
    access = fresh_database.databases
    async with running_house(directory) as house:
        yield {
            "DATABASE_URL": access.owner.url,
            "SIKLUS_WORKER_DATABASE_URL": access.worker.url,
            "SIKLUS_WEB_DATABASE_URL": access.web.url,
            "TEMPORAL_ADDRESS": house.addresses.temporal_address,
            "SIKLUS_TEMPORAL_NAMESPACE": "kota",
            "SIKLUS_ORG": ORG,
            "SIKLUS_DATA": str(directory / "container"),
        }
    remove_directory(directory)


@asynccontextmanager
async def worker(environment):
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("siklus"),
        "worker",
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        assert process.stdout is not None
        async for line in process.stdout:
            if b"worker_ready" in line:
                break
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_city_is_served_by_parts(postgres, servers, tmp_path):
    administrator = await postgres.server.connect(SUPERUSER)
    await administrator.execute("ALTER ROLE siklus_web PASSWORD NULL")
    await administrator.close()
    with pytest.raises(asyncpg.PostgresError):
        await asyncpg.connect(servers["SIKLUS_WEB_DATABASE_URL"])

    for command in ("migrate", "bootstrap", "migrate", "bootstrap"):
        ran = await siklus(command, **servers)
        assert ran.code == 0, ran.err
    # Nobody but the migration knows the owner.
    known = {name: value for name, value in servers.items() if name != "DATABASE_URL"}
    assert (await siklus("status", **known)).code == 5  # nobody works yet
    async with worker(known) as process:
        looked = await siklus("status", "--json", **known)
        assert looked.code == 0, looked.out
        rows = tmp_path / "kota.csv"
        rows.write_text(write_rows(small_city(4)))
        imported = await siklus("org", "import", str(rows), **known)
        assert imported.code == 0, imported.err
        opened = await siklus("period", "open", "--period", "2099-03", "--json", **known)
        assert opened.code == 0, opened.err
        assert json.loads(opened.out)["data"]["included"] > 0, opened.out
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0


async def test_only_the_owner_migrates(servers):
    without = {name: value for name, value in servers.items() if name != "DATABASE_URL"}
    ran = await siklus("migrate", **without)
    assert ran.code == 5
    assert "DATABASE_URL is not set" in ran.err


async def test_a_server_that_does_not_answer_is_named(servers):
    away = servers | {"DATABASE_URL": "postgresql://siklus_owner:hidden@127.0.0.1:9/siklus"}
    ran = await siklus("migrate", **away)
    assert ran.code == 5
    assert "does not answer" in ran.err
    assert "hidden" not in ran.err
