"""A year that has just been opened."""

import pytest

from activities.ledger import PostgresLedger
from simulation.city import generate
from tests.support.played_year import PlayedYear
from tests.support.waiting_plans import wib


@pytest.fixture
async def year(fresh_database):
    """The year of a small city, opened on its first working day."""
    made = PlayedYear(fresh_database, rows=generate(14, seed=3))
    await made.begin_year(wib(1, 2, 8))
    return made


@pytest.fixture
def ledger(year):
    return PostgresLedger(year.database.worker, year.calendar, year.clock)
