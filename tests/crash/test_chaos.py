"""A month of a small city under fire: everything is killed, together and one by one, and stopped.

``make test`` takes about twenty faults, ``make test-full`` the column P of reliability.md 4.1.
"""

import asyncio
import logging
import random
from time import monotonic

import pytest

from domain.working_calendar import load
from runtime.settings import Settings
from runtime.temporal_client import connect_to
from schemas.period import Period
from simulation.city import generate
from simulation.demo import Demo, DemoPlan, demo_settings, seconds_of_work, start_clock
from storage.clock import load_clock
from storage.pool import open_pool
from tests.support.nemesis import (
    BACKEND,
    EVERYTHING,
    POSTGRES,
    SERVER,
    STALL,
    WORKER,
    Nemesis,
)
from tests.support.stack import ORG
from workers.stack import running_stack

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

SAMPLE = {WORKER: 8, SERVER: 4, POSTGRES: 3, BACKEND: 1, EVERYTHING: 2, STALL: 3}
COLUMN_P = {WORKER: 40, SERVER: 20, POSTGRES: 14, BACKEND: 6, EVERYTHING: 5, STALL: 12}
MARCH = Period(year=2026, month=3)
_log = logging.getLogger("siklus.chaos")


async def a_month_under_fire(directory, seed, counts, *, people, seconds, longest_stall):
    """Play a month while the faults are carried out; the demonstration's result and the faults."""
    calendar, began = load(), monotonic()
    rows = generate(people, seed)
    pace = seconds_of_work(DemoPlan(rows, MARCH, seed, 1.0), calendar) / seconds
    plan = DemoPlan(rows, MARCH, seed, pace)
    settings = demo_settings(Settings(data=directory, org=ORG))
    async with running_stack(settings, before_workers=start_clock(plan, calendar)) as stack:
        client = await connect_to(stack.addresses, "test")
        async with open_pool(stack.addresses.web, 24) as pool:
            async with pool.acquire() as connection:
                clock = await load_clock(connection, is_demo=True)
            show = Demo(plan, settings, pool, client, clock, calendar)
            await show.prepare()
            nemesis = Nemesis(stack, seed, counts, longest_stall)
            async with asyncio.TaskGroup() as group:
                group.create_task(nemesis.run())
                await show.play()
                under_fire = len(nemesis.done)
            result = await show.result(kills=len(nemesis.done), began=began)
    return result, nemesis, under_fire


class TestMonthUnderFire:
    async def test_nothing_is_lost_doubled_or_forgotten(self, directory):
        await self._play(directory, SAMPLE, people=30, seconds=26.0, longest_stall=4.0)

    @pytest.mark.full
    @pytest.mark.timeout(1200)
    async def test_column_p(self, other_directory):
        await self._play(other_directory, COLUMN_P, people=60, seconds=230.0, longest_stall=20.0)

    async def _play(self, directory, counts, **options):
        seed = random.randrange(1_000_000)  # noqa: S311  (from the run's seed, which pytest prints)
        try:
            month = await a_month_under_fire(directory, seed, counts, **options)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
        result, nemesis, under_fire = month
        told = f"seed {seed}; {under_fire} faults while people acted; {nemesis.summary()}"
        _log.info("%s; %s", told, result.model_dump_json())
        assert len(nemesis.done) == sum(counts.values()), told
        assert result.problems == 0, f"{told}\n" + "\n".join(result.found)
        assert result.closed == result.opened == result.people, told
        assert result.acts == result.acts_stored, told
        assert under_fire >= 0.6 * sum(counts.values()), f"too little was going on: {told}"
