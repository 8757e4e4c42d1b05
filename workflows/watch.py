"""One run of a scheduled workflow, which keeps its row in the table of occurrences."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.contracts import Occurrences
    from schemas.occurrence import Occurrence
    from schemas.schedule import Due, Run
    from workflows.occurrence import nominal_time

SHORT = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30)),
)


class Watch:
    """Says when the run begins and what it has come to.

    Attributes:
        due: the occurrence, with the time that it stands for.
        done: what the run has done so far, in counts.
        refused: the rules by which something that it ordered was refused.
    """

    def __init__(self, occurrence: Occurrence) -> None:
        self.due = Due(occurrence=occurrence, nominal=nominal_time(occurrence))
        self.done: dict[str, int] = {}
        self.refused: list[str] = []

    async def begin(self) -> None:
        """Say that the run has begun."""
        await self._note(self._run())

    async def end(self) -> None:
        """Say what the run has come to: skipped, if all that it ordered was refused."""
        skipped = self.refused[0] if self.refused and not self.done else None
        told = {**self.done, **({"refused": self.refused[0]} if self.refused else {})}
        ended = {"ended_at": workflow.now(), "skipped": skipped, "told": told}
        await self._note(self._run().model_copy(update=ended))

    def _run(self) -> Run:
        info = workflow.info()
        return Run(
            occurrence=self.due.occurrence,
            nominal=self.due.nominal,
            workflow_id=info.workflow_id,
            started_at=info.workflow_start_time,
        )

    async def _note(self, run: Run) -> None:
        await workflow.execute_activity_method(Occurrences.note_run, run, **SHORT)
