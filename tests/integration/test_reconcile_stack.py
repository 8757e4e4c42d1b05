"""On a running stack: a terminated workflow comes back, and a decree reaches every workflow at once."""

from functools import partial
from uuid import uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus

from audit.reconcile.run import reconcile
from cli.output import Exit
from gateway.answer import Status
from schemas.code import CalendarAct, Via
from schemas.occurrence import Occurrence
from schemas.task_queue import DISPATCH
from schemas.upkeep import Disagreement
from storage.pool import open_pool
from tests.builders import wib
from tests.decrees import midnight
from tests.support.cli import siklus
from tests.support.stack import (
    ORG,
    PERIOD,
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
        async with running_house(directory, begins=wib(3, 2, 7, 40), speed=60.0) as house:
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


async def check_commands(house, directory):
    """The shell: what a decree would do, what is known, and that nothing is left to put right."""
    ran = partial(siklus, SIKLUS_DATA=str(house.settings.data), SIKLUS_ORG=ORG)
    decree = directory / "libur.csv"
    decree.write_text("date,kind,name\n2026-03-05,cuti_bersama,[Simulasi]\n", encoding="utf-8")
    source = ("--source", "SKB 3 Menteri 2/2026")
    tried = await ran("calendar", "set", str(decree), *source, "--dry-run", "--json")
    assert tried.code == Exit.OK, tried
    moves = {(f["due_from"], f["due_to"]) for f in tried.json["files"]}
    assert len(tried.json["files"]) == len(await house.files(PERIOD))
    assert moves == {("2026-03-05T17:00:00.000000Z", "2026-03-06T17:00:00.000000Z")}
    week = ("--unit", "tidak ada", "--days", "6", "--from", "2026-04-01")
    refused = await ran("calendar", "week", *week, *source, "--json")
    assert (refused.code, refused.json["refusal"]["rule"]) == (Exit.REFUSED, "calendar.unit")
    shown = await ran("calendar", "show", "--year", "2026", "--json")
    assert "2026-03-04" in shown.json["free_days"]
    assert [change["version"] for change in shown.json["changes"]] == [1]
    bad = directory / "salah.csv"
    bad.write_text("date,kind,name\n2026-03-05,libur,x\n", encoding="utf-8")
    wrong = await ran("calendar", "set", str(bad), *source)
    assert wrong.code == Exit.USAGE
    assert "row 2" in wrong.err
    agrees = await ran("reconcile", "--json")
    assert (agrees.code, agrees.json["findings"]) == (Exit.OK, []), agrees


async def test_a_terminated_workflow_comes_back_and_a_decree_reaches_it(house, tmp_path):
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
    await check_commands(house, tmp_path)
