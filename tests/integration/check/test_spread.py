"""The spread of predicates that a signature was weighed against is what the files said then."""

import json
from datetime import timedelta

import pytest

from schemas.file import Context
from tests.support.judging import at, broken, context_hash

pytestmark = pytest.mark.timeout(120)
WEIGHED = "kind = 'signed' AND convert_from(canonical, 'UTF8') LIKE '%\"distribution\":[%'"

LONG_AGO = (  # that everybody was rated
    "UPDATE event AS e SET recorded_at = e.recorded_at - interval '2 minutes' FROM event AS s"
    " WHERE s.stream = e.stream AND s.kind = 'scored' AND e.number <= s.number"
)


@pytest.fixture
async def aged(forger):
    """Somebody with all rights over a record that was written some minutes ago."""
    await forger.let_pass(timedelta(minutes=5))
    return forger


async def last_weighed(forger):
    """The last signature that was weighed."""
    row = await forger.row(
        f"SELECT stream, number FROM event WHERE {WEIGHED} ORDER BY recorded_at DESC LIMIT 1"
    )
    return row["stream"], row["number"]


async def context_of(forger, stream, number):
    """What an event was decided by, as it is stored."""
    name = await context_hash(forger, stream, number)
    return json.loads(await forger.value("SELECT value FROM context WHERE hash = $1", name))


async def forge(forger, **changed):
    """Put another spread into the context of the last signature that was weighed; where it is."""
    stream, number = await last_weighed(forger)
    value = await context_of(forger, stream, number)
    value["distribution"] |= {k: v(value["distribution"][k]) for k, v in changed.items()}
    other = await forger.put_context(Context.model_validate(value))
    await forger.rewrite(stream, number, lambda event: event.update(context_hash=other))
    return at(stream, number)


async def test_what_signatures_saw_is_judged(record, aged):
    assert await aged.value(f"SELECT count(*) FROM event WHERE {WEIGHED}") > 3
    assert await broken(record) == {}


async def test_people_who_were_not_there_are_found(record, aged):
    where = await forge(aged, counts=lambda counts: counts | {"baik": counts["baik"] + 3})
    found = await broken(record)
    assert [x for x in found["I8"] if x.startswith(where) and "its spread counts" in x]


async def test_people_who_were_left_out_are_found(record, aged):
    """Those who were rated long before can have been missed by nobody."""
    await aged.run(LONG_AGO)
    where = await forge(aged, counts=lambda counts: dict.fromkeys(counts, 0))
    found = await broken(record)
    assert [x for x in found["I8"] if x.startswith(where) and "its spread counts" in x]


async def test_another_predicate_of_the_unit_is_found(record, aged):
    where = await forge(aged, organisation=lambda _: "sangat_kurang")
    found = await broken(record)
    assert [x for x in found["I8"] if x.startswith(where) and "its units were not" in x]


async def test_units_that_do_not_stand_together_are_found(record, aged):
    where = await forge(aged, units=lambda units: [*units, "Dinas lain"])
    found = await broken(record)
    assert [x for x in found["I8"] if x.startswith(where) and "did not go together" in x]


async def test_a_signature_that_was_never_weighed_is_found(record, aged):
    stream, number = await last_weighed(aged)
    value = await context_of(aged, stream, number)
    del value["distribution"]
    other = await aged.put_context(Context.model_validate(value))

    def forget(event):
        event["context_hash"] = other
        del event["data"]["distribution"]

    await aged.rewrite(stream, number, forget)
    found = await broken(record)
    assert [x for x in found["I8"] if x.startswith(at(stream, number)) and "not weighed" in x]


async def test_a_refusal_by_another_spread_is_found(record, aged):
    command = await aged.value(
        "SELECT id FROM command WHERE outcome #>> '{refusal,rule}' LIKE 'sign.distribution_%'"
        " LIMIT 1"
    )
    await aged.run(
        "UPDATE command SET outcome = jsonb_set(outcome, '{refusal,params,kurang}', '9')"
        " WHERE id = $1",
        command,
    )
    found = await broken(record)
    assert [x for x in found["I8"] if f"command {command}" in x and "its spread counts 9" in x]
