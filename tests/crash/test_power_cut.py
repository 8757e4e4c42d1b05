"""Everything is killed at once, the supervisor included; one command brings everything back."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import uuid4

import psutil
import pytest

from gateway.answer import Answer, Status, Unavailable
from runtime.addresses import read_addresses
from runtime.settings import Settings
from schemas.period import Period
from storage.pool import DATABASE_AWAY
from tests.support.stack import ORG, House, problems_of, reached, small_city
from tests.support.waiting import eventually

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]


@pytest.fixture
def settings(directory):
    return Settings(data=directory / "data", org=ORG)


@asynccontextmanager
async def siklus_up(settings: Settings) -> AsyncIterator[House]:
    """``siklus up`` in a process of its own, until it says that it is ready."""
    up = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "up"),
        env={**os.environ, "SIKLUS_DATA": str(settings.data), "SIKLUS_ORG": ORG},
        stderr=asyncio.subprocess.PIPE,
    )
    assert up.stderr is not None
    try:
        said = b""
        while b"ready on" not in said:
            line = await asyncio.wait_for(up.stderr.readline(), 60)
            assert line, said.decode()
            said += line
        async with reached(settings, read_addresses(settings)) as house:
            yield house
    finally:
        with contextlib.suppress(ProcessLookupError):
            up.send_signal(signal.SIGTERM)
        await up.communicate()


def cut_power(settings: Settings) -> None:
    """Kill -9 everything that the stack's own file names, and whatever those have started."""
    addresses = read_addresses(settings)
    assert addresses.supervisor is not None
    records = [addresses.supervisor, *addresses.processes.values()]
    found = [process for record in records if (process := record.find()) is not None]
    assert len(found) == len(records) >= 4
    family = [child for process in found for child in process.children(recursive=True)]
    for process in {*found, *family}:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(found, timeout=10)


class TestPowerCut:
    async def test_one_command_brings_everything_back(self, settings, is_full):
        answers: dict[object, Answer] = {}
        month = ""
        for number in range(5 if is_full else 1):
            async with siklus_up(settings) as house:
                if number == 0:
                    today = house.calendar.local_date(house.clock.now())
                    month = str(Period(year=today.year, month=today.month))
                    await house.open_month(small_city(), month)
                files = await house.files(month)
                for answer in answers.values():
                    assert await eventually(partial(house.outcome, answer.command_id), 30)
                assert not problems_of(await house.check(answers.values()))
                told = await self._act_until_the_cut(house, settings, files)
                assert {a.status for a in told} >= {Status.DONE}
                answers |= {answer.command_id: answer for answer in told}
        async with pid_given_away(settings), siklus_up(settings) as house:
            for answer in answers.values():
                assert await eventually(partial(house.outcome, answer.command_id), 30)
            assert not problems_of(await house.check(answers.values()))
            for file in await house.files(month):
                assert (await house.until_decided(await house.step(file))).status is Status.DONE

    async def _act_until_the_cut(self, house, settings, files):
        """Everybody acts at the same time; when some have been answered, the power goes."""
        told: list[Answer] = []

        async def act(file):
            with contextlib.suppress(Unavailable, *DATABASE_AWAY):
                told.append(await house.send(await house.step(file), uuid4()))

        async with asyncio.TaskGroup() as group:
            for file in files:
                group.create_task(act(file))
            await eventually(lambda: len(told) >= 3)
            await asyncio.to_thread(cut_power, settings)
        return told


@asynccontextmanager
async def pid_given_away(settings: Settings) -> AsyncIterator[None]:
    """The pid that Postgres had now belongs to something else that its user runs."""
    cluster = settings.data / "postgres"
    owner = cluster.stat().st_uid
    other = await asyncio.create_subprocess_exec(
        *("sleep", "1000"), user=None if owner == os.geteuid() else owner
    )
    try:
        pid_file = cluster / "postmaster.pid"
        pid_file.write_text("\n".join([str(other.pid), *pid_file.read_text().splitlines()[1:], ""]))
        yield
        assert other.returncode is None, "somebody else's process was ended"
    finally:
        other.kill()
        await other.wait()
