"""A record that was played once, and a copy of it for each test, to be broken."""

import pytest

from simulation.city import generate
from tests.support.database import fresh_copy
from tests.support.judging import PEOPLE, Record, tampering
from tests.support.played_record import PlayedRecord


@pytest.fixture(scope="session")
async def played(postgres):
    """A month of a small city, played once; tests get copies of it."""
    async with fresh_copy(postgres) as database:
        record = PlayedRecord(database)
        await record.begin(generate(PEOPLE, seed=3, part_time=2))
        await record.play_all()
        for pool in (database.owner, database.worker, database.web):
            await pool.close()
        yield record


@pytest.fixture
async def record(postgres, played):
    """One test's copy of the record, to be judged with the web's rights."""
    async with fresh_copy(postgres, template=played.database.name) as database:
        async with tampering(postgres, database) as hand:
            await hand.rejuvenate()
        yield Record(database, played.calendar)


@pytest.fixture
async def forger(postgres, record):
    """Somebody with all rights over that copy."""
    async with tampering(postgres, record.database) as hand:
        yield hand
