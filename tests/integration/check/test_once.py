"""I2: each command, reminder and notice has its effect exactly once."""

import pytest

from tests.support.judging import at, broken, only
from tests.support.played_record import PERIOD

pytestmark = pytest.mark.timeout(120)


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
