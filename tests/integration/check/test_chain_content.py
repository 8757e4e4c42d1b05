"""I6: contexts, contents, states and calendars are those that the events speak of."""

from datetime import timedelta

import pytest

from audit.report import Invariant
from tests.support.judging import at, broken, context_hash, judge, only

pytestmark = pytest.mark.timeout(120)
HOUR = timedelta(hours=1)


class TestWhatEventsSpeakOf:
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
        await forger.let_pass(HOUR)
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
