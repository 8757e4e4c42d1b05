"""The floors in Temporal: an equal workflow that writes nothing, and a ledger without Postgres."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.code import Role, Stage
    from schemas.cycle import Agenda, CycleInput, Knock, Outcome, Progress, Verdict, WakeUp

ACTS = 9
QUEUE = "benchmark-floor"
MEMORY_QUEUE = "benchmark-memory"


@workflow.defn(name="FloorCycle")
class FloorCycle:
    """Nine updates, one timer that each of them sets anew, and nothing written anywhere."""

    @workflow.init
    def __init__(self, cycle: CycleInput) -> None:
        self._done = 0
        self._turn = asyncio.Lock()

    @workflow.run
    async def run(self, cycle: CycleInput) -> int:
        """Wait for the acts as an evaluation cycle does."""
        while self._done < ACTS:
            seen = self._done
            try:
                await workflow.wait_condition(self._is_past(seen), timeout=timedelta(days=7))
            except TimeoutError:
                continue
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._done

    def _is_past(self, seen: int) -> Callable[[], bool]:
        return lambda: self._done != seen

    @workflow.update
    async def act(self, knock: Knock) -> Progress:
        """Count, and answer as much as the ledger would."""
        async with self._turn:
            self._done += 1
            now = workflow.now()
            agenda = Agenda(
                number=self._done,
                version=self._done,
                stage=Stage.PLAN,
                turn="plan_submission",
                visit=self._done,
                awaits=Role.EMPLOYEE,
                awaited_person=knock.command_id,
                due_at=now,
                wake=WakeUp(visit=self._done, rung="reminder", at=now, real_at=now),
                end=None,
            )
            outcome = Outcome(verdict=Verdict.ACCEPTED, version=self._done)
            return Progress(agenda=agenda, outcome=outcome)


@workflow.defn(name="BareStart")
class BareStart:
    """Does nothing: what a start costs, whatever is started."""

    @workflow.run
    async def run(self) -> None:
        """Has run."""
