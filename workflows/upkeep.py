"""The short workflows that keep the whole organisation in order; they only ask for it."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.contracts import Upkeep
    from schemas.occurrence import Occurrence
    from schemas.upkeep import Reconciled
    from workflows.watch import Watch

_LONG = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(hours=1),
    heartbeat_timeout=timedelta(minutes=1),
    retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
)


@workflow.defn(name="RefreshFiles")
class RefreshFiles:
    """Has every open file look at what has changed outside it: a decree, so far."""

    @workflow.run
    async def run(self, org: str) -> int:
        """How many files were behind."""
        return await workflow.execute_activity_method(Upkeep.refresh_files, org, **_LONG)


@workflow.defn(name="Reconcile")
class Reconcile:
    """Puts right what does not agree between the record, its notices and Temporal."""

    @workflow.run
    async def run(self, occurrence: Occurrence) -> Reconciled:
        """What was found; whenever it runs, it is about now."""
        watch = Watch(occurrence)
        await watch.begin()
        found = await workflow.execute_activity_method(Upkeep.reconcile, occurrence.org, **_LONG)
        watch.done.update({kind.value: number for kind, number in found.found.items()})
        watch.done["left"] = found.left
        await watch.end()
        return found
