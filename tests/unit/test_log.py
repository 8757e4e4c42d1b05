import io
import json
import logging

import asyncpg
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from temporalio import activity, workflow

from runtime.log import REPEAT_SECONDS, RepeatFilter, configure_logging, redact
from runtime.settings import Settings

NIP = "198501012010011001"


class Output(io.StringIO):
    @property
    def lines(self):
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def output(tmp_path):
    stream, root = Output(), logging.getLogger()
    level = root.level
    handler = configure_logging(Settings(data=tmp_path, log_format="json"), "test", stream)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)
    structlog.reset_defaults()


def log(name="test"):
    return structlog.stdlib.get_logger(name)


class TestLines:
    def test_carry_level_logger_component_and_utc_time(self, output):
        log("a.b").info("file_opened", org="x")
        (line,) = output.lines
        assert line["timestamp"].endswith("Z")
        del line["timestamp"]
        assert line == {
            "event": "file_opened",
            "org": "x",
            "level": "info",
            "logger": "a.b",
            "component": "test",
        }

    def test_of_the_standard_library_look_the_same(self, output):
        logging.getLogger("lib").warning("gone %s", "away")
        (line,) = output.lines
        assert (line["event"], line["level"], line["logger"]) == ("gone away", "warning", "lib")

    def test_below_the_level_are_dropped(self, output):
        log().debug("detail")
        logging.getLogger("lib").debug("detail")
        assert output.lines == []

    def test_for_a_terminal_are_no_json(self, tmp_path, output):
        stream = Output()
        handler = configure_logging(Settings(data=tmp_path, log_format="console"), "c", stream)
        log().info("hello")
        logging.getLogger().removeHandler(handler)
        assert "hello" in stream.getvalue()
        assert not stream.getvalue().startswith("{")
        assert output.getvalue() == ""

    def test_are_written_once_after_configuring_twice(self, tmp_path, output):
        stream = Output()
        handler = configure_logging(Settings(data=tmp_path, log_format="json"), "c", stream)
        log().info("hello")
        logging.getLogger().removeHandler(handler)
        assert len(stream.lines) == 1

    def test_go_to_standard_error(self, tmp_path, capsys):
        handler = configure_logging(Settings(data=tmp_path), "c")
        log().info("hello")
        logging.getLogger().removeHandler(handler)
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "hello" in captured.err


class TestTemporal:
    def test_activity_details_become_fields(self, output):
        details = {
            "activity_type": "record",
            "attempt": 3,
            "workflow_id": "eval/1",
            "workflow_run_id": "run",
            "task_queue": "cycle",
        }
        logging.getLogger("temporalio.activity").info("told", extra={"temporal_activity": details})
        (line,) = output.lines
        assert line["activity"] == "record"
        assert line["attempt"] == 3
        assert line["workflow_id"] == "eval/1"
        assert line["run_id"] == "run"
        assert "temporal_activity" not in line

    def test_workflow_details_become_fields(self, output):
        details = {"workflow_id": "w", "run_id": "r", "attempt": 1, "workflow_type": "Cycle"}
        logging.getLogger("temporalio.workflow").info("told", extra={"temporal_workflow": details})
        (line,) = output.lines
        assert (line["workflow_id"], line["run_id"], line["workflow"]) == ("w", "r", "Cycle")

    def test_details_are_not_repeated_in_the_text(self, output):
        assert workflow.logger.workflow_info_on_message is False
        assert activity.logger.activity_info_on_message is False


class TestRedaction:
    @pytest.mark.parametrize(
        "value",
        [
            NIP,
            int(NIP),
            f"see {NIP}.",
            "19850101 201001 1 001",
            {"deep": [{"er": (NIP,)}]},
            ValueError(NIP),
        ],
    )
    def test_hides_identity_numbers_in_values(self, output, value):
        log().info("seen", value=value)
        logging.getLogger("lib").info("seen %s", value)
        assert "19850101" not in output.getvalue()
        assert output.getvalue().count("[identity number]") == 2

    def test_hides_them_in_tracebacks(self, output):
        def fail():
            raise ValueError(f"no such person {NIP}")

        for logger in (log("one"), logging.getLogger("two")):
            try:
                fail()
            except ValueError:
                logger.exception("failed")
        assert NIP not in output.getvalue()
        assert output.getvalue().count("no such person [identity number]") == 2
        assert "Traceback" in output.lines[0]["exception"]

    @pytest.mark.parametrize("value", [1, 2.5, True, None, "12345678901234567", "1" * 19])
    def test_leaves_everything_else(self, value):
        assert redact(None, "", {"value": value}) == {"value": value}

    @given(st.text(alphabet="ab .-"), st.text(alphabet="ab .,"))
    def test_finds_the_number_in_any_surroundings(self, before, after):
        assert NIP not in str(redact(None, "", {"event": f"{before}{NIP}{after}"}))


class TestServerAway:
    @pytest.mark.parametrize(
        "error",
        [
            ConnectionRefusedError("refused"),
            asyncpg.CannotConnectNowError("starting up"),
            asyncpg.InterfaceError("connection is closed"),
            TimeoutError("too slow"),
        ],
    )
    def test_is_one_line(self, output, error):
        try:
            raise RuntimeError("wrapped") from error
        except RuntimeError:
            log().warning("retrying", exc_info=True)
        (line,) = output.lines
        assert "exception" not in line
        assert line["error"].startswith(type(error).__name__)

    @pytest.mark.parametrize(
        "error",
        [KeyError("x"), asyncpg.InterfaceError("misuse"), asyncpg.UniqueViolationError("x")],
    )
    def test_a_defect_keeps_its_traceback(self, output, error):
        try:
            raise error
        except type(error):
            log().exception("failed")
        assert "Traceback" in output.lines[0]["exception"]


class TestRepeats:
    @pytest.fixture
    def time(self, output):
        class Time:
            now = 1000.0

        (handler,) = [h for h in logging.getLogger().handlers if getattr(h, "stream", 0) is output]
        (old,) = handler.filters
        handler.removeFilter(old)
        handler.addFilter(RepeatFilter(lambda: Time.now))
        return Time

    def test_are_counted_and_said_once_in_ten_seconds(self, output, time):
        for _ in range(5):
            log().warning("retrying", attempt=1)
        assert len(output.lines) == 1
        time.now += REPEAT_SECONDS
        log().warning("retrying", attempt=6)
        assert output.lines[1]["suppressed"] == 4
        assert "suppressed" not in output.lines[0]

    def test_of_the_standard_library_are_compared_by_template(self, output, time):
        for number in range(3):
            logging.getLogger("lib").error("attempt %s failed", number)
        time.now += REPEAT_SECONDS
        logging.getLogger("lib").error("attempt %s failed", 3)
        assert [line.get("suppressed") for line in output.lines] == [None, 2]

    def test_ordinary_lines_are_never_held_back(self, output, time):
        for _ in range(3):
            log().info("file_opened")
        assert len(output.lines) == 3

    def test_different_things_are_not_repeats(self, output, time):
        log("a").warning("restarts", process="postgres")
        log("a").warning("restarts", process="temporal")
        log("b").warning("restarts", process="temporal")
        log("b").error("failed", exc_info=KeyError("x"))
        log("b").error("failed", exc_info=ValueError("x"))
        assert len(output.lines) == 5
