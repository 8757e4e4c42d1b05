"""On a real database: who waits for whose plan, how the gate opens, and what the judges find."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from activities.ledger import PostgresLedger
from cli.main import app
from cli.output import Exit
from domain.regulation import load as load_rules
from domain.working_calendar import ZONE
from gateway.store import Request, store
from schemas.code import Act, Via
from schemas.cycle import Advance, Verdict
from schemas.file import Context, PlanInForce, SuperiorPlan
from schemas.instant import stamp
from simulation.city import generate
from storage.query import queries
from storage.read.plan import list_waiting
from tests.support.deciding_again import again as again_of
from tests.support.deciding_again import differences
from tests.support.judging import (
    FakeTemporal,
    Record,
    broken,
    context_hash,
    open_streams,
    tampering,
)
from tests.support.played_record import ORG
from tests.support.played_year import PlayedYear, results
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(120)
GATE = "superior_plan"
LATE = timedelta(hours=1)


def wib(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
async def year(fresh_database):
    """The year of a small city, opened on its first working day."""
    made = PlayedYear(fresh_database, rows=generate(14, seed=3))
    await made.begin_year(wib(1, 2, 8))
    return made


@pytest.fixture
def ledger(year):
    return PostgresLedger(year.database.worker, year.calendar, year.clock)


def pairs(year):
    """Everybody who waits, with the one above."""
    return [(p, year.above(p)) for p in year.people if year.turn(p) == GATE]


def pair(year):
    """Somebody who waits for somebody who does not."""
    return next((low, high) for low, high in pairs(year) if year.turn(high) != GATE)


async def before_gate(year) -> set[str]:
    rows = await queries("gateway").read_before_gate(year.database.web, org=ORG)
    return {row["stream"] for row in rows}


async def agreed_at(year) -> datetime:
    found: datetime = await year.database.web.fetchval("SELECT since FROM plan_version")
    return found


async def stored(year, person, act, actor, said, at):
    """A command that nobody has decided."""
    year.now, command_id = at, uuid4()
    await year._store(command_id, year.key(person).stream, act, actor, said, None)
    return command_id


async def hr_withdraws(year, person, at):
    officer = next(p for p in year.people if year.city.hr_seat(p, at.date()) and p != person)
    year.now = at
    said = {"cause": "wrong_file", "reason": "[Simulasi] salah berkas"}
    outcome = await year.act(year.key(person), Act.WITHDRAW, officer, said)
    assert outcome.verdict is Verdict.ACCEPTED, outcome


class TestOpening:
    async def test_whoever_is_below_somebody_with_a_file_waits_for_him(self, year):
        assert {year.turn(p) for p in year.people} == {GATE, "plan_submission"}
        for person in year.people:
            state = await year.state(year.key(person))
            above = year.above(person)
            waits = None if above is None else SuperiorPlan(person=above)
            assert (state.turn == GATE, state.superior_plan) == (above is not None, waits)


class TestGate:
    async def test_a_plan_is_refused_while_the_one_above_is_not_agreed(self, year):
        low, _ = pair(year)
        outcome = await year.act(year.key(low), Act.SUBMIT_PLAN, low, results("r1"))
        assert outcome.refusal is not None
        assert outcome.refusal.rule == "gate.superior_plan"

    async def test_the_sweep_finds_it_open_and_the_next_call_lets_it_through(self, year):
        low, high = pair(year)
        assert await before_gate(year) == set()
        await year.agree(high, wib(1, 12), "r1")
        found = await before_gate(year)
        assert found == {year.key(p).stream for p, above in pairs(year) if above == high}
        await year.advance(Advance(file=year.key(low)))
        state = await year.state(year.key(low))
        assert (state.turn, state.entered_at) == ("plan_submission", await agreed_at(year))
        assert state.superior_plan is not None
        assert state.superior_plan.agreed is not None
        assert state.superior_plan.agreed.version == 1
        assert year.key(low).stream not in await before_gate(year)
        await year.agree(low, wib(1, 13), "r2")

    async def test_an_agreement_that_nobody_decided_goes_first(self, year, ledger):
        low, high = pair(year)
        await year.awaited(year.key(high), Act.SUBMIT_PLAN, results("r1"), wib(1, 12))
        boss = year.agendas[year.key(high)].awaited_person
        agreed = await stored(year, high, Act.AGREE_PLAN, boss, {}, wib(1, 12, 10))
        asked = await stored(year, low, Act.SUBMIT_PLAN, low, results("r2"), wib(1, 12, 11))
        progress = await ledger.advance_file(Advance(file=year.key(low), command_id=asked))
        assert progress.outcome is not None
        assert progress.outcome.verdict is Verdict.ACCEPTED
        state = await year.state(year.key(low))
        assert state.turn == "plan_agreement"
        outcome = await queries("gateway").read_outcome(year.database.web, id=agreed)
        assert outcome["verdict"] == "accepted"

    async def test_an_agreement_that_is_just_being_stored_is_waited_for(self, year, ledger):
        """Whoever stores it has stamped it, and not committed yet."""
        low, high = pair(year)
        await year.awaited(year.key(high), Act.SUBMIT_PLAN, results("r1"), wib(1, 12))
        boss, stream = year.agendas[year.key(high)].awaited_person, year.key(high).stream
        asked = await stored(year, low, Act.SUBMIT_PLAN, low, results("r2"), wib(1, 12, 11))
        year.now = wib(1, 12, 10)
        request = Request(uuid4(), ORG, stream, Act.AGREE_PLAN, boss, {}, None, Via.SHELL, "tester")

        async def is_held_up() -> bool:
            held = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
            return bool(await year.database.owner.fetchval(held))

        async with year.database.web.acquire() as connection, connection.transaction():
            await store(connection, request, year.clock)
            question = Advance(file=year.key(low), command_id=asked)
            answer = asyncio.create_task(ledger.advance_file(question))
            await eventually(is_held_up)
        progress = await answer
        assert progress.outcome is not None
        assert progress.outcome.verdict is Verdict.ACCEPTED

    async def test_what_came_before_the_agreement_is_refused_though_decided_after_it(
        self, year, ledger
    ):
        low, high = pair(year)
        early = await stored(year, low, Act.SUBMIT_PLAN, low, results("r2"), wib(1, 12))
        await year.agree(high, wib(1, 13), "r1")
        progress = await ledger.advance_file(Advance(file=year.key(low), command_id=early))
        assert progress.outcome is not None
        assert progress.outcome.verdict is Verdict.REFUSED
        assert progress.agenda.turn == "plan_submission"

    async def test_files_that_wait_for_each_other_do_not_hang_the_ledger(self, year, ledger):
        """As no tree of posts makes them; each has something stored that nobody decided."""
        low, high = pair(year)
        await year.database.owner.execute(
            "UPDATE file SET turn = 'superior_plan', state = state || jsonb_build_object("
            " 'turn', 'superior_plan', 'superior_plan', jsonb_build_object('person', $2::text))"
            " WHERE stream = $1",
            year.key(high).stream,
            str(low),
        )
        for person in (low, high):
            await stored(year, person, Act.SUBMIT_PLAN, person, results("r1"), wib(1, 12))
        progress = await ledger.advance_file(Advance(file=year.key(low)))
        assert progress.agenda.turn == GATE

    async def test_nobody_waits_for_a_file_that_has_ended(self, year):
        low, high = pair(year)
        await hr_withdraws(year, high, wib(1, 12))
        assert year.key(low).stream in await before_gate(year)
        await year.advance(Advance(file=year.key(low)))
        state = await year.state(year.key(low))
        assert (state.turn, state.superior_plan) == ("plan_submission", None)

    async def test_it_opens_by_itself_ten_working_days_after_the_plan_was_due(self, year):
        low, high = pair(year)
        year.now = wib(2, 14, 1)
        await year.let_time_pass(year.key(low))
        state = await year.state(year.key(low))
        assert (state.turn, state.passed_over) == ("plan_submission", ("superior_plan",))
        assert state.superior_plan == SuperiorPlan(person=high)


@pytest.fixture
async def played(year):
    """One is let through by an agreement, one by an end, and the rest by time."""
    low, high = pair(year)
    year.low, year.high = low, high
    year.refused = await year.act(year.key(low), Act.SUBMIT_PLAN, low, results("r0"))
    await year.agree(high, wib(1, 12), "r1")
    await year.advance(Advance(file=year.key(low)))
    await year.agree(low, wib(1, 13), "r2")
    waiting = pairs(year)
    other = next(
        p
        for p, above in waiting
        if above == high and p != low and p in {above for _, above in waiting}
    )
    await hr_withdraws(year, other, wib(1, 14))
    for key in list(year.agendas):
        await year.advance(Advance(file=key))
    year.now = wib(2, 16)
    for key in list(year.agendas):
        await year.let_time_pass(key)
    return year


@pytest.fixture
async def forger(postgres, played):
    """Somebody with all rights over that record."""
    async with tampering(postgres, played.database) as hand:
        yield hand


async def opening(year) -> int:
    """The number of the event that let somebody through."""
    found: int = await year.database.web.fetchval(
        "SELECT number FROM event WHERE stream = $1 AND kind = 'gate_opened'",
        year.key(year.low).stream,
    )
    return found


async def spread(hand) -> None:
    """Let nothing have been recorded about the same time as anything else."""
    await hand.run(
        "UPDATE event SET recorded_at = recorded_at - (SELECT count(*) FROM event AS later"
        " WHERE (later.recorded_at, later.stream) > (event.recorded_at, event.stream))"
        " * interval '1 hour'"
    )


async def judged(year) -> dict[str, list[str]]:
    return await broken(Record(year.database, year.calendar))


async def again(year) -> list[str]:
    return [field for *_, field in await differences(Record(year.database, year.calendar))]


async def forge_context(hand, stream, number, **told) -> None:
    """Make an event's context say something else of the superior's plan, with fitting hashes."""
    name = await context_hash(hand, stream, number)
    value = await hand.value("SELECT value FROM context WHERE hash = $1", name)
    forged = await hand.put_context(Context.model_validate_json(value).model_copy(update=told))
    await hand.rewrite(stream, number, lambda e: e.update(context_hash=forged))


class TestJudges:
    async def test_a_year_in_order_has_no_problems(self, played):
        kinds = {r["kind"] for r in await played.database.web.fetch("SELECT kind FROM event")}
        assert {"gate_opened", "turn_expired", "plan_agreed", "withdrawn"} <= kinds
        assert played.refused.refusal.rule == "gate.superior_plan"
        assert await judged(played) == {}
        assert await again(played) == []

    @pytest.mark.parametrize("told", ["nothing", "another version", "another person"])
    async def test_a_context_that_says_otherwise_of_the_plan_above(self, played, forger, told):
        stream, number = played.key(played.low).stream, await opening(played)
        await spread(forger)
        agreed = PlanInForce(version=1, number=2)
        plans = {
            "nothing": None,
            "another version": SuperiorPlan(
                person=played.high, agreed=agreed.model_copy(update={"version": 2})
            ),
            "another person": SuperiorPlan(person=played.low, agreed=agreed),
        }
        await forge_context(forger, stream, number, superior_plan=plans[told])
        found = await judged(played)
        assert [x for x in found["I4"] if x.startswith(f"{stream} event {number}: ")]
        assert "context.superior_plan" in await again(played)

    async def test_a_file_that_was_opened_as_if_nobody_were_above(self, played, forger):
        stream = played.key(played.low).stream
        await spread(forger)
        await forge_context(forger, stream, 0, superior_plan=None)
        found = await judged(played)
        assert [x for x in found["I4"] if x.startswith(f"{stream} event 0: ")]
        assert [x for x in found["I8"] if x.startswith(f"{stream} event 0: ")]
        assert "context.superior_plan" in await again(played)

    async def test_a_file_that_went_on_waiting_before_an_open_gate(self, played, forger):
        """By the context of a rung the plan above was agreed, and yet the rung was climbed."""
        states = [await played.state(played.key(p)) for p in played.people]
        state = next(s for s in states if "superior_plan" in s.passed_over)
        stream = state.file.stream
        number = await forger.value(
            "SELECT min(number) FROM event WHERE stream = $1 AND kind = 'became_overdue'", stream
        )
        agreed = PlanInForce(version=1, number=2)
        plan = SuperiorPlan(person=state.superior_plan.person, agreed=agreed)
        await forge_context(forger, stream, number, superior_plan=plan)
        found = await judged(played)
        where = f"{stream} event {number}: the gate was open, and yet the file waited before it"
        assert where in found["I8"]

    async def test_a_stretch_of_one_file_knows_of_the_plan_above(self, played):
        """Though the file of the one above lies in another."""
        record = Record(played.database, played.calendar)
        count = await again_of(record, played.key(played.low).stream[:-1])
        assert (count.files, count.differences) == (1, [])

    async def test_a_gate_that_opened_a_second_late(self, played, forger):
        stream, number = played.key(played.low).stream, await opening(played)

        def late(event):
            at = datetime.fromisoformat(event["happened_at"]) + timedelta(seconds=1)
            event["happened_at"] = stamp(at)

        await forger.rewrite(stream, number, late)
        found = await judged(played)
        assert [x for x in found["I5"] if x.startswith(f"{stream} event {number}: ")]

    async def test_an_agreement_above_that_was_taken_away(self, played, forger):
        await forger.run("DELETE FROM plan_version WHERE person = $1", played.high)
        found = await judged(played)
        stream = played.key(played.low).stream
        assert [x for x in found["I5"] if x.startswith(stream)]
        assert [x for x in found["I4"] if x.startswith(stream)]
        assert {"context.superior_plan", "plan_version"} <= set(await again(played))

    async def test_a_file_that_was_left_before_an_open_gate(self, year, postgres):
        low, high = pair(year)
        await year.agree(high, wib(1, 12), "r1")
        async with tampering(postgres, year.database) as hand:
            await hand.run("UPDATE event SET recorded_at = recorded_at - $1::interval", LATE)
        record = Record(year.database, year.calendar)
        streams = await open_streams(record)
        found = await broken(record, client=FakeTemporal(streams))
        assert [x for x in found["I5"] if x.startswith(year.key(low).stream)]


class TestWaiting:
    @pytest.fixture
    def ask(self, year, monkeypatch):
        """Run the command on the record, in this process and without Temporal."""
        asked: list[Any] = []
        monkeypatch.setattr("cli.plan.run", asked.append)
        session = SimpleNamespace(
            pool=year.database.web,
            calendar=year.calendar,
            clock=SimpleNamespace(now=lambda: year.now),
            settings=SimpleNamespace(org=ORG, language="id"),
        )

        async def command(*line: str):
            result = CliRunner().invoke(app, ["plan", "waiting", *line])
            assert result.exit_code == 0, result.output
            return await asked.pop()(session)

        return command

    async def test_says_who_waits_for_whom_since_when_and_until_when(self, year):
        rows = await list_waiting(year.database.web, ORG, "2026", load_rules(), year.calendar)
        people = {year.key(low).file_id: high for low, high in pairs(year)}
        assert {row.file: row.superior for row in rows} == people
        for row in rows:
            state = await year.state(next(k for k in year.agendas if k.file_id == row.file))
            assert row.since == state.entered_at
            assert row.until == wib(2, 14, 0)
            assert row.superior_turn == year.turn(row.superior)

    async def test_whoever_is_through_is_not_in_it(self, year):
        low, high = pair(year)
        await year.agree(high, wib(1, 12), "r1")
        await year.advance(Advance(file=year.key(low)))
        rows = await list_waiting(year.database.web, ORG, "2026", load_rules(), year.calendar)
        assert year.key(low).file_id not in {row.file for row in rows}

    async def test_the_command_lists_this_year_unless_told_otherwise(self, year, ask, capsys):
        assert await ask("--json") is Exit.OK
        rows = json.loads(capsys.readouterr().out)
        assert len(rows) == len(pairs(year))
        assert await ask("--year", "2025", "--json") is Exit.OK
        assert json.loads(capsys.readouterr().out) == []
        assert await ask() is Exit.OK
        assert f"{len(rows)} plans wait" in capsys.readouterr().out
