"""What the organisation set of the rules: the row is what the chain says, and files went by it."""

from audit.again.override import check_overrides
from schemas.file import Context
from schemas.identifier import rules_stream
from tests.support.deciding_again import differences
from tests.support.judging import at, broken
from tests.support.played_record import NEXT_PERIOD, ORG

STREAM = rules_stream(ORG)
FIRST = at(STREAM, 0)


async def inputs(record):
    """The fields of overrides that deciding again calls changed."""
    async with record.web.acquire() as connection:
        found = await check_overrides(connection, ORG)
    return [(d.number, d.kind.value, d.field) for d in found]


class TestRows:
    async def test_nothing_is_found_where_nothing_was_touched(self, record):
        assert await record.web.fetchval("SELECT count(*) FROM rule_override") == 2
        assert await inputs(record) == []

    async def test_a_changed_value_is_found_and_so_are_the_files_that_went_by_it(
        self, record, forger
    ):
        await forger.run(
            "UPDATE rule_override SET parameters = '{\"scoring\": 5}' WHERE number = 0"
        )
        found = await broken(record)
        assert f"{FIRST}its override is not what it says: values" in found["fold"]
        assert await inputs(record) == [(0, "input", "override.values")]

    async def test_a_changed_day_decree_rule_or_instant_is_found(self, record, forger):
        for column, value, field in (
            ("from_on", "DATE '2026-05-01'", "from_on"),
            ("source", "'SE 9/2026'", "source"),
            ("since", "since - interval '2 months'", "since"),
        ):
            kept = await forger.value(f"SELECT {column} FROM rule_override WHERE number = 1")
            await forger.run(f"UPDATE rule_override SET {column} = {value} WHERE number = 1")
            found = await broken(record)
            assert f"{at(STREAM, 1)}its override is not what it says: {field}" in found["fold"]
            assert await inputs(record) == [(1, "input", f"override.{field}")]
            await forger.run(f"UPDATE rule_override SET {column} = $1 WHERE number = 1", kept)

    async def test_one_that_is_gone_is_found(self, record, forger):
        await forger.run("DELETE FROM rule_override WHERE number = 1")
        found = await broken(record)
        assert f"{at(STREAM, 1)}the override that it set is not there" in found["fold"]
        assert await inputs(record) == [(1, "input", "override")]
        lost = [d for d in await differences(record) if d[2:] == ("input", "rules")]
        assert lost

    async def test_one_that_was_slipped_in_is_found(self, record, forger):
        await forger.run(
            "INSERT INTO rule_override SELECT stream, 2, org, rule, parameters, from_on, source,"
            " since FROM rule_override WHERE number = 1"
        )
        found = await broken(record)
        what = "override 3 of the rules: no event says where this override comes from"
        assert what in found["fold"]
        assert await inputs(record) == [(2, "input", "override")]

    async def test_so_is_one_where_nobody_ever_set_anything(self, record, forger):
        """There is no stream to come across then."""
        for number in (0, 1):
            await forger.delete_event(STREAM, number)
        await forger.run("DELETE FROM command WHERE stream = $1", STREAM)
        found = await broken(record)
        for version in (1, 2):
            what = "no event says where this override comes from"
            assert f"override {version} of the rules: {what}" in found["fold"]
        assert await inputs(record) == [(0, "input", "override"), (1, "input", "override")]


class TestDecisions:
    async def test_a_command_that_asked_for_something_else_is_found(self, record, forger):
        await forger.run(
            "UPDATE command SET body = jsonb_set(body, '{values,scoring}', '5')"
            " WHERE stream = $1 AND outcome->>'verdict' = 'accepted'"
            " AND body->>'rule' = 'bulanan.jendela'",
            STREAM,
        )
        found = await broken(record)
        assert f"{FIRST}it is not what its command said" in found["I8"]

    async def test_one_that_nobody_was_allowed_to_give_is_found(self, record, forger):
        other = await forger.value("SELECT id FROM person ORDER BY identity_number DESC LIMIT 1")
        await forger.run(
            "UPDATE command SET actor = $2 WHERE stream = $1 AND actor IS NULL"
            " AND outcome->>'verdict' = 'accepted'",
            STREAM,
            other,
        )
        found = await broken(record)
        assert f"{at(STREAM, 1)}decided anew it is refused: act.role" in found["I8"]

    async def test_another_actor_in_the_event_is_found(self, record, forger):
        other = await forger.value("SELECT id FROM person ORDER BY identity_number DESC LIMIT 1")
        await forger.forge_last(STREAM, lambda e: e.update(actor=str(other)))
        found = await broken(record)
        assert [line for line in found["I4"] if "HR office" in line]

    async def test_a_refusal_for_another_reason_is_found(self, record, forger):
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{refusal,rule}', '\"rules.value\"')"
            " WHERE stream = $1 AND outcome->'refusal'->>'rule' = 'rules.fixed'",
            STREAM,
        )
        found = await broken(record)
        assert [line for line in found["I8"] if "decided anew: rules.fixed" in line]


class TestFiles:
    async def test_a_context_with_rules_that_were_not_in_force_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        old = Context.model_validate_json(
            await forger.value(
                "SELECT c.value FROM event AS e JOIN context AS c ON c.hash ="
                " convert_from(e.canonical, 'UTF8')::jsonb->>'context_hash'"
                " WHERE e.stream = $1 AND e.number = $2",
                stream,
                number,
            )
        )
        name = await forger.put_context(old.model_copy(update={"rules": "predikat-1/2"}))
        forged = {"context_hash": name, "rules": "predikat-1/2"}
        await forger.rewrite(stream, number, lambda event: event.update(forged))
        found = await broken(record)
        where = at(stream, number)
        assert f"{where}rules predikat-1/2 were not in force" in found["I4"]

    async def test_a_period_opened_with_other_rules_is_found(self, record, forger):
        await forger.run(
            "UPDATE period_run SET process = 'bulanan/1/0' WHERE period = $1", NEXT_PERIOD
        )
        found = await broken(record)
        name = f"roster {NEXT_PERIOD}/bulanan"
        assert [line for line in found["I8"] if "the period was opened with bulanan/1/0" in line]
        await forger.run(
            "UPDATE event SET recorded_at = recorded_at - interval '1 hour' WHERE stream = $1",
            STREAM,
        )
        found = await broken(record)
        assert f"{name}: opened with rules version 0, not in force" in found["roster"]
