"""On a running stack: a terminated workflow comes back, and a decree reaches every workflow at once."""

from uuid import uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus

from audit.reconcile.run import reconcile
from gateway.answer import Status
from schemas.code import CalendarAct, Via
from schemas.occurrence import Occurrence
from schemas.task_queue import DISPATCH
from schemas.upkeep import Disagreement
from storage.pool import open_pool
from tests.builders import wib
from tests.decrees import midnight
from tests.support.stack import (
    ORG,
    make_directory,
    problems_of,
    remove_directory,
    running_house,
    small_city,
)
from tests.support.waiting import eventually
from workflows.upkeep import Reconcile

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
async def house():
    """A city on the morning of 2 March, an hour a minute: the first reminders ring at eight."""
    directory = make_directory()
    try:
        async with running_house(directory, begins=wib(3, 2, 7, 20), speed=60.0) as house:
            yield house
    finally:
        remove_directory(directory)


async def found(house):
    """What a dry run of reconciling says."""
    async with open_pool(house.addresses.worker, 2) as pool:
        findings = await reconcile(
            pool, house.client, ORG, house.clock, is_dry_run=True, settle_seconds=1.0
        )
    assert all(finding.done is None for finding in findings)
    return [(finding.kind, finding.where) for finding in findings]


async def told(house, topic):
    return await house.web.fetchval("SELECT count(*) FROM outbox WHERE topic = $1", topic)


async def run_reconcile(house):
    """As its Schedule runs it."""
    return await house.client.execute_workflow(
        Reconcile.run,
        Occurrence(org=ORG, schedule="Reconcile"),
        id=f"reconcile/{uuid4()}",
        task_queue=DISPATCH,
    )


async def test_a_terminated_workflow_comes_back_and_a_decree_reaches_it(house):
    files = await house.open_month(small_city(4))

    async def reminded():
        return await told(house, "reminder") == len(files)

    await eventually(reminded, 90, 0.2)
    lost = files[0]
    await house.client.get_workflow_handle(lost.workflow_id).terminate("by hand")

    assert await found(house) == [(Disagreement.LOST_WORKFLOW, lost.stream)]
    assert await house.status(lost) is WorkflowExecutionStatus.TERMINATED

    report = await run_reconcile(house)
    assert (report.found, report.left) == ({Disagreement.LOST_WORKFLOW: 1}, 0)
    assert await house.status(lost) is WorkflowExecutionStatus.RUNNING
    assert await told(house, "reminder") == len(files)
    assert await found(house) == []

    decree = {
        "days": [{"date": "2026-03-04", "kind": "libur_nasional", "name": "[Simulasi]"}],
        "source": "SKB 3 Menteri 1/2026",
    }
    answer = await house.gateway.organisation_act(
        CalendarAct.SET_HOLIDAYS,
        decree,
        actor=None,
        command_id=uuid4(),
        via=Via.SHELL,
        os_user="test",
        seconds=30,
    )
    assert answer.status is Status.DONE, answer

    async def all_moved():
        dues = [(await house.believed(file)).due_at for file in files]
        return dues == [midnight(3, 5)] * len(files)

    await eventually(all_moved, 60, 0.2)
    assert await told(house, "due_moved") == len(files)
    assert await told(house, "reminder") == len(files)
    assert not problems_of(await house.check())
