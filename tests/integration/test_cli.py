"""The command line on a running stack: one file by hand, every kind of answer, tables and JSON."""

import json
import re
from collections.abc import Awaitable, Callable
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cli.example import EXAMPLES
from schemas.code import Act
from tests.support.cli import Ran, siklus
from tests.support.stack import (
    ORG,
    PERIOD,
    House,
    make_directory,
    remove_directory,
    running_house,
    small_city,
)

pytestmark = pytest.mark.timeout(120)
Run = Callable[..., Awaitable[Ran]]


@pytest.fixture(scope="module")
async def house():
    directory = make_directory()
    async with running_house(directory) as running:
        await running.open_month(small_city(8))
        yield running
    remove_directory(directory)


@pytest.fixture
def run(house: House):
    """Run a command on this stack."""

    async def command(*arguments: str, **options: str) -> Ran:
        surroundings = {"SIKLUS_DATA": str(house.settings.data), "SIKLUS_ORG": ORG}
        return await siklus(*arguments, **{**surroundings, **options})

    return command


@pytest.fixture
async def act(house: House, run: Run, tmp_path: Path):
    """The next legitimate act on a file, as a command line."""

    async def command(file, *more: str, name: Act | None = None, body: object = None) -> Ran:
        step = await house.step(file, name)
        said = step.body if body is None else body
        source = tmp_path / f"{uuid4()}.json"
        source.write_text(json.dumps(said))
        given = ("--input", str(source)) if said else ()
        return await run(
            *("act", step.act, "--file", str(file.file_id), "--as", str(step.actor)),
            *(*given, *more),
        )

    return command


class TestAct:
    async def test_a_file_goes_from_plan_to_signature(self, house, run, act) -> None:
        file = (await house.files(PERIOD))[-1]
        for _ in range(9):
            done = await act(file, "--json")
            assert (done.code, done.json["status"]) == (0, "done"), done
        assert done.json["agenda"]["end"] == "accepted"
        shown = (await run("file", "show", str(file.file_id), "--json")).json
        assert shown["state"]["end"] == "accepted"
        assert [e["number"] for e in shown["timeline"]] == list(range(11))
        assert "content" not in shown["timeline"][1]
        again = await act_again(run, file, shown)
        assert again.code == 3
        assert again.json["refusal"]["type"] == "closed"

    async def test_the_same_command_again_has_the_same_answer(self, house, run) -> None:
        file, command_id = (await house.files(PERIOD))[0], str(uuid4())
        line = (
            *("act", "submit_plan", "--file", str(file.file_id), "--as", str(file.person)),
            *("--input", "-", "--command-id", command_id, "--json"),
        )
        plan: Any = deepcopy(EXAMPLES[Act.SUBMIT_PLAN])
        first = await run(*line, stdin=json.dumps(plan))
        again = await run(*line, stdin=json.dumps(plan))
        assert (first.code, first.json["version"]) == (0, 2)
        assert (again.code, again.json["version"]) == (0, 2)
        plan["results"][0]["target"] = "2 laporan"
        other = await run(*line, stdin=json.dumps(plan))
        assert (other.code, other.json["refusal"]["type"]) == (3, "command_reused")
        assert await house.kinds(command_id) == ["plan_submitted"]

    async def test_a_refusal_names_field_rule_and_remedy(self, house, act) -> None:
        file = (await house.files(PERIOD))[1]
        refused = await act(file, body={"results": []})
        assert refused.code == 3
        assert "results: paling sedikit 1 isian." in refused.out
        assert "rule shape.too_few" in refused.out
        assert "Tambahkan isian." in refused.out

    async def test_a_stale_form_is_refused(self, house, act) -> None:
        file = (await house.files(PERIOD))[1]
        refused = await act(file, "--json", "--expected-version", "7")
        assert refused.code == 3
        assert refused.json["refusal"]["rule"] == "file.version"
        assert refused.json["explained"]["en"]["remedy"]

    async def test_the_wrong_person_is_refused(self, house, run) -> None:
        mine, other = (await house.files(PERIOD))[2:4]
        refused = await run(
            *("act", "sign", "--file", str(mine.file_id), "--as", str(other.person), "--json")
        )
        assert refused.code == 3
        assert refused.json["refusal"]["type"] == "not_authorised"

    async def test_an_act_with_a_body_asks_for_it(self, house, run) -> None:
        file = (await house.files(PERIOD))[1]
        asked = await run("act", "score", "--file", str(file.file_id), "--as", str(file.person))
        assert asked.code == 2
        assert "--example" in asked.err

    async def test_a_body_that_is_no_json_is_named(self, house, run, tmp_path) -> None:
        broken = tmp_path / "broken.json"
        broken.write_text("{")
        asked = await run("act", "score", "--file", "0", "--as", "0", "--input", str(broken))
        assert asked.code == 2
        assert str(broken) in asked.err

    async def test_an_unknown_person_says_where_to_look(self, house, run) -> None:
        file = (await house.files(PERIOD))[1]
        asked = await run("act", "sign", "--file", str(file.file_id), "--as", "nobody")
        assert asked.code == 2
        assert "siklus org people" in asked.err

    async def test_an_example_needs_no_stack(self) -> None:
        shown = await siklus("act", "score", "--example", SIKLUS_DATA="/nonexistent")
        assert shown.json == EXAMPLES[Act.SCORE]


async def act_again(run: Run, file, shown) -> Ran:
    person = shown["state"]["file"]["person"]
    return await run("act", "sign", "--file", str(file.file_id), "--as", person, "--json")


class TestLooking:
    async def test_an_inbox_holds_what_waits_and_what_came(self, house, run) -> None:
        file = (await house.files(PERIOD))[3]
        found = (await run("inbox", "--as", str(file.person), "--json")).json
        mine = [t for t in found["waiting"] if t["file"] == str(file.file_id)]
        assert [t["acts"] for t in mine] == [["submit_plan"]]
        due = [t["due_at"] for t in found["waiting"]]
        assert due == sorted(due)
        assert "task" in {n["topic"] for n in found["delivered"]}

    async def test_a_file_shows_who_is_awaited_and_until_when(self, house, run) -> None:
        file = (await house.files(PERIOD))[3]
        shown = await run("file", "show", str(file.file_id)[:13])
        assert shown.code == 0
        assert re.search(r"awaits\s+pegawai: Pegawai Contoh \d+", shown.out)
        assert "WIB" in shown.out

    async def test_files_are_filtered(self, house, run) -> None:
        rows = (await run("file", "list", "--awaits", "employee", "--json")).json
        assert rows
        assert {r["awaits"] for r in rows} == {"employee"}
        assert (await run("file", "list", "--period", "2031-01", "--json")).json == []

    async def test_people_are_listed_with_their_posts(self, run) -> None:
        rows = (await run("org", "people", "--json")).json
        assert len(rows) == 9
        assert all(r["post"] for r in rows)

    async def test_a_period_shows_its_roster(self, run) -> None:
        found = (await run("period", "show", PERIOD, "--json")).json
        assert {"excluded_because": "state_official", "people": 1} in found["roster"]
        assert sum(c["files"] for c in found["files"]) == 8
        assert (await run("period", "show", "2026-04")).code == 2

    async def test_opening_again_changes_nothing(self, run) -> None:
        opened = await run("period", "open", "--period", PERIOD, "--json")
        assert (opened.code, opened.json["opened"]) == (0, 8)

    async def test_a_period_that_is_over_is_refused(self, run) -> None:
        refused = await run("period", "open", "--period", "2025-11", "--json")
        assert refused.code == 3
        assert refused.json["refusal"]["rule"] == "period.passed"

    async def test_a_misspelt_period_is_named(self, run) -> None:
        assert "2026-03" in (await run("period", "open", "--period", "Maret")).err

    async def test_status_tells_what_runs_and_waits(self, house, run) -> None:
        found = await run("status", "--json")
        assert found.code == 0
        assert {p["alive"] for p in found.json["processes"].values()} == {True}
        assert found.json["waiting"]["undecided"] == 0

    async def test_status_without_a_stack_says_how_to_start_one(self, tmp_path) -> None:
        found = await siklus("status", SIKLUS_DATA=str(tmp_path))
        assert found.code == 5
        assert "siklus up" in found.out

    async def test_the_record_is_in_order(self, run) -> None:
        checked = await run("check", "--json")
        assert (checked.code, checked.json["problems"]) == (0, 0), checked.out


class TestImport:
    async def test_every_bad_row_is_shown_and_nothing_written(self, house, run, tmp_path) -> None:
        made = (await run("org", "generate", "--people", "8", "--seed", "3")).out
        lines = made.splitlines()
        lines[3] = lines[3].replace("definitif", "defenitif")
        file = tmp_path / "kota.csv"
        file.write_text("\n".join(lines))
        refused = await run("org", "import", str(file), "--json")
        assert refused.code == 3
        assert [(p["row"], p["column"]) for p in refused.json["problems"]] == [(4, "capacity")]
        assert await house.web.fetchval("SELECT version FROM organisation") == 1

    async def test_a_dry_run_writes_nothing(self, house, run, tmp_path) -> None:
        file = tmp_path / "kota.csv"
        await run("org", "generate", "--people", "8", "--seed", "3", "--output", str(file))
        tried = await run("org", "import", str(file), "--dry-run", "--json")
        assert (tried.code, tried.json["new people"], tried.json["changed posts"]) == (0, 0, 0)
        assert await house.web.fetchval("SELECT version FROM organisation") == 1

    async def test_a_missing_file_is_named(self, run) -> None:
        assert "none.csv" in (await run("org", "import", "none.csv")).err
