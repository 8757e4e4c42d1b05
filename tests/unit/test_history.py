"""Which of the organisation's rules a decision may have gone by, as far as the record can tell."""

from datetime import UTC, date, datetime, timedelta

import pytest

from audit.history import OVERLAP, History
from domain.override import with_override
from domain.rulebook import Override

SINCE = datetime(2026, 3, 10, 3, tzinfo=UTC)
LATER = SINCE + timedelta(days=1)
MOMENT = timedelta(seconds=1)


@pytest.fixture
def history():
    """Two overrides, each recorded when it was received."""
    made = History()
    rows = []
    for version, since, scoring in ((1, SINCE, 7), (2, LATER, 5)):
        override = Override(
            version, "bulanan.jendela", {"scoring": scoring}, date(2026, 4, 1), "SE 1", since
        )
        made.rules = with_override(made.rules, override)
        rows.append({"recorded_at": since})
    made.overrides = rows
    return made


def possible(history, at, recorded_at):
    return [rules.version for rules in history.rules_in_force(at, recorded_at)]


@pytest.mark.parametrize(
    ("at", "recorded_at", "versions"),
    [
        pytest.param(SINCE - MOMENT, LATER + OVERLAP * 2, [0], id="before the first, however late"),
        pytest.param(SINCE, LATER + OVERLAP * 2, [1], id="from its instant on"),
        pytest.param(LATER - MOMENT, LATER + OVERLAP * 2, [1], id="until the next"),
        pytest.param(LATER, LATER + OVERLAP * 2, [2], id="the next"),
        pytest.param(LATER, LATER + OVERLAP, [2, 1], id="decided while it was being recorded"),
        pytest.param(LATER, LATER - OVERLAP - MOMENT, [1], id="decided before it was recorded"),
        pytest.param(SINCE, SINCE, [1, 0], id="at one and the same time"),
    ],
)
def test_a_decision_went_by_what_was_known_and_recorded(history, at, recorded_at, versions):
    assert possible(history, at, recorded_at) == versions
