"""A seeded year: schedules at their nominal times, people by their temperaments, decrees between.

It steps from one instant at which something happens to the next, an hour at most being one step
for what people do. Nothing here decides anything: people act through the gateway, by the one
driver of the simulation.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from temporalio.client import WorkflowHandle

from domain.timetable import times
from domain.working_calendar import ZONE
from gateway.answer import Status
from schemas.code import CalendarAct, OrganisationAct, Via
from schemas.period import Period
from simulation.acknowledgements import Acknowledgements
from simulation.cast import read_behaviour
from simulation.city import generate
from simulation.driver import Driver
from simulation.units import Turn, UnitPlay, plan_units
from storage.organisation import read_organisation
from storage.query import queries
from tests.support.skipped_time import SkippedHouse
from tests.year.happenings import Happening, cast, departures, happenings, made_free
from tests.year.post import Bookkeeping
from workers.schedules import DECLARED, Declared, keep_timetables

ORG = "kota-contoh"
HOUR = timedelta(hours=1)
_DIGESTS = "SendDigests"
_OWN_ROWS = ("OpenPeriods", "ClosePeriods", "Housekeeping", _DIGESTS)


def schedules() -> tuple[Declared, ...]:
    """What is declared, but for what needs a list of workflows: this server has none."""
    return tuple(each for each in DECLARED if each.workflow in _OWN_ROWS)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played: periods open before ``opens_until``, and all goes on until ``ends``."""

    seed: int
    people: int
    part_time: int
    opens_until: date
    ends: date
    begins: date = date(2026, 1, 1)

    def at(self, day: date) -> datetime:
        """The beginning of a day."""
        return datetime.combine(day, time(0), ZONE).astimezone(UTC)

    @property
    def setting_up(self) -> datetime:
        """When the organisation is imported: the morning before it begins."""
        return self.at(self.begins) - 15 * HOUR


@dataclass
class Year:
    """One play of a plan in a house."""

    plan: Plan
    house: SkippedHouse
    log: Acknowledgements
    turns: list[tuple[Turn, Period]] = field(default_factory=list)
    left: list[Happening] = field(default_factory=list)
    closing: list[WorkflowHandle[Any, Any]] = field(default_factory=list)
    driver: Driver | None = None
    _next: datetime | None = None

    @classmethod
    def of(cls, plan: Plan, house: SkippedHouse, folder: Path) -> "Year":
        """A play that has not begun."""
        return cls(plan, house, Acknowledgements(folder / "acknowledgements.jsonl"))

    async def play(self) -> None:
        """From the import to the last day."""
        async with self.log:
            await self._set_up()
            for at, each in self.timetable():
                await self._act_until(at)
                await self.house.skip_to(at)
                await self.house.caught_up()
                await self._occur(each, at)
            await self._act_until(self.plan.at(self.plan.ends))
            await self.house.look_after()

    # What runs by itself

    def timetable(self) -> list[tuple[datetime, Declared]]:
        """Every nominal time of the plan, in order, with what it starts."""
        begins, ends = self.plan.at(self.plan.begins), self.plan.at(self.plan.ends)
        opens_until = self.plan.at(self.plan.opens_until)
        found: list[tuple[datetime, Declared]] = []
        for each in schedules():
            until = opens_until if each.workflow == "OpenPeriods" else ends
            found += [(at, each) for at in times(each.timing, begins, until) if at < until]
        return sorted(found, key=lambda pair: pair[0])

    async def _keep_timetables(self) -> None:
        """As if everything had been declared at the beginning, and the openings ended in time."""
        owner, begins = self.house.database.owner, self.plan.at(self.plan.begins)
        await keep_timetables(owner, ORG)
        names = [each.name for each in DECLARED if each.workflow in _OWN_ROWS]
        await owner.execute("DELETE FROM schedule WHERE name <> ALL ($1::text[])", names)
        await owner.execute("UPDATE schedule SET since = $1", begins)
        for each in schedules():
            ends = self.plan.opens_until if each.workflow == "OpenPeriods" else self.plan.ends
            insert = "INSERT INTO schedule (org, name, since, timing) VALUES ($1, $2, $3, NULL)"
            if each.name in names:
                ends_at = self.plan.at(ends) - timedelta(microseconds=1)
                await owner.execute(insert, ORG, each.name, ends_at)

    async def _occur(self, each: Declared, at: datetime) -> None:
        if each.workflow == _DIGESTS:
            await self.post.expect(self.house.database.owner, at)
        handle = await self.house.occur(each, at)
        if each.workflow == "ClosePeriods":
            self.closing.append(handle)  # it may wait for objections, for weeks
            return
        opened = await handle.result()
        if each.workflow == "OpenPeriods":
            await self._plan_units(opened)
            if self.driver is None and f"{self.plan.begins.year}/tahunan" in opened:
                self.driver = await self._driver()
        if each.workflow == "Housekeeping":
            await self.house.look_after()
        await self._step()

    async def _plan_units(self, opened: dict[str, int]) -> None:
        """Who sets the predicates of what has just been opened, and when."""
        for period in sorted({name.partition("/")[0] for name in opened}):
            rows = await queries("simulation").read_units(self.house.pool, org=ORG, period=period)
            async with self.house.pool.acquire() as connection:
                known = await read_organisation(connection, ORG)
            units = [row["unit"] for row in rows]
            parsed, calendar = Period.parse(period), self.house.calendar
            planned = plan_units(units, known, parsed, self.plan.seed, calendar)
            self.turns += [(turn, parsed) for turn in planned]
        self.turns.sort(key=lambda pair: (pair[0].at, pair[0].unit))

    # What people do

    async def _act_until(self, limit: datetime) -> None:
        """Step by step, whatever anybody does before an instant."""
        while True:
            due = [self._next, *(t.at for t, _ in self.turns[:1]), *(h.at for h in self.left[:1])]
            found = [at for at in due if at is not None and at < limit]
            if not found:
                return
            begun = min(found).replace(minute=0, second=0, microsecond=0)
            await self.house.skip_to(min(limit, begun + HOUR))
            await self.house.caught_up()
            await self._do_what_is_due()

    async def _do_what_is_due(self) -> None:
        now, is_changed = self.house.clock.now(), False
        while self.left and self.left[0].at <= now:
            happening = self.left.pop(0)
            await self._order(happening.act, happening.said)
            is_changed = True
        while self.turns and self.turns[0][0].at <= now:
            (turn, period), is_changed = self.turns.pop(0), True
            play = UnitPlay(self.house.gateway, self.house.clock, period, self.log)
            await play.run([turn])
        if is_changed:
            await self.house.look_after()
            await self.house.caught_up()
        await self._step()

    async def _step(self) -> None:
        """Everybody does what his time has come for; whoever has a file is known from then on."""
        if self.driver is not None:
            self._next = await self.driver.step()

    # Setting up

    async def _set_up(self) -> None:
        rows = generate(self.plan.people, self.plan.seed, self.plan.part_time)
        data = [row.model_dump(mode="json") for row in rows]
        await self._order(OrganisationAct.IMPORT_ORGANISATION, {"rows": data})
        people = await queries("simulation").read_people(self.house.pool, org=ORG)
        ids = sorted(row["id"] for row in people)
        contacts = [
            {"person": str(person), "address": f"orang-{n}@kota.contoh.example", "language": "id"}
            for n, person in enumerate(ids)
        ]
        await self._order(OrganisationAct.IMPORT_CONTACTS, {"rows": contacts})
        await self._keep_timetables()
        await self._plan_happenings(ids)

    async def _plan_happenings(self, ids: list[UUID]) -> None:
        async with self.house.pool.acquire() as connection:
            known = await read_organisation(connection, ORG)
        plan = self.plan
        people = cast(known, plan.seed, plan.begins)
        self.left = sorted(
            happenings(people, plan.begins, plan.opens_until, self.house.calendar),
            key=lambda each: each.at,
        )
        self.post = Bookkeeping(frozenset(ids), departures(self.left), made_free(self.left))

    async def _driver(self) -> Driver:
        """Everybody has a file of the year, and a temperament for all of it."""
        house, plan = self.house, self.plan
        year = [str(plan.begins.year)]
        behaviour = await read_behaviour(house.pool, ORG, year, plan.seed, house.calendar)
        return Driver(
            *(house.gateway, house.database.web, house.clock, house.calendar),
            *(behaviour, ORG, self.log),
        )

    async def _order(self, act: OrganisationAct | CalendarAct, said: Any) -> None:
        answer = await self.house.gateway.organisation_act(
            act, said, actor=None, command_id=uuid4(), via=Via.IMPORT, os_user="test", seconds=600
        )
        assert answer.status is Status.DONE, (act, answer)
