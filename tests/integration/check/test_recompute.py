"""Deciding again: an untouched record has no difference, and each kind of change has its name."""

import json

import pytest

from audit.again.difference import Count, Kind
from audit.again.file import FileAgain
from audit.again.name import name
from audit.again.read import Stretch
from audit.again.run import recompute
from audit.again.stretch import StretchAgain
from audit.again.write import event_bytes
from schemas.cycle import Outcome, Verdict
from schemas.error import ErrorType, Refusal
from schemas.file import Context
from storage.chain import digest
from tests.support.judging import context_hash, judge
from tests.support.played_record import NEXT_PERIOD, ORG, PERIOD

pytestmark = pytest.mark.timeout(120)
ALL = f"file/{ORG}/"


async def again(record, prefix: str = ALL) -> Count:
    """Everything decided again, in this process."""
    async with record.web.acquire() as connection:
        return await StretchAgain(ORG).check(connection, Stretch(prefix, prefix, prefix + "zzzz"))


async def differences(record) -> list[tuple[str, int | None, Kind, str]]:
    """File, event, kind and field of everything that differs."""
    found = (await again(record)).differences
    return [(d.file, d.number, d.kind, d.field) for d in found]


async def command_of(forger, stream: str, number: int):
    """The command behind an event."""
    return await forger.value(
        "SELECT command_id FROM event WHERE stream = $1 AND number = $2", stream, number
    )


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
        assert (await _judged(record), await differences(record)) == ([], [])
        changed = [await forger.find("scored"), await forger.find("feedback_given")]
        await forger.rewrite(*changed[0], lambda e: e["data"]["set"].update(behaviour="below"))
        await forger.run(
            "UPDATE command SET body = jsonb_set(body, '{strengths}', '\"lain\"') WHERE id = $1",
            await command_of(forger, *changed[1]),
        )
        places = {f"{f[0]} event {f[1]}" for f in await differences(record)}
        assert places == {p for p in await _judged(record) if " event " in p} != set()

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


class TestRules:
    async def test_another_definition_of_the_period_is_named(self, record, forger):
        await forger.run("UPDATE period_run SET process = 'bulanan/99' WHERE period = $1", PERIOD)
        found = await differences(record)
        assert {f[1:] for f in found} == {(0, Kind.RULE, "process")}
        assert len(found) == await forger.value(
            "SELECT count(*) FROM file WHERE period = $1", PERIOD
        )

    async def test_a_file_of_another_definition_is_named(self, record, forger):
        stream, _ = await forger.find("scored")
        other = {"id": "bulanan", "version": 99}

        def change(event):
            event["data"]["set"]["process"] = other

        await forger.rewrite(stream, 0, change)
        found = await differences(record)
        assert (stream, 0, Kind.RESULT, "data.set.process") in found
        assert (stream, 1, Kind.RULE, "process") in found

    async def test_other_rules_are_named(self, record, forger):
        stream, number = await forger.find("scored")
        used = await context_hash(forger, stream, number)
        context = Context.model_validate_json(
            await forger.value("SELECT value FROM context WHERE hash = $1", used)
        )
        other = await forger.put_context(context.model_copy(update={"rules": "predikat-0"}))
        await forger.rewrite(
            stream, number, lambda e: e.update(context_hash=other, rules="predikat-0")
        )
        assert await differences(record) == [(stream, number, Kind.RULE, "rules")]


class TestResults:
    async def test_another_rating_is_named_though_every_hash_fits(self, record, forger):
        stream, number = await forger.find("scored")
        other = "below" if await _rating(forger, stream, number) == "above" else "above"
        await forger.rewrite(stream, number, lambda e: e["data"]["set"].update(work_result=other))
        assert await differences(record) == [(stream, number, Kind.RESULT, "data.set.work_result")]

    async def test_bytes_without_their_hash_are_named(self, record, forger):
        stream, number = await forger.find("reminded")
        await forger.run(
            "UPDATE event SET hash = $3 WHERE stream = $1 AND number = $2",
            stream,
            number,
            digest(b"lain"),
        )
        assert await differences(record) == [(stream, number, Kind.RESULT, "hash")]

    async def test_bytes_in_another_form_are_named(self, record, forger):
        stream, number = await forger.find("scored", last=False)
        data = await forger.value(
            "SELECT canonical FROM event WHERE stream = $1 AND number = $2", stream, number
        )
        spaced = json.dumps(json.loads(data)).encode()
        await forger.run(
            "UPDATE event SET canonical = $3 WHERE stream = $1 AND number = $2",
            stream,
            number,
            spaced,
        )
        found = await differences(record)
        assert {f[:2] for f in found} == {(stream, number)}
        assert (stream, number, Kind.RESULT, "hash") in found

    async def test_a_missing_event_is_named(self, record, forger):
        stream, number = await forger.find("reminded")
        await forger.delete_event(stream, number)
        found = await differences(record)
        assert found[0] == (stream, number + 1, Kind.RESULT, "number")

    async def test_a_chain_cut_short_is_named(self, record, forger):
        stream, number = await forger.find("scored", last=False)
        last = await forger.value("SELECT number FROM file WHERE stream = $1", stream)
        for gone in range(last, number, -1):
            await forger.delete_event(stream, gone)
        fields = {f[3] for f in await differences(record) if f[0] == stream}
        assert {"file.number", "file.head", "events"} <= fields

    async def test_half_a_decision_is_named(self, record, forger):
        """A signature whose delivery was cut off, and the file's row moved back to it."""
        row = await forger.row(
            "SELECT stream, number, command_id FROM event WHERE kind = 'delivered' LIMIT 1"
        )
        await forger.run(
            "DELETE FROM command WHERE stream = $1 AND id NOT IN"
            " (SELECT command_id FROM event WHERE stream = $1 AND number < $2"
            " AND command_id IS NOT NULL)",
            row["stream"],
            row["number"],
        )
        await forger.cut(row["stream"], row["number"])
        assert await differences(record) == [
            (row["stream"], row["number"] - 1, Kind.RESULT, "events")
        ]

    async def test_an_act_of_time_that_never_was_is_named(self, record, forger):
        stream, number = await forger.find("reminded")

        def later(event):
            event["happened_at"] = event["happened_at"].replace("T01:", "T02:")

        await forger.rewrite(stream, number, later)
        assert (stream, number, Kind.RESULT, "happened_at") in await differences(record)

    async def test_another_outcome_is_named(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{version}', '99') WHERE id = $1",
            await command_of(forger, stream, number),
        )
        assert await differences(record) == [(stream, number, Kind.RESULT, "outcome.version")]

    async def test_content_that_was_left_out_is_named(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run("DELETE FROM content WHERE stream = $1 AND number = $2", stream, number)
        await forger.rewrite(stream, number, lambda e: e.pop("content_hash"))
        assert await differences(record) == [(stream, number, Kind.RESULT, "content_hash")]

    async def test_another_row_of_a_file_is_named(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.run(
            "UPDATE file SET state = jsonb_set(state, '{plan_version}', '9') WHERE stream = $1",
            stream,
        )
        assert await differences(record) == [(stream, None, Kind.RESULT, "file.state.plan_version")]

    async def test_a_file_without_its_row_is_still_decided_again(self, record, forger):
        stream, _ = await forger.find("scored")
        whole = await again(record)
        await forger.run("DELETE FROM file WHERE stream = $1", stream)
        count = await again(record)
        assert (count.files, count.events) == (whole.files, whole.events)
        assert {d.file for d in count.differences} == {stream}

    async def test_a_damaged_file_does_not_end_the_rest(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE event SET canonical = 'x' WHERE stream = $1 AND number = $2", stream, number
        )
        whole = await again(record)
        assert {d.file for d in whole.differences} == {stream}
        assert whole.files == await forger.value("SELECT count(*) FROM file")


class TestRefusals:
    async def test_another_refusal_is_named(self, record, forger):
        row = await forger.row(
            "SELECT id, stream FROM command WHERE outcome->'refusal'->>'rule' = 'act.role'"
            " AND stream LIKE 'file/%' LIMIT 1"
        )
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{refusal,rule}', '\"act.turn\"')"
            " WHERE id = $1",
            row["id"],
        )
        found = (await again(record)).differences
        assert [(d.file, d.command, d.kind, d.field) for d in found] == [
            (row["stream"], row["id"], Kind.RESULT, "outcome.refusal")
        ]

    async def test_a_refusal_of_a_lawful_act_is_named(self, record, forger):
        stream, number = await forger.find("signed", last=True)
        command_id = await command_of(forger, stream, number)
        await forger.cut(stream, number)
        refusal = Refusal(type=ErrorType.NOT_NOW, rule="act.turn")
        outcome = Outcome(verdict=Verdict.REFUSED, version=1, refusal=refusal)
        await forger.run(
            "UPDATE command SET outcome = $2::text::jsonb WHERE id = $1",
            command_id,
            outcome.model_dump_json(),
        )
        found = (await again(record)).differences
        assert [(d.command, d.field) for d in found] == [(command_id, "outcome.refusal")]
        assert found[0].what.endswith("decided again: accepted")

    async def test_a_changed_request_is_named(self, record, forger):
        row = await forger.row(
            "SELECT id, stream FROM command WHERE outcome->>'verdict' = 'refused'"
            " AND stream LIKE 'file/%' LIMIT 1"
        )
        await forger.run(
            'UPDATE command SET body = body || \'{"note": "x"}\' WHERE id = $1', row["id"]
        )
        assert (row["stream"], None, Kind.INPUT, "command") in await differences(record)


async def _judged(record) -> list[str]:
    report = await judge(record)
    [finding] = [f for f in report.findings if f.id == "I8"]
    return [problem.where for problem in finding.problems]


async def _rating(forger, stream: str, number: int) -> str:
    data = await forger.value(
        "SELECT canonical FROM event WHERE stream = $1 AND number = $2", stream, number
    )
    return str(json.loads(data)["data"]["set"]["work_result"])
