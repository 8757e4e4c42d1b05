"""The command line on a running stack: one file by hand, every kind of answer, tables and JSON."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from cli.example import EXAMPLES
from domain.organisation_file import write_rows
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
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(120)
Run = Callable[..., Awaitable[Ran]]
# Every act but the HR office's, and there and back where an act turns back.
WALK = (
    Act.SUBMIT_PLAN,
    Act.RETURN_PLAN,
    Act.SUBMIT_PLAN,
    Act.AGREE_PLAN,
    Act.SUBMIT_REPORT,
    Act.RETURN_REPORT,
    Act.SUBMIT_REPORT,
    Act.SCORE,
    Act.GIVE_FEEDBACK,
    Act.RESPOND_TO_FEEDBACK,
    Act.RECORD_MEETING,
    Act.SIGN,
    Act.OBJECT,
    Act.DECIDE_OBJECTION,
)


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
    async def test_a_file_goes_through_every_act_by_hand(self, house, run, act) -> None:
        file = (await house.files(PERIOD))[-1]
        for name in WALK:
            done = await act(file, "--json", name=name)
            assert (done.code, done.json["status"]) == (0, "done"), (name, done)
        assert done.json["agenda"]["end"] == "decided"
        shown, texts, again = await asyncio.gather(
            run("file", "show", str(file.file_id), "--json"),
            run("file", "show", str(file.file_id), "--content"),
            run(*("act", "sign", "--file", str(file.file_id), "--as", str(file.person), "--json")),
        )
        assert shown.json["state"]["end"] == "decided"
        assert shown.json["wake"] is None
        numbers = [e["number"] for e in shown.json["timeline"]]
        assert numbers == list(range(len(WALK) + 2))  # opened and delivered besides
        assert "content" not in shown.json["timeline"][1]
        assert "keberatan diputus" in texts.out
        assert "reasons" in texts.out
        assert re.search(r"predicate\s+\w", texts.out)
        assert (again.code, again.json["refusal"]["type"]) == (3, "closed")

    async def test_the_hr_office_takes_a_file_out(self, house, run) -> None:
        file = (await house.files(PERIOD))[4]
        clerks = (await run("org", "people", "--unit", "bkpsdmd", "--json")).json
        clerk = next(c["id"] for c in clerks if c["id"] != str(file.person))
        done = await run(
            *("act", "withdraw", "--file", str(file.file_id), "--as", clerk, "--input", "-"),
            stdin=json.dumps(EXAMPLES[Act.WITHDRAW]),
        )
        assert done.code == 0, done
        assert "Selesai, ditarik (version 2)" in done.out

    async def test_done_says_where_the_file_is_who_is_awaited_and_until_when(self, house, act):
        done = await act((await house.files(PERIOD))[5])
        assert done.code == 0, done
        assert "done: Rencana (version 2)" in done.out
        assert re.search(r"awaits pejabat penilai Pegawai Contoh \d+: persetujuan", done.out)
        assert re.search(r"due \d+ Mar 2026 24:00 WIB", done.out)
        assert re.search(r"command [0-9a-f-]{36}", done.out)

    async def test_an_act_that_is_not_awaited_is_refused(self, house, run) -> None:
        file = (await house.files(PERIOD))[1]
        refused = await run(
            *("act", "sign", "--file", str(file.file_id), "--as", str(file.person)),
        )
        assert refused.code == 3
        assert "not_now, rule act.turn" in refused.out
        shown = await run("file", "show", str(file.file_id))
        assert re.search(r"refused tanda tangani, Pegawai Contoh \d+", shown.out)

    async def test_what_a_hanging_worker_leaves_is_stored_and_done_later(self, house, run) -> None:
        file, command_id = (await house.files(PERIOD))[6], str(uuid4())
        line = (
            *("act", "submit_plan", "--file", str(file.file_id), "--as", str(file.person)),
            *("--input", "-", "--command-id", command_id),
        )
        plan = json.dumps(EXAMPLES[Act.SUBMIT_PLAN])
        async with house.hanging("worker-1"):
            stored = await run(*line, stdin=plan)
            assert stored.code == 4, stored
            assert f"--command-id {command_id}" in stored.out
            status, shown = await asyncio.gather(
                run("status", "--json"), run("file", "show", str(file.file_id))
            )
        assert (status.code, status.json["waiting"]["undecided"]) == (5, 1)
        assert f"command {command_id}" in shown.out
        await eventually(lambda: _is_decided(house, command_id), 20)
        again = await run(*line, stdin=plan)
        assert (again.code, "version 2" in again.out) == (0, True), again

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

    async def test_an_unknown_person_or_file_says_where_to_look(self, house, run) -> None:
        file, number = (await house.files(PERIOD))[1], "199301222020121999"
        nobody, nothing, anybody = await asyncio.gather(
            run("act", "sign", "--file", str(file.file_id), "--as", number),
            run("file", "show", "zzzz"),
            run("inbox", "--as", "%"),
        )
        assert (nobody.code, nothing.code, anybody.code) == (2, 2, 2)
        assert "siklus org people" in nobody.err
        assert number not in nobody.err
        assert "siklus file list" in nothing.err


async def _is_decided(house: House, command_id: str) -> bool:
    return await house.outcome(UUID(command_id)) is not None


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
        assert re.search(r"if nobody acts\s+\d+ Mar 2026 [\d:]+ WIB: \w", shown.out)

    async def test_a_file_shows_what_somebody_may_do_with_it(self, house, run) -> None:
        mine, other = (await house.files(PERIOD))[2:4]
        at, stranger = await asyncio.gather(
            run("file", "show", str(mine.file_id), "--as", str(mine.person)),
            run("file", "show", str(mine.file_id), "--as", str(other.person), "--json"),
        )
        assert re.search(r"you\s+pegawai; may now: submit_plan", at.out)
        assert stranger.json["standing"]["acts"] == []

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

    async def test_status_tells_what_runs_and_waits(self, house, run) -> None:
        found = await run("status", "--json")
        assert found.code == 0
        assert set(found.json["processes"]) == {"postgres", "temporal", "worker-1"}
        assert {p["ready"] for p in found.json["processes"].values()} == {True}
        assert found.json["waiting"]["undecided"] == 0
        secret = house.addresses.web.url.partition("://")[2].partition("@")[0].partition(":")[2]
        assert secret
        assert secret not in found.out

    async def test_status_names_a_child_that_was_killed(self, house, run) -> None:
        async with house.gone("worker-1"):
            found = await run("status", "--json")
            assert found.code == 5
            ready = {name: p["ready"] for name, p in found.json["processes"].items()}
            assert ready == {"postgres": True, "temporal": True, "worker-1": False}
        await house.works()

    async def test_a_database_that_hangs_is_said_by_every_command(self, house, run) -> None:
        async with house.hanging("postgres"):
            listed, status = await asyncio.gather(run("file", "list"), run("status"))
        assert (listed.code, status.code) == (5, 5)
        assert "siklus status" in listed.err
        assert re.search(r"postgres at 127.0.0.1:\d+/siklus does not answer", status.out)
        assert "temporal at 127.0.0.1" in status.out

    async def test_status_without_a_stack_says_how_to_start_one(self, tmp_path) -> None:
        found = await siklus("status", SIKLUS_DATA=str(tmp_path))
        assert found.code == 5
        assert "siklus up" in found.out

    async def test_a_second_start_says_who_runs(self, house, run) -> None:
        refused = await run("up")
        assert refused.code == 5
        assert re.search(r"already runs on \S+ \(process \d+\)", refused.err)

    async def test_the_record_is_in_order(self, run) -> None:
        checked = await run("check", "--json")
        assert (checked.code, checked.json["problems"]) == (0, 0), checked.out


class TestImport:
    async def test_every_bad_row_is_shown_and_nothing_written(self, house, run, tmp_path) -> None:
        lines = write_rows(small_city(8)).splitlines()
        lines[3] = lines[3].replace("definitif", "defenitif")
        file = tmp_path / "kota.csv"
        file.write_text("\n".join(lines))
        refused = await run("org", "import", str(file), "--json")
        assert refused.code == 3
        assert [(p["row"], p["column"]) for p in refused.json["problems"]] == [(4, "capacity")]
        assert await house.web.fetchval("SELECT version FROM organisation") == 1

    async def test_a_new_holder_of_an_old_post_is_a_change(self, run, tmp_path) -> None:
        *rows, last = small_city(8)
        moved = last.model_copy(update={"identity_number": rows[-1].identity_number})
        ended = rows[-1].model_copy(update={"held_to": rows[-1].held_from})
        moved = moved.model_copy(
            update={"held_from": date(2026, 3, 1), "name": ended.name, "kind": ended.kind}
        )
        file = tmp_path / "kota.csv"
        file.write_text(write_rows([*rows[:-1], ended, moved]))
        tried = await run("org", "import", str(file), "--dry-run", "--json")
        assert tried.code == 0, tried
        assert (tried.json["new holdings"], tried.json["holdings that go"]) == (2, 2)
        assert (tried.json["changed posts"], tried.json["people who lose every post"]) == (0, 1)

    async def test_a_dry_run_writes_nothing(self, house, run, tmp_path) -> None:
        file = tmp_path / "kota.csv"
        await run("org", "generate", "--people", "8", "--seed", "3", "--output", str(file))
        tried = await run("org", "import", str(file), "--dry-run", "--json")
        assert (tried.code, tried.json["new people"], tried.json["changed posts"]) == (0, 0, 0)
        assert await house.web.fetchval("SELECT version FROM organisation") == 1


class TestRules:
    ORDER = ("--from", "2030-01-01", "--source", "Keputusan 800/12")

    async def test_a_dry_run_shows_the_change_and_writes_nothing(self, house, run) -> None:
        count = "SELECT count(*) FROM rule_override"
        before = await house.web.fetchval(count)
        line = ("rules", "set", "triwulanan.jendela", "scoring=11", *self.ORDER, "--dry-run")
        tried = await run(*line, "--json")
        assert tried.code == 0, tried
        [change] = tried.json["changes"]
        assert change["parameters"] == {"scoring": {"before": 10, "after": 11}}
        assert "nothing was written" in (await run(*line)).out
        assert await house.web.fetchval(count) == before

    @pytest.mark.parametrize("more", [(), ("--dry-run",)])
    async def test_what_a_rule_does_not_allow_is_refused(self, run, more) -> None:
        line = ("rules", "set", "bulanan.jendela", "scoring=0", *self.ORDER, *more)
        refused = await run(*line, "--json")
        assert refused.code == 3, refused
        found = refused.json["refusal"]
        assert (found["field"], found["rule"]) == ("values.scoring", "rules.minimum")
        assert "kurang dari 1" in refused.json["explained"]["id"]["message"]

    async def test_what_is_no_pair_of_name_and_value_is_said(self, run) -> None:
        said = await run("rules", "set", "bulanan.jendela", "scoring", *self.ORDER)
        assert (said.code, "PARAMETER=VALUE" in said.err) == (2, True)

    async def test_an_override_is_set_once_and_shown_with_its_author(self, run) -> None:
        line = ("rules", "set", "keberatan.hitungan", "kind=kerja", *self.ORDER)
        done = await run(*line, "--json")
        assert (done.code, done.json["data"]["version"]) == (0, 1), done
        again = await run(*line, "--json", "--command-id", done.json["command_id"])
        assert again.json["data"] == done.json["data"]
        shown = await run("rules", "show", "keberatan.hitungan", "--on", "2030-01-01", "--json")
        assert (shown.json["override"], shown.json["parameters"]["kind"]) == (1, "kerja")
        [own] = shown.json["overrides"]
        assert (own["source"], own["values"], own["name"]) == (
            "Keputusan 800/12",
            {"kind": "kerja"},
            None,
        )
        packs = await run("rules", "show", "keberatan.hitungan", "--on", "2030-01-01",
                          "--packs", "--json")  # fmt: skip
        assert (packs.json["override"], packs.json["parameters"]["kind"]) == (None, "kalender")
        between = await run("rules", "diff", "2029-12-31", "2030-01-01", "--json")
        assert [c["id"] for c in between.json] == ["keberatan.hitungan"]
        listed = await run("rules", "list", "--on", "2030-01-01")
        assert "administrator" in listed.out
        judged = await run("check", "--json")
        assert judged.code == 0, judged
