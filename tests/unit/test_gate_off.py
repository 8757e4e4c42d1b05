"""An organisation turns the gate of superiors' plans off: files no longer wait, from their period on."""

from datetime import date, timedelta

import pytest

from domain.decision import Rules
from domain.definition import definition
from domain.override import Decided, decide_override
from domain.regulation import load
from schemas.file import ProcessId
from tests.builders import CALENDAR, organisation, unique_cast, wib
from tests.stories import Story
from tests.unit.test_explanation import said
from tests.unit.test_explanation_page import PLAN, asked
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


class TestLinkedLater:
    async def test_a_plan_that_went_alone_is_linked_once_the_superiors_is_agreed(self) -> None:
        """``asked`` reads one version of every plan from its database."""
        story = Story(rules=annual(load()), at=wib(1, 5), superior_agreed_at=None)
        waiting = (await asked(story)).explanation.result
        assert "result.plan_linked" not in [reason.code for reason in waiting]
        story.wait(wib(1, 31) + timedelta(days=21))
        assert "superior_plan" in story.state.passed_over
        file = await asked(story)
        reason = next(r for r in file.explanation.result if r.code == "result.plan_linked")
        assert reason.params["number"] == PLAN.version
        assert story.cast.supervisor in file.names
        assert "linked to version 1" in said(reason)

    async def test_one_that_waited_until_the_agreement_is_not_linked_later(self) -> None:
        story = Story(rules=annual(load()), at=wib(1, 5), superior_agreed_at=wib(1, 6))
        story.wait(wib(1, 7))
        assert story.state.superior_plan is not None
        codes = [reason.code for reason in (await asked(story)).explanation.result]
        assert "result.plan_linked" not in codes
