"""A small city's month in a real database, played through the ledgers without Temporal.

The business clock is that of a demonstration whose last day is today, so that open files are
neither overslept nor early.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from domain.authority import resolve_chain
from domain.distribution import is_about_spread
from domain.organisation import Organisation
from domain.unit import officials
from domain.working_calendar import ZONE, load
from runtime.clock import Clock
from schemas.code import (
    Act,
    CalendarAct,
    OrganisationAct,
    Role,
    RulesAct,
    UnitAct,
    Via,
    WebhookAct,
)
from schemas.cycle import Advance, Agenda, Outcome, Verdict
from schemas.file import FileState
from schemas.identifier import (
    FileKey,
    UnitKey,
    calendar_stream,
    organisation_stream,
    rules_stream,
)
from schemas.organisation import HoldingRow
from schemas.period import BULANAN
from simulation.texts import Matter, body
from storage.calendar_ledger import CalendarLedger
from storage.clock import set_clock
from storage.command import Request, store
from storage.ledger import FileLedger
from storage.organisation import read_organisation
from storage.organisation_ledger import OrganisationLedger
from storage.period_closing import AdvanceFirst
from storage.rules_ledger import RulesLedger
from storage.stream import decide_next
from storage.unit_ledger import UnitLedger
from tests.support.database import FreshDatabase

ORG = "kota-contoh"
PERIOD, NEXT_PERIOD = "2026-03", "2026-04"
UNITS_SET = datetime(2026, 4, 9, 9, tzinfo=ZONE).astimezone(UTC)
SECOND_OPENING = datetime(2026, 4, 28, 7, tzinfo=ZONE).astimezone(UTC)
BEGIN = datetime(2026, 3, 2, 7, tzinfo=ZONE).astimezone(UTC)
END = datetime(2026, 5, 5, 12, tzinfo=ZONE).astimezone(UTC)
DAY = timedelta(days=1)
SOURCE = "Keputusan Wali Kota 800/12/2026"
SPEED = 86_400.0
WAY_TO_THE_GATE = (
    *(Act.SUBMIT_PLAN, Act.AGREE_PLAN, Act.SUBMIT_REPORT, Act.SCORE, Act.GIVE_FEEDBACK),
    *(Act.RESPOND_TO_FEEDBACK, Act.RECORD_MEETING),
)


@dataclass
class PlayedRecord:
    """Stores commands and has them decided, at instants of its own choosing.

    ``corrected`` is what every unit's predicate is in the end; under the default one nearly every
    signature needs a reason for the spread of predicates.
    """

    database: FreshDatabase
    now: datetime = BEGIN
    chance: Random = field(default_factory=lambda: Random(13))  # noqa: S311
    answers: dict[UUID, Outcome] = field(default_factory=dict)
    agendas: dict[FileKey, Agenda] = field(default_factory=dict)
    corrected: str = "butuh_perbaikan"

    def __post_init__(self) -> None:
        real = datetime.now(UTC)
        origin = real - timedelta(seconds=(END - BEGIN).total_seconds() / SPEED + 3)
        converts = Clock(BEGIN, origin, SPEED)
        self.city = Organisation.of((), ())
        self.people: list[UUID] = []
        self.clock = Clock(BEGIN, origin, SPEED, lambda: converts.to_real(self.now))
        self.calendar = load()
        self.files = FileLedger(self.calendar, self.clock)
        self.organisation = OrganisationLedger(self.calendar)
        self.units = UnitLedger(self.calendar)
        self.rules = RulesLedger(self.calendar)
        self.calendars = CalendarLedger(self.calendar)

    async def begin(self, rows: Sequence[HoldingRow]) -> None:
        """Set the clock, import the organisation, open the month and every file of it."""
        async with self.database.owner.acquire() as connection:
            await set_clock(connection, self.clock)
        data = [row.model_dump(mode="json") for row in rows]
        await self.order(OrganisationAct.IMPORT_ORGANISATION, {"rows": data})
        async with self.database.worker.acquire() as connection:
            self.city = await read_organisation(connection, ORG)
        # Ids are new in each run; identity numbers make each run the same play.
        found = await self.database.worker.fetch("SELECT id FROM person ORDER BY identity_number")
        self.people = [row["id"] for row in found]
        await self.open(PERIOD)

    async def open(self, period: str) -> None:
        """Open a month, by the machine's administrator and once more by the HR office."""
        opening = {"period": period, "kind": BULANAN}
        await self.order(OrganisationAct.OPEN_PERIOD, opening)
        today = self._today()
        officer = next(p for p in self.people if self.city.hr_seat(p, today))
        await self.order(OrganisationAct.OPEN_PERIOD, opening, officer)
        quarter = {"period": "2026-TW1", "kind": BULANAN}
        await self.order(OrganisationAct.OPEN_PERIOD, quarter, officer)  # no month
        await self.order(OrganisationAct.OPEN_PERIOD, opening, self.people[-1])  # not his to open
        for row in await self.database.worker.fetch(
            "SELECT r.person FROM roster AS r JOIN person AS p ON p.id = r.person"
            " WHERE r.period = $1 AND r.excluded_because IS NULL ORDER BY p.identity_number",
            period,
        ):
            kind = BULANAN
            key = FileKey(org=ORG, period=period, kind=kind, person=row["person"])
            await self.advance(Advance(file=key))

    async def order(
        self, act: OrganisationAct | WebhookAct, said: Any, actor: UUID | None = None
    ) -> Outcome:
        command_id = UUID(int=self.chance.getrandbits(128), version=4)
        stream = organisation_stream(ORG)
        await self._store(command_id, stream, act, actor, said, None)
        outcome = await self.decide(self.organisation, stream, command_id)
        self.answers[command_id] = outcome
        return outcome

    async def act(
        self, key: FileKey, act: Act, actor: UUID, said: Any, version: int | None = None
    ) -> Outcome:
        command_id = UUID(int=self.chance.getrandbits(128), version=4)
        await self._store(command_id, key.stream, act, actor, said, version)
        outcome = await self.advance(Advance(file=key, command_id=command_id))
        assert outcome is not None
        self.answers[command_id] = outcome
        return outcome

    async def advance(self, request: Advance) -> Outcome | None:
        async with self.database.worker.acquire() as connection, connection.transaction():
            progress, _ = await self.files.advance(connection, request)
        self.agendas[request.file] = progress.agenda
        return progress.outcome

    async def _store(
        self, command_id: UUID, stream: str, act: Any, actor: UUID | None, said: Any, version: Any
    ) -> None:
        request = Request(
            command_id, ORG, stream, act, actor, said, version, Via.SIMULATION, "tester"
        )
        async with self.database.web.acquire() as connection:
            await store(connection, request, self.clock)

    async def play_all(self) -> None:
        """One month from its opening to its horizon, a mandate, and the next one's beginning."""
        await self.play(UNITS_SET)
        await self.set_units(PERIOD)
        for key in list(self.agendas):
            await self.advance(Advance(file=key))
        await self.play(SECOND_OPENING)
        await self._set_contacts()
        await self._grant_mandate()
        await self._set_rules()
        await self.open(NEXT_PERIOD)
        await self._nudge_one(NEXT_PERIOD)
        await self._withdraw_one(NEXT_PERIOD)
        await self._move_people()
        await self.play(END)

    async def set_units(self, period: str) -> None:
        """Every unit with files proposes its predicate, and gets it, once corrected."""
        rows = await self.database.worker.fetch(
            "SELECT DISTINCT unit FROM roster WHERE period = $1 AND excluded_because IS NULL"
            " ORDER BY unit",
            period,
        )
        for row in rows:
            key = UnitKey(org=ORG, period=period, unit=row["unit"])
            head, above = officials(self.city, key.unit, self._today())
            if head is None or above is None:
                continue
            proposal = {"predicate": "baik", "evidence": "[Simulasi] capaian triwulan"}
            await self.unit_act(key, UnitAct.PROPOSE_PREDICATE, head.person, proposal)
            await self.unit_act(key, UnitAct.SET_PREDICATE, self.people[0], {"predicate": "baik"})
            await self.unit_act(key, UnitAct.SET_PREDICATE, above.person, {"predicate": "baik"})
            await self.unit_act(key, UnitAct.SET_PREDICATE, above.person, {"predicate": "baik"})
            correction = {
                "predicate": self.corrected,
                "reason": "[Simulasi] capaian terlambat masuk",
            }
            await self.unit_act(key, UnitAct.CORRECT_PREDICATE, above.person, correction)

    async def decide(
        self,
        ledger: OrganisationLedger | UnitLedger | RulesLedger | CalendarLedger,
        stream: str,
        command_id: UUID,
    ) -> Outcome:
        """Have everything up to a command decided, one transaction each, as the worker does it."""
        while True:
            try:
                async with self.database.worker.acquire() as connection, connection.transaction():
                    outcome, _ = await decide_next(connection, stream, command_id, ledger.carry_out)
            except AdvanceFirst as waiting:
                for question in waiting.questions:
                    await self.advance(question)
                continue
            if outcome is not None:
                return outcome

    async def unit_act(self, key: UnitKey, act: UnitAct, actor: UUID, said: Any) -> Outcome:
        command_id = UUID(int=self.chance.getrandbits(128), version=4)
        await self._store(command_id, key.stream, act, actor, said, None)
        outcome = await self.decide(self.units, key.stream, command_id)
        self.answers[command_id] = outcome
        return outcome

    async def set_rule(
        self, rule: str, values: Any, from_on: str, actor: UUID | None = None, **more: Any
    ) -> Outcome:
        command_id = UUID(int=self.chance.getrandbits(128), version=4)
        said = {"rule": rule, "values": values, "from_on": from_on, "source": SOURCE, **more}
        stream = rules_stream(ORG)
        await self._store(command_id, stream, RulesAct.SET_RULE, actor, said, None)
        outcome = await self.decide(self.rules, stream, command_id)
        self.answers[command_id] = outcome
        return outcome

    async def set_holidays(
        self, days: dict[str, str], actor: UUID | None = None, **more: Any
    ) -> Outcome:
        """A decree: kinds of day by date."""
        said = {
            "days": [{"date": d, "kind": kind, "name": "[Simulasi]"} for d, kind in days.items()],
            "source": SOURCE,
            **more,
        }
        return await self.change_calendar(CalendarAct.SET_HOLIDAYS, said, actor)

    async def change_calendar(
        self, act: CalendarAct, said: Any, actor: UUID | None = None
    ) -> Outcome:
        command_id = UUID(int=self.chance.getrandbits(128), version=4)
        stream = calendar_stream(ORG)
        await self._store(command_id, stream, act, actor, said, None)
        outcome = await self.decide(self.calendars, stream, command_id)
        self.answers[command_id] = outcome
        return outcome

    def officer(self) -> UUID:
        """Somebody of the HR office."""
        return next(p for p in self.people if self.city.hr_seat(p, self._today()))

    async def _set_rules(self) -> None:
        """The office gives supervisors a day more, from this month on, and lets a Plh appraise."""
        windows, today = {"scoring": 7}, self._today().isoformat()
        first, reason = f"{NEXT_PERIOD}-01", "[Simulasi] keputusan terlambat terbit"
        officer = self.officer()
        await self.set_rule("bulanan.jendela", windows, first, officer)  # without a reason
        await self.set_rule("bulanan.jendela", windows, first, officer, reason=reason)
        await self.set_rule("bulanan.jendela", windows, today, officer)  # that is so already
        await self.set_rule("bulanan.jendela", {"scoring": 9}, today, officer)  # after the meeting
        await self.set_rule("keberatan.jendela", {"days": 7}, today)  # not for it to set
        await self.set_rule("plh.boleh_menilai", {"allowed": True}, today, self.people[-1])
        await self.set_rule("plh.boleh_menilai", {"allowed": True}, today)

    async def _grant_mandate(self) -> None:
        """The last of the people may appraise for the first appraiser's post."""
        chain = resolve_chain(self.city, *await self._first_file(), self._today())
        assert chain.supervisor is not None
        mandate = {
            "person": str(self.people[-1]),
            "post": chain.supervisor.post,
            "decree": "800/1",
            "from_on": self._today().isoformat(),
        }
        await self.order(OrganisationAct.GRANT_MANDATE, {"mandate": mandate})
        wrong = [{"post": "tidak-ada"}, {"to_on": "2020-01-01"}, {"person": str(UUID(int=1))}]
        for part in wrong:
            await self.order(OrganisationAct.GRANT_MANDATE, {"mandate": mandate | part})

    async def _set_contacts(self) -> None:
        """Addresses for all, one of them taken away again, orders that are wrong, and a choice."""
        said, officer = OrganisationAct.IMPORT_CONTACTS, self.officer()
        rows: list[dict[str, Any]] = [
            {"person": str(p), "address": f"orang-{n}@contoh.example", "language": "id"}
            for n, p in enumerate(self.people)
        ]
        await self.order(said, {"rows": rows}, officer)
        await self.order(said, {"rows": [rows[0] | {"address": None}]})
        for wrong in (rows[:1] * 2, [rows[1] | {"person": str(UUID(int=1))}]):
            await self.order(said, {"rows": wrong})
        await self.order(said, {"rows": rows}, self.people[-1])  # not his to order
        choose = OrganisationAct.SET_MAIL_PREFERENCE
        await self.order(choose, {"digest": False}, self.people[-1])
        await self.order(choose, {"language": "en"}, self.people[-1])
        await self.order(choose, {}, self.people[-1])
        await self.order(choose, {"digest": False})  # nobody's

    async def _nudge_one(self, period: str) -> None:
        """The HR office nudges whoever is awaited, twice: the second time is too soon."""
        key = next(k for k in self.agendas if k.period == period)
        officer = next(
            p for p in self.people if self.city.hr_seat(p, self._today()) and p != key.person
        )
        assert (await self.act(key, Act.NUDGE, officer, {})).verdict is Verdict.ACCEPTED
        assert (await self.act(key, Act.NUDGE, officer, {})).verdict is Verdict.REFUSED

    async def _move_people(self) -> None:
        """One dies, the other files' people go on leave, and an appraiser's post gets a Plt."""
        waiting = [k for k in self.agendas if k.period == NEXT_PERIOD and not self.agendas[k].end]
        first, today = waiting[0], self._today()
        for key in waiting[:4]:  # somebody's plan waits for its supervisor then
            matter = Matter((), None, None, today)
            await self.act(
                key, Act.SUBMIT_PLAN, key.person, body(Act.SUBMIT_PLAN, matter, self.chance)
            )
        decree = {"decree": "800/2", "from_on": today.isoformat()}
        chain = resolve_chain(self.city, waiting[1], (await self.state(waiting[1])).post, today)
        assert chain.supervisor is not None
        until = (today + timedelta(days=2)).isoformat()
        leave = {"change": "cuti tahunan", "to_on": until, **decree}
        plt = {"change": "Plt", "person": str(self.people[-1]), "post": chain.supervisor.post}
        changes = [
            {"change": "meninggal", "person": str(first.person), **decree},
            {**plt, "to_on": until, **decree},
            *({"person": str(k.person), **leave} for k in waiting[1:]),
        ]
        await self.order(OrganisationAct.APPLY_CHANGES, {"changes": changes}, self.officer())
        for wrong in ({"person": str(UUID(int=1))}, {"change": "selesai", "post": "tidak-ada"}):
            said = {"changes": [{"change": "CLTN", "person": str(first.person), **decree} | wrong]}
            await self.order(OrganisationAct.APPLY_CHANGES, said)
        async with self.database.worker.acquire() as connection:
            self.city = await read_organisation(connection, ORG)
        for key in waiting:
            await self.advance(Advance(file=key))
        note = {"note": "[Simulasi] target tercapai", "work_result": "meets", "behaviour": "above"}
        for interim in (note, note | {"behaviour": None}):
            await self.act(waiting[1], Act.RECORD_INTERIM, chain.supervisor.person, interim)

    async def _withdraw_one(self, period: str) -> None:
        """The HR office takes a file out of the month."""
        key = next(k for k in self.agendas if k.period == period)
        officer = next(
            p for p in self.people if self.city.hr_seat(p, self._today()) and p != key.person
        )
        said = {"cause": "wrong_file", "reason": "[Simulasi] salah berkas"}
        await self.act(key, Act.WITHDRAW, officer, said)

    async def _first_file(self) -> tuple[FileKey, str]:
        key = next(iter(self.agendas))
        return key, (await self.state(key)).post

    async def play(self, until: datetime) -> None:
        """Day by day: what time does, then what some of the people do, some of it wrongly."""
        while self.now < until:
            self.now += timedelta(hours=self.chance.randint(5, 19), seconds=self.chance.random())
            for key in list(self.agendas):
                await self.let_time_pass(key)
                if self.agendas[key].end is None and self.chance.random() < 0.35:
                    await self._somebody_acts(key)

    async def let_time_pass(self, key: FileKey) -> None:
        wake = self.agendas[key].wake
        if wake is not None and wake.at <= self.now:
            # A timer knows its own instant only; what lies between then and now comes after it.
            await self.advance(Advance(file=key, wake=wake.model_copy(update={"at": self.now})))

    async def _somebody_acts(self, key: FileKey) -> None:
        state = await self.state(key)
        act, actor = self._choice(state)
        matter = Matter(state.planned, state.work_result, state.behaviour, self._today())
        said = body(act, matter, self.chance)
        if act is Act.WITHDRAW:
            said = {"cause": "wrong_file", "reason": "[Simulasi] salah berkas"}
        version = (
            None if self.chance.random() < 0.5 else state.version - (self.chance.random() < 0.1)
        )
        outcome = await self.act(key, act, actor, said, version)
        if is_about_spread(outcome.refusal):
            reason = {"distribution_reason": "[Simulasi] sesuai capaian"}
            await self.act(key, act, actor, reason, version)

    async def to_the_gate(self, key: FileKey) -> None:
        """Let everybody do their part until a file waits for its unit's predicate."""
        for act in WAY_TO_THE_GATE:
            self.now += timedelta(minutes=1)
            state, actor = await self.state(key), self.agendas[key].awaited_person
            assert actor is not None
            matter = Matter(state.planned, state.work_result, state.behaviour, self._today())
            await self.act(key, act, actor, body(act, matter, self.chance))
        assert self.agendas[key].turn == "unit_predicate"

    async def state(self, key: FileKey) -> FileState:
        found = await self.database.worker.fetchval(
            "SELECT state FROM file WHERE stream = $1", key.stream
        )
        return FileState.model_validate(found)

    def _choice(self, state: FileState) -> tuple[Act, UUID]:
        if self.chance.random() < 0.06:
            return self.chance.choice(list(Act)), self.chance.choice(self.people)
        agenda = self.agendas[state.file]
        is_silent = self.people.index(state.file.person) % 5 == 1
        if state.turn == "report_submission" and is_silent and not self._is_overdue(state):
            return Act.SIGN, state.file.person  # too early; this one never reports
        if state.turn == "report_submission" and self._is_overdue(state):
            chain = resolve_chain(self.city, state.file, state.post, self._today())
            if chain.supervisor is not None:
                return Act.SCORE, chain.supervisor.person  # nobody need wait for a late report
        acts = {
            "plan_submission": [Act.SUBMIT_PLAN],
            "plan_agreement": [Act.AGREE_PLAN, Act.RETURN_PLAN],
            "report_submission": [Act.SUBMIT_REPORT],
            "scoring": [Act.SCORE, Act.SCORE, Act.RETURN_REPORT],
            "feedback_giving": [Act.GIVE_FEEDBACK],
            "feedback_response": [Act.RESPOND_TO_FEEDBACK],
            "meeting": [Act.RECORD_MEETING],
            "unit_predicate": [Act.SIGN],  # too early: the gate is shut
            "signing": [Act.SIGN],
            "acceptance": [Act.SIGN, Act.OBJECT],
            "objection": [Act.DECIDE_OBJECTION],
        }[state.turn]
        actor = agenda.awaited_person or state.file.person
        if agenda.awaits is Role.SUPERVISOR and self.people.index(state.file.person) % 3 == 0:
            actor = state.file.person  # this one's supervisor never does anything
        return self.chance.choice(acts), actor

    def _is_overdue(self, state: FileState) -> bool:
        return state.due_at is not None and state.due_at <= self.now

    def _today(self) -> Any:
        return self.now.astimezone(ZONE).date()
