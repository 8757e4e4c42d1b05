"""The predicates of units: what was proposed and set is what the chain says, by whom it had to be."""

from tests.support.judging import at, broken

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
