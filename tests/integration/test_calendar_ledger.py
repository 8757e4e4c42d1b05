"""Decrees on the calendar, from the order to the files whose dates they move, and their judges."""

from datetime import UTC, date, datetime, timedelta

import pytest

from activities.ledger import PostgresLedger
from audit.check import check
from domain.working_calendar import ZONE
from schemas.code import Act, CalendarAct, EventKind
from schemas.cycle import Advance, StreamAct, Verdict
from schemas.identifier import calendar_stream
from simulation.city import generate
from simulation.texts import Matter, body
from storage.calendar import read_book
from storage.organisation import read_organisation
from storage.query import queries
from storage.read.explanation import read_explanation
from tests.support.deciding_again import differences
from tests.support.judging import Record, tampering
from tests.support.played_record import BEGIN, ORG, PlayedRecord

HOLIDAY = {"2026-03-04": "libur_nasional"}
BACK = {"2026-03-04": "hari_kerja"}
REASON = "[Simulasi] keputusan dicabut"


@pytest.fixture
async def record(fresh_database):
    made = PlayedRecord(fresh_database)
    await made.begin(generate(14, seed=3))
    return made


async def judged(record):
    """Every problem but overslept wake-ups: time stands still here."""
    report = await check(record.database.web, None, ORG, record.calendar)
    return [f.problems for f in report.findings if f.total and f.id != "I5"]


async def recomputed(record):
    return await differences(Record(record.database, record.calendar))


async def refresh_all(record):
    for key in list(record.agendas):
        await record.advance(Advance(file=key))


async def happened(record, key):
    rows = await record.database.web.fetch(
        "SELECT kind, happened_at FROM event WHERE stream = $1 ORDER BY number", key.stream
    )
    return [row["kind"] for row in rows]


async def due_notices(record):
    return await record.database.web.fetch("SELECT recipient FROM outbox WHERE topic = 'due_moved'")


def first(record):
    return next(iter(record.agendas))


def end_of(record, month, number):
    return record.calendar.end_of_day(date(2026, month, number))


class TestDecree:
    async def test_is_kept_with_its_event_and_every_calendar_by_value(self, record):
        outcome = await record.set_holidays(HOLIDAY, record.officer())
        assert outcome.verdict is Verdict.ACCEPTED
        async with record.database.web.acquire() as connection:
            book = await read_book(connection, ORG)
        assert book.changes[0].free == {date(2026, 3, 4)}
        assert book.changes[0].since == BEGIN
        assert outcome.data["calendar"] == book.everyones().version
        kept = await record.database.web.fetchval(
            "SELECT count(*) FROM calendar WHERE version = $1", book.everyones().version
        )
        assert kept == 1
        assert await judged(record) == []

    async def test_a_refusal_leaves_nothing_but_its_outcome(self, record):
        for days, actor, more, rule in (
            ({"2026-03-19": "libur_nasional"}, None, {}, "calendar.nothing_changed"),
            ({"2026-03-04": "hari_kerja"}, None, {}, "calendar.not_free"),
            ({"2026-03-19": "hari_kerja"}, None, {}, "calendar.reason"),
            (HOLIDAY, record.people[-1], {}, "act.role"),
        ):
            outcome = await record.set_holidays(days, actor, **more)
            assert outcome.refusal is not None
            assert outcome.refusal.rule == rule
        week = {"unit": "tidak ada", "week": 6, "from_on": "2026-04-01", "source": "SK 1"}
        outcome = await record.change_calendar(CalendarAct.SET_WEEK, week)
        assert outcome.refusal is not None
        assert outcome.refusal.rule == "calendar.unit"
        assert await record.database.web.fetchval("SELECT count(*) FROM calendar_change") == 0
        assert await judged(record) == []

    async def test_what_was_refused_by_the_calendar_before_it_is_judged_by_that_one(self, record):
        key, officer = first(record), record.officer()
        await record.act(key, Act.NUDGE, officer, {})
        refused = await record.act(key, Act.NUDGE, officer, {})
        assert refused.refusal is not None
        assert refused.refusal.params["at"] == "2026-03-02T17:00:00.000000Z"
        record.now += timedelta(hours=1)
        await record.set_holidays({"2026-03-03": "libur_nasional"})
        later = await record.act(key, Act.NUDGE, officer, {})
        assert later.refusal is not None
        assert later.refusal.params["at"] == "2026-03-03T17:00:00.000000Z"
        assert await judged(record) == []
        assert await recomputed(record) == []

    async def test_a_year_that_is_decreed_is_provisional_no_longer(self, record):
        days = {"2027-03-10": "libur_nasional"}
        await record.set_holidays(days, None, decreed=[2027])
        async with record.database.web.acquire() as connection:
            calendar = (await read_book(connection, ORG)).everyones()
        assert not calendar.is_provisional(2027)
        assert not calendar.is_working_day(date(2027, 1, 1))
        assert await judged(record) == []


class TestFiles:
    async def test_move_at_the_instant_it_was_known_and_tell_the_awaited_once(self, record):
        key = first(record)
        assert record.agendas[key].due_at == end_of(record, 3, 4)
        record.now += timedelta(minutes=20)
        await record.set_holidays(HOLIDAY)
        record.now += timedelta(minutes=20)
        await refresh_all(record)
        await refresh_all(record)
        assert record.agendas[key].due_at == end_of(record, 3, 5)
        assert await happened(record, key) == ["file_opened", "due_moved"]
        at = await record.database.web.fetchval(
            "SELECT happened_at FROM event WHERE stream = $1 AND number = 1", key.stream
        )
        assert at == await record.database.web.fetchval("SELECT since FROM calendar_change")
        told = [row["recipient"] for row in await due_notices(record)]
        assert sorted(told) == sorted(key.person for key in record.agendas)
        assert await judged(record) == []
        assert await recomputed(record) == []

    async def test_what_was_received_before_goes_by_the_calendar_known_then(self, record):
        """A command that was stored first, and is decided after the decree."""
        key = first(record)
        state = await record.state(key)
        said = body(Act.SUBMIT_PLAN, Matter(state.planned, None, None, record._today()),
                    record.chance)  # fmt: skip
        await record._store(record.people[0], key.stream, Act.SUBMIT_PLAN, key.person, said, None)
        record.now += timedelta(minutes=20)
        await record.set_holidays(HOLIDAY)
        await record.advance(Advance(file=key))
        assert await happened(record, key) == ["file_opened", "plan_submitted", "due_moved"]
        assert await judged(record) == []
        assert await recomputed(record) == []

    async def test_a_decree_that_is_stored_is_decided_before_a_file(self, record):
        key, stream = first(record), calendar_stream(ORG)
        said = {"days": [{"date": "2026-03-04", "kind": "libur_nasional", "name": "x"}],
                "source": "SKB"}  # fmt: skip
        act = CalendarAct.SET_HOLIDAYS
        await record._store(record.people[0], stream, act, None, said, None)
        record.now += timedelta(hours=1)
        ledger = PostgresLedger(record.database.worker, record.calendar, record.clock)
        progress = await ledger.advance_file(Advance(file=key))
        assert progress.agenda.due_at == end_of(record, 3, 5)
        asked = StreamAct(stream=stream, command_id=record.people[0])
        assert (await ledger.decide_command(asked)).verdict is Verdict.ACCEPTED

    async def test_two_decrees_and_one_taken_back_through_a_whole_month(self, record):
        """In the middle of a month played to its end; the judges find nothing to say."""
        record.now += timedelta(hours=3)
        await record.set_holidays(HOLIDAY)
        await record.play(datetime(2026, 3, 30, 9, tzinfo=ZONE).astimezone(UTC))
        await record.set_holidays({"2026-04-06": "cuti_bersama", "2026-04-30": "libur_nasional"})
        await record.play(datetime(2026, 4, 2, 9, tzinfo=ZONE).astimezone(UTC))
        back = {"2026-04-06": "hari_kerja"}
        await record.set_holidays(back, record.officer(), reason=REASON)
        await record.play(datetime(2026, 5, 5, 12, tzinfo=ZONE).astimezone(UTC))
        kinds = {r["kind"] for r in await record.database.web.fetch("SELECT kind FROM event")}
        assert {EventKind.DUE_MOVED, EventKind.CALENDAR_NOTED} <= kinds
        assert await judged(record) == []
        assert await recomputed(record) == []

    async def test_a_unit_with_six_days_counts_saturdays(self, record):
        unit = (await record.state(first(record))).unit
        said = {"unit": unit, "week": 6, "from_on": "2026-03-02", "source": "SK 9"}
        outcome = await record.change_calendar(CalendarAct.SET_WEEK, said, record.officer())
        assert outcome.verdict is Verdict.ACCEPTED
        await record.play(datetime(2026, 4, 20, 9, tzinfo=ZONE).astimezone(UTC))
        rows = await record.database.web.fetch("SELECT unit, state FROM file")
        async with record.database.web.acquire() as connection:
            book = await read_book(connection, ORG)
        assert book.of(unit).is_working_day(date(2026, 3, 7))
        assert any(row["unit"] != unit for row in rows)
        assert await judged(record) == []
        assert await recomputed(record) == []

    async def test_one_that_no_change_concerns_is_not_looked_at_for_ever(self, record):
        await record.set_holidays({"2026-12-02": "libur_nasional"})
        await refresh_all(record)
        q = queries("gateway")
        assert await q.read_behind_calendar(record.database.web, org=ORG, after="", page=9) == []
        assert await happened(record, first(record)) == ["file_opened"]

    async def test_why_names_the_old_date_the_new_one_and_the_decree(self, record):
        key = first(record)
        await record.set_holidays(HOLIDAY)
        await refresh_all(record)
        async with record.database.web.acquire() as connection:
            organisation = await read_organisation(connection, ORG)
        read = await read_explanation(
            record.database.web, organisation, key.file_id, record.now, key.person
        )
        moved = read.explanation.deadline[0]
        assert moved.code == "deadline.moved"
        assert "800/12/2026" in str(moved.params["decree"])
        assert moved.params["from_at"] == "2026-03-04T17:00:00.000000Z"
        assert moved.params["due_at"] == "2026-03-05T17:00:00.000000Z"


class TestJudge:
    @pytest.fixture
    async def moved(self, record):
        record.now += timedelta(minutes=20)
        await record.set_holidays(HOLIDAY)
        await refresh_all(record)
        return record

    async def test_finds_a_change_that_was_altered(self, moved, postgres):
        async with tampering(postgres, moved.database) as hand:
            await hand.run(
                "UPDATE calendar_change SET said = jsonb_set(said, '{days,0,date}', '\"2026-03-03\"')"
            )
        found = [p.what for problems in await judged(moved) for p in problems]
        assert "its change of the calendar is not what it says" in found

    async def test_finds_a_file_that_passed_over_a_change(self, moved, postgres):
        """The event of the move is cut off, and the file goes on as if nothing had been."""
        key = first(moved)
        async with tampering(postgres, moved.database) as hand:
            await hand.run(
                "DELETE FROM inbox USING outbox AS o WHERE o.id = inbox.outbox"
                " AND o.stream = $1 AND o.number = 1",
                key.stream,
            )
            await hand.run("DELETE FROM outbox WHERE stream = $1 AND number = 1", key.stream)
            await hand.run("DELETE FROM event WHERE stream = $1 AND number = 1", key.stream)
            await hand.run(
                "UPDATE file SET number = 0, head = e.hash, last_at = e.happened_at, state ="
                " convert_from(e.canonical, 'UTF8')::jsonb #> '{data,set}' FROM event AS e"
                " WHERE e.stream = file.stream AND e.number = 0 AND file.stream = $1",
                key.stream,
            )
        moved.now += timedelta(minutes=10)
        state = await moved.state(key)
        said = body(
            Act.SUBMIT_PLAN, Matter(state.planned, None, None, moved._today()), moved.chance
        )
        await moved.act(key, Act.SUBMIT_PLAN, key.person, said)
        report = await check(moved.database.web, None, ORG, moved.calendar)
        found = [
            p.what for f in report.findings for p in f.problems if p.where.startswith(key.stream)
        ]
        assert "change 1 of the calendar should have been taken in before it" in found

    async def test_finds_a_calendar_that_nobody_knew(self, moved, postgres):
        """The change is taken out of the rows: contexts speak of what never was."""
        async with tampering(postgres, moved.database) as hand:
            await hand.run("DELETE FROM calendar_change")
        found = [p.what for problems in await judged(moved) for p in problems]
        assert "change 1 of the calendar was not the last one" in found
