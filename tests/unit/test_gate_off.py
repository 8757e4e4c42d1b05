"""An organisation turns the gate of superiors' plans off: files no longer wait, from their period on."""

from datetime import date

import pytest

from domain.decision import Rules
from domain.definition import definition
from domain.override import Decided, decide_override
from domain.regulation import load
from schemas.file import ProcessId
from tests.builders import CALENDAR, organisation, unique_cast, wib
from tests.stories import Story
from tests.unit.test_override import command, having

GATE = "skp.gate_atasan"
YEAR_BEGINS = date(2026, 1, 1)


def annual(rules):
    key = ProcessId(id="tahunan", version=1, rules=rules.version)
    return Rules(definition(key, "2026", rules), CALENDAR, rules)


class TestGateOff:
    OFF = having((GATE, {"is_on": False}, YEAR_BEGINS))

    def test_the_turn_is_gone_and_nothing_leads_to_it(self) -> None:
        process = annual(self.OFF).process
        assert "superior_plan" not in {turn.name for turn in process.turn}
        assert process.first == "plan_submission"
        assert all("superior_plan" not in turn.targets() for turn in process.turn)

    def test_the_other_gate_stays(self) -> None:
        assert annual(self.OFF).process.find("unit_predicate").opens is not None

    @pytest.mark.parametrize(
        ("rules", "turn"), [(OFF, "plan_submission"), (load(), "superior_plan")]
    )
    def test_a_file_waits_for_the_plan_above_only_while_it_is_on(self, rules, turn) -> None:
        story = Story(rules=annual(rules), at=wib(1, 5), superior_agreed_at=None)
        assert story.state.turn == turn

    def test_a_year_that_began_before_the_day_keeps_its_gate(self) -> None:
        later = having((GATE, {"is_on": False}, date(2026, 2, 1)))
        assert annual(later).process.first == "superior_plan"

    def test_it_can_be_set(self) -> None:
        order = command(rule=GATE, values={"is_on": False}, from_on="2027-01-01")
        found = decide_override(order, organisation(unique_cast()), load(), date(2026, 3, 10))
        assert isinstance(found, Decided)
