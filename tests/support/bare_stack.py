"""A stack without Siklus in it, for the tests of the stack: a small schema, a worker that sleeps."""

import asyncio
import os
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest

from runtime.embedded import binaries, local_state
from runtime.embedded.port import LOOPBACK
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.settings import Settings
from runtime.temporal_client import connect
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
