"""Periods that open and close by themselves, and the nightly look after what runs by itself.

None of these decides a rule or writes a fact: they give orders that the ledger decides, and see to
the files until what was ordered is so. Each may die anywhere and be run again.
"""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.contracts import Ledger, Periods
    from schemas.code import OrganisationAct
    from schemas.cycle import Outcome, Verdict
    from schemas.identifier import PeriodKey
    from schemas.occurrence import Occurrence
    from schemas.period_run import Opened, Order, Standing
    from workflows.ledger_call import ask
    from workflows.watch import SHORT, Watch

_PAGES = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(hours=4),
    heartbeat_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30)),
)
# Files open within seconds of their workflow's start; what is missing after a while is started
# once more, and then ever more rarely.
_FIRST_LOOK = timedelta(seconds=1)
_LONGEST_LOOK = timedelta(minutes=5)
_AGAIN_AFTER_LOOKS = 8
# Files in an objection outlive the horizon by weeks: closing is tried again every night.
_NEXT_NIGHT = timedelta(days=1)


@workflow.defn(name="OpenPeriod")
class OpenPeriod:
    """Opens the files of one period whose roster is frozen."""

    @workflow.run
    async def run(self, key: PeriodKey) -> Opened:
        """Until there are as many files as people in the roster."""
        return await open_files(key)


async def open_files(key: PeriodKey) -> Opened:
    """Start everybody's workflow and wait for the ledger to open the files; find the gaps again."""
    started, look, looks = 0, _FIRST_LOOK, 0
    while True:
        if looks % _AGAIN_AFTER_LOOKS == 0:
            started += await workflow.execute_activity_method(Periods.start_files, key, **_PAGES)
        standing: Standing = await workflow.execute_activity_method(
            Periods.read_standing, key, **SHORT
        )
        if standing.files >= standing.included:
            return Opened(started=started, files=standing.files)
        await workflow.sleep(look)
        look, looks = min(look * 2, _LONGEST_LOOK), looks + 1


@workflow.defn(name="OpenPeriods")
class OpenPeriods:
    """Opens the periods that begin at an occurrence of its schedule."""

    @workflow.run
    async def run(self, occurrence: Occurrence) -> dict[str, int]:
        """How many files each kind has; a kind that is refused (nobody is in it) has none."""
        watch = Watch(occurrence)
        await watch.begin()
        await asyncio.gather(*[self._open(watch, key) for key in await _plan(watch)])
        await watch.end()
        return watch.done

    async def _open(self, watch: Watch, key: PeriodKey) -> None:
        outcome = await _order(watch, OrganisationAct.OPEN_PERIOD, key)
        if outcome.verdict is Verdict.ACCEPTED:
            watch.done[_name(key)] = (await open_files(key)).files


@workflow.defn(name="ClosePeriods")
class ClosePeriods:
    """Closes the periods that have passed their horizon by an occurrence of its schedule."""

    @workflow.run
    async def run(self, occurrence: Occurrence) -> dict[str, int]:
        """How many files each closed period has; those in an objection are waited for."""
        watch = Watch(occurrence)
        await watch.begin()
        waiting = await _plan(watch)
        while waiting:
            waiting = [key for key in waiting if not await self._close(watch, key)]
            if waiting:
                await workflow.sleep(_NEXT_NIGHT)
        await watch.end()
        return watch.done

    async def _close(self, watch: Watch, key: PeriodKey) -> bool:
        """Whether a period is closed: by this run, or by somebody who went before."""
        if await workflow.execute_activity_method(Periods.settle_files, key, **_PAGES):
            return False
        outcome = await _order(watch, OrganisationAct.CLOSE_PERIOD, key)
        if outcome.verdict is Verdict.ACCEPTED:
            standing: Standing = await workflow.execute_activity_method(
                Periods.read_standing, key, **SHORT
            )
            watch.done[_name(key)] = standing.files
        return True


@workflow.defn(name="Housekeeping")
class Housekeeping:
    """Every night gives a verdict to whatever was to run by itself and has left no trace."""

    @workflow.run
    async def run(self, occurrence: Occurrence) -> dict[str, int]:
        """How many occurrences had none."""
        watch = Watch(occurrence)
        await watch.begin()
        watch.done["without_a_verdict"] = await workflow.execute_activity_method(
            Periods.look_after_occurrences, watch.due, **SHORT
        )
        await watch.end()
        return watch.done


async def _plan(watch: Watch) -> list[PeriodKey]:
    """The periods that a run is about."""
    return await workflow.execute_activity_method(Periods.plan_periods, watch.due, **SHORT)


async def _order(watch: Watch, act: OrganisationAct, key: PeriodKey) -> Outcome:
    """Give the order of an occurrence about a period, and have it decided."""
    order = Order(act=act, key=key, due=watch.due)
    stored = await workflow.execute_activity_method(Periods.store_order, order, **SHORT)
    outcome = await ask(Ledger.decide_command, stored)
    if outcome.refusal is not None:
        watch.refused.append(outcome.refusal.rule)
    return outcome


def _name(key: PeriodKey) -> str:
    return f"{key.period}/{key.kind}"
