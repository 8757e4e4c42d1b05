"""The pace of an opening: so many starts a second, and pages short enough to be heard of."""

import asyncio
from time import monotonic

import pytest

from activities.opening import PAGE, PAGE_SECONDS, Pace


class TestPace:
    async def test_many_at_once_are_spread_over_the_seconds(self):
        pace, began = Pace(200), monotonic()
        await asyncio.gather(*(pace.wait() for _ in range(41)))
        assert monotonic() - began >= 40 / 200

    async def test_without_a_pace_nobody_waits(self):
        pace, began = Pace(), monotonic()
        await asyncio.gather(*(pace.wait() for _ in range(1000)))
        assert monotonic() - began < 1

    @pytest.mark.parametrize(
        ("per_second", "page"),
        [(0, PAGE), (0.01, 1), (3, 3 * PAGE_SECONDS), (1_000, PAGE)],
    )
    def test_a_page_takes_no_longer_than_somebody_waits_for_it(self, per_second, page):
        assert Pace(per_second).page == page
