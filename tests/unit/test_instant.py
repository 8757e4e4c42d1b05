"""Instants have one form, wherever they were written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.working_calendar import ZONE
from schemas.instant import stamp

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("zone", [UTC, ZONE, timezone(timedelta(hours=-9, minutes=-30))])
def test_equal_instants_are_written_alike(zone):
    for _ in range(2):
        assert stamp(AT.astimezone(zone)) == "2026-03-02T01:00:00.000000Z"


def test_every_microsecond_is_written():
    assert stamp(AT + timedelta(microseconds=42)) == "2026-03-02T01:00:00.000042Z"
    assert stamp(AT - timedelta(microseconds=1)) == "2026-03-02T00:59:59.999999Z"
