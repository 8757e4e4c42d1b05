"""One file with its ledger, on Postgres or in memory, behind the same few questions."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from typing_extensions import override

from activities.contracts import Ledger
from activities.ledger import PostgresLedger
from domain.calendar_book import CalendarBook, CalendarChange
from domain.fold import evolve
from domain.movement import move
from runtime.clock import Clock
from schemas.code import Act
from schemas.command import StoredCommand
from schemas.cycle import Advance, Agenda, Outcome, Progress, Verdict
from schemas.error import Refusal
from schemas.event import Event
from schemas.file import FileState
from schemas.identifier import FileKey, UnitKey, calendar_stream
from schemas.order_body import ApplyChanges
from schemas.organisation import DatedChange
from storage.ledger import FileLedger
from storage.organisation import read_organisation
from storage.organisation_acts import apply_changes, replace_rows
from storage.query import queries
from tests.builders import (
    CALENDAR,
    POSTS,
    SET,
    SET_AT,
    Cast,
    command,
    file_key,
    holdings,
    organisation,
    unique_cast,
    wib,
)
from tests.fakes.ledger import Enrolment, FakeLedger, Fault, Unreachable
from tests.stories import Story
from tests.support.database import FreshDatabase

OPENED = wib(3, 2, 8)
Notice = tuple[str, UUID]


@dataclass
class House(ABC):
    """A ledger with one enrolled file; the gateway's and the workflow's part is played here."""

    cast: Cast = field(default_factory=unique_cast)
    clock: Clock = field(default_factory=Clock.standard)
    org: str = field(default_factory=lambda: f"kota-{uuid4().hex[:12]}")

    @property
    def file(self) -> FileKey:
        return file_key(self.cast, org=self.org)

    @property
    @abstractmethod
    def ledger(self) -> Ledger:
        """What is under test."""

    @abstractmethod
    async def keep(self, made: StoredCommand) -> None:
        """Store a command, as the gateway does."""

    @abstractmethod
    async def decree(self, book: CalendarBook) -> None:
        """Let the changes of a book that are new become known."""

    @abstractmethod
    async def state(self) -> FileState:
        """The file as recorded."""

    @abstractmethod
    async def events(self) -> list[Event]:
        """The file's chain."""

    @abstractmethod
    async def outcome(self, command_id: UUID) -> Outcome | None:
        """What became of a command, as recorded."""

    @abstractmethod
    async def rungs(self) -> list[tuple[int, str]]:
        """The rungs climbed, by visit."""

    @abstractmethod
    async def notices(self) -> list[Notice]:
        """Who was told of what."""

    @abstractmethod
    async def crash(self, request: Advance, fault: Fault) -> None:
        """Ask, and lose the answer; everything or nothing was written."""

    @abstractmethod
    async def change(self, since: datetime, *changes: DatedChange) -> None:
        """Have dated changes of the organisation known from an instant on."""

    # --- what tests say ---------------------------------------------------------------------------

    async def open(self) -> Agenda:
        """The first question of a workflow."""
        return (await self.ask()).agenda

    async def ask(self, **question: Any) -> Progress:
        """One call of the ledger."""
        return await self.ledger.advance_file(Advance(file=self.file, **question))

    async def store(
        self, act: Act, at: datetime, actor: UUID | None = None, **options: Any
    ) -> UUID:
        """A command of whoever is awaited, if nobody is named; not yet decided."""
        state = await self.state()
        made = command(state, act, actor or self.cast.acting_for(state), at, **options)
        await self.keep(made)
        return made.id

    async def store_unopened(self, act: Act, at: datetime) -> UUID:
        """A command of the employee for a file that nobody has opened yet."""
        state = Story(cast=self.cast).state.model_copy(update={"file": self.file})
        made = command(state, act, self.cast.employee, at)
        await self.keep(made)
        return made.id

    async def act(self, act: Act, at: datetime, actor: UUID | None = None, **options: Any):
        """A command stored and asked about."""
        return await self.ask(command_id=await self.store(act, at, actor, **options))

    async def kinds(self) -> list[str]:
        """What happened, in order."""
        return [e.kind for e in await self.events()]


@dataclass
class FakeHouse(House):
    """In memory."""

    fake: FakeLedger = field(init=False)

    def __post_init__(self) -> None:
        self.fake = FakeLedger(organisation(self.cast), CALENDAR, self.clock)
        self.fake.enrol(self.file, Enrolment("dinas", "staff", OPENED))

    @property
    @override
    def ledger(self) -> Ledger:
        return self.fake

    @override
    async def keep(self, made: StoredCommand) -> None:
        self.fake.store(made)

    @override
    async def decree(self, book: CalendarBook) -> None:
        self.fake.book = book

    @override
    async def state(self) -> FileState:
        return self.fake.records[self.file].state

    @override
    async def events(self) -> list[Event]:
        record = self.fake.records.get(self.file)
        return list(record.events) if record else []

    @override
    async def outcome(self, command_id: UUID) -> Outcome | None:
        return self.fake.outcomes.get(command_id)

    @override
    async def rungs(self) -> list[tuple[int, str]]:
        return list(self.fake.records[self.file].rungs)

    @override
    async def notices(self) -> list[Notice]:
        return [(topic, person) for _, topic, person in self.fake.records[self.file].notices]

    @override
    async def change(self, since: datetime, *changes: DatedChange) -> None:
        moved = move(self.fake.newest, changes, CALENDAR.local_date(since))
        assert moved.wrong == []
        self.fake.change(since, moved.result())

    @override
    async def crash(self, request: Advance, fault: Fault) -> None:
        self.fake.faults.append(fault)
        with pytest.raises(Unreachable):
            await self.fake.advance_file(request)


@dataclass
class PostgresHouse(House):
    """On a real database, by the worker's own role."""

    database: FreshDatabase | None = None

    @property
    def _pools(self) -> FreshDatabase:
        assert self.database is not None
        return self.database

    @property
    @override
    def ledger(self) -> Ledger:
        return PostgresLedger(self._pools.worker, CALENDAR, self.clock)

    @override
    async def keep(self, made: StoredCommand) -> None:
        """With the instant the test names, where the gateway would read its clock."""
        await self._pools.web.execute(
            "INSERT INTO command (id, org, stream, act, actor, body, expected_version, via,"
            " os_user, salt, request_hash, received_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '', $10)",
            made.id,
            self.org,
            made.stream,
            made.act,
            made.actor,
            made.body,
            made.expected_version,
            made.via,
            made.os_user,
            made.received_at,
        )

    @override
    async def decree(self, book: CalendarBook) -> None:
        count = await queries("calendar").count_changes(self._pools.web, org=self.org)
        for change in book.changes[count:]:
            await keep_change(self._pools.worker, self.org, change)

    @override
    async def state(self) -> FileState:
        row = await queries("gateway").read_file(self._pools.web, id=self.file.file_id)
        return evolve(None, row["state"])

    @override
    async def events(self) -> list[Event]:
        rows = await self._pools.worker.fetch(
            "SELECT canonical FROM event WHERE stream = $1 ORDER BY number", self.file.stream
        )
        return [Event.model_validate_json(r["canonical"]) for r in rows]

    @override
    async def outcome(self, command_id: UUID) -> Outcome | None:
        found = await queries("gateway").read_outcome(self._pools.web, id=command_id)
        return None if found is None else Outcome.model_validate(found)

    @override
    async def rungs(self) -> list[tuple[int, str]]:
        rows = await self._pools.worker.fetch(
            "SELECT visit, rung FROM reminder WHERE file = $1 ORDER BY number", self.file.file_id
        )
        return [(r["visit"], r["rung"]) for r in rows]

    @override
    async def notices(self) -> list[Notice]:
        rows = await self._pools.worker.fetch(
            "SELECT topic, recipient FROM outbox WHERE stream = $1 ORDER BY id", self.file.stream
        )
        return [(r["topic"], r["recipient"]) for r in rows]

    @override
    async def crash(self, request: Advance, fault: Fault) -> None:
        if fault is Fault.AFTER_COMMIT:
            await self.ledger.advance_file(request)
            return
        files = FileLedger(CALENDAR, self.clock)

        async def killed() -> None:
            async with self._pools.worker.acquire() as connection, connection.transaction():
                await files.advance(connection, request)
                raise Unreachable("the worker was killed before its commit")

        with pytest.raises(Unreachable):
            await killed()

    @override
    async def change(self, since: datetime, *changes: DatedChange) -> None:
        order = ApplyChanges.model_validate({"changes": [c.model_dump() for c in changes]})
        today = CALENDAR.local_date(since)
        async with self._pools.worker.acquire() as connection, connection.transaction():
            known = await read_organisation(connection, self.org)
            done = await apply_changes(connection, self.org, order, since, known, today)
        assert not isinstance(done, Refusal), done

    async def furnish(self) -> None:
        """The people, their posts, and the opened month, as the organisation's ledger leaves them."""
        q, pool = queries("organisation"), self._pools.worker
        people = self.cast.people()
        await q.upsert_people(
            pool,
            org=self.org,
            ids=people,
            numbers=[str(n) for n in range(len(people))],
            names=[f"Orang {n}" for n in range(len(people))],
            kinds=["PNS"] * len(people),
        )
        version = await q.raise_version(pool, org=self.org, since=OPENED)
        async with pool.acquire() as connection:
            await replace_rows(connection, self.org, version, POSTS, holdings(self.cast))
        await set_unit_predicate(pool, self.org, "dinas", self.file.period)
        key = {"org": self.org, "period": self.file.period, "kind": self.file.kind}
        await q.insert_period_run(pool, **key, process="bulanan/1", opened_at=OPENED)
        await q.insert_roster(
            pool,
            **key,
            people=[self.cast.employee],
            units=["dinas"],
            posts=["staff"],
            reasons=[None],
        )


async def keep_change(pool: Any, org: str, change: CalendarChange) -> None:
    """A change of the calendar as its ledger leaves it, without an act behind it."""
    own, stream = change.unit_week, calendar_stream(org)
    if own is None:
        kinds = {**dict.fromkeys(change.free, "libur_nasional")}
        kinds |= dict.fromkeys(change.working, "hari_kerja")
        days = [{"date": str(d), "kind": kind, "name": "x"} for d, kind in kinds.items()]
        act = "set_holidays"
        said: dict[str, Any] = {"days": days, "source": change.source}
    else:
        act = "set_week"
        said = {"unit": own.unit, "week": own.week, "from_on": str(own.from_on), "source": "x"}
    await pool.execute(
        "INSERT INTO event (stream, number, org, hash, canonical, kind, happened_at)"
        " VALUES ($1, $2, $3, $4, '', 'holidays_set', $5)",
        stream,
        change.version - 1,
        org,
        uuid4().hex,
        change.since,
    )
    await queries("calendar").insert_change(
        pool,
        stream=stream,
        number=change.version - 1,
        org=org,
        act=act,
        said=said,
        since=change.since,
    )


async def set_unit_predicate(pool: Any, org: str, unit: str, period: str) -> None:
    """The unit's predicate as its ledger leaves it, without an act behind it."""
    stream = UnitKey(org=org, period=period, unit=unit).stream
    await pool.execute(
        "INSERT INTO event (stream, number, org, hash, canonical, kind, happened_at)"
        " VALUES ($1, 0, $2, $3, '', 'unit_predicate_set', $4)",
        stream,
        org,
        uuid4().hex,
        SET_AT,
    )
    await queries("unit").insert_step(
        pool,
        stream=stream,
        number=SET.number,
        org=org,
        unit=unit,
        period=period,
        step="set",
        predicate=SET.predicate.value,
        since=SET_AT,
    )


async def in_memory(**options) -> House:
    return FakeHouse(**options)


async def on_postgres(database: FreshDatabase, **options) -> House:
    house = PostgresHouse(**options, database=database)
    await house.furnish()
    return house


async def in_acceptance(house: House) -> None:
    """A file whose result was delivered on 13 April, so that its window ends with the 16th."""
    acts = [
        (Act.SUBMIT_PLAN, wib(3, 2, 9)),
        (Act.AGREE_PLAN, wib(3, 2, 10)),
        (Act.SUBMIT_REPORT, wib(3, 31)),
        (Act.SCORE, wib(4, 1, 7)),
        (Act.GIVE_FEEDBACK, wib(4, 1, 7, 10)),
        (Act.RESPOND_TO_FEEDBACK, wib(4, 1, 7, 20)),
        (Act.RECORD_MEETING, wib(4, 1, 7, 30)),
        (Act.SIGN, wib(4, 13, 15)),
    ]
    for act, at in acts:
        progress = await house.act(act, at)
        assert progress.outcome.verdict is Verdict.ACCEPTED, (act, progress)
