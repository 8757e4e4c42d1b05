"""Down over a period's beginning, a deadline and a day's mail: afterwards all is as it should be, once.

Business time goes on while something is down, six seconds a day. Schedules cannot follow such a
clock: once all is up again, the test starts what a Schedule would catch up with, at its nominal
time, twice.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from pydantic import JsonValue

from activities.mail import Outgoing, PostgresMailing
from activities.occurrences import PostgresOccurrences
from gateway.answer import Status
from schemas.code import Act, OrganisationAct, Via
from schemas.occurrence import Occurrence
from schemas.task_queue import DISPATCH
from tests.builders import CALENDAR, wib
from tests.support.mail_server import MailServer
from tests.support.skipped_time import BASE, SENDER
from tests.support.stack import ORG, House, problems_of, running_house, small_city
from tests.support.waiting import eventually
from workers.notify import build_notify_worker
from workers.schedules import keep_timetables

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]

SPEED = 14_400.0
BEGINS, DOWN_AT = wib(1, 29, 9), wib(1, 31, 22)
NEXT_PERIOD = wib(2, 1, 0, 5)
DEADLINE = wib(2, 5, 0)  # reports of January are due on the third working day of February
# What time does to a file of January for which nobody does anything.
LADDER = {
    "reminder": wib(2, 2, 8),
    "overdue": DEADLINE,
    "boss": wib(2, 6, 8) - timedelta(days=1),
    "superior": wib(2, 6, 8),
    "unit_head": wib(2, 10, 8),
    "hr": wib(2, 12, 8),
}
LENGTHS = {
    "minutes": wib(2, 1, 0, 30),
    "days": wib(2, 3, 14),
    "ten days": wib(2, 10, 14),
}
PARTS = ("worker-1", "temporal", "postgres", "everything")
USUAL = {("everything", "days")}
CASES = [
    pytest.param(
        part,
        until,
        id=f"{part} for {name}",
        marks=() if (part, name) in USUAL else pytest.mark.full,
    )
    for part in PARTS
    for name, until in LENGTHS.items()
]


@dataclass
class Downtime:
    """A small city whose January is open, and what becomes of it."""

    house: House
    reported: list[UUID] = field(default_factory=list)

    async def until(self, at: datetime) -> None:
        """Let business time pass."""
        await eventually(lambda: self.house.clock.now() >= at, 120, 0.01)

    async def set_up(self) -> None:
        """January is opened with nobody acting in it; everybody can be reached by mail."""
        await self.house.open_month(small_city(8), "2026-01")
        people = await self.house.web.fetch("SELECT id FROM person ORDER BY id")
        rows: list[JsonValue] = [
            {"person": str(row["id"]), "address": f"o-{n}@kota.contoh.example", "language": "id"}
            for n, row in enumerate(people)
        ]
        await self.house.order(OrganisationAct.IMPORT_CONTACTS, {"rows": rows})
        await keep_timetables(self.house.owner, ORG)
        assert self.house.clock.now() < DOWN_AT, "this machine is too slow for this clock"
        await self.until(DOWN_AT)

    async def reports(self, number: int, status: Status) -> None:
        """Somebody hands in his report, whatever is down."""
        key = (await self.house.files("2026-01"))[number]
        step = await self.house.step(key, Act.SUBMIT_REPORT)
        self.reported.append(uuid4())
        answer = await self.house.gateway.act(  # of no version: the record is behind the calendar
            *(key.file_id, step.act, step.body),
            actor=step.actor,
            command_id=self.reported[-1],
            via=Via.SIMULATION,
        )
        assert answer.status is status, answer

    async def has_caught_up(self) -> None:
        """Wait until time has nothing left to do, and nothing that was stored is undecided."""
        open_still = "SELECT count(*) FROM file WHERE ended IS NULL AND wake_at <= $1"
        undecided = "SELECT count(*) FROM command WHERE outcome IS NULL"
        now = self.house.clock.now()

        async def nothing_is_left() -> bool:
            found = await self.house.owner.fetchval(open_still, now)
            return not found + await self.house.owner.fetchval(undecided)

        await eventually(nothing_is_left, 90, 0.1)

    @asynccontextmanager
    async def post_office(self, server: MailServer) -> AsyncIterator[str]:
        """A worker of mail on a queue of its own: a demonstration, as this stack is, has none."""
        queue, pool = str(uuid4()), self.house.owner
        outgoing = Outgoing(pool, server.access(), SENDER, BASE)
        mailing = PostgresMailing(pool, outgoing, BASE)
        occurrences = PostgresOccurrences(pool)
        worker = build_notify_worker(self.house.client, mailing, occurrences, task_queue=queue)
        async with worker:
            yield queue

    async def occur(self, workflow: str, schedule: str, queue: str, nominal: datetime) -> object:
        """Run what a Schedule starts, and the same once more."""
        given = Occurrence(org=ORG, schedule=schedule, nominal=nominal)
        done = [
            await self.house.client.execute_workflow(
                workflow, given, id=f"{schedule}/{uuid4()}", task_queue=queue
            )
            for _ in range(2)
        ]
        return done[0]

    async def rungs(self) -> dict[str, Counter[tuple[str, datetime]]]:
        """What time has done to each file of January since its report is awaited."""
        rows = await self.house.owner.fetch(
            "SELECT stream, happened_at, convert_from(canonical, 'UTF8')::jsonb #>> '{data,rung}'"
            " AS rung FROM event WHERE stream LIKE 'file/%/2026-01/%' AND happened_at >= $1",
            wib(2, 1, 0),
        )
        found: dict[str, Counter[tuple[str, datetime]]] = {}
        for row in rows:
            of_file = found.setdefault(row["stream"], Counter())
            if row["rung"] in LADDER:
                of_file[row["rung"], row["happened_at"]] += 1
        return found


@asynccontextmanager
async def downtime(directory) -> AsyncIterator[Downtime]:
    """The stack, started or started again."""
    async with running_house(directory, begins=BEGINS, speed=SPEED) as house:
        yield Downtime(house)


@asynccontextmanager
async def after_an_outage(directory, part: str, until: datetime) -> AsyncIterator[Downtime]:
    """The house once something was down until a business instant and all is up again."""
    async with downtime(directory) as before:
        await before.set_up()
        if part != "everything":
            async with before.house.away(part, "gone"):
                await people_go_on(before, part, until)
            await before.house.works()
            yield before
            return
    await before.until(until)
    async with downtime(directory) as after:
        yield after


async def people_go_on(down: Downtime, part: str, until: datetime) -> None:
    """Where acts can be stored, one report comes in time and another one too late."""
    if part != "postgres" and until > DEADLINE:
        # The workflow behind the record still waits for a plan; the ledger goes by the instant.
        await down.until(wib(2, 3, 9))
        await down.reports(0, Status.STORED)
        await down.until(wib(2, 6, 12))
        await down.reports(1, Status.STORED)
    await down.until(until)


@pytest.mark.parametrize(("part", "until"), CASES)
async def test_all_is_caught_up_once_and_for_the_right_dates(other_directory, part, until):
    async with after_an_outage(other_directory, part, until) as up:
        house = up.house
        done = await up.occur("OpenPeriods", "open-month", DISPATCH, NEXT_PERIOD)
        await up.has_caught_up()

        files = await house.files("2026-02")
        assert done == {"2026-02/bulanan": len(files)}
        roster = "SELECT count(*) FROM roster WHERE period = '2026-02' AND excluded_because IS NULL"
        assert len(files) == await house.owner.fetchval(roster) > 0
        assert await house.owner.fetchval("SELECT count(*) FROM period_run") == 2
        runs = await house.owner.fetch("SELECT nominal, verdict FROM occurrence")
        assert [(r["nominal"], r["verdict"]) for r in runs] == [(NEXT_PERIOD, "caught_up_late")]

        await deadlines_were_judged_by_their_own_instants(up)
        await the_newest_days_mail_is_sent_once(up)
        await up.has_caught_up()
        assert problems_of(await house.check()) is None


async def deadlines_were_judged_by_their_own_instants(up: Downtime) -> None:
    """Everything that was to ring has rung once, at its time; a report in time stops the rest."""
    now = up.house.clock.now()
    await up.has_caught_up()
    files = await up.house.files("2026-01")
    by_file = await up.rungs()
    due = {(rung, at) for rung, at in LADDER.items() if at <= now}
    for command_id in up.reported:
        outcome = await up.house.outcome(command_id)
        assert outcome["verdict"] == "accepted", outcome
    for number, key in enumerate(files):
        found = by_file.get(key.stream, Counter())
        expected = due
        if number < len(up.reported):  # what follows is about another turn
            acted_at = (wib(2, 3, 9), wib(2, 6, 12))[number]
            expected = {(rung, at) for rung, at in due if at < acted_at}
            assert ("overdue", DEADLINE) not in found or acted_at > DEADLINE
            found = Counter({k: n for k, n in found.items() if k[1] < acted_at})
        assert set(found) >= expected, (number, found)
        assert set(found.values()) <= {1}
        assert all(at == LADDER[rung] for rung, at in found if not up.reported), found


async def the_newest_days_mail_is_sent_once(up: Downtime) -> None:
    """The next morning's, and none for the mornings that were missed."""
    calendar = CALENDAR
    today = calendar.local_date(up.house.clock.now())
    morning = calendar.at_eight(calendar.add_working_days(today, 1))
    await up.until(morning)
    async with MailServer() as server, up.post_office(server) as queue:
        made = await up.occur("SendDigests", "send-digests", queue, morning)
    rows = await up.house.owner.fetch("SELECT recipient, on_day FROM mail")
    assert made == len(rows) > 0
    assert {row["on_day"] for row in rows} == {calendar.local_date(morning)}
    assert max(Counter(row["recipient"] for row in rows).values()) == 1
    assert (len(server.times()), set(server.times().values())) == (len(rows), {1})
