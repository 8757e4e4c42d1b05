"""The judge is judged: a record in order has no problems, and whatever is broken is named.

Each test breaks one thing as somebody with all rights over the database could, and demands exactly
the invariants that this breaks: no more, so that a finding means something, and no fewer.
"""

import io
import json
import random
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from rich.console import Console
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from audit import workflow
from audit.acknowledged import Acknowledged, InvalidLog, read_log
from audit.check import check
from audit.report import Finding, Invariant, Problem, Report
from cli.check import show_report
from gateway.answer import Status
from runtime.temporal_client import connect
from schemas.code import EventKind, OrganisationAct
from schemas.cycle import Outcome, Verdict
from schemas.error import ErrorType, Refusal
from schemas.file import Context
from simulation.city import generate
from storage.clock import load_clock
from tests.support.database import fresh_copy
from tests.support.played_record import END, NEXT_PERIOD, ORG, PERIOD, PlayedRecord
from tests.support.tampering import Tampering

pytestmark = pytest.mark.timeout(120)

PEOPLE = 14


@pytest.fixture(scope="module")
async def played(postgres):
    """A month of a small city, played once; tests get copies of it."""
    async with fresh_copy(postgres) as database:
        record = PlayedRecord(database)
        await record.begin(generate(PEOPLE, seed=3, part_time=2))
        await record.play_all()
        for pool in (database.owner, database.worker, database.web):
            await pool.close()
        yield record


@pytest.fixture
async def record(postgres, played):
    """One test's copy of the record, to be judged with the web's rights."""
    async with fresh_copy(postgres, template=played.database.name) as database:
        async with tampering(postgres, database) as hand:
            await hand.rejuvenate()
        yield SimpleNamespace(database=database, web=database.web, calendar=played.calendar)


@pytest.fixture
async def forger(postgres, record):
    async with tampering(postgres, record.database) as hand:
        yield hand


@asynccontextmanager
async def tampering(postgres, database):
    session = await postgres.server.connect(database.name)
    hand = Tampering(session)
    await hand.begin()
    yield hand
    await session.close(timeout=5)


def acknowledged(played):
    """The log that people's answers would have left."""
    return [
        Acknowledged(
            command_id=command_id,
            status=Status.DONE if outcome.verdict is Verdict.ACCEPTED else Status.REFUSED,
            version=outcome.version,
            refusal=outcome.refusal and outcome.refusal.model_dump(),
        )
        for command_id, outcome in played.answers.items()
    ]


async def judge(record, client=None, log=None):
    return await check(record.web, client, ORG, record.calendar, log)


async def broken(record, **options):
    """The invariants with problems, and where those are."""
    report = await judge(record, **options)
    return {f.id: [f"{p.where}: {p.what}" for p in f.problems] for f in report.findings if f.total}


async def only(record, *invariants, at, **options):
    """Exactly these invariants are broken, and each has a problem at the place."""
    found = await broken(record, **options)
    assert set(found) == set(invariants), found
    for invariant in invariants:
        assert any(line.startswith(at) for line in found[invariant]), found
    return found


def at(stream, number):
    return f"{stream} event {number}: "


class TestRecordInOrder:
    async def test_has_no_problems_and_everything_was_looked_at(self, record, played):
        log = acknowledged(played)
        report = await judge(record, log=log)
        assert report.problems == 0, [f.problems for f in report.findings if f.total]
        counts = await record.web.fetchrow(
            """
            SELECT (SELECT count(*) FROM event) AS events, (SELECT count(*) FROM file) AS files,
                (SELECT count(*) FROM command) AS commands, (SELECT count(*) FROM roster) AS people,
                (SELECT count(*) FROM reminder) AS reminders,
                (SELECT count(*) FROM outbox) AS notices,
                (SELECT count(*) FROM event WHERE stream LIKE 'file/%') AS steps,
                (SELECT count(*) FROM command WHERE outcome->>'verdict' = 'refused') AS refusals
            """
        )
        checked = {f.id: f.checked for f in report.findings}
        assert checked["I1"] == len(log) + counts["commands"]
        assert checked["I2"] == counts["commands"] + counts["reminders"] + counts["notices"]
        assert checked["I3"] == counts["steps"]
        assert checked["I5"] == counts["reminders"]
        assert checked["I6"] == counts["events"] + counts["files"]
        assert checked["I8"] == counts["events"] + counts["commands"] + counts["refusals"]
        assert checked["fold"] == counts["files"]
        assert checked["roster"] == counts["people"]

    async def test_the_play_was_worth_judging(self, record):
        """Otherwise a check of a rule could be broken and nobody would see it here."""
        kinds = {r["kind"] for r in await record.web.fetch("SELECT DISTINCT kind FROM event")}
        assert kinds == {kind.value for kind in EventKind}
        ends = {r["ended"] for r in await record.web.fetch("SELECT DISTINCT ended FROM file")}
        assert ends >= {None, "accepted", "decided", "unrateable", "withdrawn"}
        rules = "SELECT count(DISTINCT outcome->'refusal'->>'rule') FROM command"
        assert await record.web.fetchval(rules) >= 2
        early_scores = await record.web.fetchval(
            "SELECT count(*) FROM event WHERE kind = 'scored'"
            " AND convert_from(canonical, 'UTF8')::jsonb->>'stage_from' = 'report'"
        )
        assert early_scores > 0

    async def test_any_play_is_in_order(self, fresh_database, played):
        seed = random.randrange(10**9)  # noqa: S311
        other = PlayedRecord(fresh_database, chance=random.Random(seed))  # noqa: S311
        await other.begin(generate(PEOPLE, seed=seed, part_time=1))
        await other.play_all()
        report = await check(fresh_database.web, None, ORG, played.calendar, acknowledged(other))
        assert report.problems == 0, (seed, [f.problems for f in report.findings if f.total])

    async def test_needs_no_more_than_the_web_may(self, record):
        assert await record.web.fetchval("SELECT current_user") == "siklus_web"
        assert (await judge(record)).problems == 0

    async def test_a_later_organisation_file_leaves_the_past_in_order(self, postgres, played):
        """Contexts before a change of posts are judged by what was known before it."""
        async with fresh_copy(postgres, template=played.database.name) as database:
            before = await check(database.web, None, ORG, played.calendar)
            later = PlayedRecord(database, now=END, chance=random.Random(8))  # noqa: S311
            rows = [r.model_dump(mode="json") for r in generate(PEOPLE, seed=4, part_time=2)]
            await later.order(OrganisationAct.IMPORT_ORGANISATION, {"rows": rows})
            report = await check(database.web, None, ORG, played.calendar)
            assert report.problems == 0, [f.problems for f in report.findings if f.total]
            for invariant in (Invariant.AUTHORITY, Invariant.RECOMPUTED):
                assert report.finding(invariant).checked > before.finding(invariant).checked

    async def test_a_context_of_a_version_not_in_force_is_found(self, record, forger):
        """Had the ledger gone by what was known later, or no more, it would be seen."""
        await forger.run(
            "UPDATE organisation_version SET since = since + interval '40 days',"
            " recorded_at = recorded_at + interval '1 day' WHERE version = 2"
        )
        found = await broken(record)
        assert any("version 2 of the organisation was not in force" in x for x in found["I4"])


class TestChain:
    async def test_a_deleted_act_is_missed(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.delete_event(stream, number)
        found = await broken(record)
        assert set(found) == {"I2", "I6"}
        assert found["I6"] == [at(stream, number) + "an event is missing"]
        assert "was accepted and has no event" in found["I2"][0]

    async def test_a_deleted_last_event_is_missed(self, record, forger):
        stream, number = await forger.find("signed", last=True)
        await forger.delete_event(stream, number)
        await only(record, "I2", "I6", at=f"{stream}: ")

    async def test_a_deleted_first_event_is_missed(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.delete_event(stream, 0)
        await only(record, "I6", at=at(stream, 0))

    async def test_one_changed_byte_is_seen(self, record, forger):
        stream, last = await forger.find("signed", last=True)
        places = [0, last // 2, last]
        await forger.run(
            "UPDATE event SET canonical = set_byte(canonical, p, get_byte(canonical, p) # 1) FROM ("
            " SELECT number AS n, position('happened_at'::bytea IN canonical) + 37 AS p"
            " FROM event WHERE stream = $1 AND number = any($2::bigint[])"
            ") AS digit WHERE stream = $1 AND number = digit.n",
            stream,
            places,
        )
        found = await broken(record)
        assert set(found) == {"I6"}, found
        for number in places:
            assert [line for line in found["I6"] if line.startswith(at(stream, number))]

    async def test_bytes_that_mean_the_same_but_are_not_canonical_are_seen(self, record, forger):
        stream, number = await forger.find("signed", last=True)
        await forger.run(
            "UPDATE event SET canonical = c, hash = encode(sha256(c), 'hex') FROM ("
            " SELECT overlay(canonical PLACING '{ '::bytea FROM 1 FOR 1) AS c FROM event"
            " WHERE stream = $1 AND number = $2) AS new WHERE stream = $1 AND number = $2",
            stream,
            number,
        )
        await only(record, "I6", at=at(stream, number))

    async def test_swapped_numbers_are_seen(self, record, forger):
        stream, number = await forger.find("reminded")
        for old, new in ((number, 10_000), (number + 1, number), (10_000, number + 1)):
            await forger.run(
                "UPDATE event SET number = $3 WHERE stream = $1 AND number = $2", stream, old, new
            )
        found = await broken(record)
        assert "I6" in found
        assert [line for line in found["I6"] if line.startswith(at(stream, number))]
        assert [line for line in found["I6"] if line.startswith(at(stream, number + 1))]

    async def test_a_changed_column_is_seen(self, record, forger):
        stream, number = await forger.find("scored")
        changed = {
            "actor": "'00000000-0000-4000-8000-000000000001'",
            "kind": "'reminded'",
            "act": "'object'",
            "happened_at": "happened_at + interval '1 microsecond'",
            "org": "'elsewhere'",
        }
        columns = ", ".join(f"{column} = {value}" for column, value in changed.items())
        await forger.run(
            f"UPDATE event SET {columns} WHERE stream = $1 AND number = $2", stream, number
        )
        found = await broken(record)
        assert set(found) == {"I6"}, found
        for column in changed:
            assert any(x.startswith(at(stream, number) + f"column {column} ") for x in found["I6"])

    async def test_an_event_that_lost_its_command_is_seen(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE event SET command_id = NULL WHERE stream = $1 AND number = $2", stream, number
        )
        await only(record, "I2", "I6", at=stream)

    async def test_a_changed_hash_is_seen(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE event SET hash = repeat('0', 64) WHERE stream = $1 AND number = $2",
            stream,
            number,
        )
        await only(record, "I6", at=at(stream, number))

    async def test_one_forged_event_with_a_fitting_hash_is_seen(self, record, forger):
        stream, number = await forger.find("scored")

        def better(event):
            event["cause"] = "act:agree_plan"

        await forger.rewrite(stream, number, better, thorough=False)
        found = await only(record, "I6", "I8", at=f"{stream} event ")
        assert found["I6"][0].startswith(at(stream, number + 1))
        assert found["I8"] == [at(stream, number) + "decided anew it differs: cause"]

    async def test_a_head_that_names_another_hash_is_seen(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.run("UPDATE file SET head = repeat('0', 64) WHERE stream = $1", stream)
        await only(record, "I6", at=f"{stream}: ")

    async def test_a_changed_context_is_seen(self, record, forger):
        stream, number = await forger.find("scored")
        name = await context_hash(forger, stream, number)
        await forger.run("UPDATE context SET value = value || ' '::bytea WHERE hash = $1", name)
        await only(record, "I6", at=f"{stream} event ")

    async def test_a_lost_context_is_missed(self, record, forger):
        stream, number = await forger.find("scored")
        name = await context_hash(forger, stream, number)
        await forger.run("DELETE FROM context WHERE hash = $1", name)
        await only(record, "I6", at=f"{stream} event ")

    async def test_changed_content_is_seen(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE content SET body = body || ' '::bytea WHERE stream = $1 AND number = $2",
            stream,
            number,
        )
        await only(record, "I6", at=at(stream, number))

    async def test_purged_content_is_no_problem_and_is_counted(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run("DELETE FROM content WHERE stream = $1 AND number = $2", stream, number)
        report = await judge(record)
        assert report.problems == 0
        assert report.finding(Invariant.CHAIN).note == "1 contents are not kept"

    async def test_a_changed_calendar_is_seen(self, record, forger):
        await forger.run("UPDATE calendar SET value = jsonb_set(value, '{free_days}', '[]'::jsonb)")
        found = await broken(record)
        assert {"I6"} <= set(found) <= {"I6", "I8"}
        assert "calendar" in found["I6"][0]

    async def test_bytes_that_are_no_event_are_seen(self, record, forger):
        stream, number = await forger.find("reminded")
        await forger.run(
            "UPDATE event SET canonical = 'x'::bytea, hash = encode(sha256('x'::bytea), 'hex')"
            " WHERE stream = $1 AND number = $2",
            stream,
            number,
        )
        found = await only(record, "I6", at=at(stream, number))
        assert at(stream, number) + "its bytes are no event" in found["I6"]

    async def test_content_that_nothing_speaks_of_is_found(self, record, forger):
        stream, number = await forger.find("reminded")
        await forger.run(
            "INSERT INTO content (stream, number, salt, body) VALUES ($1, $2, 'x', 'y')",
            stream,
            number,
        )
        await only(record, "I6", at=at(stream, number))

    async def test_a_file_without_events_is_found(self, record, forger):
        stream, _ = await forger.find("scored")
        for number in range(100):
            await forger.delete_event(stream, number)
        found = await broken(record)
        assert set(found) == {"I2", "I6"}
        assert found["I6"] == [f"{stream}: the file has no events"]

    async def test_another_hash_of_the_state_is_seen(self, record, forger):
        stream, number = await forger.find("reminded")
        await forger.rewrite(
            stream, number, lambda e: e.update(state_hash="0" * 64), thorough=False
        )
        found = await broken(record)
        assert (
            at(stream, number) + "the state after it does not have the hash it gives" in found["I6"]
        )

    async def test_changes_that_lead_to_no_state_are_seen(self, record, forger):
        stream, number = await forger.find("reminded")
        await forger.rewrite(
            stream, number, lambda e: e["data"].update(set={"visit": "x"}), thorough=False
        )
        found = await broken(record)
        assert any("cannot be applied" in line for line in found["I6"])

    async def test_a_context_of_another_calendar_is_seen(self, record, forger):
        stream, number = await forger.find("reminded")
        await forger.rewrite(stream, number, lambda e: e.update(calendar="0" * 16))
        found = await broken(record)
        assert any("differ from those of its context" in line for line in found["I6"])

    async def test_a_row_that_nothing_can_be_made_of_does_not_end_the_check(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.run(
            "UPDATE command SET outcome = '{}' WHERE stream = $1 AND outcome IS NOT NULL", stream
        )
        await only(record, "I8", at=f"{stream}: it could not be judged to the end")

    async def test_events_of_no_file_are_found(self, record, forger):
        stream, _ = await forger.find("scored")
        for table in ("reminder WHERE file =", "file WHERE id ="):
            await forger.run(f"DELETE FROM {table} (SELECT id FROM file WHERE stream = $1)", stream)
        await age(forger)
        found = await broken(record)
        assert f"{stream}: it has no row of a file" in found["fold"]
        assert found["roster"] == [f"{stream}: in the roster, and without a file"]

    async def test_a_stream_of_nothing_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE event SET stream = 'file/nowhere' WHERE stream = $1 AND number = $2",
            stream,
            number,
        )
        found = await broken(record)
        assert "file/nowhere: there is no such stream" in found["I6"]


async def context_hash(forger, stream, number):
    canonical = await forger.value(
        "SELECT canonical FROM event WHERE stream = $1 AND number = $2", stream, number
    )
    return json.loads(canonical)["context_hash"]


class TestFold:
    async def test_a_changed_state_is_seen(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.run(
            "UPDATE file SET state = jsonb_set(state, '{plan_version}', '99') WHERE stream = $1",
            stream,
        )
        found = await only(record, "fold", at=f"{stream}: ")
        assert found["fold"] == [
            f"{stream}: the row's state is not the fold of its events: plan_version"
        ]

    async def test_a_changed_column_is_seen(self, record, forger):
        stream = await forger.value("SELECT stream FROM file WHERE ended IS NULL LIMIT 1")
        changed = {
            "stage": "stage || '-'",
            "turn": "turn || '-'",
            "visit": "visit + 1",
            "version": "version - 1",
            "awaits": "'hr'",
            "due_at": "due_at + interval '1 day'",
            "wake_at": "wake_at + interval '1 second'",
            "wake_real_at": "wake_real_at + interval '1 second'",
            "last_at": "last_at - interval '1 second'",
            "unit": "'elsewhere'",
        }
        columns = ", ".join(f"{column} = {value}" for column, value in changed.items())
        await forger.run(f"UPDATE file SET {columns} WHERE stream = $1", stream)
        found = await broken(record)
        assert set(found) == {"fold"}, found
        assert len(found["fold"]) == len(changed)
        for column in changed:
            assert any(x.startswith(f"{stream}: column {column} ") for x in found["fold"])


class TestOnce:
    async def test_a_deleted_reminder_is_missed(self, record, forger):
        stream, number = await forger.find("escalated")
        await forger.run(
            "DELETE FROM reminder WHERE number = $2"
            " AND file = (SELECT id FROM file WHERE stream = $1)",
            stream,
            number,
        )
        await only(record, "I2", at=at(stream, number))

    async def test_a_reminder_without_an_event_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "INSERT INTO reminder (file, visit, rung, number, happened_at)"
            " SELECT id, 99, 'boss', $2, now() FROM file WHERE stream = $1",
            stream,
            number,
        )
        await only(record, "I2", at=at(stream, number))

    async def test_a_missing_notice_is_missed(self, record, forger):
        stream, number = await forger.find("escalated")
        for statement in (
            "DELETE FROM inbox USING outbox AS o WHERE o.id = inbox.outbox AND o.stream = $1 AND o.number = $2",
            "DELETE FROM outbox WHERE stream = $1 AND number = $2",
        ):
            await forger.run(statement, stream, number)
        found = await only(record, "I2", at=at(stream, number))
        assert "notice escalation to " in found["I2"][0]
        assert found["I2"][0].endswith(" is missing")

    async def test_a_second_notice_is_found(self, record, forger):
        stream, number = await forger.find("escalated")
        await forger.run(
            """
            WITH copy AS (
                INSERT INTO outbox (org, stream, number, topic, recipient, once_key, created_at)
                SELECT org, stream, number, topic, recipient, once_key || '/again', created_at
                FROM outbox WHERE stream = $1 AND number = $2
                RETURNING id, recipient, created_at
            )
            INSERT INTO inbox SELECT id, recipient, created_at FROM copy
            """,
            stream,
            number,
        )
        found = await only(record, "I2", at=at(stream, number))
        assert found["I2"][0].endswith(" is one too many")

    async def test_a_notice_to_somebody_else_is_found(self, record, forger):
        stream, number = await forger.find("escalated")
        for table, key in (
            ("inbox", "outbox IN (SELECT id FROM outbox WHERE stream = $1 AND number = $2)"),
            ("outbox", "stream = $1 AND number = $2"),
        ):
            await forger.run(
                f"UPDATE {table} SET recipient = (SELECT id FROM person"
                f" WHERE id <> recipient LIMIT 1) WHERE {key}",
                stream,
                number,
            )
        found = await only(record, "I2", at=at(stream, number))
        assert len(found["I2"]) == 2

    async def test_a_delivery_to_somebody_else_is_found(self, record, forger):
        stream, number = await forger.find("escalated")
        await forger.run(
            "UPDATE inbox SET recipient = (SELECT id FROM person WHERE id <> recipient LIMIT 1)"
            " WHERE outbox IN (SELECT id FROM outbox WHERE stream = $1 AND number = $2)",
            stream,
            number,
        )
        found = await only(record, "I2", at=at(stream, number))
        assert len(found["I2"]) == 1

    async def test_what_the_constraints_forbid_is_looked_for_all_the_same(self, record, forger):
        stream, number = await forger.find("escalated")
        await forger.run_all(
            "ALTER TABLE reminder DROP CONSTRAINT reminder_pkey",
            "ALTER TABLE file DROP CONSTRAINT file_org_period_kind_person_key",
        )
        await forger.run(
            "INSERT INTO reminder SELECT r.* FROM reminder AS r JOIN file AS f ON f.id = r.file"
            " WHERE f.stream = $1 AND r.number = $2",
            stream,
            number,
        )
        found = await only(record, "I2", at=f"{stream}: ")
        assert found["I2"][0].endswith("was claimed 2 times")
        await forger.run(
            "INSERT INTO file SELECT gen_random_uuid(), org, period, kind, person, stream || '/2',"
            " unit, number, head, last_at, stage, turn, visit, version, awaits, due_at, wake_at,"
            " wake_real_at, ended, state FROM file WHERE stream = $1",
            stream,
        )
        found = await broken(record)
        person = stream.rpartition("/")[2]
        assert f"person {person}: 2 files of {PERIOD}/bulanan" in found["I2"]

    async def test_an_undelivered_notice_is_found(self, record, forger):
        stream, number = await forger.find("escalated")
        await forger.run(
            "DELETE FROM inbox USING outbox AS o"
            " WHERE o.id = inbox.outbox AND o.stream = $1 AND o.number = $2",
            stream,
            number,
        )
        found = await only(record, "I2", at=at(stream, number))
        assert "is in no inbox" in found["I2"][0]

    async def test_an_effect_of_a_refused_command_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{verdict}', '\"refused\"')"
            " WHERE id = (SELECT command_id FROM event WHERE stream = $1 AND number = $2)",
            stream,
            number,
        )
        found = await broken(record)
        assert set(found) == {"I2", "I8"}
        assert found["I2"][0].startswith(at(stream, number))
        assert "refused, and yet had an effect" in found["I2"][0]

    async def test_an_accepted_command_without_effect_is_found(self, record, forger):
        row = await forger.row(
            "SELECT id, stream FROM command WHERE outcome->>'verdict' = 'refused'"
            " AND stream LIKE 'file/%' LIMIT 1"
        )
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{verdict}', '\"accepted\"')"
            " WHERE id = $1",
            row["id"],
        )
        found = await only(record, "I2", at=row["stream"])
        assert str(row["id"]) in found["I2"][0]

    async def test_a_second_effect_of_a_command_is_found(self, record, forger):
        stream, number = await forger.find("plan_submitted")
        command_id = await forger.value(
            "SELECT command_id FROM event WHERE stream = $1 AND number = $2", stream, number
        )
        again = await forger.append(
            stream, {}, kind="plan_submitted", act="submit_plan", command_id=str(command_id)
        )
        found = await broken(record)
        assert any("more than once" in line for line in found["I2"]), found
        assert any(line.startswith(at(stream, again)) for line in found["I3"]), found


class TestPath:
    @pytest.fixture
    async def open_stream(self, forger):
        return await forger.value("SELECT stream FROM file WHERE ended IS NULL LIMIT 1")

    @pytest.mark.parametrize(
        "said",
        [
            {"kind": "turn_expired", "cause": "time:expiry"},
            {"kind": "delegated", "cause": "time:delegation"},
            {"kind": "scored", "cause": "act:score", "act": "score"},
            {"kind": "signed", "cause": "act:sign", "act": "sign"},
            {"kind": "plan_agreed", "cause": "act:agree_plan", "act": "agree_plan"},
        ],
        ids=lambda said: said["kind"],
    )
    async def test_an_illegal_step_is_found(self, record, forger, open_stream, said):
        state = json.loads(
            await forger.value("SELECT state::text FROM file WHERE stream = $1", open_stream)
        )
        happened = json.loads(
            await forger.value(
                "SELECT convert_from(canonical, 'UTF8') FROM event WHERE stream = $1"
                " ORDER BY number DESC LIMIT 1",
                open_stream,
            )
        )["happened_at"]
        number = await forger.append(
            open_stream,
            {
                "stage": "plan",
                "turn": "plan_submission",
                "awaits": "employee",
                "visit": state["visit"] + 1,
                "version": state["version"] + 1,
                "entered_at": happened,
            },
            **said,
        )
        found = await broken(record)
        assert [line for line in found["I3"] if line.startswith(at(open_stream, number))], found

    async def test_an_event_after_the_end_is_found(self, record, forger):
        stream, last = await forger.find("signed", last=True)
        await forger.append(stream, {"told": []}, kind="reminded", cause="time:reminder")
        found = await broken(record)
        assert found["I3"] == [at(stream, last + 1) + "reminded after the file had ended"]

    async def test_a_reminder_that_moves_a_file_is_found(self, record, forger):
        stream, number = await forger.find("reminded")

        def moves(event):
            event["data"]["set"]["plan_version"] = 99

        await forger.rewrite(stream, number, moves)
        found = await broken(record)
        assert {"I3", "I8"} <= set(found)
        assert found["I3"][0] == at(stream, number) + "reminded changes plan_version"

    @pytest.mark.parametrize(
        ("kind", "changed", "what"),
        [
            ("scored", {"visit": 90}, "visit and version must rise by one each"),
            ("scored", {"entered_at": "2026-03-01T00:00:00.000000Z"}, "the turn did not begin"),
            ("scored", {"awaits": "hr"}, "feedback_giving waits for"),
            ("plan_submitted", {"is_delegated": True, "awaits": "superior"}, "delegates"),
            ("scored", {"process": {"id": "bulanan", "version": 9}}, "there is no process"),
            ("signed", {"ended_at": "2026-03-01T00:00:00.000000Z"}, "the file did not end as"),
        ],
    )
    async def test_a_state_that_no_step_leads_to_is_found(
        self, record, forger, kind, changed, what
    ):
        stream, number = await forger.find(kind, last=kind == "signed")
        await forger.rewrite(stream, number, lambda e: e["data"]["set"].update(changed))
        found = await broken(record)
        mine = [line for line in found["I3"] if line.startswith(at(stream, number))]
        assert len(mine) == 1, found
        assert what in mine[0]

    async def test_another_file_than_the_streams_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        file = {"org": ORG, "period": NEXT_PERIOD, "kind": "bulanan", "person": str(uuid4())}
        await forger.rewrite(stream, number, lambda e: e["data"]["set"].update(file=file))
        found = await broken(record)
        assert any("changes what the file is" in line for line in found["I3"])
        assert "fold" in found

    async def test_a_beginning_of_another_kind_is_found(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.rewrite(stream, 0, lambda e: e.update(kind="reminded"))
        found = await broken(record)
        assert at(stream, 0) + "a file begins with reminded" in found["I3"]

    async def test_a_beginning_elsewhere_is_found(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.rewrite(stream, 0, lambda e: e["data"]["set"].update(turn="scoring"))
        found = await broken(record)
        assert at(stream, 0) + "a file begins in scoring instead of plan_submission" in found["I3"]

    async def test_a_delivery_that_is_left_out_is_found(self, record, forger):
        stream, number = await forger.find("delivered")
        await forger.cut(stream, number)
        found = await broken(record)
        what = "decided anew it is 2 events, not 1"
        assert at(stream, number - 1) + what in found["I8"]

    async def test_a_turn_that_was_skipped_is_found(self, record, forger):
        stream, number = await forger.find("plan_agreed")

        def skips(event):
            event["data"]["set"] |= {"turn": "scoring", "stage": "scoring", "awaits": "supervisor"}
            event["stage_to"] = "scoring"

        await forger.rewrite(stream, number, skips)
        found = await broken(record)
        assert found["I3"][0].startswith(at(stream, number) + "agree_plan in plan_agreement")
        assert found["I8"][0].startswith(at(stream, number))


class TestAuthority:
    async def test_an_act_of_somebody_without_the_role_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        actor = await forger.value(
            "SELECT actor FROM event WHERE stream = $1 AND number = $2", stream, number
        )
        stranger = await forger.value(
            "SELECT id FROM person WHERE id <> $1 ORDER BY id LIMIT 1", actor
        )

        def by_another(event):
            event["actor"] = str(stranger)

        await forger.rewrite(stream, number, by_another)
        found = await only(record, "I4", "I8", at=at(stream, number))
        assert "was not" in found["I4"][0]

    async def test_another_capacity_is_found(self, record, forger):
        forged = {"scored": "post", "feedback_given": "capacity", "meeting_recorded": "decree"}
        elsewhere = {"post": "Wali Kota", "capacity": "Plt", "decree": "SK"}
        places = []
        for kind, part in forged.items():
            stream, number = await forger.find(kind)
            await forger.rewrite(
                stream, number, lambda e, part=part: e["capacity"].update({part: elsewhere[part]})
            )
            places.append(at(stream, number))
        found = await broken(record)
        assert set(found) == {"I4", "I8"}, found
        for place in places:
            assert [line for line in found["I4"] if line.startswith(place)]

    async def test_standing_in_for_nobody_known_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.rewrite(stream, number, lambda e: e.update(on_behalf_of=str(uuid4())))
        await only(record, "I4", "I8", at=at(stream, number))

    async def test_a_forged_context_contradicts_the_posts(self, record, forger):
        """Actor, context and hashes are all made to fit: only posts and command still disagree."""
        stream, number = await forger.find("scored")
        old = Context.model_validate_json(
            await forger.value(
                "SELECT value FROM context WHERE hash = $1",
                await context_hash(forger, stream, number),
            )
        )
        assert old.chain.supervisor is not None
        stranger = await forger.value(
            "SELECT id FROM person WHERE id <> $1 LIMIT 1", old.chain.supervisor.person
        )
        boss = old.chain.supervisor.model_copy(update={"person": stranger})
        chain = old.chain.model_copy(update={"supervisor": boss})
        name = await forger.put_context(old.model_copy(update={"chain": chain}))

        def forged(event):
            event |= {"actor": str(stranger), "context_hash": name}

        await forger.rewrite(stream, number, forged)
        found = await broken(record)
        assert [x for x in found["I4"] if x.startswith(at(stream, number)) and "supervisor" in x]

    async def test_a_changed_holding_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE holding SET person = (SELECT id FROM person WHERE kind = 'pejabat negara')"
            " WHERE person = (SELECT actor FROM event WHERE stream = $1 AND number = $2)",
            stream,
            number,
        )
        found = await broken(record)
        assert any("holdings of" in line for line in found["I4"])
        assert any(line.startswith(at(stream, number)) for line in found["I4"])

    async def test_a_changed_post_is_found(self, record, forger):
        await forger.run(
            "UPDATE post SET superior = 'Wali Kota' WHERE id ="
            " (SELECT post FROM roster WHERE excluded_because IS NULL ORDER BY post LIMIT 1)"
        )
        found = await broken(record)
        assert any("posts of" in line for line in found["I4"])

    async def test_an_added_mandate_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        name = await context_hash(forger, stream, number)
        value = await forger.value("SELECT value FROM context WHERE hash = $1", name)
        boss = Context.model_validate_json(value).chain.supervisor
        assert boss is not None
        await forger.run(
            "INSERT INTO mandate (org, person, post, decree, from_on, known_from)"
            " SELECT $1, id, $2, 'SK palsu', '2020-01-01', 1 FROM person WHERE id <> $3 LIMIT 1",
            ORG,
            boss.post,
            boss.person,
        )
        found = await broken(record)
        assert [x for x in found["I4"] if x.startswith(at(stream, number)) and "mandated" in x]


class TestTime:
    async def test_an_early_wake_up_is_found(self, record, forger):
        stream, number = await forger.find("escalated")
        async with record.web.acquire() as connection:
            clock = await load_clock(connection, is_demo=True)
        happened = await forger.value(
            "SELECT happened_at FROM event WHERE stream = $1 AND number = $2", stream, number
        )
        await forger.run(
            "UPDATE event SET recorded_at = $3 WHERE stream = $1 AND number = $2",
            stream,
            number,
            clock.to_real(happened) - timedelta(seconds=0.2),
        )
        found = await only(record, "I5", at=at(stream, number))
        assert "0.200 s before its time" in found["I5"][0]

    async def test_a_rung_at_another_hour_is_found(self, record, forger):
        stream, number = await forger.find("escalated")

        def at_nine(event):
            event["happened_at"] = event["happened_at"].replace("T01:", "T02:")

        await forger.rewrite(stream, number, at_nine)
        found = await broken(record)
        assert [line for line in found["I5"] if line.startswith(at(stream, number))]
        assert [line for line in found["I8"] if line.startswith(at(stream, number))]

    async def test_a_resumed_clock_does_not_judge_what_was_before_it(self, record, forger):
        await forger.run("UPDATE clock SET origin_real = clock_timestamp()")
        report = await judge(record)
        assert report.problems == 0, [f.problems for f in report.findings if f.total]
        reminders = await record.web.fetchval("SELECT count(*) FROM reminder")
        note = f"{reminders} wake-ups were recorded under an earlier clock"
        assert note in (report.finding(Invariant.TIME).note or "")

    async def test_an_overslept_file_is_found_while_the_system_is_up(self, record, forger):
        stream = await forger.value("SELECT stream FROM file WHERE ended IS NULL LIMIT 1")
        client = FakeTemporal(await open_streams(record))
        assert await broken(record, client=client) == {}
        await forger.run("UPDATE clock SET origin_real = origin_real - interval '1 hour'")
        await forger.run("UPDATE file SET wake_real_at = wake_real_at - interval '1 hour'")
        await only(record, "I5", at=f"{stream}: ", client=client)
        assert await broken(record) == {}

    async def test_a_wake_up_that_never_came_is_found(self, record, forger):
        """The last thing that time did is cut off cleanly: only time itself tells."""
        row = await forger.row(
            "SELECT e.stream, e.number, e.command_id FROM event AS e JOIN file AS f"
            " ON f.stream = e.stream AND f.number = e.number + 1 AND f.ended = 'accepted'"
            " WHERE EXISTS (SELECT FROM event AS w WHERE w.stream = e.stream"
            " AND w.act IS NULL AND w.number > 1) LIMIT 1"
        )
        stream = row["stream"]
        number = await forger.value(
            "SELECT max(number) FROM event WHERE stream = $1 AND kind IN"
            " ('reminded', 'became_overdue', 'escalated', 'rung_skipped')",
            stream,
        )

        def nothing(event):
            event["data"]["set"] = {}

        await forger.rewrite(stream, number, nothing)
        found = await broken(record)
        assert [line for line in found["I8"] if line.startswith(at(stream, number))]


class TestAgain:
    async def test_another_rating_is_found_though_every_hash_fits(self, record, forger):
        stream, number = await forger.find("scored")

        def better(event):
            changed = event["data"]["set"]
            changed["work_result"] = "below" if changed["work_result"] == "above" else "above"

        await forger.rewrite(stream, number, better)
        found = await only(record, "I8", at=at(stream, number))
        assert found["I8"][0].endswith("decided anew it differs: data.set.work_result")

    async def test_a_changed_request_is_found(self, record, forger):
        row = await forger.row(
            "SELECT id FROM command WHERE outcome->>'verdict' = 'refused' AND stream LIKE 'file/%'"
            " LIMIT 1"
        )
        await forger.run(
            'UPDATE command SET body = body || \'{"note": "x"}\' WHERE id = $1', row["id"]
        )
        await only(record, "I8", at=f"command {row['id']}: ")

    async def test_a_request_that_differs_from_its_content_is_found(self, record, forger):
        stream, number = await forger.find("feedback_given")
        await forger.run(
            "UPDATE command SET body = jsonb_set(body, '{strengths}', '\"lain\"')"
            " WHERE id = (SELECT command_id FROM event WHERE stream = $1 AND number = $2)",
            stream,
            number,
        )
        found = await broken(record)
        assert set(found) == {"I8"}
        assert found["I8"][0] == at(stream, number) + "its content is not the body of its command"

    async def test_a_changed_refusal_is_found(self, record, forger):
        row = await forger.row(
            "SELECT id FROM command WHERE outcome->'refusal'->>'rule' = 'act.role'"
            " AND stream LIKE 'file/%' LIMIT 1"
        )
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{refusal,rule}', '\"act.turn\"')"
            " WHERE id = $1",
            row["id"],
        )
        await only(record, "I8", at=f"command {row['id']} of ")

    async def test_a_refusal_of_a_lawful_act_is_found(self, record, forger):
        """Somebody had the right and was told no: the act is cut off, and all else made to fit."""
        stream, number = await forger.find("signed", last=True)
        command_id = await forger.value(
            "SELECT command_id FROM event WHERE stream = $1 AND number = $2", stream, number
        )
        await forger.cut(stream, number)
        refusal = Refusal(type=ErrorType.NOT_NOW, rule="act.turn")
        outcome = Outcome(verdict=Verdict.REFUSED, version=1, refusal=refusal)
        await forger.run(
            "UPDATE command SET outcome = $2::text::jsonb WHERE id = $1",
            command_id,
            outcome.model_dump_json(),
        )
        found = await broken(record)
        assert found["I8"] == [
            f"command {command_id} of {stream}: refused because of act.turn; decided anew: accepted"
        ]

    async def test_content_that_was_left_out_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run("DELETE FROM content WHERE stream = $1 AND number = $2", stream, number)
        await forger.rewrite(stream, number, lambda e: e.pop("content_hash"))
        found = await only(record, "I8", at=at(stream, number))
        assert found["I8"][0].endswith("content was added or left out")

    async def test_another_version_in_an_outcome_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{version}', '99')"
            " WHERE id = (SELECT command_id FROM event WHERE stream = $1 AND number = $2)",
            stream,
            number,
        )
        await only(record, "I8", at=at(stream, number))

    async def test_a_changed_act_on_the_organisation_is_found(self, record, forger):
        stream = f"organisation/{ORG}"
        await forger.run(
            "UPDATE command SET os_user = 'somebody' WHERE stream = $1 AND act = 'open_period'",
            stream,
        )
        await only(record, "I8", at=at(stream, 1))

    async def test_the_rosters_opening_decides_the_first_event(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.rewrite(stream, 0, lambda e: e["data"]["set"].update(unit="Dinas lain"))
        await forger.run("UPDATE file SET unit = 'Dinas lain' WHERE stream = $1", stream)
        found = await broken(record)
        assert at(stream, 0) + "decided anew it differs: data.set.unit" in found["I8"]


class TestOrganisation:
    async def test_an_order_of_somebody_outside_the_hr_office_is_found(self, record, forger):
        stream = f"organisation/{ORG}"
        number = await forger.value(
            "SELECT max(number) FROM event WHERE stream = $1 AND actor IS NOT NULL", stream
        )
        mayor = await forger.value("SELECT id FROM person WHERE kind = 'pejabat negara'")
        await forger.forge_last(stream, lambda e: e.update(actor=str(mayor)))
        await only(record, "I4", "I8", at=at(stream, number))

    async def test_a_changed_request_is_found(self, record, forger):
        await forger.run(
            "UPDATE command SET body = '{}' WHERE stream LIKE 'organisation/%'"
            " AND act = 'import_organisation'"
        )
        found = await broken(record)
        assert set(found) == {"I8"}
        assert "not the request that was received" in found["I8"][0]

    async def test_an_undecided_order_is_found_after_a_minute(self, record, forger):
        await forger.run(
            "UPDATE command SET outcome = NULL, stored_at = stored_at - interval '2 minutes'"
            " WHERE stream LIKE 'organisation/%' AND act = 'import_organisation'"
        )
        found = await broken(record)
        assert set(found) == {"I1", "I2"}

    async def test_a_changed_outcome_is_found(self, record, forger):
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{data,included}', '1')"
            " WHERE stream LIKE 'organisation/%' AND act = 'open_period'"
        )
        found = await broken(record)
        assert set(found) == {"I8"}
        assert len(found["I8"]) == 4

    async def test_a_purged_organisation_file_is_said(self, record, forger):
        await forger.run("DELETE FROM content WHERE stream LIKE 'organisation/%' AND number = 0")
        report = await judge(record)
        assert report.problems == 0
        note = report.finding(Invariant.AUTHORITY).note
        assert note is not None
        assert "what made version 1 is not kept" in note

    async def test_a_vanished_person_of_the_organisation_file_is_found(self, record, forger):
        await forger.run("DELETE FROM person WHERE kind = 'pejabat negara'")
        found = await broken(record)
        assert any("people of this organisation file" in line for line in found["I4"])


class TestKept:
    async def test_an_undecided_command_is_found_after_a_minute(self, record, forger):
        command_id = uuid4()
        stream = await forger.value("SELECT stream FROM file WHERE ended IS NULL LIMIT 1")
        await forger.run(
            "INSERT INTO command SELECT ($2::text)::uuid, org, stream, act, actor, body,"
            " expected_version, via, os_user, salt, request_hash, received_at,"
            " clock_timestamp() - interval '59 seconds' FROM command WHERE stream = $1 LIMIT 1",
            stream,
            str(command_id),
        )
        assert await broken(record) == {}
        await forger.run(
            "UPDATE command SET stored_at = stored_at - interval '2 seconds' WHERE id = $1",
            command_id,
        )
        await only(record, "I1", at=f"command {command_id}: ")

    async def test_a_lost_refusal_is_missed_by_the_log_alone(self, record, forger, played):
        command_id = await forger.value(
            "SELECT id FROM command WHERE outcome->'refusal'->>'rule' = 'file.version' LIMIT 1"
        )
        await forger.run("DELETE FROM command WHERE id = $1", command_id)
        assert await broken(record) == {}
        await only(record, "I1", at=f"command {command_id}: ", log=acknowledged(played))

    async def test_a_lost_accepted_command_is_missed(self, record, forger, played):
        stream, number = await forger.find("scored")
        command_id = await forger.value(
            "DELETE FROM command WHERE id = (SELECT command_id FROM event"
            " WHERE stream = $1 AND number = $2) RETURNING id",
            stream,
            number,
        )
        found = await broken(record, log=acknowledged(played))
        assert set(found) >= {"I1", "I2"}
        assert found["I1"] == [f"command {command_id}: acknowledged as done, and not there"]

    async def test_another_outcome_than_was_told_is_found(self, record, forger, played):
        command_id = await forger.value(
            "SELECT id FROM command WHERE outcome->>'verdict' = 'accepted'"
            " AND stream LIKE 'file/%' LIMIT 1"
        )
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{version}', '77') WHERE id = $1",
            command_id,
        )
        found = await broken(record, log=acknowledged(played))
        assert set(found) == {"I1", "I8"}
        assert str(command_id) in found["I1"][0]

    async def test_another_verdict_than_was_told_is_found(self, record, played):
        command_id = next(i for i, o in played.answers.items() if o.verdict is Verdict.ACCEPTED)
        refusal = {"type": "closed", "rule": "file.closed"}
        log = [Acknowledged(command_id=command_id, status=Status.REFUSED, refusal=refusal)]
        found = await only(record, "I1", at=f"command {command_id}: ", log=log)
        assert found["I1"][0].endswith("acknowledged as refused, and recorded as accepted")

    async def test_a_stored_answer_promises_the_row_alone(self, record, played):
        known = next(iter(played.answers))
        log = [Acknowledged(command_id=known, status=Status.STORED)]
        assert await broken(record, log=log) == {}
        lost = Acknowledged(command_id=uuid4(), status=Status.STORED)
        await only(record, "I1", at=f"command {lost.command_id}: ", log=[*log, lost])

    async def test_what_was_refused_before_it_was_stored_is_no_loss(self, record):
        log = [
            Acknowledged.model_validate(
                {
                    "command_id": uuid4(),
                    "status": "refused",
                    "refusal": {"type": kind, "rule": rule},
                }
            )
            for kind, rule in (("invalid", "shape.missing"), ("not_found", "file.unknown"))
        ]
        assert await broken(record, log=log) == {}
        decided = {"type": "invalid", "rule": "report.result.missing"}
        log = [
            Acknowledged.model_validate(
                {"command_id": uuid4(), "status": "refused", "refusal": decided}
            )
        ]
        await only(record, "I1", at="command ", log=log)

    def test_a_log_is_read_up_to_its_last_whole_line(self, tmp_path):
        path = tmp_path / "log.jsonl"
        line = json.dumps({"command_id": str(uuid4()), "status": "done", "act": "sign"})
        path.write_text(f"{line}\n{line}\n{line[:20]}")
        assert len(list(read_log(path))) == 2

    def test_a_line_that_is_no_answer_is_named(self, tmp_path):
        path = tmp_path / "log.jsonl"
        path.write_text('{"command_id": "x", "status": "done"}\n')
        with pytest.raises(InvalidLog, match="line 1: command_id"):
            list(read_log(path))


class TestRoster:
    async def test_a_vanished_file_is_missed(self, record, forger):
        stream, _ = await forger.find("scored")
        await forget(forger, stream)
        await age(forger)
        await only(record, "roster", at=f"{stream}: ")

    async def test_a_file_that_is_not_open_yet_has_a_minute(self, record, forger):
        stream, _ = await forger.find("scored")
        await forget(forger, stream)
        assert await broken(record) == {}

    async def test_a_vanished_person_is_missed(self, record, forger):
        stream, _ = await forger.find("scored")
        await forget(forger, stream)
        person = UUID(stream.rpartition("/")[2])
        await forger.run("DELETE FROM roster WHERE person = $1 AND period = $2", person, PERIOD)
        found = await only(record, "roster", at=f"roster {PERIOD}/bulanan: ")
        assert len(found["roster"]) == 2

    async def test_a_person_left_out_without_reason_is_found(self, record, forger):
        stream, _ = await forger.find("scored")
        person = UUID(stream.rpartition("/")[2])
        await forger.run(
            "UPDATE roster SET excluded_because = 'no_post' WHERE person = $1 AND period = $2",
            person,
            PERIOD,
        )
        await age(forger)
        found = await broken(record)
        assert set(found) == {"roster"}
        assert any("left out (no_post), and has a file" in line for line in found["roster"])

    async def test_another_opening_than_the_event_says_is_found(self, record, forger):
        await forger.run("UPDATE period_run SET opened_at = opened_at + interval '1 second'")
        found = await broken(record)
        assert any("another instant" in line for line in found["roster"])

    async def test_a_file_of_nobody_in_the_roster_is_found(self, record, forger):
        stream, _ = await forger.find("scored")
        person = UUID(stream.rpartition("/")[2])
        await forger.run("DELETE FROM roster WHERE person = $1 AND period = $2", person, PERIOD)
        await age(forger)
        found = await broken(record)
        assert f"{stream}: not in the roster, and has a file" in found["roster"]

    async def test_a_vanished_period_is_missed(self, record, forger):
        await forger.run("DELETE FROM period_run WHERE period = $1", PERIOD)
        found = await broken(record)
        assert (
            f"{at(f'organisation/{ORG}', 1)}the period that it opened is not there"
            in found["roster"]
        )
        assert any("its period was never opened" in line for line in found["roster"])

    async def test_a_period_that_nobody_opened_is_found(self, record, forger):
        await forger.run(
            "INSERT INTO period_run SELECT org, '2026-09', kind, 'tahunan/1', opened_at"
            " FROM period_run LIMIT 1"
        )
        await only(record, "roster", at="roster 2026-09/bulanan: no event says")

    async def test_another_process_than_exists_is_found(self, record, forger):
        await forger.run("UPDATE period_run SET process = 'tahunan/1' WHERE period = $1", PERIOD)
        found = await broken(record)
        assert set(found) == {"roster", "I8"}
        assert any("unknown process tahunan/1" in line for line in found["roster"])


async def forget(forger, stream):
    """Every trace of a file, as if it had never been opened."""
    await forger.run(
        "DELETE FROM inbox USING outbox AS o WHERE o.id = inbox.outbox AND o.stream = $1", stream
    )
    await forger.run(
        "DELETE FROM reminder WHERE file = (SELECT id FROM file WHERE stream = $1)", stream
    )
    for table in ("outbox", "content", "event", "command", "file"):
        await forger.run(f"DELETE FROM {table} WHERE stream = $1", stream)


async def age(forger):
    """Let more than a minute pass since the period was opened."""
    await forger.run(
        "UPDATE event SET recorded_at = recorded_at - interval '1 hour'"
        " WHERE stream LIKE 'organisation/%'"
    )


async def open_streams(record):
    rows = await record.web.fetch("SELECT stream FROM file WHERE ended IS NULL")
    return {row["stream"] for row in rows}


class FakeTemporal:
    """What the check asks a client: a list that may be stale, and the state of each workflow."""

    def __init__(self, running, listed=None, completed=()):
        self.statuses = {name(s): WorkflowExecutionStatus.RUNNING for s in running}
        self.statuses |= {name(s): WorkflowExecutionStatus.COMPLETED for s in completed}
        self.listed = {name(s) for s in (running if listed is None else listed)}

    async def list_workflows(self, query, page_size):
        assert 'WorkflowType="EvaluationCycle"' in query
        for workflow_id in sorted(self.listed):
            yield SimpleNamespace(id=workflow_id)

    def get_workflow_handle(self, workflow_id):
        async def describe():
            if workflow_id not in self.statuses:
                raise RPCError("no such workflow", RPCStatusCode.NOT_FOUND, b"")
            return SimpleNamespace(status=self.statuses[workflow_id])

        return SimpleNamespace(describe=describe)


def name(stream):
    return stream.replace("file/", "eval/", 1)


class TestWorkflows:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch):
        monkeypatch.setattr(workflow, "SETTLE_SECONDS", 0.1)
        monkeypatch.setattr(workflow, "AGAIN_SECONDS", 0.02)

    async def test_open_files_and_running_workflows_agree(self, record):
        open_ones = await open_streams(record)
        report = await judge(record, FakeTemporal(open_ones))
        assert report.problems == 0
        assert report.finding(Invariant.WORKFLOWS).checked == len(open_ones) > 0

    async def test_a_lost_workflow_is_missed(self, record):
        stream, *rest = sorted(await open_streams(record))
        found = await only(record, "I9", at=f"{stream}: ", client=FakeTemporal(rest))
        assert found["I9"][0].endswith("not there")

    async def test_a_workflow_ahead_of_the_record_is_found(self, record):
        stream, *rest = sorted(await open_streams(record))
        client = FakeTemporal(rest, completed=[stream])
        found = await only(record, "I9", at=f"{stream}: ", client=client)
        assert "ahead of the record" in found["I9"][0]

    async def test_a_workflow_of_a_closed_file_is_found(self, record):
        closed = await record.web.fetchval(
            "SELECT stream FROM file WHERE ended IS NOT NULL LIMIT 1"
        )
        client = FakeTemporal({*await open_streams(record), closed})
        await only(record, "I9", at=f"{closed}: ", client=client)

    async def test_a_workflow_without_a_file_is_found(self, record):
        stray = f"file/{ORG}/{PERIOD}/bulanan/{UUID(int=1)}"
        client = FakeTemporal({*await open_streams(record), stray})
        await only(record, "I9", at=f"{stray}: ", client=client)

    async def test_a_stale_list_is_no_problem(self, record):
        open_ones = await open_streams(record)
        gone = await record.web.fetchval("SELECT stream FROM file WHERE ended IS NOT NULL LIMIT 1")
        assert await broken(record, client=FakeTemporal(open_ones, listed=[gone])) == {}

    async def test_other_organisations_are_none_of_its_business(self, record):
        other = f"file/elsewhere/{PERIOD}/bulanan/{uuid4()}"
        client = FakeTemporal({*await open_streams(record), other})
        assert await broken(record, client=client) == {}

    async def test_a_temporal_that_does_not_answer_is_a_problem(self, record):
        class Away(FakeTemporal):
            def get_workflow_handle(self, workflow_id):
                raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")

        found = await only(record, "I9", at="Temporal: ", client=Away([]))
        assert found["I9"] == ["Temporal: Temporal does not answer: unavailable"]

    async def test_a_temporal_that_was_never_reached_is_a_problem(self, record):
        client = await connect("127.0.0.1:1", lazy=True)
        await only(record, "I9", at="Temporal: Temporal does not answer", client=client)

    async def test_what_was_not_looked_at_is_said(self, record):
        report = await judge(record)
        assert report.finding(Invariant.WORKFLOWS).checked == 0
        note = "not checked: Temporal was not reachable"
        assert report.finding(Invariant.WORKFLOWS).note == note


class TestReport:
    def test_names_the_first_twenty_and_counts_all(self):
        problems = tuple(Problem(what=f"wrong {n}", where="file/[x]") for n in range(25))
        finding = Finding(id="I6", title="chains", checked=30, total=25, problems=problems)
        report = Report(org=ORG, findings=(finding,))
        text = io.StringIO()
        show_report(report, Console(file=text, width=100))
        assert "file/[x]: wrong 19" in text.getvalue()
        assert "wrong 20" not in text.getvalue()
        assert "and 5 more" in text.getvalue()
        assert "25 problems" in text.getvalue()
        assert json.loads(report.model_dump_json())["problems"] == 25
