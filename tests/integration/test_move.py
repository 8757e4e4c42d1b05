"""People move in a whole record: files that have to be refreshed, drafts, what is taken over."""

import json
from datetime import date
from uuid import uuid4

import pytest
from pydantic import JsonValue

from domain.movement import move
from gateway import handover
from gateway.door import Gateway
from gateway.handover import Handover
from runtime.temporal_client import connect
from schemas.code import Act, Change, OrganisationAct, Role
from schemas.cycle import Advance, Verdict
from schemas.file_body import PlannedResult, ResultOrigin
from simulation.city import generate
from storage.organisation import read_organisation
from storage.read.draft import list_drafts
from storage.read.inheritance import read_inheritance
from storage.read.movement import read_effects, read_owners
from tests.builders import change, wib
from tests.contract.house import PostgresHouse
from tests.support.database import fresh_copy
from tests.support.played_record import ORG, PlayedRecord

DAY = date(2026, 3, 3)
PLAN = {"results": [{"id": "r1", "result": "x", "indicator": "x", "target": "x"}]}


@pytest.fixture
async def record(fresh_database):
    """A month of a small city; one plan waits for its supervisor."""
    made = PlayedRecord(fresh_database)
    await made.begin(generate(14, seed=3))
    return made


@pytest.fixture
async def waiting(record):
    """The file that waits, and whom it waits for."""
    for key in record.agendas:
        await record.act(key, Act.SUBMIT_PLAN, key.person, PLAN)
        if record.agendas[key].awaits is Role.SUPERVISOR:
            return key, record.agendas[key].awaited_person
    raise AssertionError("nobody's plan waits")


def retirement(record, person):
    decree = {"decree": "882/1", "from_on": record._today().isoformat()}
    return {"changes": [{"change": "pensiun", "person": str(person), **decree}]}


def looking(record) -> Handover:
    return Handover(record.database.worker, ORG, record.calendar, record.clock)


class TestHandover:
    async def test_finds_files_until_they_know_and_rests_then(self, record, waiting, monkeypatch):
        key, supervisor = waiting
        looks = looking(record)
        assert await looks.moved() == set()
        done = await record.order(OrganisationAct.APPLY_CHANGES, retirement(record, supervisor))
        assert done.verdict is Verdict.ACCEPTED
        found = await looks.moved()
        assert key.stream in found
        assert await looks.moved() == found
        for stream in found:
            await record.advance(Advance(file=key.of_stream(stream)))
        assert await looks.moved() == set()
        monkeypatch.setattr(handover, "SECOND_LOOK_SECONDS", 0.0)
        assert await looks.moved() == set()
        monkeypatch.setattr(handover, "owner_on", lambda *_: pytest.fail("it rests"))
        assert await looks.moved() == set()

    async def test_the_order_says_before_which_files_change_hands(self, record, waiting):
        key, supervisor = waiting
        order = retirement(record, supervisor)
        today = record._today()
        async with record.database.web.acquire() as connection:
            before = await read_organisation(connection, ORG)
            made = change(Change.RETIREMENT, supervisor, today)
            after = move(before, [made], today).result()
            effects = await read_effects(connection, ORG, before, after, [made], today)
        [mine] = [e for e in effects if e.file == key.file_id]
        assert mine.owner_before == supervisor
        due = record.agendas[key].due_at
        assert (mine.due_at, mine.is_withdrawn, mine.on) == (due, False, today)
        await record.order(OrganisationAct.APPLY_CHANGES, order)
        await record.advance(Advance(file=key))
        assert record.agendas[key].awaited_person == mine.owner_after
        async with record.database.web.acquire() as connection:
            known = await read_organisation(connection, ORG)
            owned = await read_owners(connection, known, ORG, today)
        assert len(owned) == len({each.file for each in owned})
        assert next(o for o in owned if o.file == key.file_id).owner == mine.owner_after

    @pytest.mark.parametrize(
        ("changed", "rule"),
        [
            ({"change": "selesai", "post": "tidak ada"}, "changes.contradiction"),
            ({"person": "00000000-0000-4000-8000-000000000001"}, "changes.person"),
        ],
    )
    async def test_one_wrong_change_refuses_them_all(self, record, waiting, changed, rule):
        _, supervisor = waiting
        order = retirement(record, supervisor)
        order["changes"].append({**order["changes"][0], "change": "CLTN", **changed})
        refused = await record.order(OrganisationAct.APPLY_CHANGES, order)
        assert refused.refusal is not None
        assert (refused.refusal.rule, refused.refusal.params["row"]) == (rule, 2)
        assert await record.database.web.fetchval("SELECT count(*) FROM absence") == 0


class TestDraft:
    async def test_stays_its_authors_and_the_successor_reads_it(self, record, waiting):
        key, supervisor = waiting
        client = await connect("127.0.0.1:1", lazy=True)
        door = Gateway(record.database.web, client, record.clock, record.calendar, ORG)
        body: JsonValue = {"reason": "belum terukur"}
        stranger = next(p for p in record.people if p not in (key.person, supervisor))
        saved = await door.save_draft(key.file_id, Act.RETURN_PLAN, body, actor=supervisor)
        assert saved is None
        own: JsonValue = {"results": []}
        assert await door.save_draft(key.file_id, Act.SUBMIT_PLAN, own, actor=key.person) is None
        refusal = await door.save_draft(key.file_id, Act.SUBMIT_PLAN, own, actor=stranger)
        assert refusal is not None
        await record.order(OrganisationAct.APPLY_CHANGES, retirement(record, supervisor))
        await record.advance(Advance(file=key))
        successor = record.agendas[key].awaited_person
        assert await self.read(record, key, successor) == [(supervisor, body)]
        assert await self.read(record, key, supervisor) == [(supervisor, body)]
        assert await self.read(record, key, key.person) == [(key.person, own)]
        kinds = await record.database.web.fetch(
            "SELECT kind FROM event WHERE stream = $1", key.stream
        )
        assert "plan_returned" not in {row["kind"] for row in kinds}

    async def read(self, record, key, reader):
        async with record.database.web.acquire() as connection:
            known = await read_organisation(connection, ORG)
            found = await list_drafts(
                connection, known, record.calendar, key.file_id, record.now, reader
            )
        return [(draft.author, draft.body) for draft in found]


class TestInheritance:
    async def test_the_posts_results_are_proposed_and_nobodys_own(self, postgres):
        async with fresh_copy(postgres) as database:
            house = PostgresHouse(database=database)
            await house.furnish()
            cast = house.cast
            results = [
                {"id": "r1", "result": "jabatan", "indicator": "x", "target": "x"},
                {
                    "id": "r2",
                    "result": "sendiri",
                    "indicator": "x",
                    "target": "x",
                    "origin": "personal",
                },
            ]
            await agreed(database.worker, house.org, cast.supervisor, {"results": results})
            await house.change(
                wib(3, 3, 9),
                change(Change.MUTATION, cast.stranger, DAY, post="boss"),
                change(Change.MUTATION, cast.supervisor, DAY, post="other"),
            )
            async with database.web.acquire() as connection:
                known = await read_organisation(connection, house.org)
                found = await read_inheritance(connection, known, house.org, cast.stranger, DAY)
                none = await read_inheritance(connection, known, house.org, cast.employee, DAY)
        assert none is None
        assert found is not None
        assert (found.post, found.predecessor, found.version) == ("boss", cast.supervisor, 1)
        assert [result.id for result in found.results] == ["r1"]

    def test_an_old_body_says_nothing_of_origins_and_is_the_posts(self):
        old = PlannedResult.model_validate(
            {"id": "r1", "result": "x", "indicator": "x", "target": "x"}
        )
        assert old.origin is ResultOrigin.POST


async def agreed(pool, org, person, body) -> None:
    """An agreed plan of 2026, as the ledger of its annual file leaves it."""
    stream = f"file/{org}/2026/tahunan/{person}"
    for number, kind in enumerate(("plan_submitted", "plan_agreed")):
        await pool.execute(
            "INSERT INTO event (stream, number, org, hash, canonical, kind, happened_at)"
            " VALUES ($1, $2, $3, $4, '', $5, $6)",
            *(stream, number, org, uuid4().hex, kind, wib(1, 20)),
        )
    await pool.execute(
        "INSERT INTO content (stream, number, salt, body) VALUES ($1, 0, '', $2)",
        *(stream, json.dumps(body).encode()),
    )
    await pool.execute(
        "INSERT INTO plan_version (stream, number, org, person, year, version, since, results)"
        " VALUES ($1, 1, $2, $3, '2026', 1, $4, $5)",
        *(stream, org, person, wib(1, 20), ["r1", "r2"]),
    )
