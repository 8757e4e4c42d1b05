"""The organisation's stream: its acts in the order received, and what was known when."""

import asyncio
from uuid import UUID, uuid4

import pytest

from gateway.answer import Status
from gateway.door import Gateway
from runtime.temporal_client import connect
from schemas.code import Act, EventKind, OrganisationAct, Via
from schemas.cycle import Advance, Verdict
from schemas.period import BULANAN
from simulation.city import generate
from storage.organisation import read_organisation, read_versions
from tests.support.played_record import DAY, NEXT_PERIOD, ORG, PlayedRecord

ROWS = generate(14, seed=3)
OPENING = {"period": NEXT_PERIOD, "kind": BULANAN}


def file_of(rows):
    return {"rows": [row.model_dump(mode="json") for row in rows]}


def without(post):
    return [row for row in ROWS if row.post != post]


LEAF = next(
    row.post
    for row in ROWS
    if row.office is None and all(other.superior_post != row.post for other in ROWS)
)


@pytest.fixture
async def record(fresh_database):
    made = PlayedRecord(fresh_database)
    await made.begin(ROWS)
    return made


@pytest.fixture
async def gateway(record):
    """A gateway whose Temporal is away: what it takes in stays undecided."""
    client = await connect("127.0.0.1:1", lazy=True)
    return Gateway(record.database.web, client, record.clock, record.calendar, ORG)


async def send(gateway, act, said, actor=None, command_id=None):
    return await gateway.organisation_act(
        act,
        said,
        actor=actor,
        command_id=command_id or uuid4(),
        via=Via.IMPORT,
        os_user="tester",
        seconds=0.01,
    )


async def decide(record, command_id):
    return await record.decide(record.organisation, f"organisation/{ORG}", command_id)


async def posts(record):
    async with record.database.web.acquire() as connection:
        return (await read_organisation(connection, ORG)).posts.keys()


class TestOrder:
    async def test_an_older_import_never_undoes_a_newer_one(self, record, gateway):
        older, newer = uuid4(), uuid4()
        said = OrganisationAct.IMPORT_ORGANISATION
        assert (
            await send(gateway, said, file_of(without(LEAF)), None, older)
        ).status is Status.STORED
        assert (await send(gateway, said, file_of(ROWS), None, newer)).status is Status.STORED
        assert (await decide(record, newer)).verdict is Verdict.ACCEPTED
        assert (await decide(record, older)).verdict is Verdict.ACCEPTED
        assert LEAF in await posts(record)

    async def test_nothing_is_received_before_what_the_stream_recorded(self, record, gateway):
        record.now += DAY
        await record.order(OrganisationAct.OPEN_PERIOD, OPENING)
        later, record.now = record.now, record.now - DAY
        command_id = uuid4()
        await send(gateway, OrganisationAct.OPEN_PERIOD, OPENING, None, command_id)
        received = await record.database.web.fetchval(
            "SELECT received_at FROM command WHERE id = $1", command_id
        )
        assert received >= later

    async def test_two_deciders_at_once_do_each_act_once(self, record, gateway):
        ids = [uuid4() for _ in range(3)]
        for one in ids:
            await send(gateway, OrganisationAct.OPEN_PERIOD, OPENING, None, one)
        await asyncio.gather(*(decide(record, one) for one in [*ids, *reversed(ids)]))
        events = await record.database.web.fetch(
            "SELECT command_id FROM event WHERE command_id = any($1)", ids
        )
        assert sorted(e["command_id"] for e in events) == sorted(ids)


class TestKnowledge:
    async def test_an_act_is_judged_by_what_was_known_when_it_was_received(self, record, gateway):
        """The supervisor's post is gone from a file that came in after his act."""
        key = next(k for k in record.agendas)
        state = await record.state(key)
        plan = {"results": [{"id": "r1", "result": "x", "indicator": "x", "target": "x"}]}
        stored = uuid4()
        await gateway.act(
            key.file_id, Act.SUBMIT_PLAN, plan, actor=key.person, command_id=stored, via=Via.SHELL
        )
        record.now += DAY
        async with record.database.web.acquire() as connection:
            before = (await read_versions(connection, ORG))[-1].number
        await record.order(OrganisationAct.IMPORT_ORGANISATION, file_of(without(state.post)))
        outcome = await record.advance(Advance(file=key, command_id=stored))
        assert outcome is not None
        assert outcome.verdict is Verdict.ACCEPTED
        used = await record.database.web.fetchval(
            "SELECT (convert_from(c.value, 'UTF8')::jsonb ->> 'organisation')::int FROM event AS e"
            " JOIN context AS c ON c.hash = convert_from(e.canonical, 'UTF8')::jsonb ->> 'context_hash'"
            " WHERE e.command_id = $1",
            stored,
        )
        assert used == before

    async def test_what_was_known_stays_on_record(self, record):
        await record.order(OrganisationAct.IMPORT_ORGANISATION, file_of(without(LEAF)))
        async with record.database.web.acquire() as connection:
            versions = await read_versions(connection, ORG)
            first = await read_organisation(connection, ORG, versions[0].number)
        assert len(versions) == 2
        assert LEAF in first.posts
        assert LEAF not in await posts(record)

    async def test_the_same_file_again_writes_no_row(self, record):
        count = "SELECT (SELECT count(*) FROM post) + (SELECT count(*) FROM holding)"
        before = await record.database.web.fetchval(count)
        await record.order(OrganisationAct.IMPORT_ORGANISATION, file_of(ROWS))
        assert await record.database.web.fetchval(count) == before


class TestMandate:
    def order(self, who, **changed):
        given = {"person": str(who), "post": LEAF, "decree": "800/1", "from_on": "2026-03-01"}
        return {"mandate": given | changed}

    async def test_is_known_from_then_on_and_can_be_ended(self, record):
        person = record.people[0]
        said = OrganisationAct.GRANT_MANDATE
        assert (await record.order(said, self.order(person))).verdict is Verdict.ACCEPTED
        ended = self.order(person, to_on="2026-03-05")
        assert (await record.order(said, ended)).verdict is Verdict.ACCEPTED
        async with record.database.web.acquire() as connection:
            [found] = (await read_organisation(connection, ORG)).mandates[LEAF]
        assert str(found.to_on) == "2026-03-05"
        kinds = await record.database.web.fetch("SELECT kind FROM event ORDER BY recorded_at")
        assert [k["kind"] for k in kinds].count(EventKind.MANDATE_GRANTED) == 2

    @pytest.mark.parametrize(
        ("changed", "rule"),
        [
            ({"to_on": "2026-02-01"}, "mandate.ends_first"),
            ({"post": "tidak-ada"}, "mandate.post"),
            ({"person": str(UUID(int=1))}, "mandate.person"),
        ],
    )
    async def test_that_cannot_be_is_refused(self, record, changed, rule):
        outcome = await record.order(
            OrganisationAct.GRANT_MANDATE, self.order(record.people[0], **changed)
        )
        assert outcome.refusal is not None
        assert outcome.refusal.rule == rule


class TestOpening:
    async def test_a_month_with_nobody_can_be_opened_later(self, fresh_database):
        record = PlayedRecord(fresh_database)
        refused = await record.order(OrganisationAct.OPEN_PERIOD, OPENING)
        assert refused.refusal is not None
        assert refused.refusal.rule == "period.nobody"
        await record.order(OrganisationAct.IMPORT_ORGANISATION, file_of(ROWS))
        opened = await record.order(OrganisationAct.OPEN_PERIOD, OPENING)
        assert opened.verdict is Verdict.ACCEPTED
        assert opened.data["included"]


class TestDoor:
    @pytest.mark.parametrize(
        ("said", "rule"),
        [
            ({"period": "2026-13", "kind": "bulanan"}, "shape.pattern"),
            ({"period": NEXT_PERIOD}, "shape.missing"),
            ({"period": NEXT_PERIOD, "kind": "bulanan", "x": 1}, "shape.unknown"),
            ([], "shape.object"),
        ],
    )
    async def test_a_wrong_shape_is_answered_and_not_stored(self, gateway, record, said, rule):
        command_id = uuid4()
        answer = await send(gateway, OrganisationAct.OPEN_PERIOD, said, None, command_id)
        assert answer.refusal is not None
        assert answer.refusal.rule == rule
        stored = "SELECT count(*) FROM command WHERE id = $1"
        assert await record.database.web.fetchval(stored, command_id) == 0

    async def test_only_the_hr_office_may_order(self, gateway, record):
        outsider = next(p for p in record.people if not record.city.hr_seat(p, record._today()))
        answer = await send(gateway, OrganisationAct.OPEN_PERIOD, OPENING, outsider)
        assert answer.refusal is not None
        assert answer.refusal.rule == "act.role"

    async def test_a_body_nobody_can_read_any_more_is_refused_and_holds_up_nothing(
        self, gateway, record
    ):
        old, new = uuid4(), uuid4()
        await send(gateway, OrganisationAct.OPEN_PERIOD, OPENING, None, old)
        await record.database.owner.execute(
            "UPDATE command SET body = '{\"bulan\": 3}' WHERE id = $1", old
        )
        await send(gateway, OrganisationAct.OPEN_PERIOD, OPENING, None, new)
        assert (await decide(record, new)).verdict is Verdict.ACCEPTED
        refused = await decide(record, old)
        assert refused.refusal is not None
        assert refused.refusal.rule == "command.unreadable"

    async def test_a_repeated_act_has_its_first_answer_though_the_right_is_lost(
        self, gateway, record
    ):
        key = next(iter(record.agendas))
        plan = {"results": [{"id": "r1", "result": "x", "indicator": "x", "target": "x"}]}
        holder, supervisor = key.person, record.agendas[key]
        await record.act(key, Act.SUBMIT_PLAN, holder, plan)
        supervisor = record.agendas[key].awaited_person
        command_id = uuid4()

        async def agree():
            return await gateway.act(
                key.file_id,
                Act.AGREE_PLAN,
                {},
                actor=supervisor,
                command_id=command_id,
                via=Via.SHELL,
            )

        assert (await agree()).status is Status.STORED
        await record.advance(Advance(file=key, command_id=command_id))
        async with record.database.web.acquire() as connection:
            city = await read_organisation(connection, ORG)
        gone = {h.post for h in city.by_person[supervisor]}
        kept = [
            row.model_copy(update={"held_to": record._today() - DAY}) if row.post in gone else row
            for row in ROWS
        ]
        await record.order(OrganisationAct.IMPORT_ORGANISATION, file_of(kept))
        assert (await agree()).status is Status.DONE
        answer = await gateway.act(
            key.file_id, Act.RETURN_PLAN, {"reason": "x"},
            actor=supervisor, command_id=uuid4(), via=Via.SHELL,
        )  # fmt: skip
        assert answer.refusal is not None
        assert answer.refusal.rule == "act.role"
