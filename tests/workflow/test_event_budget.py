"""What a file's history may cost: measured on the time-skipping server, and ten percent more.

A change that needs more says why in an ADR. Print the present figures by making a budget too small.
"""

import pytest

from tests.workflow.scenarios import everything_late, on_time, untouched
from tests.workflow.stage import Stage

# scenario, measured events, measured bytes of all events together
MEASURED = [
    (on_time, 78, 17660),
    (everything_late, 230, 42047),
    (untouched, 96, 16342),
]


@pytest.mark.parametrize(
    ("scenario", "events", "size"), MEASURED, ids=lambda v: getattr(v, "__name__", None)
)
async def test_a_file_stays_within_its_budget(environment, scenario, events, size):
    async with Stage.open(environment, 1000) as stage:
        await scenario(stage)
        history = (await stage.history()).events
    found = (len(history), sum(event.ByteSize() for event in history))
    assert found[0] <= events * 1.1, f"{found[0]} events; measured before: {events}"
    assert found[1] <= size * 1.1, f"{found[1]} bytes; measured before: {size}"
