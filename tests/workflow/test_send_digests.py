"""The mail of a day, on the time-skipping server: its nominal day, and one activity after the other."""

from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError
from typing_extensions import override

from activities.contracts import Mailing, Occurrences
from schemas.mail_day import MailDay
from schemas.occurrence import Occurrence
from schemas.schedule import Run
from tests.builders import wib
from workers.notify import build_notify_worker

NOMINAL = wib(3, 9, 8)


class FakeOccurrences(Occurrences):
    """Keeps what runs say of themselves."""

    def __init__(self) -> None:
        self.runs: list[Run] = []

    @override
    @activity.defn(name="note_run")
    async def note_run(self, run: Run) -> None:
        self.runs.append(run)


class FakeMailing(Mailing):
    """Notes what it is asked; the database is away for the first few times."""

    def __init__(self, away: int = 0) -> None:
        self.asked: list[tuple[str, MailDay]] = []
        self.away = away

    @override
    @activity.defn(name="compose_mail")
    async def compose_mail(self, request: MailDay) -> int:
        if self.away:
            self.away -= 1
            raise ApplicationError("the database is away")
        self.asked.append(("compose", request))
        return 7

    @override
    @activity.defn(name="deliver_mail")
    async def deliver_mail(self, request: MailDay) -> int:
        self.asked.append(("deliver", request))
        return 7


@pytest.fixture
def send(environment, cached_workflows):
    async def run(mailing, occurrences=None, nominal=NOMINAL):
        queue = str(uuid4())
        worker = build_notify_worker(
            environment.client,
            mailing,
            occurrences or FakeOccurrences(),
            task_queue=queue,
            cached_workflows=cached_workflows,
        )
        async with worker:
            return await environment.client.execute_workflow(
                "SendDigests",
                Occurrence(org="kota-contoh", schedule="SendDigests", nominal=nominal),
                id=f"digests/{uuid4()}",
                task_queue=queue,
                result_type=int,
                run_timeout=timedelta(days=2),
            )

    return run


class TestSendDigests:
    async def test_composes_its_nominal_day_and_then_hands_over(self, send):
        mailing = FakeMailing()
        assert await send(mailing) == 7
        day = MailDay(org="kota-contoh", nominal=NOMINAL)
        assert mailing.asked == [("compose", day), ("deliver", day)]

    async def test_keeps_its_row_from_the_beginning_to_the_end(self, send):
        kept = FakeOccurrences()
        await send(FakeMailing(), kept)
        begun, ended = kept.runs
        assert {run.nominal for run in kept.runs} == {NOMINAL}
        assert (begun.ended_at, begun.told) == (None, {})
        assert ended.ended_at is not None
        assert (ended.skipped, ended.told) == (None, {"mails": 7})

    async def test_waits_for_a_database_that_is_away_and_keeps_its_day(self, send):
        mailing = FakeMailing(away=12)
        await send(mailing)
        assert {day.nominal for _, day in mailing.asked} == {NOMINAL}
