"""Deciding again: an untouched record has no difference, and each changed input has its name."""

import pytest

from audit.again.difference import Kind
from audit.again.file import FileAgain
from audit.again.name import name
from audit.again.run import recompute
from audit.again.write import event_bytes
from schemas.file import Context
from tests.support.deciding_again import ALL, again, command_of, differences, judged
from tests.support.judging import context_hash
from tests.support.played_record import NEXT_PERIOD, ORG, PERIOD

pytestmark = pytest.mark.timeout(120)


class TestUntouched:
    async def test_nothing_differs_and_nothing_is_left_out(self, record, forger):
        count = await again(record)
        assert (count.differences, count.total) == ([], 0)
        assert count.files == await forger.value("SELECT count(*) FROM file")
        assert count.events == await forger.value(
            "SELECT count(*) FROM event WHERE stream LIKE 'file/%'"
        )
        assert count.steps == await forger.value(
            "SELECT count(*) FROM (SELECT DISTINCT stream, coalesce(command_id::text, number::text)"
            " FROM event WHERE stream LIKE 'file/%') AS s"
        )
        assert count.refusals == await forger.value(
            "SELECT count(*) FROM command"
            " WHERE stream LIKE 'file/%' AND outcome->>'verdict' = 'refused'"
        )

    async def test_a_period_is_its_files_only(self, record):
        counts = [await again(record, f"{ALL}{p}/") for p in (PERIOD, NEXT_PERIOD)]
        whole = await again(record)
        assert all(count.events for count in counts)
        assert sum(count.events for count in counts) == whole.events

    async def test_processes_find_what_one_connection_finds(self, record, monkeypatch, forger):
        stream, number = await forger.find("scored")
        await forger.rewrite(stream, number, lambda e: e["data"]["set"].update(behaviour="below"))
        monkeypatch.setattr("audit.again.run.PAGE", 5)
        seen = []
        found = await recompute(
            record.database.databases.web, ORG, PERIOD, 2, lambda *done: seen.append(done)
        )
        alone = await again(record, f"{ALL}{PERIOD}/")
        assert (found.files, found.events, found.refusals) == (
            alone.files,
            alone.events,
            alone.refusals,
        )
        assert list(found.differences) == alone.differences != []
        assert seen[-1] == (found.files, found.files)
        assert found.peak_memory_bytes > 0

    async def test_agrees_with_the_judge(self, record, forger):
        """The judge's own deciding again (I8) finds the same places, or none."""
        assert (await judged(record), await differences(record)) == ([], [])
        changed = [await forger.find("scored"), await forger.find("feedback_given")]
        await forger.rewrite(*changed[0], lambda e: e["data"]["set"].update(behaviour="below"))
        await forger.run(
            "UPDATE command SET body = jsonb_set(body, '{strengths}', '\"lain\"') WHERE id = $1",
            await command_of(forger, *changed[1]),
        )
        places = {f"{f[0]} event {f[1]}" for f in await differences(record)}
        assert places == {p for p in await judged(record) if " event " in p} != set()

    async def test_the_fast_bytes_are_the_ledgers(self, record, forger, monkeypatch):
        """Every event, not only the first of its kind, comes out the same in both ways."""
        fast, slow = [], []

        def written(*arguments):
            fast.append(event_bytes(*arguments))
            return fast[-1]

        def named(*arguments):
            slow.append(name(*arguments))
            return slow[-1]

        monkeypatch.setattr("audit.again.file.event_bytes", written)
        monkeypatch.setattr("audit.again.file.name", named)
        monkeypatch.setattr(FileAgain, "is_proven", lambda self, kind: False)
        count = await again(record)
        assert slow == [[]] * count.events
        assert set(fast) == set(
            await forger.value("SELECT array_agg(canonical) FROM event WHERE stream LIKE 'file/%'")
        )


class TestInputs:
    async def test_a_changed_context_is_named(self, record, forger):
        stream, number = await forger.find("scored")
        used = await context_hash(forger, stream, number)
        await forger.run("UPDATE context SET value = value || ' ' WHERE hash = $1", used)
        found = await differences(record)
        assert (stream, number, Kind.INPUT, "context") in found
        assert {(kind, field) for _, _, kind, field in found} == {(Kind.INPUT, "context")}

    async def test_a_missing_context_is_named(self, record, forger):
        stream, number = await forger.find("scored")
        used = await context_hash(forger, stream, number)
        await forger.run("DELETE FROM context WHERE hash = $1", used)
        assert (stream, number, Kind.INPUT, "context") in await differences(record)

    async def test_another_context_is_named_by_what_it_changes(self, record, forger):
        """A context that was swapped for one in which somebody else appraises."""
        stream, number = await forger.find("scored")
        used = await context_hash(forger, stream, number)
        context = Context.model_validate_json(
            await forger.value("SELECT value FROM context WHERE hash = $1", used)
        )
        chain = context.chain.model_copy(update={"supervisor": None, "superior": None})
        other = await forger.put_context(context.model_copy(update={"chain": chain}))
        await forger.rewrite(stream, number, lambda e: e.update(context_hash=other))
        assert await differences(record) == [(stream, number, Kind.RESULT, "verdict")]

    async def test_a_calendar_that_is_not_there_is_named(self, record, forger):
        await forger.run("DELETE FROM calendar")
        count = await again(record)
        assert {(d.kind, d.field) for d in count.differences} == {(Kind.INPUT, "calendar")}
        assert count.by_kind == {Kind.INPUT: count.steps}

    async def test_a_changed_calendar_is_named(self, record, forger):
        await forger.run("UPDATE calendar SET value = jsonb_set(value, '{free_days}', '[]')")
        assert {f[2:] for f in await differences(record)} == {(Kind.INPUT, "calendar")}

    async def test_a_changed_body_is_named(self, record, forger):
        stream, number = await forger.find("feedback_given")
        await forger.run(
            "UPDATE command SET body = jsonb_set(body, '{strengths}', '\"lain\"') WHERE id = $1",
            await command_of(forger, stream, number),
        )
        assert await differences(record) == [(stream, number, Kind.INPUT, "command.body")]

    async def test_a_changed_body_is_named_once_its_content_is_purged(self, record, forger):
        stream, number = await forger.find("feedback_given")
        await forger.run("DELETE FROM content WHERE stream = $1 AND number = $2", stream, number)
        assert await differences(record) == []
        await forger.run(
            "UPDATE command SET body = jsonb_set(body, '{strengths}', '\"lain\"') WHERE id = $1",
            await command_of(forger, stream, number),
        )
        assert await differences(record) == [(stream, None, Kind.INPUT, "command")]

    async def test_a_changed_content_is_named(self, record, forger):
        stream, number = await forger.find("feedback_given")
        await forger.run(
            "UPDATE content SET body = body || ' ' WHERE stream = $1 AND number = $2",
            stream,
            number,
        )
        assert await differences(record) == [(stream, number, Kind.INPUT, "content")]

    async def test_a_missing_command_is_named(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "DELETE FROM command WHERE id = $1", await command_of(forger, stream, number)
        )
        assert await differences(record) == [(stream, number, Kind.INPUT, "command")]

    @pytest.mark.parametrize(
        ("column", "value"), [("os_user", "somebody"), ("via", "timer"), ("act", "give_feedback")]
    )
    async def test_a_changed_column_of_a_command_is_named(self, record, forger, column, value):
        stream, number = await forger.find("scored")
        command = await command_of(forger, stream, number)
        await forger.run(f"UPDATE command SET {column} = $2 WHERE id = $1", command, value)
        found = await differences(record)
        wanted = (stream, None, Kind.INPUT, "command")
        if column != "act":
            wanted = (stream, number, Kind.INPUT, f"command.{column}")
        assert wanted in found
        assert {f[0] for f in found} == {stream}

    async def test_another_instant_of_receipt_is_named(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE command SET received_at = received_at + interval '1 second' WHERE id = $1",
            await command_of(forger, stream, number),
        )
        found = await differences(record)
        assert (stream, number, Kind.INPUT, "command.received_at") in found
        assert {f[0] for f in found} == {stream}

    async def test_another_actor_is_named(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE command SET actor ="
            " (SELECT person FROM file WHERE stream = command.stream) WHERE id = $1",
            await command_of(forger, stream, number),
        )
        found = await differences(record)
        assert (stream, None, Kind.INPUT, "command") in found
        assert (stream, number, Kind.RESULT, "verdict") in found
        assert {f[0] for f in found} == {stream}

    async def test_another_instant_of_opening_is_named(self, record, forger):
        await forger.run(
            "UPDATE period_run SET opened_at = opened_at + interval '1 second' WHERE period = $1",
            PERIOD,
        )
        found = [f for f in await differences(record) if f[2] == Kind.INPUT]
        assert {f[1:] for f in found} == {(0, Kind.INPUT, "period.opened_at")}
        assert len(found) == await forger.value(
            "SELECT count(*) FROM file WHERE period = $1", PERIOD
        )

    @pytest.mark.parametrize(("column", "field"), [("unit", "unit"), ("post", "post")])
    async def test_a_changed_roster_is_named(self, record, forger, column, field):
        stream, _ = await forger.find("scored")
        await forger.run(
            f"UPDATE roster SET {column} = 'lain' WHERE (period, person) ="
            " (SELECT period, person FROM file WHERE stream = $1)",
            stream,
        )
        assert await differences(record) == [(stream, 0, Kind.INPUT, f"roster.{field}")]

    async def test_a_missing_roster_is_named(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.run(
            "DELETE FROM roster WHERE (period, person) ="
            " (SELECT period, person FROM file WHERE stream = $1)",
            stream,
        )
        assert await differences(record) == [(stream, 0, Kind.INPUT, "roster")]
