"""The benchmark's arithmetic and tables; that it runs at all is part of ``make test-full``."""

import json
import subprocess
import sys
from typing import Any

import pytest

from benchmarks.cycle import arguments
from benchmarks.lane import CYCLE, bodies
from benchmarks.measure import Spread, differences, percentile
from benchmarks.report import BEGIN, END, PAGE, markdown, ratios, rewrite_page, sections
from gateway.shape import check_body
from schemas.error import Refusal
from tests.builders import wib


def played(cycles_a_second: float, p50_ms: float, cpu: float) -> dict[str, Any]:
    return {
        "cycles_a_second": cycles_a_second,
        "p50_ms": p50_ms,
        "p99_ms": 3 * p50_ms,
        "cpu_ms": {"driver": cpu / 4, "temporal": 3 * cpu / 4, "idle": 0.1},
        "other_cores": 0.25,
    }


def lane(*speeds: float, p50_ms: float, cpu: float) -> dict[str, Any]:
    rounds = [played(speed, p50_ms, cpu) for speed in speeds]
    return {"alone": rounds, "together": rounds}


@pytest.fixture
def result() -> dict[str, Any]:
    memory = {"worker-1": {"rss": 90.0, "pss": 70.0}}
    history = {"events": 78, "bytes": 20_395}
    lanes = ("siklus", "temporal", "memory")
    return {
        "at": "2026-03-02T01:00:00+00:00",
        "commit": "abc1234",
        "machine": {"cores": 2, "python": "3.11.7"},
        "given": {"rounds": 3, "cycles": 120, "in_flight": 32, "alone": 15},
        "rounds": {
            "siklus": lane(6, 12, 24, p50_ms=12, cpu=150),
            "temporal": lane(10, 20, 30, p50_ms=8, cpu=75),
            "memory": lane(8, 16, 32, p50_ms=10, cpu=125),
            "sql": lane(600, 1200, 2400, p50_ms=0.5, cpu=1),
        },
        "history": dict.fromkeys(lanes, history),
        "opening_cpu_ms": {name: {"driver": 5.0, "temporal": 7.0} for name in lanes},
        "database_bytes_a_file": {"opened": 16_000.0, "played": 42_000.0},
        "memory_mib": {"at_rest": memory, "at_the_end": memory},
        "stages_ms": {"whole act": 12.0, "told": 0.5},
    }


class TestMeasure:
    def test_a_percentile_is_one_of_the_values(self) -> None:
        values = [float(n) for n in range(100, 0, -1)]
        assert percentile(values, 0.5) == 51
        assert percentile(values, 0.99) == 100
        assert percentile([7.0], 0.99) == 7

    def test_a_spread_is_median_and_range(self) -> None:
        assert str(Spread.of([3.0, 1.0, 2.0])) == "2.0 [1.0-3.0]"

    def test_a_process_that_was_not_there_before_used_all_it_has(self) -> None:
        assert differences({"a": 1.0}, {"a": 3.0, "b": 2.0}) == {"a": 2.0, "b": 2.0}


class TestReport:
    def test_a_ratio_is_the_median_of_the_rounds_own(self, result) -> None:
        found = {name.split(" (aim")[0]: value for name, value in ratios(result).items()}
        # Round by round 0.6, 0.6 and 0.8.
        assert found["cycles/s of (a), many in flight"] == pytest.approx(0.6)
        assert found["an idle act against (a)'s, p50"] == pytest.approx(1.5)
        assert found["CPU a cycle against (a), many in flight"] == pytest.approx(2, abs=0.01)
        assert found["cycles/s of (b) to one of Siklus', many in flight"] == pytest.approx(100)

    def test_every_row_is_as_wide_as_its_table(self, result) -> None:
        for section in sections(result):
            assert {len(row) for row in section.rows} == {len(section.headings)}

    def test_a_pass_that_was_left_out_has_no_table(self, result) -> None:
        whole = len(sections(result))
        assert len(sections({**result, "stages_ms": {}})) == whole - 1

    def test_the_page_keeps_what_stands_around_its_place(self, result, tmp_path) -> None:
        page = tmp_path / "performance.md"
        page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
        for _ in range(2):
            rewrite_page(result, page)
        assert page.read_text() == f"before\n{BEGIN}\n{markdown(result)}\n{END}\nafter\n"

    def test_a_page_without_a_place_is_not_touched(self, result, tmp_path) -> None:
        page = tmp_path / "performance.md"
        page.write_text("nothing here\n")
        with pytest.raises(ValueError, match=r"performance\.md"):
            rewrite_page(result, page)
        assert page.read_text() == "nothing here\n"

    def test_our_page_has_a_place(self) -> None:
        text = PAGE.read_text()
        assert text.count(BEGIN) == text.count(END) == 1


class TestCycle:
    def test_every_act_says_something_that_the_door_takes(self) -> None:
        said = bodies(wib(3, 10).date())
        assert len(CYCLE) == 9
        for act, _ in CYCLE:
            assert not isinstance(check_body(act, said[act]), Refusal), act

    def test_it_can_be_made_small(self) -> None:
        assert vars(arguments(["--cycles", "4", "--rounds", "1"]))["cycles"] == 4

    @pytest.mark.full
    def test_it_runs(self, tmp_path) -> None:
        target = tmp_path / "result.json"
        small = ["--rounds", "1", "--alone", "1", "--cycles", "1", "--in-flight", "1"]
        done = subprocess.run(
            [
                *(sys.executable, "-m", "benchmarks.cycle", *small),
                *("--stages", "2", "--json", str(target)),
            ],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        result = json.loads(target.read_text())
        assert set(result["rounds"]) == {"siklus", "temporal", "memory", "sql"}
        assert all(ms > 0 for ms in result["stages_ms"].values())
        assert "Siklus" in markdown(result)
