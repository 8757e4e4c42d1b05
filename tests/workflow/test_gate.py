"""A result waits for its unit's predicate, is let through by it, and never waits for ever."""

from datetime import timedelta

import pytest

from schemas.code import Act, EventKind, OrganisationPredicate, Role
from schemas.error import ErrorType
from tests.builders import wib
from tests.workflow.scenarios import scored
from tests.workflow.stage import Stage

SECOND = timedelta(seconds=1)


@pytest.fixture
async def waiting(stage: Stage) -> Stage:
    """A file whose meeting is held while its unit has no predicate."""
    stage.ledger.unit_set_at = None
    await scored(stage)
    await stage.act(Act.GIVE_FEEDBACK)
    await stage.act(Act.RESPOND_TO_FEEDBACK)
    agenda = await stage.act(Act.RECORD_MEETING)
    assert (agenda.turn, agenda.awaits) == ("unit_predicate", Role.UNIT_SUPERIOR)
    return stage


class TestGate:
    async def test_nobody_signs_before_it(self, waiting):
        answer = await waiting.refused(Act.SIGN, waiting.cast.supervisor)
        assert answer.outcome.refusal.type is ErrorType.NOT_NOW

    async def test_the_predicate_lets_it_through_and_is_kept(self, waiting):
        await waiting.sleep_until(wib(4, 8))
        waiting.ledger.unit_set_at = wib(4, 8)
        await waiting.refresh()
        assert waiting.state.turn == "signing"
        assert waiting.state.unit_predicate is not None
        assert waiting.state.unit_predicate.predicate is OrganisationPredicate.GOOD
        assert waiting.kinds()[-1] is EventKind.GATE_OPENED
        assert (await waiting.act(Act.SIGN)).turn == "acceptance"

    async def test_a_signature_that_came_after_it_is_taken_though_nobody_refreshed(self, waiting):
        await waiting.sleep_until(wib(4, 8))
        waiting.ledger.unit_set_at = wib(4, 8) - SECOND
        signed = await waiting.store(Act.SIGN, waiting.cast.supervisor)
        progress = await waiting.knock(Act.SIGN, signed)
        assert progress.agenda.turn == "acceptance"
        assert waiting.kinds()[-3:] == [
            EventKind.GATE_OPENED,
            EventKind.SIGNED,
            EventKind.DELIVERED,
        ]

    async def test_when_its_time_runs_out_the_file_goes_on(self, waiting):
        """Due on the 4th working day of April, the 7th; nine working days later it passes."""
        due = wib(4, 8, 0)
        assert waiting.state.due_at == due
        await waiting.sleep_until(wib(4, 21, 0) - SECOND)
        assert waiting.state.turn == "unit_predicate"
        await waiting.sleep_until(wib(4, 21, 0))
        assert waiting.state.turn == "signing"
        assert waiting.state.unit_predicate is None
        assert "unit_predicate" in waiting.state.passed_over

    async def test_an_open_one_is_no_stop(self, stage):
        await scored(stage)
        await stage.act(Act.GIVE_FEEDBACK)
        await stage.act(Act.RESPOND_TO_FEEDBACK)
        assert (await stage.act(Act.RECORD_MEETING)).turn == "signing"
        assert EventKind.GATE_OPENED not in stage.kinds()
        assert stage.state.unit_predicate is not None
