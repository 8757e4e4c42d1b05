"""Whose task a unit's predicate is on a day, and the command that settles it."""

import asyncio
import re
import shlex
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NoReturn
from uuid import UUID

import pytest
from typer.testing import CliRunner

from cli.inbox import _command
from cli.main import app
from cli.output import Exit
from domain.organisation import Organisation
from schemas.code import Capacity, UnitAct
from storage.read.unit import UnitTask, units_of, units_waiting
from tests.builders import Cast, holding, organisation, wib

AT, DUE = wib(4, 6, 9), wib(4, 8, 0)
SET, PROPOSE = UnitAct.SET_PREDICATE, UnitAct.PROPOSE_PREDICATE


class Units:
    """As much of a database as the query of units needs."""

    def __init__(self, *units: str, proposed: str | None = None) -> None:
        waiting = {"period": "2026-03", "files": 40, "since": wib(4, 2), "due_at": DUE}
        self.rows = [{"unit": unit, "proposed": proposed, **waiting} for unit in units]
        self.asked = 0

    async def fetch(self, query: str, *args: object) -> Sequence[object]:
        self.asked += 1
        return self.rows

    async def fetchrow(self, query: str, *args: object) -> object:
        raise AssertionError("an inbox asks for rows")


async def lines(city: Organisation, at: datetime = AT, **said: str) -> dict[UUID, UnitAct]:
    """Who has a line of the one unit, and what to do."""
    found = await units_waiting(Units("dinas", **said), city, "kota", at)
    assert len({person for person, _ in found}) == len(found)
    return {person: task.act for person, task in found}


class TestWhose:
    async def test_the_official_above_sets_it_and_the_head_may_propose(self) -> None:
        cast = Cast()
        assert await lines(organisation(cast)) == {cast.sekda: SET, cast.unit_head: PROPOSE}

    async def test_once_it_is_proposed_the_head_has_nothing_to_do(self) -> None:
        cast = Cast()
        assert await lines(organisation(cast), proposed="baik") == {cast.sekda: SET}

    async def test_it_moves_with_the_post_on_the_day(self) -> None:
        cast = Cast()
        acting = holding(cast.hr_head, "sekda", Capacity.PLT, from_on=date(2026, 4, 6))
        city = organisation(cast, acting, vacant=("sekda",))
        before, after = wib(4, 5, 23, 59), wib(4, 6, 0)
        assert await lines(city, before, proposed="baik") == {cast.mayor: SET}
        assert await lines(city, after, proposed="baik") == {cast.hr_head: SET}

    async def test_where_nobody_stands_above_the_head_sets_it_and_has_one_line(self) -> None:
        cast = Cast()
        city = organisation(cast, vacant=("sekda", "mayor"))
        assert await lines(city) == {cast.unit_head: SET}

    async def test_without_a_head_the_official_above_has_it_all_the_same(self) -> None:
        cast = Cast()
        assert await lines(organisation(cast, vacant=("head",))) == {cast.sekda: SET}

    async def test_a_unit_without_posts_is_nobodys(self) -> None:
        assert await units_waiting(Units("tidak ada"), organisation(Cast()), "kota", AT) == []

    async def test_all_units_take_one_query(self) -> None:
        database, cast = Units("dinas", "bkpsdmd"), Cast()
        mine = await units_of(database, organisation(cast), "kota", cast.sekda, AT)
        assert [task.unit for task in mine] == ["dinas", "bkpsdmd"]
        assert database.asked == 1

    @pytest.mark.parametrize(
        ("before", "is_overdue"), [(timedelta(microseconds=1), False), (timedelta(0), True)]
    )
    async def test_it_is_late_from_its_due_instant_on(self, before, is_overdue) -> None:
        cast = Cast()
        [task] = await units_of(
            Units("dinas"), organisation(cast), "kota", cast.sekda, DUE - before
        )
        assert task.is_overdue is is_overdue


class TestCommand:
    """What is shown can be typed: it comes as far as a stack that is not there."""

    @pytest.fixture
    def say(self, monkeypatch, tmp_path):
        def leave(code: int) -> NoReturn:
            raise SystemExit(code)

        monkeypatch.setattr("cli.output.leave", leave)
        monkeypatch.setenv("SIKLUS_DATA", str(tmp_path))
        return lambda line: CliRunner().invoke(app, shlex.split(line)[1:])

    def line(self, act: UnitAct, proposed: str | None = None) -> str:
        waiting = units_waiting(Units("dinas", proposed=proposed), organisation(Cast()), "kota", AT)
        [(person, task)] = [
            (person, task) for person, task in asyncio.run(waiting) if task.act is act
        ]
        return _command(UnitTask.model_validate({**dict(task), "unit": "Dinas P & K's"}), person)

    def test_sets_what_is_proposed(self, say) -> None:
        line = self.line(SET, "kurang")
        assert line.startswith("siklus unit set kurang --unit ")
        assert "--reason" not in line
        assert "Dinas P & K's" in shlex.split(line)
        assert say(line).exit_code == Exit.UNAVAILABLE

    def test_sets_with_a_reason_what_nobody_proposed(self, say) -> None:
        line = self.line(SET)
        assert line.endswith("--reason TEXT")
        assert say(line.replace("PREDICATE", "baik")).exit_code == Exit.UNAVAILABLE
        assert say(line).exit_code == Exit.USAGE

    def test_proposes_with_evidence(self, say, tmp_path) -> None:
        line, evidence = self.line(PROPOSE), tmp_path / "capaian.txt"
        evidence.write_text("capaian")
        filled = re.sub("FILE$", shlex.quote(str(evidence)), line.replace("PREDICATE", "baik"))
        assert say(filled).exit_code == Exit.UNAVAILABLE
