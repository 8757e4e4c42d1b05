"""The sweep keeps its promise to everybody, whatever is wrong with one."""

from typing import Any
from uuid import uuid4

import pytest
from temporalio.service import RPCError, RPCStatusCode

from activities import opening
from activities.round import AT_ONCE, AWAY_AFTER, Round
from gateway import knock
from gateway.sweep import Sweep
from schemas.code import Act, OrganisationAct
from simulation.city import generate
from tests.support.played_record import ORG, PlayedRecord


@pytest.fixture
async def record(fresh_database):
    made = PlayedRecord(fresh_database)
    await made.begin(generate(14, seed=3))
    return made


@pytest.fixture
def knocked(monkeypatch):
    """The streams that were knocked at; ``knocked.fails`` says which of them fail, and how."""

    class Knocked(list[Any]):
        fails = staticmethod(lambda _stream: None)

    log = Knocked()

    async def at_file(_client, cycle):
        log.append(cycle.file.stream)
        error = log.fails(cycle.file.stream)
        if error is not None:
            raise error
        return True

    async def at_stream(_client, stream, command_id):
        log.append((stream, command_id))

    async def known(_client, _file):
        return True

    monkeypatch.setattr(knock, "start_or_refresh", at_file)
    monkeypatch.setattr(opening, "start_cycle", at_file)
    monkeypatch.setattr(knock, "start_deciding", at_stream)
    monkeypatch.setattr(knock, "is_known", known)
    return log


async def store_old(record, stream, act, actor=None):
    """A command that was stored a while ago, and that nobody decided."""
    command_id = uuid4()
    await record._store(command_id, stream, act, actor, {}, None)
    await age(record, 10)
    return command_id


async def age(record, seconds):
    await record.database.owner.execute(
        "UPDATE command SET stored_at = stored_at - make_interval(secs => $1),"
        " knocked_at = knocked_at - make_interval(secs => $1) WHERE outcome IS NULL",
        seconds,
    )


def sweep(record, org=ORG):
    nobody: Any = None  # knocks are caught before they need a client
    return Sweep(record.database.worker, nobody, org)


def broken(_stream):
    return RPCError("no", RPCStatusCode.INVALID_ARGUMENT, b"")


def away(_stream):
    return RPCError("no", RPCStatusCode.UNAVAILABLE, b"")


class TestFollowUp:
    async def test_one_that_fails_keeps_nobody_else_waiting(self, record, knocked):
        streams = [key.stream for key in record.agendas][:6]
        for key in list(record.agendas)[:6]:
            await store_old(record, key.stream, Act.SIGN, key.person)
        knocked.fails = lambda stream: broken(stream) if stream == streams[0] else None
        await sweep(record)._follow_up()
        assert sorted(knocked) == sorted(streams)

    async def test_is_knocked_at_ever_more_rarely(self, record, knocked):
        key = next(iter(record.agendas))
        await store_old(record, key.stream, Act.SIGN, key.person)
        sweeping, waits, since = sweep(record), [], 0
        for _ in range(600):
            await sweeping._follow_up()
            if knocked:
                waits.append(since)
                knocked.clear()
                since = 0
            await age(record, 5)
            since += 5
        assert waits == sorted(waits)
        assert waits[1] == 10
        assert 300 <= waits[-1] <= 610
        assert len(waits) < 20

    async def test_a_knock_that_failed_is_made_again_at_once(self, record, knocked):
        key = next(iter(record.agendas))
        await store_old(record, key.stream, Act.SIGN, key.person)
        sweeping = sweep(record)
        knocked.fails = broken
        await sweeping._follow_up()
        knocked.fails = lambda _stream: None
        await sweeping._follow_up()
        assert knocked == [key.stream] * 2

    async def test_the_newest_command_of_a_stream_has_all_of_them_decided(self, record, knocked):
        stream = f"organisation/{ORG}"
        ids = [await store_old(record, stream, OrganisationAct.OPEN_PERIOD) for _ in range(5)]
        await sweep(record)._follow_up()
        assert knocked == [(stream, ids[-1])]

    async def test_another_organisation_is_left_alone(self, record, knocked):
        key = next(iter(record.agendas))
        await store_old(record, key.stream, Act.SIGN, key.person)
        await sweep(record, "kota-lain").round()
        assert knocked == []


class TestAway:
    async def test_whoever_is_away_is_not_asked_for_each(self):
        heard = []

        async def knock_at(number):
            heard.append(number)
            raise away("")

        knocks = await Round(knock_at).of(range(100))
        assert AWAY_AFTER <= len(heard) <= AWAY_AFTER + AT_ONCE
        assert sorted(knocks.failed) == list(range(100))
        with pytest.raises(RPCError):
            knocks.require_there()

    async def test_an_answer_in_between_says_that_somebody_is_there(self):
        heard = []

        async def knock_at(number):
            heard.append(number)
            if number % AWAY_AFTER:
                raise away("")

        knocks = await Round(knock_at).of(range(40))
        assert knocks.away is None
        assert heard == list(range(40))
        assert len(knocks.failed) == 32

    async def test_an_overslept_file_whose_knock_failed_is_tried_again(self, record, knocked):
        await record.database.owner.execute("UPDATE file SET wake_real_at = '2020-01-01'")
        sweeping = sweep(record)
        knocked.fails = broken
        first = await sweeping._refresh_quiet()
        knocked.fails = lambda _stream: None
        assert await sweeping._refresh_quiet() == first
        assert await sweeping._refresh_quiet() == 0
