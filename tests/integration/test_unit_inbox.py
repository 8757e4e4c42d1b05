"""The predicates of units in an inbox: what files wait for, from the first of them until it is set."""

import pytest

from cli import inbox, output
from domain.unit import officials
from schemas.code import UnitAct
from schemas.identifier import FileKey, UnitKey
from storage.organisation import read_organisation
from storage.read.inbox import tasks_of
from storage.read.unit import units_of
from tests.support.played_record import DAY, ORG, PERIOD, PlayedRecord
from tests.support.stack import small_city

UNIT = UnitKey(org=ORG, period=PERIOD, unit="Sekretariat Daerah")
PROPOSAL = {"predicate": "baik", "evidence": "capaian"}


@pytest.fixture
async def record(fresh_database):
    made = PlayedRecord(fresh_database)
    await made.begin(small_city(6))
    return made


async def of_unit(record: PlayedRecord) -> list[FileKey]:
    """The files of the unit."""
    return [key for key in record.agendas if (await record.state(key)).unit == UNIT.unit]


async def everybodys(record: PlayedRecord):
    """The lines of everybody who has one."""
    async with record.database.web.acquire() as connection:
        city = await read_organisation(connection, ORG)
        asked = [(who, (connection, city, ORG, who, record.now)) for who in record.people]
        return {who: found for who, each in asked if (found := await units_of(*each))}


class TestUnits:
    async def test_wait_from_the_first_file_on_until_it_is_set(self, record) -> None:
        head, above = officials(record.city, UNIT.unit, record._today())
        assert head is not None
        assert above is not None
        assert await everybodys(record) == {}
        first, second, *_ = await of_unit(record)
        for count, key in ((1, first), (2, second)):
            await record.to_the_gate(key)
            [owed] = (await everybodys(record))[above.person]
            state = await record.state(first)
            assert (owed.act, owed.unit, owed.period) == (
                UnitAct.SET_PREDICATE,
                UNIT.unit,
                PERIOD,
            )
            assert (owed.files, owed.since, owed.due_at) == (count, state.entered_at, state.due_at)
            assert (owed.seat, owed.proposed, owed.is_overdue) == (above, None, False)
            record.now += DAY
        lines = await everybodys(record)
        assert set(lines) == {head.person, above.person}
        assert [line.act for line in lines[head.person]] == [UnitAct.PROPOSE_PREDICATE]

        await record.unit_act(UNIT, UnitAct.PROPOSE_PREDICATE, head.person, PROPOSAL)
        [(person, [owed])] = (await everybodys(record)).items()
        assert (person, owed.proposed, owed.files) == (above.person, "baik", 2)
        # It is no file to act on, and the files that it opens have not learned of it yet.
        async with record.database.web.acquire() as connection:
            tasks = await tasks_of(connection, record.city, ORG, above.person, record.now)
        assert not {task.file for task in tasks} & {first.file_id, second.file_id}
        await record.unit_act(UNIT, UnitAct.SET_PREDICATE, above.person, {"predicate": "baik"})
        assert (await record.state(first)).turn == "unit_predicate"
        assert await everybodys(record) == {}

    async def test_are_shown_in_a_table_with_the_command(self, record, monkeypatch) -> None:
        first, *_ = await of_unit(record)
        await record.to_the_gate(first)
        record.now = record.agendas[first].due_at
        _, above = officials(record.city, UNIT.unit, record._today())
        assert above is not None
        mine = (await everybodys(record))[above.person]
        monkeypatch.setattr(output.out, "width", 200)
        with output.out.capture() as shown:
            inbox._show_units(mine, above.person, "id")
        said = shown.get()
        assert "predicates of units, 1" in said
        assert "tetapkan predikat unit" in said
        assert f"siklus unit set PREDICATE --unit '{UNIT.unit}' --period {PERIOD}" in said
        assert f"--as {str(above.person)[:8]} --reason TEXT" in said
        value = inbox._as_value(mine[0], above.person)
        assert (value["files"], value["is_overdue"], value["proposed"]) == (1, True, None)
        assert str(value["command"]) in said
