"""One evaluation cycle: a file (berkas) from plan to sign-off."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.contracts import Ledger
    from schemas.cycle import (
        Advance,
        Agenda,
        CycleInput,
        CycleResult,
        Knock,
        Progress,
        Verdict,
        WakeUp,
    )
    from workflows.ledger_call import ask


@workflow.defn(name="EvaluationCycle")
class EvaluationCycle:
    """Waits for people and for time; the ledger decides what either of them means.

    It may be behind the record, never ahead of it: every answer of the ledger carries the agenda
    as it is, and is adopted before anything else, refusals included. Updates carry only the id
    of a command that is already stored. They have no validators: what a validator could know
    (the right file, still open) the workflow's id and Temporal know already, and anything more
    could be made untrue by a crash.
    """

    @workflow.init
    def __init__(self, cycle: CycleInput) -> None:
        self._file = cycle.file
        self._agenda: Agenda | None = None
        self._turn = asyncio.Lock()

    @workflow.run
    async def run(self, cycle: CycleInput) -> CycleResult:
        """Live until the file is closed. Never refuses and never fails on what it finds."""
        agenda = await self._catch_up()
        while agenda.end is None:
            agenda = await self._wait(agenda)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return CycleResult(end=agenda.end, version=agenda.version)

    async def _wait(self, seen: Agenda) -> Agenda:
        """Until an act has moved the next wake-up, or its time has come."""
        if await self._moved(seen.wake):
            return self._here
        progress = await self._ask(Advance(file=self._file, wake=seen.wake))
        return progress.agenda

    async def _moved(self, wake: WakeUp | None) -> bool:
        """Whether the wake-up that was waited for is no longer the next one.

        The timer is armed again only when it is to ring at another time.
        """

        def is_moved() -> bool:
            return self._here.wake != wake or self._here.end is not None

        if wake is None or wake.real_at is None:
            await workflow.wait_condition(is_moved)
            return True
        timeout = wake.real_at - workflow.now()
        if timeout.total_seconds() <= 0:
            return is_moved()
        try:
            summary = f"{self._here.turn}: {wake.rung}"
            await workflow.wait_condition(is_moved, timeout=timeout, timeout_summary=summary)
        except TimeoutError:
            return is_moved()
        return True

    @property
    def _here(self) -> Agenda:
        assert self._agenda is not None, "the ledger is asked before anything waits"  # noqa: S101
        return self._agenda

    async def _catch_up(self) -> Agenda:
        return (await self._ask(Advance(file=self._file))).agenda

    async def _ask(self, question: Advance) -> Progress:
        """The one way to the ledger, and the one writer of this workflow's state."""
        async with self._turn:
            progress = await ask(Ledger.advance_file, question)
            self._agenda = progress.agenda
            return progress

    async def _act(self, knock: Knock) -> Progress:
        """Have a stored command decided; raise its refusal only after adopting the agenda."""
        progress = await self._ask(Advance(file=self._file, command_id=knock.command_id))
        outcome = progress.outcome
        if outcome is not None and outcome.verdict is Verdict.REFUSED:
            kind = outcome.refusal.type if outcome.refusal else "refused"
            raise ApplicationError("refused", progress, type=kind, non_retryable=True)
        return progress

    @workflow.signal
    async def refresh(self) -> None:
        """Another fact has changed, or a command may have gone unnoticed: ask again."""
        await self._catch_up()

    @workflow.update
    async def submit_plan(self, knock: Knock) -> Progress:
        """The employee submits the plan."""
        return await self._act(knock)

    @workflow.update
    async def return_plan(self, knock: Knock) -> Progress:
        """The supervisor returns the plan."""
        return await self._act(knock)

    @workflow.update
    async def agree_plan(self, knock: Knock) -> Progress:
        """The supervisor agrees to the plan."""
        return await self._act(knock)

    @workflow.update
    async def revise_plan(self, knock: Knock) -> Progress:
        """Either side proposes another wording of an agreed plan."""
        return await self._act(knock)

    @workflow.update
    async def submit_report(self, knock: Knock) -> Progress:
        """The employee reports what was achieved."""
        return await self._act(knock)

    @workflow.update
    async def return_report(self, knock: Knock) -> Progress:
        """The supervisor returns the report."""
        return await self._act(knock)

    @workflow.update
    async def score(self, knock: Knock) -> Progress:
        """The supervisor rates work result and behaviour."""
        return await self._act(knock)

    @workflow.update
    async def give_feedback(self, knock: Knock) -> Progress:
        """The supervisor gives feedback."""
        return await self._act(knock)

    @workflow.update
    async def respond_to_feedback(self, knock: Knock) -> Progress:
        """The employee answers the feedback."""
        return await self._act(knock)

    @workflow.update
    async def record_meeting(self, knock: Knock) -> Progress:
        """The supervisor records the evaluation meeting."""
        return await self._act(knock)

    @workflow.update
    async def sign(self, knock: Knock) -> Progress:
        """The supervisor signs, then the employee."""
        return await self._act(knock)

    @workflow.update
    async def object(self, knock: Knock) -> Progress:
        """The employee objects to the result."""
        return await self._act(knock)

    @workflow.update
    async def decide_objection(self, knock: Knock) -> Progress:
        """The superior decides the objection, finally."""
        return await self._act(knock)

    @workflow.update
    async def record_interim(self, knock: Knock) -> Progress:
        """An outgoing supervisor leaves a note for his days."""
        return await self._act(knock)

    @workflow.update
    async def withdraw(self, knock: Knock) -> Progress:
        """The HR office withdraws the file."""
        return await self._act(knock)

    @workflow.update
    async def record_late(self, knock: Knock) -> Progress:
        """The HR office records what came after the file had ended without a result."""
        return await self._act(knock)

    @workflow.update
    async def nudge(self, knock: Knock) -> Progress:
        """Somebody politely reminds whoever is awaited."""
        return await self._act(knock)
