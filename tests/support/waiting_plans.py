"""A year in which some wait for the plans of others, and what happens to them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from domain.working_calendar import ZONE
from schemas.code import Act
from schemas.cycle import Verdict
from storage.query import queries
from tests.support.played_record import ORG

GATE = "superior_plan"
LATE = timedelta(hours=1)


def wib(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZONE).astimezone(UTC)


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
