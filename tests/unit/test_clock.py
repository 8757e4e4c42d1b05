import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.clock import Clock

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=7)), timezone(timedelta(hours=-3.5))])
# Hypothesis wants the bounds naive and adds the zone itself.
BOUNDS = [datetime(year, 1, 1) for year in (1990, 2090)]  # noqa: DTZ001
INSTANTS = st.datetimes(*BOUNDS, timezones=ZONES)
SPEEDS = st.floats(0.001, 100_000, allow_nan=False)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@given(INSTANTS, INSTANTS, SPEEDS, INSTANTS)
def test_a_timer_never_rings_early_and_at_most_one_tick_late(origin, real, speed, business):
    clock = Clock(origin, real, speed)
    # Some real distance, so that the result stays within the calendar at any speed.
    business = clock.origin_business + (business - clock.origin_business) * min(1.0, speed)
    rings = clock.to_real(business)
    assert clock.to_business(rings) >= business
    assert clock.to_business(rings - TICK) < business
    assert clock.to_business(rings) - business <= math.ceil(speed) * TICK


@given(INSTANTS, INSTANTS, st.floats(1, 10_000), st.timedeltas(timedelta(0), timedelta(days=100)))
def test_real_to_business_and_back_is_exact_for_a_fast_clock(origin, real, speed, later):
    clock = Clock(origin, real, speed)
    assert clock.to_real(clock.to_business(clock.origin_real + later)) == clock.origin_real + later


@given(INSTANTS)
def test_standard_clock_is_the_identity(instant):
    clock = Clock.standard(lambda: instant)
    assert clock.to_business(instant) == clock.to_real(instant) == clock.now() == instant
    assert clock.now().tzinfo is UTC


@given(INSTANTS, INSTANTS, INSTANTS)
def test_speed_one_does_not_drift(origin, real, instant):
    clock = Clock(origin, real, 1.0)
    assert clock.to_business(instant) - clock.origin_business == instant - real
    assert clock.to_real(clock.to_business(instant)) == instant


@given(INSTANTS, SPEEDS, st.lists(st.timedeltas(timedelta(0), timedelta(days=20)), min_size=2))
def test_business_time_never_goes_back(origin, speed, steps):
    clock = Clock(NOON, origin, speed)
    seen = [clock.to_business(clock.origin_real + step) for step in sorted(steps)]
    assert seen == sorted(seen)


def test_now_reads_time_through_the_injected_function():
    clock = Clock(NOON, NOON, 60.0, lambda: NOON + timedelta(seconds=2))
    assert clock.now() == NOON + timedelta(minutes=2)


@pytest.mark.parametrize("speed", [0.0, -1.0, math.nan, math.inf])
def test_speed_must_be_positive(speed):
    with pytest.raises(ValueError, match="speed"):
        Clock(NOON, NOON, speed)


def test_naive_instants_are_refused():
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        Clock(naive, NOON, 1.0)
    with pytest.raises(ValueError, match="time zone"):
        Clock.standard().to_real(naive)
