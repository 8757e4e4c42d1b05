"""``siklus recompute`` says what it wants, what it found, and ends with the code that fits."""

import asyncio
import json
from contextlib import closing
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from typer.testing import CliRunner

from audit.again import worker
from audit.again.difference import KEPT, Count, Difference, Kind
from audit.again.read import Stretch
from audit.again.run import Again
from cli.main import app
from cli.output import Exit
from runtime.addresses import DatabaseAccess

FOUND = Difference(
    file="file/kota/2026-03/bulanan/x",
    number=3,
    kind=Kind.INPUT,
    field="context",
    what="the context was changed",
)


def outcome(*differences: Difference) -> Again:
    return Again(
        org="kota",
        period="2026-03",
        files=400,
        events=5600,
        steps=5000,
        refusals=7,
        total=len(differences),
        by_kind={d.kind: 1 for d in differences},
        differences=differences,
        workers=2,
        seconds=2.0,
        peak_memory_bytes=300 * 1024 * 1024,
    )


@pytest.fixture
def say(monkeypatch):
    """Run the command without a stack, with what deciding again is to find."""

    def leave(code: int) -> NoReturn:
        raise SystemExit(code)

    asked: list[tuple[Any, ...]] = []

    def command(*line: str, found: Again | None = None):
        async def again(*arguments: Any) -> Again:
            asked.append(arguments[:4])
            arguments[4](1, 2)
            assert found is not None
            return found

        def run(work: Any) -> None:
            session = SimpleNamespace(
                addresses=SimpleNamespace(web="web"), settings=SimpleNamespace(org="kota")
            )
            leave(asyncio.run(work(session)))

        monkeypatch.setattr("cli.recompute.decide_again", again)
        monkeypatch.setattr("cli.recompute.run", run)
        result = CliRunner().invoke(app, ["recompute", *line])
        return result, asked

    monkeypatch.setattr("cli.output.leave", leave)
    return command


class TestUsage:
    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ((), "give either --period P or --all"),
            (("--period", "2026-03", "--all"), "give either --period P or --all"),
            (("--period", "Maret"), "2026-03"),
        ],
    )
    def test_names_what_is_wrong(self, say, line, said) -> None:
        result, asked = say(*line)
        assert (result.exit_code, asked) == (Exit.USAGE, [])
        assert said in " ".join(result.output.split())

    def test_a_period_without_files_is_a_mistake(self, say) -> None:
        nothing = outcome().model_copy(update={"files": 0})
        result, _ = say("--period", "2027-01", found=nothing)
        assert result.exit_code == Exit.USAGE
        assert "there are no files of 2027-01" in result.output

    def test_a_period_or_all_are_asked_for(self, say) -> None:
        say("--period", "2026-TW1", found=outcome())
        _, asked = say("--all", "--workers", "3", found=outcome())
        assert asked == [("web", "kota", "2026-TW1", 2), ("web", "kota", None, 3)]


class TestAnswer:
    def test_nothing_differs(self, say) -> None:
        result, _ = say("--all", found=outcome())
        assert result.exit_code == Exit.OK
        assert "0 differences" in result.output
        assert "200 files a second, 300 MiB" in result.output

    def test_a_difference_is_shown_with_its_place(self, say) -> None:
        result, _ = say("--all", found=outcome(FOUND))
        assert result.exit_code == Exit.PROBLEMS
        line = f"{FOUND.file} event 3: input context: the context was changed"
        assert line in " ".join(result.output.split())

    def test_the_json_has_every_number(self, say) -> None:
        result, _ = say("--all", "--json", found=outcome(FOUND))
        said = json.loads(result.stdout)
        assert result.exit_code == Exit.PROBLEMS
        assert (said["files_a_second"], said["by_kind"]) == (200.0, {"input": 1})
        assert said["differences"][0]["field"] == "context"


class TestCount:
    def test_stretches_add_up_and_keep_a_thousand(self) -> None:
        whole = Count()
        for _ in range(3):
            part = Count(files=2, events=30, steps=20, refusals=1)
            part.differ([FOUND] * 600)
            whole.add(part)
        assert (whole.files, whole.events, whole.steps, whole.refusals) == (6, 90, 60, 3)
        assert whole.total == 1800
        assert len(whole.differences) == KEPT


class TestWorker:
    def test_a_database_that_is_away_can_be_told_to_another_process(self, monkeypatch) -> None:
        access = DatabaseAccess(url="postgresql://nobody@127.0.0.1:1/none")
        with closing(worker.Worker(access, "kota")) as one:
            monkeypatch.setattr(worker, "_worker", one)
            with pytest.raises(ConnectionError, match="ConnectionRefusedError"):
                worker.check(Stretch("file/", "file/", "file/z"))

    def test_knows_its_memory(self) -> None:
        assert 10 * 2**20 < worker.peak_bytes() < 2**40
