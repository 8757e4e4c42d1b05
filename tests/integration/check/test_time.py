"""I5: time acts neither early nor never."""

from datetime import timedelta

import pytest

from audit.report import Invariant
from storage.clock import load_clock
from tests.support.judging import FakeTemporal, at, broken, judge, only, open_streams

pytestmark = pytest.mark.timeout(120)


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
        found = await broken(record)
        assert set(found) <= {"I4", "I5"}  # so early, it may have known what came later
        assert found["I5"][0].startswith(at(stream, number))
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
        reminders = await record.web.fetchval(
            "SELECT count(*) FROM reminder WHERE rung NOT LIKE 'nudge/%'"
        )
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
