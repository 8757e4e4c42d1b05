import asyncio
import os
import signal
import subprocess
import sys

import psutil
import pytest

from runtime.embedded import process as process_module
from runtime.embedded.lock import DataLock
from runtime.embedded.port import LOOPBACK, choose, is_free
from runtime.embedded.process import Hooks, Supervised
from runtime.embedded.process_table import ProcessTable
from runtime.embedded.spawn import Program, RunAs, find_program, run_to_end
from runtime.errors import AlreadyRunning, MissingProgram, StartFailed
from runtime.process_record import ProcessRecord
from tests.support.waiting import eventually

FOREVER = "import time, sys; print('up', flush=True); time.sleep(1000)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {FOREVER}"


def python(code, name="child", **options):
    return Program(name, (sys.executable, "-c", code), dict(os.environ), **options)


def popen(code, **options):
    return subprocess.Popen([sys.executable, "-c", code], **options)


@pytest.fixture
async def supervise(tmp_path):
    children = []

    def start(program, hooks=None):
        child = Supervised(program, tmp_path, hooks)
        children.append(child)
        child.start()
        return child

    yield start
    for child in children:
        child.kill_now()
        await child.stop()


class TestSupervised:
    async def test_comes_back_after_any_death(self, supervise):
        child = supervise(python(FOREVER))
        for round_ in range(3):
            await child.wait_ready(10)
            died = child.kill()
            await child.wait_ready(10)
            assert child.pid != died
            assert child.restarts == round_ + 1

    async def test_is_not_ready_right_after_a_kill(self, supervise):
        child = supervise(python(FOREVER))
        await child.wait_ready(10)
        died = child.kill()
        await child.wait_ready(10)
        assert child.pid != died

    async def test_is_ready_when_its_probe_says_so(self, supervise):
        answers = iter([False, ConnectionRefusedError(), True])

        async def probe():
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

        child = supervise(python(FOREVER), Hooks(is_ready=probe))
        await child.wait_ready(10)
        assert next(answers, "asked thrice") == "asked thrice"

    async def test_stops_in_order_and_stays_stopped(self, supervise):
        child = supervise(python(FOREVER))
        await child.wait_ready(10)
        process = psutil.Process(child.pid)
        await child.stop()
        assert not process.is_running()
        assert child.pid is None
        assert child.restarts == 0

    async def test_is_killed_when_it_ignores_the_request(self, supervise):
        child = supervise(python(DEAF, grace=0.2))
        await eventually(lambda: "up" in child.log_path.read_text())
        process = psutil.Process(child.pid)
        await child.stop()
        assert not process.is_running()

    async def test_stops_while_it_waits_to_be_restarted(self, supervise, monkeypatch):
        monkeypatch.setattr(process_module, "FIRST_DELAY", 1000.0)
        child = supervise(python("print('up')"))
        await eventually(lambda: child.pid is None and "up" in child.log_path.read_text())
        async with asyncio.timeout(5):
            await child.stop()

    async def test_waits_longer_after_each_short_life(self, tmp_path, monkeypatch):
        monkeypatch.setattr(process_module, "FIRST_DELAY", 0.02)
        monkeypatch.setattr(process_module, "LONGEST_DELAY", 0.1)
        waits = []

        class Observed(Supervised):
            async def _stopped_within(self, seconds):
                waits.append(seconds)
                return await super()._stopped_within(0)

        child = Observed(python("pass"), tmp_path)
        child.start()
        await eventually(lambda: len(waits) >= 5)
        await child.stop()
        assert waits[:5] == [0.02, 0.04, 0.08, 0.1, 0.1]

    async def test_a_killed_child_is_missed_at_once_however_often(self, tmp_path):
        waits = []

        class Observed(Supervised):
            async def _stopped_within(self, seconds):
                waits.append(seconds)
                return await super()._stopped_within(seconds)

        child = Observed(python(FOREVER), tmp_path)
        child.start()
        for _ in range(4):
            await child.wait_ready(10)
            child.kill()
        await child.wait_ready(10)
        await child.stop()
        assert set(waits) == {process_module.FIRST_DELAY}

    async def test_hopeless_start_says_what_the_log_says(self, supervise):
        async def never():
            return False

        child = supervise(python("raise SystemExit('no such thing')"), Hooks(is_ready=never))
        with pytest.raises(StartFailed, match=r"child did not start.*status 1") as caught:
            await child.wait_ready(20, failures=2)
        assert "no such thing" in str(caught.value)

    async def test_a_kill_of_a_ready_child_is_no_failed_start(self, supervise):
        child = supervise(python(FOREVER))
        await child.wait_ready(10)
        child.kill()
        await child.wait_ready(10, failures=1)

    async def test_missing_program_is_tried_again(self, supervise, tmp_path):
        script = tmp_path / "later"
        child = supervise(Program("later", (str(script),), {}))
        with pytest.raises(StartFailed, match="not an executable"):
            await child.wait_ready(10, failures=1)
        script.write_text("#!/bin/sh\nexec sleep 1000\n")
        script.chmod(0o755)
        await child.wait_ready(10)

    async def test_refusals_are_counted_but_kills_are_not(self, supervise):
        told = []

        async def refused(count):
            told.append(count)

        async def never():
            return False

        refusing = supervise(
            python("raise SystemExit(1)", "refusing"), Hooks(is_ready=never, on_refusal=refused)
        )
        await eventually(lambda: told[:2] == [1, 2])
        await refusing.stop()
        told.clear()
        killed = supervise(
            python("import os; os.kill(os.getpid(), 9)", "killed"),
            Hooks(is_ready=never, on_refusal=refused),
        )
        await eventually(lambda: killed.restarts >= 2)
        assert told == []

    async def test_large_log_is_put_aside_at_the_next_start(self, supervise, tmp_path, monkeypatch):
        monkeypatch.setattr(process_module, "ROTATE_BYTES", 10)
        (tmp_path / "child.log").write_text("old " * 10)
        child = supervise(python(FOREVER))
        await eventually(lambda: child.log_path.read_text() == "up\n")
        assert (tmp_path / "child.log.1").read_text() == "old " * 10


class TestSpawn:
    async def test_child_leads_its_own_group(self, supervise):
        child = supervise(python(FOREVER))
        await child.wait_ready(10)
        assert os.getpgid(child.pid) == child.pid

    async def test_output_and_status_are_returned(self):
        status, output = await run_to_end(python("print('out'); raise SystemExit(7)"), 10)
        assert (status, output) == (7, "out")

    async def test_time_is_limited(self):
        with pytest.raises(TimeoutError):
            await run_to_end(python(FOREVER), 0.2)

    async def test_missing_program_is_an_error(self):
        with pytest.raises(FileNotFoundError):
            await run_to_end(Program("x", ("/no/such/program",), {}), 10)

    def test_missing_program_comes_with_its_remedy(self):
        with pytest.raises(MissingProgram, match=r"no-such-program.*Install it"):
            find_program("no-such-program", "Install it.")

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
    async def test_user_is_dropped_with_all_groups(self):
        program = Program("id", ("/usr/bin/id",), {}, user=RunAs(65534, 65534))
        status, output = await run_to_end(program, 10)
        assert status == 0
        assert "uid=65534" in output
        assert "(root)" not in output

    @pytest.mark.skipif(sys.platform != "linux", reason="the kernel's part is Linux only")
    async def test_child_ends_when_its_parent_is_killed(self):
        code = (
            "import os, sys, time; from runtime.embedded.spawn import Program, spawn\n"
            f"p = spawn(Program('c', (sys.executable, '-c', {FOREVER!r}), dict(os.environ)), "
            "sys.stdout.buffer)\n"
            "print(p.pid, flush=True); time.sleep(1000)"
        )
        parent = popen(code, stdout=subprocess.PIPE)
        assert parent.stdout is not None
        said = [await asyncio.to_thread(parent.stdout.readline) for _ in range(2)]
        (pid,) = [int(line) for line in said if line.strip() != b"up"]
        child = psutil.Process(pid)
        parent.kill()
        parent.wait()
        parent.stdout.close()
        await eventually(lambda: not child.is_running() or child.status() == "zombie")


class TestProcessRecord:
    def test_finds_the_living_process(self):
        record = ProcessRecord.of(os.getpid())
        assert record is not None
        found = record.find()
        assert found is not None
        assert found.pid == os.getpid()

    @pytest.mark.parametrize("change", [{"create_time": 1.0}, {"boot": "another"}])
    def test_does_not_find_another_owner_of_the_pid(self, change):
        record = ProcessRecord.of(os.getpid())
        assert record is not None
        assert record.model_copy(update=change).find() is None

    def test_does_not_find_the_dead(self):
        process = popen(FOREVER, stdout=subprocess.DEVNULL)
        record = ProcessRecord.of(process.pid)
        assert record is not None
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert record.find() is None  # a zombie is dead, too
        process.wait()
        assert record.find() is None
        assert ProcessRecord.of(process.pid) is None


class TestProcessTable:
    async def test_left_over_processes_are_ended(self, tmp_path):
        process = popen(FOREVER, stdout=subprocess.DEVNULL, process_group=0)
        ProcessTable(tmp_path).put("worker", process.pid)
        assert await ProcessTable(tmp_path).end_left_over() == ["worker"]
        assert process.wait() == -signal.SIGKILL
        assert await ProcessTable(tmp_path).end_left_over() == []

    async def test_spared_and_reused_pids_are_not_touched(self, tmp_path):
        process = popen(FOREVER, stdout=subprocess.DEVNULL, process_group=0)
        table = ProcessTable(tmp_path)
        table.put("postgres", process.pid)
        table.put("worker", process.pid)
        record = table.records["worker"].model_copy(update={"create_time": 1.0})
        table._records["worker"] = record
        table._write()
        assert await ProcessTable(tmp_path).end_left_over(frozenset({"postgres"})) == []
        assert process.poll() is None
        process.kill()
        process.wait()

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}'])
    async def test_damaged_table_is_no_obstacle(self, tmp_path, content):
        (tmp_path / "processes.json").write_text(content)
        assert await ProcessTable(tmp_path).end_left_over() == []


class TestDataLock:
    def test_second_holder_is_told_the_first_ones_pid(self, tmp_path):
        with (
            DataLock(tmp_path),
            pytest.raises(AlreadyRunning, match=str(os.getpid())) as caught,
            DataLock(tmp_path),
        ):
            pass
        assert caught.value.pid == os.getpid()

    def test_is_free_again_after_release(self, tmp_path):
        for _ in range(2):
            with DataLock(tmp_path):
                pass

    def test_content_of_a_dead_holder_is_no_obstacle(self, tmp_path):
        (tmp_path / "lock").write_text(f"{os.getppid()}\n")
        with DataLock(tmp_path):
            assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


class TestPort:
    async def test_taken_port_is_replaced(self):
        server = await asyncio.start_server(lambda _r, _w: None, LOOPBACK, choose(0))
        async with server:
            taken = server.sockets[0].getsockname()[1]
            assert not is_free(taken)
            assert choose(taken) != taken

    def test_free_port_is_kept(self):
        port = choose(0)
        assert choose(port) == port
