"""The predicates of units: what was proposed and set is what the chain says, by whom it had to be."""

from datetime import datetime, timedelta

from schemas.instant import stamp
from tests.support.judging import at, broken, only

UNIT = "SELECT stream FROM unit_predicate WHERE step = 'corrected'"


class TestUnit:
    async def test_a_changed_row_is_found(self, record, forger):
        stream = await forger.value(UNIT)
        await forger.run("UPDATE unit_predicate SET predicate = 'kurang' WHERE stream = $1", stream)
        found = await broken(record)
        assert [x for x in found["fold"] if x.startswith(stream)]

    async def test_a_predicate_that_a_file_could_not_know_is_found(self, record, forger):
        stream, number = await forger.find("gate_opened")
        await forger.run("UPDATE unit_predicate SET since = since + interval '30 days'")
        found = await broken(record)
        assert [x for x in found["I4"] if x.startswith(at(stream, number))]

    async def test_somebody_else_who_set_it_is_found(self, record, forger):
        stream = await forger.value(UNIT)
        other = await forger.value("SELECT id FROM person ORDER BY identity_number DESC LIMIT 1")
        await forger.forge_last(stream, lambda e: e.update(actor=str(other)))
        found = await broken(record)
        assert [x for x in found["I4"] if "did not stand above the unit" in x]

    async def test_a_changed_decision_is_found(self, record, forger):
        stream = await forger.value(UNIT)
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{data,predicate}', '\"kurang\"')"
            " WHERE stream = $1 AND act = 'correct_unit_predicate'",
            stream,
        )
        found = await broken(record)
        assert [x for x in found["I8"] if x.startswith(stream)]

    async def test_an_event_that_its_command_did_not_ask_for_is_found(self, record, forger):
        stream = await forger.value(UNIT)
        await forger.run(
            "UPDATE command SET body = jsonb_set(body, '{predicate}', '\"kurang\"')"
            " WHERE stream = $1 AND act = 'correct_unit_predicate'",
            stream,
        )
        found = await broken(record)
        assert [x for x in found["I8"] if "it is not what its command said" in x]

    async def test_a_gate_that_opened_before_what_time_did_is_found(self, record, forger):
        stream, number = await forger.find("gate_opened")
        later = "2027-01-01T00:00:00.000000Z"
        await forger.rewrite(stream, number, lambda e: e.update(happened_at=later))
        found = await broken(record)
        assert [x for x in found["I8"] if "should have gone before it" in x]

    async def test_a_gate_that_opened_a_second_late_is_found(self, record, forger):
        stream, number = await forger.find("gate_opened")

        def late(event):
            opened = datetime.fromisoformat(event["happened_at"]) + timedelta(seconds=1)
            event["happened_at"] = stamp(opened)

        await forger.rewrite(stream, number, late)
        found = await broken(record)
        assert [x for x in found["I5"] if x.startswith(at(stream, number))]

    async def test_a_refusal_that_was_none_is_found(self, record, forger):
        """Set once more: refused, because it is set."""
        stream = await forger.value(UNIT)
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{refusal,rule}', '\"unit.not_set\"')"
            " WHERE stream = $1 AND outcome #>> '{refusal,rule}' = 'unit.is_set'",
            stream,
        )
        await only(record, "I8", at=f"command {await refused(forger, stream, 'unit.not_set')}")

    async def test_an_act_that_should_have_been_accepted_is_found(self, record, forger):
        stream = await forger.value(UNIT)
        stranger = await refused(forger, stream, "act.role")
        above = await forger.value(
            "SELECT actor FROM command WHERE stream = $1 AND act = 'correct_unit_predicate'", stream
        )
        await forger.run("UPDATE command SET actor = $2 WHERE id = $1", stranger, above)
        found = await broken(record)
        assert [x for x in found["I8"] if x.startswith(f"command {stranger} of {stream}: ")]


async def refused(forger, stream, rule):
    """The command of a stream that was refused by a rule."""
    return await forger.value(
        "SELECT id FROM command WHERE stream = $1 AND outcome #>> '{refusal,rule}' = $2",
        stream,
        rule,
    )
