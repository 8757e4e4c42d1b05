"""Each kind of disagreement, made by hand, is found, reported, and put right where it can be."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from activities import opening
from audit import workflow
from audit.check import check
from audit.reconcile import run
from audit.reconcile.run import reconcile
from gateway import knock
from schemas.code import Act, OrganisationAct
from schemas.cycle import Advance
from schemas.upkeep import Disagreement, Reconciled
from simulation.city import generate
from tests.support.judging import FakeTemporal, open_streams, tampering
from tests.support.played_record import DAY, ORG, PERIOD, PlayedRecord


@pytest.fixture
async def record(fresh_database):
    made = PlayedRecord(fresh_database)
    await made.begin(generate(14, seed=3))
    return made


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(run, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(workflow, "AGAIN_SECONDS", 0.02)


@pytest.fixture
def knocked(monkeypatch, record):
    """Knocks reach the ledger at once, as a workflow would pass them on; the streams are noted."""
    log: list[Any] = []

    async def at_file(_client, cycle):
        log.append(cycle.file.stream)
        await record.advance(Advance(file=cycle.file))
        await record.let_time_pass(cycle.file)
        return True

    async def at_stream(_client, stream, command_id):
        log.append((stream, command_id))

    monkeypatch.setattr(knock, "start_or_refresh", at_file)
    monkeypatch.setattr(opening, "start_cycle", at_file)
    monkeypatch.setattr(knock, "start_deciding", at_stream)
    return log


async def reconciled(record, running=None, *, completed=(), is_dry_run=False):
    """The findings; every open file has its workflow unless told otherwise."""
    running = await open_streams(record_of(record)) if running is None else running
    client: Any = FakeTemporal(running, completed=completed)
    return await reconcile(
        record.database.worker,
        client,
        ORG,
        record.clock,
        is_dry_run=is_dry_run,
        settle_seconds=0.05,
    )


def record_of(record: Any) -> Any:
    class Judged:
        web = record.database.web

    return Judged


async def only(record, kind, where, **options):
    """A dry run finds exactly this and changes nothing; then it is put right, and stays so."""
    [dry] = await reconciled(record, is_dry_run=True, **options)
    assert (dry.kind, dry.where, dry.done) == (kind, where, None)
    [finding] = await reconciled(record, **options)
    assert (finding.kind, finding.where, finding.what) == (kind, where, dry.what)
    return finding


def first(record):
    return next(iter(record.agendas))


class TestNothing:
    async def test_is_found_where_everything_agrees(self, record, knocked):
        assert await reconciled(record) == []
        assert knocked == []

    async def test_is_found_in_a_month_that_was_played(self, fresh_database, knocked):
        made = PlayedRecord(fresh_database)
        await made.begin(generate(14, seed=3))
        await made.play_all()
        for key in list(made.agendas):
            await made.let_time_pass(key)
        knocked.clear()
        assert [f for f in await reconciled(made) if f.kind is Disagreement.MISSING_NOTICE] == []


class TestWorkflow:
    async def test_a_lost_one_is_started_again(self, record, knocked):
        lost, *rest = sorted(await open_streams(record_of(record)))
        finding = await only(record, Disagreement.LOST_WORKFLOW, lost, running=rest)
        assert finding.done == "started again from the record"
        assert knocked == [lost]

    async def test_one_ahead_of_its_file_is_named(self, record, knocked):
        ahead, *rest = sorted(await open_streams(record_of(record)))
        options: Any = {"running": rest, "completed": [ahead]}
        finding = await only(record, Disagreement.AHEAD_OF_RECORD, ahead, **options)
        assert finding.done is None
        assert knocked == []

    async def test_one_of_an_unknown_file_is_named(self, record, knocked):
        stray = f"file/{ORG}/{PERIOD}/bulanan/{UUID(int=1)}"
        running = {*await open_streams(record_of(record)), stray}
        finding = await only(record, Disagreement.STRAY_WORKFLOW, stray, running=running)
        assert finding.done is None
        assert knocked == []

    async def test_one_of_a_closed_file_is_told_to_look(self, record, knocked):
        running = await open_streams(record_of(record))
        await record._withdraw_one(PERIOD)
        closed = first(record).stream
        finding = await only(record, Disagreement.STRAY_WORKFLOW, closed, running=running)
        assert finding.done is not None
        assert knocked == [closed]


class TestCommand:
    async def test_without_an_outcome_is_knocked_for(self, record, knocked):
        key = first(record)
        await record._store(uuid4(), key.stream, Act.SIGN, key.person, {}, None)
        await only(record, Disagreement.UNDECIDED, key.stream)
        assert knocked == [key.stream]
        assert await reconciled(record) == []


class TestTime:
    async def test_an_overdue_file_without_its_event_is_found_by_its_state(self, record, knocked):
        """The row itself says that it sleeps for years."""
        key = first(record)
        record.now += timedelta(days=2, hours=18)  # past midnight of the due day, before eight
        for other in list(record.agendas)[1:]:
            await record.let_time_pass(other)
        wake = (await record.database.worker.fetchrow(
            "SELECT wake_at FROM file WHERE stream = $1", key.stream))["wake_at"]  # fmt: skip
        await record.advance(Advance(file=key, wake=record.agendas[key].wake))
        assert wake < record.now
        await record.database.owner.execute(
            "UPDATE file SET wake_at = '2030-01-01', wake_real_at = '2030-01-01' WHERE stream = $1",
            key.stream,
        )
        finding = await only(record, Disagreement.OVERSLEPT, key.stream)
        assert "overdue since 2026-03-04 17:00 UTC, and no event says so" in finding.what
        kinds = await record.database.web.fetch(
            "SELECT kind FROM event WHERE stream = $1 ORDER BY number", key.stream
        )
        assert "became_overdue" in [row["kind"] for row in kinds]
        assert await reconciled(record) == []

    async def test_a_file_behind_a_decree_follows_it(self, record, knocked):
        key = first(record)
        record.now += timedelta(minutes=10)
        await record.set_holidays({"2026-03-04": "libur_nasional"})
        for other in list(record.agendas)[1:]:
            await record.advance(Advance(file=other))
        await only(record, Disagreement.BEHIND_CALENDAR, key.stream)
        assert knocked == [key.stream]
        assert record.agendas[key].due_at == record.calendar.end_of_day(
            record.calendar.add_working_days(record._today(), 3)
        )


class TestRoster:
    async def test_somebody_listed_without_a_file_gets_one(self, record, knocked, postgres):
        gone = first(record)
        running = await open_streams(record_of(record)) - {gone.stream}
        async with tampering(postgres, record.database) as hand:
            await hand.run(
                "DELETE FROM inbox USING outbox AS o WHERE o.id = inbox.outbox AND o.stream = $1",
                gone.stream,
            )
            for table in ("outbox", "event", "file"):
                await hand.run(f"DELETE FROM {table} WHERE stream = $1", gone.stream)
        [dry] = await reconciled(record, running, is_dry_run=True)
        assert (dry.kind, dry.where) == (Disagreement.UNOPENED, f"roster {PERIOD}/bulanan")
        assert knocked == []
        finding = (await reconciled(record, running))[0]
        assert (finding.kind, finding.done) == (dry.kind, "their workflows were started")
        assert knocked[0] == gone.stream
        assert await reconciled(record) == []


class TestNotice:
    @pytest.fixture
    async def silenced(self, record, postgres):
        """The notice of the first file's opening is taken out, before anybody read it."""
        key = first(record)
        async with tampering(postgres, record.database) as hand:
            await hand.run(
                "DELETE FROM inbox USING outbox AS o WHERE o.id = inbox.outbox AND o.stream = $1",
                key.stream,
            )
            await hand.run("DELETE FROM outbox WHERE stream = $1", key.stream)
        return key

    async def test_that_is_missing_is_written_again_as_it_was(self, record, knocked, silenced):
        finding = await only(record, Disagreement.MISSING_NOTICE, f"{silenced.stream} event 0")
        assert finding.done is not None
        rows = await record.database.web.fetch(
            "SELECT o.topic, o.recipient, i.recipient AS read_by FROM outbox AS o"
            " JOIN inbox AS i ON i.outbox = o.id WHERE o.stream = $1",
            silenced.stream,
        )
        assert [tuple(row) for row in rows] == [("task", silenced.person, silenced.person)]
        assert await reconciled(record) == []
        report = await check(record.database.web, None, ORG, record.calendar)
        assert [f.problems for f in report.findings if f.total and f.id != "I5"] == []

    async def test_that_is_one_of_two_of_an_event_is_found_as_well(self, record, knocked, postgres):
        """A handover tells the new owner, and the outgoing supervisor of his note."""
        key = first(record)
        plan = {"results": [{"id": "r1", "result": "x", "indicator": "y", "target": "z"}]}
        await record.act(key, Act.SUBMIT_PLAN, key.person, plan)
        supervisor, today = record.agendas[key].awaited_person, record._today()
        record.now += DAY
        post = record.city.own_post(supervisor, today).post
        plt = {"change": "Plt", "person": str(record.officer()), "post": post, "to_on": None}
        plt |= {"decree": "800/1/2026", "from_on": str(record._today())}
        done = await record.order(OrganisationAct.APPLY_CHANGES, {"changes": [plt]})
        assert done.refusal is None, done
        for other in list(record.agendas):
            await record.advance(Advance(file=other))
            await record.let_time_pass(other)
        interim = "SELECT count(*) FROM outbox WHERE stream = $1 AND topic = 'interim'"
        assert await record.database.web.fetchval(interim, key.stream) == 1
        async with tampering(postgres, record.database) as hand:
            await hand.run(
                "DELETE FROM inbox USING outbox AS o WHERE o.id = inbox.outbox"
                " AND o.stream = $1 AND o.topic = 'interim'",
                key.stream,
            )
            await hand.run("DELETE FROM outbox WHERE stream = $1 AND topic = 'interim'", key.stream)
        where = f"{key.stream} event {record.agendas[key].number}"
        assert (await only(record, Disagreement.MISSING_NOTICE, where)).done is not None
        assert await record.database.web.fetchval(interim, key.stream) == 1

    async def test_that_no_inbox_has_is_delivered(self, record, knocked, postgres):
        key = first(record)
        async with tampering(postgres, record.database) as hand:
            await hand.run(
                "DELETE FROM inbox USING outbox AS o WHERE o.id = inbox.outbox AND o.stream = $1",
                key.stream,
            )
        await only(record, Disagreement.MISSING_NOTICE, f"{key.stream} event 0")
        assert await reconciled(record) == []


class TestOrphan:
    async def test_is_named_and_left_alone(self, record, knocked, postgres):
        key = first(record)
        async with tampering(postgres, record.database) as hand:
            await hand.run(
                "INSERT INTO reminder (file, visit, rung, number, happened_at)"
                " VALUES ($1, 1, 'boss', 77, now())",
                key.file_id,
            )
        finding = await only(record, Disagreement.ORPHAN, key.stream)
        assert finding.done is None
        assert await record.database.web.fetchval("SELECT count(*) FROM reminder") == 1

    async def test_a_file_that_is_gone_is_named_by_its_events(self, record, knocked, postgres):
        key = first(record)
        running = await open_streams(record_of(record)) - {key.stream}
        async with tampering(postgres, record.database) as hand:
            await hand.run("DELETE FROM file WHERE stream = $1", key.stream)
        findings = await reconciled(record, running, is_dry_run=True)
        assert Disagreement.ORPHAN in [f.kind for f in findings if f.where == key.stream]


class TestReport:
    async def test_counts_by_kind_and_what_is_left(self, record, knocked):
        rest = sorted(await open_streams(record_of(record)))[1:]
        dry = Reconciled.of(await reconciled(record, rest, is_dry_run=True))
        assert (dry.found, dry.left) == ({Disagreement.LOST_WORKFLOW: 1}, 1)
        done = Reconciled.of(await reconciled(record, rest))
        assert (done.found, done.left) == ({Disagreement.LOST_WORKFLOW: 1}, 0)

    async def test_a_knock_that_fails_is_left_and_the_others_are_made(
        self, record, knocked, monkeypatch
    ):
        lost, other, *rest = sorted(await open_streams(record_of(record)))
        quiet = knock.start_or_refresh

        async def at_file(client, cycle):
            if cycle.file.stream == lost:
                raise RuntimeError("no")
            return await quiet(client, cycle)

        monkeypatch.setattr(knock, "start_or_refresh", at_file)
        found = {f.where: f.done for f in await reconciled(record, rest)}
        assert found[lost] is None
        assert found[other] is not None
