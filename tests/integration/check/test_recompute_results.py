"""Deciding again: each change of a rule, a result or a refusal has its name."""

import json
from importlib import resources

import pytest

from audit.again.difference import Kind
from domain.regulation import MODELS
from domain.regulation_file import parse
from domain.rulebook import Rulebook
from schemas.cycle import Outcome, Verdict
from schemas.error import ErrorType, Refusal
from schemas.file import Context
from storage.chain import digest
from tests.support.deciding_again import again, command_of, differences, rating
from tests.support.judging import context_hash
from tests.support.played_record import PERIOD

pytestmark = pytest.mark.timeout(120)


def with_other_windows(version: int) -> Rulebook:
    """The packs with another day for scoring: changed in place, or in a version that follows."""
    entries = (resources.files("domain") / "regulations").iterdir()
    packs = {e.name: e.read_text(encoding="utf-8") for e in entries if e.name.endswith(".toml")}
    before, head, after = packs["siklus.toml"].partition('[[rule]]\nid = "bulanan.jendela"\n')
    body, rule, rest = after.partition("[[rule]]\n")
    began = "effective_from = 2022-01-01"
    changed = body.replace("scoring = 6", "scoring = 5")
    assert began in body != changed
    kept = ""
    if version == 2:
        kept = head + body.replace(began, f"{began}\neffective_to = 2026-02-28")
        changed = changed.replace(began, "effective_from = 2026-03-01")
        changed = changed.replace("version = 1", "version = 2")
    packs["siklus.toml"] = before + kept + head + changed + rule + rest
    return parse(packs, MODELS)


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

    @pytest.mark.parametrize("version", [1, 2])
    async def test_a_changed_pack_is_named(self, record, monkeypatch, version):
        """Scoring is due a day earlier: a new version, or one that was changed in place."""
        packs = with_other_windows(version)
        monkeypatch.setattr("audit.history.load", lambda: packs)
        found = [d for d in (await again(record)).differences if f"/{PERIOD}/" in d.file]
        kinds = {(d.kind, d.field) for d in found}
        due = (Kind.RESULT, "data.set.due_at")
        assert due in kinds
        assert ((Kind.RULE, "data.rules") in kinds) is (version == 2)
        said = f"decided again by bulanan.jendela {version} it differs"
        assert said in {d.what for d in found if (d.kind, d.field) == due}
        assert len({d.file for d in found}) > 5


class TestResults:
    async def test_another_rating_is_named_though_every_hash_fits(self, record, forger):
        stream, number = await forger.find("scored")
        other = "below" if await rating(forger, stream, number) == "above" else "above"
        await forger.rewrite(stream, number, lambda e: e["data"]["set"].update(work_result=other))
        first, *others = await differences(record)
        assert first == (stream, number, Kind.RESULT, "data.set.work_result")
        # What was refused because of the rating may not be refused now.
        assert {(found[0], found[2:]) for found in others} <= {(stream, (Kind.RESULT, "verdict"))}

    async def test_a_changed_column_of_an_event_is_named(self, record, forger):
        stream, number = await forger.find("scored")
        for column, value in (
            ("org", "'lain'"),
            ("kind", "'signed'"),
            ("act", "'sign'"),
            ("actor", "NULL"),
            ("happened_at", "happened_at + interval '1 second'"),
        ):
            where = f"WHERE stream = '{stream}' AND number = {number}"
            kept = await forger.value(f"SELECT {column} FROM event {where}")
            await forger.run(f"UPDATE event SET {column} = {value} {where}")
            found = await differences(record)
            assert (stream, number, Kind.RESULT, f"event.{column}") in found
            assert {f[:3] for f in found} == {(stream, number, Kind.RESULT)}
            await forger.run(f"UPDATE event SET {column} = $1 {where}", kept)

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
