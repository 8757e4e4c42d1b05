"""The short workflow of a stream that has no long-lived one."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.contracts import Ledger
    from schemas.cycle import Outcome, StreamAct
    from workflows.ledger_call import ask


@workflow.defn(name="DecideCommand")
class DecideCommand:
    """Has one stored command decided: an act on the organisation, or one on a closed file."""

    @workflow.run
    async def run(self, act: StreamAct) -> Outcome:
        """The command's outcome; asking again finds the same one."""
        return await ask(Ledger.decide_command, act)


@workflow.defn(name="ReadinessProbe")
class ReadinessProbe:
    """Ends at once: it has run if workflows can be started and a worker takes them."""

    @workflow.run
    async def run(self) -> None:
        """Do nothing."""
