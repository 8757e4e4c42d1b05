"""``siklus demo`` from the outside: a whole month, killed processes and a user who interrupts."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg
import psutil
import pytest

from runtime.addresses import stack_file
from runtime.settings import Settings
from simulation.demo_directory import MARK
from storage.clock import FastClockRefused
from tests.support.waiting import eventually
from workers.stack import running_stack

SIKLUS = [sys.executable, "-m", "cli.main"]
PEOPLE = 14
KEYS = {
    *("people", "opened", "closed", "acts", "refused", "reminders", "escalations", "delegated"),
    *("events", "kills", "problems", "seconds"),
}


def make_directory():
    path = Path(tempfile.mkdtemp(prefix="siklus-test-")).resolve()
    path.chmod(0o755)
    return path


def siklus(data, *arguments, **options):
    return subprocess.run(
        [*SIKLUS, *arguments],
        env={**os.environ, "SIKLUS_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        **options,
    )


def processes_of(data):
    found = []
    for process in psutil.process_iter():
        try:
            if str(data) in " ".join(process.cmdline()) or process.cwd().startswith(str(data)):
                found.append(process.name())
        except psutil.Error:
            continue
    return found


@pytest.fixture
def data():
    path = make_directory()
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def played():
    """A month of a small city, with two processes killed meanwhile."""
    path = make_directory()
    options = ("--people", str(PEOPLE), "--speed", "250000", "--kill", "2", "--json", "-")
    yield path, siklus(path, "demo", *options)
    shutil.rmtree(path)


@pytest.mark.crash
@pytest.mark.timeout(180)
class TestMonth:
    def test_every_file_is_closed_and_the_record_is_in_order(self, played):
        _, ended = played
        result = json.loads(ended.stdout)
        assert ended.returncode == 0, ended.stderr
        assert set(result) >= KEYS
        assert result["found"] == []
        assert result["problems"] == 0
        assert result["people"] == result["opened"] == result["closed"] == PEOPLE
        assert sum(result["ends"].values()) == PEOPLE
        assert result["kills"] == 2

    def test_people_were_reminded_escalated_delegated_and_refused(self, played):
        result = json.loads(played[1].stdout)
        assert result["acts"] == result["acts_stored"] > 5 * PEOPLE
        assert result["reminders"] == result["reminders_expected"] > 0
        assert result["escalations"] > 0
        assert result["delegated"] > 0
        assert result["refused"] == sum(result["refusals"].values()) > 0

    def test_tables_for_people_go_elsewhere_when_json_goes_to_standard_output(self, played):
        assert "files closed" in played[1].stderr
        assert "in order after" in played[1].stderr

    def test_nothing_is_left_running(self, played):
        assert processes_of(played[0]) == []

    async def test_the_clock_goes_on_where_it_stopped(self, played):
        settings = Settings(data=played[0] / "demo", profile="demo")
        async with running_stack(settings) as stack:
            owner = await asyncpg.connect(stack.addresses.owner.url)
            try:
                row = await owner.fetchrow(
                    "SELECT origin_business, speed,"
                    " (SELECT max(happened_at) FROM event) AS last_at,"
                    " clock_timestamp() - origin_real AS age FROM clock"
                )
            finally:
                await owner.close()
        assert row is not None
        assert row["origin_business"] == row["last_at"]
        assert row["age"].total_seconds() < 60
        assert row["speed"] == 250000

    async def test_a_demonstration_is_not_opened_as_real_data(self, played):
        settings = Settings(data=played[0] / "demo", profile="standard")
        with pytest.raises(FastClockRefused, match="SIKLUS_PROFILE=demo"):
            async with running_stack(settings):
                raise AssertionError("it was started")


async def until_said(stream, words):
    """Read a program's lines up to the first one with these words; return all of them."""
    lines = b""
    while words not in lines:
        line = await stream.readline()
        assert line, f"it ended without saying {words!r}: {lines!r}"
        lines += line
    return lines


class TestInterruption:
    @pytest.mark.timeout(240)
    async def test_ctrl_c_stops_in_order_and_a_second_demonstration_is_told_to_wait(self, data):
        running = await asyncio.create_subprocess_exec(
            *(*SIKLUS, "demo", "--people", "3"),
            env={**os.environ, "SIKLUS_DATA": str(data)},
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            # Whoever runs the tests in the background has them ignore ctrl-C; this one must not.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert running.stderr is not None
        try:
            await eventually(lambda: stack_file(data / "demo").exists(), 60)
            second = await asyncio.to_thread(siklus, data, "demo", "--people", "1")
            assert second.returncode == 5
            assert "already runs" in second.stderr
            async with asyncio.timeout(60):
                said = await until_said(running.stderr, b"files closed")  # people act by now
            running.send_signal(signal.SIGINT)
            async with asyncio.timeout(60):
                said += await running.stderr.read()
                await running.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                running.kill()
        assert running.returncode == 1
        assert b"nothing is left running" in said
        assert b"Traceback" not in said
        assert processes_of(data) == []


class TestRefusal:
    def test_a_bad_organisation_file_is_refused_as_org_import_refuses_it(self, data):
        bad = data / "bad.csv"
        bad.write_text("identity_number,name\n1,x\n")
        shown = siklus(data, "demo", "--organisation", str(bad))
        imported = siklus(data, "org", "import", "--dry-run", str(bad))
        assert shown.returncode == imported.returncode == 3
        assert shown.stderr == imported.stderr
        assert "nothing was written" in shown.stderr
        assert not (data / "demo").exists()

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--people", "0"), "--people"),
            (("--kill", "-1"), "--kill"),
            (("--speed", "0"), "--speed"),
            (("--month", "2026-13"), "2026-13"),
            (("--month", "2026-12"), "2027"),
            (("--organisation", "/nowhere.csv"), "/nowhere.csv"),
            (("--json", "/nowhere/result.json"), "/nowhere/result.json"),
        ],
    )
    def test_a_wrong_option_is_named(self, data, options, said):
        ended = siklus(data, "demo", *options)
        assert ended.returncode == 2
        assert said in ended.stderr
        assert not (data / "demo").exists()

    def test_a_directory_with_other_data_is_never_emptied(self, data):
        precious = data / "demo" / "precious"
        precious.parent.mkdir()
        precious.write_text("mine")
        ended = siklus(data, "demo", "--people", "1")
        assert ended.returncode == 5
        assert "not a demonstration's" in ended.stderr
        assert precious.read_text() == "mine"
        assert not (data / "demo" / MARK).exists()
