"""Who waits for whose plan, how the gate opens, and how that is shown."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.output import Exit
from domain.regulation import load as load_rules
from schemas.code import Act, Via
from schemas.cycle import Advance, Verdict
from schemas.file import SuperiorPlan
from storage.command import Request, store
from storage.query import queries
from storage.read.plan import list_waiting
from tests.support.played_record import ORG
from tests.support.played_year import results
from tests.support.waiting import eventually
from tests.support.waiting_plans import (
    GATE,
    agreed_at,
    before_gate,
    hr_withdraws,
    pair,
    pairs,
    stored,
    wib,
)

pytestmark = pytest.mark.timeout(120)


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
