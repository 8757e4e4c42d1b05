"""What the HR office types on a running stack: people who move, decrees, mail, closing, upkeep."""

import json
import mailbox
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus

from cli.example import EXAMPLES
from gateway.answer import Status
from runtime.mail.catcher import maildir
from schemas.code import Act, Via
from schemas.identifier import FileKey
from storage.mail import settle
from tests.support.cli import Ran, siklus
from tests.support.stack import (
    ORG,
    PERIOD,
    House,
    make_directory,
    problems_of,
    remove_directory,
    running_house,
    small_city,
)
from tests.support.waiting import eventually
from workers.schedules import declare, keep_timetables

pytestmark = pytest.mark.timeout(120)
Run = Callable[..., Awaitable[Ran]]
CLOSED = "2026-02"
DECREE = ("--decree", "800/1/2026")


@pytest.fixture(scope="module")
async def house():
    """A city on a morning in March, with its month open; what was done to it is judged at the end."""
    directory = make_directory()
    async with running_house(directory) as running:
        await running.open_month(small_city(12))
        await declare(running.client, ORG)
        await keep_timetables(running.owner, ORG)
        yield running
        assert not problems_of(await running.check())
    remove_directory(directory)


@pytest.fixture
def run(house: House) -> Run:
    """Run a command on this stack."""
    return partial(siklus, SIKLUS_DATA=str(house.settings.data), SIKLUS_ORG=ORG)


@pytest.fixture(scope="module")
async def people(house: House) -> dict[str, tuple[str, str, UUID]]:
    """Each post with its first holder: identity number, name and id."""
    rows = await house.web.fetch(
        "SELECT DISTINCT ON (h.post) h.post, p.identity_number, p.name, p.id FROM holding AS h"
        " JOIN person AS p ON p.id = h.person ORDER BY h.post, h.from_on"
    )
    return {row["post"]: (row["identity_number"], row["name"], row["id"]) for row in rows}


async def file_of(house: House, person: UUID, period: str = PERIOD) -> FileKey:
    return next(key for key in await house.files(period) if key.person == person)


async def inbox(run: Run, person: UUID):
    return (await run("inbox", "--as", str(person), "--json")).json


def write_changes(file: Path, rows: Sequence[tuple[str, str, str, str, str]]) -> None:
    lines = [f"{nip},{what},{post},800/1/2026,{first},{to}" for nip, what, post, first, to in rows]
    file.write_text("\n".join(["nip,perubahan,jabatan,sk,mulai,selesai", *lines]), encoding="utf-8")


class TestMoving:
    async def test_a_file_of_changes_is_shown_applied_once_and_followed(
        self, house, run, people, tmp_path
    ) -> None:
        posts = [f"Kepala Subbagian 1 {unit}" for unit in ("Sekretariat Daerah", "BKPSDMD")]
        (old_number, _, old), (new_number, _, new) = (people[post] for post in posts)
        file = await file_of(house, people["Fungsional 0001 Sekretariat Daerah"][2])
        await house.walk(file, 1)
        on = ("--file", str(file.file_id), "--as")
        returning = EXAMPLES[Act.RETURN_PLAN]
        kept = await run(
            *("act", "return_plan", *on, str(old), "--input", "-", "--draft"),
            stdin=json.dumps(returning),
        )
        assert kept.code == 0, kept
        assert (await run("act", "nudge", *on, str(file.person))).code == 0
        again = await run("act", "nudge", *on, str(file.person), "--json")
        assert (again.code, again.json["refusal"]["rule"]) == (3, "nudge.again")
        assert (await run("act", "nudge", *on, str(old))).code == 3  # he is awaited himself

        changes = tmp_path / "mutasi.csv"
        rows = [(old_number, posts[1]), (new_number, posts[0])]
        write_changes(changes, [(nip, "mutasi", post, "2026-03-10", "") for nip, post in rows])
        tried = await run("org", "apply", str(changes), "--dry-run", "--json")
        assert tried.code == 0, tried
        passing = {e["file"]: e["owner_after"] for e in tried.json["affected"]}
        assert passing[str(file.file_id)] == str(new)
        assert (await house.state(file)).owner == old

        first = ("org", "apply", str(changes), "--json")
        done = await run(*first)
        assert passing == {e["file"]: e["owner_after"] for e in done.json["affected"]}
        order = (*first, "--command-id", done.json["command_id"])
        repeated, shown = await run(*order), await run(*(w for w in order if w != "--json"))
        assert (done.code, repeated.code, shown.code) == (0, 0, 0), done
        assert done.json["command_id"] == repeated.json["command_id"]
        assert done.json["data"] == repeated.json["data"] == {"changes": 2, "people": 2}
        assert "affected" not in repeated.json
        assert "open files change hands" not in shown.out + shown.err

        async def follows() -> bool:
            return bool((await house.state(file)).owner == new)

        await eventually(follows)
        assert str(file.file_id) in {t["file"] for t in (await inbox(run, new))["waiting"]}
        drafts = [(await run("file", "drafts", *on[1:], who, "--json")).json for who in (str(new),)]
        assert [(d["author"], d["body"]) for d in drafts[0]] == [(str(old), returning)]
        assert "no drafts" in (await run("file", "drafts", *on[1:], str(file.person))).out
        assert (await run("act", "agree_plan", *on, str(old))).code == 3
        assert (await run("act", "agree_plan", *on, str(new))).code == 0
        for who, topics in ((old, {"task", "nudge", "interim"}), (new, {"task"})):
            told = [
                n for n in (await inbox(run, who))["delivered"] if n["file"] == str(file.file_id)
            ]
            assert {(n["topic"], n["turn"]) for n in told} == {
                (t, "plan_agreement") for t in topics
            }

    async def test_every_bad_row_is_shown_and_nothing_written(
        self, house, run, people, tmp_path
    ) -> None:
        number, _, _ = people["Pelaksana 0002 Sekretariat Daerah"]
        changes = tmp_path / "salah.csv"
        write_changes(
            changes,
            [
                (number, "pindah", "Sekretaris Daerah", "2026-03-10", ""),
                (number, "cuti sakit", "", "2026-03-10", ""),
                (number, "meninggal", "", "2026-12-10", ""),
            ],
        )
        before = await house.web.fetchval("SELECT count(*) FROM command")
        refused = await run("org", "apply", str(changes), "--json")
        assert refused.code == 3
        found = [(p["row"], p["column"]) for p in refused.json["problems"]]
        assert found == [(2, "change"), (3, "to"), (4, "from")]
        assert await house.web.fetchval("SELECT count(*) FROM command") == before

    async def test_one_change_is_refused_by_the_name_of_its_option_and_by_the_person(
        self, run, people
    ) -> None:
        of = ("--of", people["Pelaksana 0003 Sekretariat Daerah"][0], *DECREE)
        ahead = await run("org", "change", "meninggal", *of, "--from", "2026-12-01")
        assert ahead.code == 3
        assert "--from" in ahead.err
        assert "1 problem; nothing was written" in ahead.err
        leave = ("cuti sakit", *of, "--from", "2026-03-11", "--until", "2026-03-12")
        stranger = people["Fungsional 0006 Sekretariat Daerah"][0]
        other = await run("org", "change", *leave, "--as", stranger)
        assert other.code == 3
        assert "tidak berwenang" in other.out
        assert "berkas" not in other.out  # it is no act on a file

    async def test_a_file_that_waits_for_nobody_is_listed_until_somebody_acts(
        self, house, run, people
    ) -> None:
        sekda: UUID = await house.web.fetchval(
            "SELECT person FROM holding WHERE post = 'Sekretaris Daerah' AND to_on IS NULL"
            " AND known_until IS NULL"
        )
        file = await file_of(house, sekda)
        await house.walk(file, 1)
        mayor = people["Wali Kota"][0]
        gone = ("org", "change", "CLTN", "--of", mayor, *DECREE, "--from", "2026-03-10")
        assert (await run(*gone)).code == 0
        vacant = await run("org", "vacant", "--json")
        assert vacant.code == 6
        assert str(file.file_id) in {row["file"] for row in vacant.json}
        back = ("org", "change", "aktif kembali", "--of", mayor, *DECREE, "--from", "2026-03-10")
        returned = await run(*back, "--json")
        assert returned.code == 0
        assert (await run(*back)).code == 3  # a second return is none
        repeated = await run(*back, "--command-id", returned.json["command_id"])
        assert repeated.code == 0, repeated  # and the first one, asked for again, is no second
        filled = await run("org", "vacant")
        assert (filled.code, filled.out.strip()) == (0, "every open file waits for somebody")

    async def test_a_new_holder_is_proposed_what_stays_with_the_post(
        self, house, run, people, tmp_path
    ) -> None:
        head, sekda = people["Kepala BKPSDMD"], people["Sekretaris Daerah"]
        nothing = await run("plan", "inherit", "--as", head[0])
        assert nothing.code == 3
        opened = await run("period", "open", "--period", "2026", "--kind", "tahunan")
        assert opened.code == 0, opened
        file = await file_of(house, sekda[2], "2026")
        said = {"result": "Contoh", "indicator": "Contoh", "target": "1"}
        results = [{"id": "r1", **said}, {"id": "r2", "origin": "personal", **said}]
        for act, who, body in (
            ("submit_plan", sekda[0], {"results": results}),
            ("agree_plan", people["Wali Kota"][0], None),
        ):
            given = () if body is None else ("--input", "-")
            line = ("act", act, "--file", str(file.file_id), "--as", who, *given)
            done = await run(*line, stdin=json.dumps(body))
            assert done.code == 0, done
        changes = tmp_path / "tukar.csv"
        swap = [(head[0], "Sekretaris Daerah"), (sekda[0], "Kepala BKPSDMD")]
        write_changes(changes, [(nip, "mutasi", post, "2026-03-10", "") for nip, post in swap])
        assert (await run("org", "apply", str(changes))).code == 0
        found = await run("plan", "inherit", "--as", head[0], "--json")
        assert found.code == 0, found
        assert [result["id"] for result in found.json["results"]] == ["r1"]
        assert found.json["predecessor"] == str(sekda[2])


class TestCalendar:
    async def test_a_decree_moves_dates_once_and_its_end_needs_a_reason(
        self, house, run, people, tmp_path
    ) -> None:
        file = await file_of(house, people["Pelaksana 0004 Sekretariat Daerah"][2])
        due = (await house.state(file)).due_at
        assert due is not None
        on = house.calendar.local_date(due - timedelta(seconds=1)).isoformat()
        decree = tmp_path / "libur.csv"
        decree.write_text(f"date,kind,name\n{on},libur_nasional,Libur contoh\n", encoding="utf-8")
        order = ("calendar", "set", str(decree), "--source", "SKB 1/2026")
        done = await run(*order, "--command-id", (same := str(uuid4())))
        assert done.code == 0, done
        assert (await run(*order, "--command-id", same)).out == done.out

        async def moved() -> bool:
            return bool((await house.state(file)).due_at == due + timedelta(days=1))

        await eventually(moved)
        shown = (await run("calendar", "show", "--year", "2026", "--json")).json
        assert on in shown["free_days"]
        assert [c["said"]["source"] for c in shown["changes"]].count("SKB 1/2026") == 1
        told = (await inbox(run, file.person))["delivered"]
        assert ("due_moved", "plan_submission") in {(n["topic"], n["turn"]) for n in told}

        decree.write_text(f"date,kind,name\n{on},hari_kerja,dicabut\n", encoding="utf-8")
        refused = await run(*order, "--json")
        assert (refused.code, refused.json["refusal"]["rule"]) == (3, "calendar.reason")
        stranger = await run(*order, "--reason", "dicabut", "--as", str(file.person))
        assert stranger.code == 3
        assert "catat hari libur" in stranger.out

    async def test_every_bad_row_of_a_decree_is_named(self, run, tmp_path) -> None:
        decree = tmp_path / "salah.csv"
        rows = "2026-13-01,libur_nasional,a\n2026-12-01,libur,b\n20261202,cuti_bersama,c\n1,2\n"
        decree.write_text(f"date,kind,name\n{rows}", encoding="utf-8")
        wrong = await run("calendar", "set", str(decree), "--source", "x")
        assert wrong.code == 2
        assert [f"row {n}:" in wrong.err for n in (2, 3, 4, 5)] == [True] * 4

    async def test_a_unit_s_own_week_is_kept_and_shown(self, run) -> None:
        week = ("calendar", "week", "--unit", "BKPSDMD", "--days", "6", "--from", "2027-01-04")
        done = await run(*week, "--source", "Keputusan 2/2026", "--json")
        assert (done.code, done.json["data"]["week"]) == (0, 6), done
        assert "BKPSDMD: 6 days a week from 2027-01-04" in (await run("calendar", "show")).out


class TestMail:
    async def test_addresses_are_imported_whole_or_not_at_all_and_preferences_kept(
        self, run, people, tmp_path
    ) -> None:
        number, _, person = people["Pelaksana 0005 Sekretariat Daerah"]
        file = tmp_path / "surel.csv"
        file.write_text(f"nip,surel\n{number},bukan-alamat\n", encoding="utf-8")
        refused = await run("contacts", "import", str(file), "--json")
        assert (refused.code, [p["column"] for p in refused.json["problems"]]) == (3, ["email"])
        file.write_text(f"nip,surel\n{number},lima@contoh.invalid\n", encoding="utf-8")
        tried = await run("contacts", "import", str(file), "--dry-run", "--json")
        assert (tried.code, tried.json["contacts"]) == (0, 1)
        assert (await run("contacts", "show", "--json")).json == []
        assert (await run("contacts", "import", str(file))).code == 0
        choice = ("mail", "preferences", "--as", number)
        assert (await run(*choice)).code == 3  # nothing is chosen
        assert (await run(*choice, "--digest", "off", "--language", "en")).code == 0
        [row] = (await run("contacts", "show", "--json")).json
        kept = (row["person"], row["address"], row["language"], row["digest"])
        assert kept == (str(person), "lima@contoh.invalid", "en", False)
        assert "no mail on" in (await run("mail", "preview", "--as", number)).out
        assert (await run(*choice, "--digest", "on")).code == 0
        page = tmp_path / "surat.html"
        preview = await run("mail", "preview", "--as", number, "--html", str(page))
        assert "Dear Pegawai Contoh" in preview.out
        assert "Plan to be submitted" in preview.out
        assert "<html" in page.read_text(encoding="utf-8")
        file.write_text(f"nip,surel\n{number},\n", encoding="utf-8")
        assert (await run("contacts", "import", str(file))).code == 0
        [row] = (await run("contacts", "show", "--json")).json
        assert row["address"] is None

    async def test_what_was_parked_is_listed_with_its_problem_and_tried_again(
        self, house, run, people
    ) -> None:
        _, name, person = people["Fungsional 0006 Sekretariat Daerah"]
        mail = uuid4()
        await house.owner.execute(
            "INSERT INTO mail (id, org, recipient, on_day, kind, language, nominal_at, subject,"
            " body_text, body_html, lines) VALUES ($1, $2, $3, '2026-03-10', 'digest', 'id',"
            " now(), 's', 't', 'h', 1)",
            *(mail, ORG, person),
        )
        async with house.owner.acquire() as connection:
            await settle(connection, mail, "550 5.1.1 no such user", None)
        listed = await run("outbox", "list", "--parked")
        assert name in listed.out
        assert "550 5.1.1 no such user" in listed.out
        assert (await run("outbox", "retry")).code == 2
        assert (await run("outbox", "retry", str(uuid4()))).code == 2
        again = await run("outbox", "retry", str(mail)[:8], "--json")
        assert (again.code, again.json) == (0, [str(mail)])
        assert (await run("outbox", "list", "--parked")).out.strip() == "nothing waits"
        waiting = (await run("outbox", "list", "--json")).json
        assert [(row["id"], row["attempts"]) for row in waiting] == [(str(mail), 0)]

    async def test_what_was_caught_is_listed_and_shown(self, run, tmp_path) -> None:
        box = mailbox.Maildir(maildir(tmp_path))
        for name in ("satu", "dua"):
            message = EmailMessage()
            message["To"], message["Subject"] = f"{name}@contoh.invalid", f"Siklus: {name}"
            message.set_content(f"Yth. {name},\n")
            box.add(message)
        listed = await run("mail", "caught", SIKLUS_DATA=str(tmp_path))
        assert listed.out.index("Siklus: satu") < listed.out.index("Siklus: dua")
        assert "Yth." not in listed.out
        shown = await run("mail", "caught", "2", SIKLUS_DATA=str(tmp_path))
        assert "Yth. dua" in shown.out
        assert "satu" not in shown.out
        assert (await run("mail", "caught", "3", SIKLUS_DATA=str(tmp_path))).code == 2


class TestPeriod:
    async def test_is_closed_once_every_file_has_ended_and_then_shows_its_figures(
        self, house, run, people
    ) -> None:
        clerk = people["Fungsional 0001 BKPSDMD"]
        assert (await run("period", "open", "--period", CLOSED)).code == 0
        early = await run("period", "close", "--period", CLOSED)
        assert early.code == 3
        assert "31 Mar 2026 24:00 WIB" in early.out
        for file in await house.files(CLOSED):
            actor = clerk if file.person != clerk[2] else people["Pelaksana 0002 BKPSDMD"]
            answer = await house.gateway.act(
                *(file.file_id, Act.WITHDRAW, EXAMPLES[Act.WITHDRAW]),
                actor=actor[2],
                command_id=uuid4(),
                via=Via.SHELL,
            )
            assert answer.status is Status.DONE, answer
        order = ("period", "close", "--period", CLOSED, "--json", "--command-id", str(uuid4()))
        done, again = await run(*order), await run(*order)
        assert (done.code, again.code) == (0, 0), done
        assert done.json["data"] == again.json["data"]
        assert int(done.json["data"]["withdrawn"]) == len(await house.files(CLOSED))
        shown = (await run("period", "show", CLOSED, "--json")).json
        assert shown["closed"]["bulanan"] is not None
        assert sum(row["files"] for row in shown["summary"]) == len(await house.files(CLOSED))
        assert (await run("period", "close", "--period", CLOSED)).code == 3  # it is closed already


class TestUpkeep:
    async def test_a_dry_run_of_reconciling_reports_and_changes_nothing(self, house, run, people):
        file = await file_of(house, people["Kepala BKPSDMD"][2])
        assert (await run("reconcile")).out.strip() == "everything agrees"
        await house.client.get_workflow_handle(file.workflow_id).terminate("by hand")
        tried = await run("reconcile", "--dry-run")
        assert tried.code == 6, tried
        assert "lost_workflow" in tried.out
        assert await house.status(file) is WorkflowExecutionStatus.TERMINATED
        mended = await run("reconcile", "--json")
        assert (mended.code, mended.json["found"]) == (0, {"lost_workflow": 1})
        assert await house.status(file) is WorkflowExecutionStatus.RUNNING

    async def test_schedules_are_listed_paused_resumed_and_run_by_hand(self, run) -> None:
        name = "housekeeping"
        assert re.search(rf"{name}\W+Housekeeping\W+runs", (await run("schedules", "list")).out)
        assert (await run("schedules", "pause", name)).code == 0
        assert re.search(rf"{name}\W+Housekeeping\W+paused", (await run("schedules", "list")).out)
        assert (await run("schedules", "resume", name)).code == 0
        assert re.search(rf"{name}\W+Housekeeping\W+runs", (await run("schedules", "list")).out)
        assert "not to run" in (await run("schedules", "show", name)).out
        assert (await run("schedules", "trigger", name)).code == 0

        async def noted() -> bool:
            return "dijalankan manual" in (await run("schedules", "show", name)).out

        await eventually(noted, 30)
        unknown = await run("schedules", "show", "open-fortnight")
        assert unknown.code == 2
        assert "open-month" in unknown.err
