"""An act is safe once it is stored: a Temporal that was never reached must not turn it into an error."""

from uuid import uuid4

import pytest

from gateway.answer import Status
from gateway.door import Gateway
from runtime.temporal_client import connect
from schemas.code import Act, OrganisationAct, Via
from schemas.period import BULANAN
from simulation.city import generate
from tests.support.played_record import NEXT_PERIOD, ORG, PlayedRecord


@pytest.fixture
async def played(fresh_database):
    record = PlayedRecord(fresh_database)
    await record.begin(generate(14, seed=3))
    return record


@pytest.fixture
async def gateway(played):
    """A gateway as the command line has it: its client connects at the first call."""
    client = await connect("127.0.0.1:1", lazy=True)
    return Gateway(played.database.web, client, played.clock, played.calendar, ORG)


async def is_stored(record, command_id):
    return await record.database.web.fetchval("SELECT true FROM command WHERE id = $1", command_id)


async def test_an_act_on_a_file_is_answered_as_stored(gateway, played):
    key = next(iter(played.agendas))
    plan = {"results": [{"id": "r1", "result": "x", "indicator": "x", "target": "x"}]}
    command_id = uuid4()
    answer = await gateway.act(
        key.file_id,
        Act.SUBMIT_PLAN,
        plan,
        actor=key.person,
        command_id=command_id,
        via=Via.SHELL,
    )
    assert answer.status is Status.STORED
    assert await is_stored(played, command_id)


async def test_an_act_on_the_organisation_is_answered_as_stored(gateway, played):
    command_id = uuid4()
    answer = await gateway.organisation_act(
        OrganisationAct.OPEN_PERIOD,
        {"period": NEXT_PERIOD, "kind": BULANAN},
        actor=None,
        command_id=command_id,
        via=Via.SHELL,
        os_user="tester",
    )
    assert answer.status is Status.STORED
    assert await is_stored(played, command_id)
