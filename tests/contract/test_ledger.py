"""What every ledger promises, the one on Postgres and the one in memory: the same tests for both."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest

from runtime.clock import Clock
from schemas.code import Act, End, EventKind, Role, Topic
from schemas.cycle import Advance, StreamAct, Verdict
from schemas.error import ErrorType
from storage.chain import digest, event_bytes, genesis
from storage.ledger import NotInRoster
from tests.builders import file_key, unique_cast, wib
from tests.contract.house import FakeHouse, House, PostgresHouse
from tests.fakes.ledger import Fault
from tests.support.database import FreshDatabase, fresh_copy

TICK = timedelta(microseconds=1)


@pytest.fixture(scope="module")
async def database(postgres):
    """One database for all; each test has an organisation and people of its own in it."""
    async with fresh_copy(postgres) as database:
        yield database


@pytest.fixture(params=["memory", "postgres"])
def build(request):
    """How a test gets a ledger; one in memory starts no server."""
    if request.param == "memory":
        return in_memory
    return partial(on_postgres, request.getfixturevalue("database"))


async def in_memory(**options) -> House:
    return FakeHouse(**options)


async def on_postgres(database: FreshDatabase, **options) -> House:
    house = PostgresHouse(**options, database=database)
    await house.furnish()
    return house


@pytest.fixture
async def house(build):
    """A ledger with one enrolled file that nobody has opened yet."""
    return await build()


@pytest.fixture
async def opened(house):
    await house.open()
    return house


class TestOpen:
    async def test_the_first_question_opens_the_file(self, house):
        agenda = await house.open()
        assert (agenda.number, agenda.version, agenda.visit) == (0, 1, 1)
        assert (agenda.turn, agenda.awaits) == ("plan_submission", Role.EMPLOYEE)
        assert agenda.awaited_person == house.cast.employee
        assert agenda.wake is not None
        assert (agenda.wake.rung, agenda.wake.at) == ("overdue", wib(3, 5, 0))
        assert await house.kinds() == [EventKind.FILE_OPENED]

    async def test_opening_again_changes_nothing(self, house):
        first = await house.open()
        assert await house.open() == first
        assert await house.kinds() == [EventKind.FILE_OPENED]

    async def test_twenty_at_once_open_it_once(self, house):
        agendas = await asyncio.gather(*(house.open() for _ in range(20)))
        assert set(map(repr, agendas)) == {repr(agendas[0])}
        assert await house.kinds() == [EventKind.FILE_OPENED]

    async def test_nothing_is_opened_for_somebody_who_is_in_no_roster(self, house):
        stranger = file_key(unique_cast(), org=house.org)
        with pytest.raises(NotInRoster):
            await house.ledger.advance_file(Advance(file=stranger))

    @pytest.mark.parametrize("is_asked_about", [True, False])
    async def test_what_was_stored_before_is_decided_in_the_same_call(self, house, is_asked_about):
        command_id = await house.store_unopened(Act.SUBMIT_PLAN, wib(3, 2, 9))
        progress = await house.ask(command_id=command_id if is_asked_about else None)
        assert progress.agenda.turn == "plan_agreement"
        outcome = await house.outcome(command_id)
        assert outcome is not None
        assert outcome.verdict is Verdict.ACCEPTED
        assert progress.outcome == (outcome if is_asked_about else None)

    async def test_whoever_is_awaited_is_told(self, opened):
        assert await opened.notices() == [(Topic.TASK, opened.cast.employee)]


class TestAct:
    async def test_an_accepted_one_has_its_outcome_and_the_new_agenda(self, opened):
        progress = await opened.act(Act.SUBMIT_PLAN, wib(3, 2, 9))
        assert progress.outcome is not None
        assert (progress.outcome.verdict, progress.outcome.version) == (Verdict.ACCEPTED, 2)
        assert progress.outcome.refusal is None
        assert (progress.agenda.turn, progress.agenda.version) == ("plan_agreement", 2)
        assert await opened.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]

    async def test_a_refused_one_is_an_answer_too_and_leaves_the_file(self, opened):
        before = await opened.state()
        progress = await opened.act(Act.AGREE_PLAN, wib(3, 2, 9), opened.cast.supervisor)
        assert progress.outcome is not None
        assert progress.outcome.verdict is Verdict.REFUSED
        assert progress.outcome.refusal is not None
        assert progress.outcome.refusal.type is ErrorType.NOT_NOW
        assert progress.outcome.version == before.version
        assert progress.agenda.turn == "plan_submission"
        assert await opened.state() == before
        assert await opened.kinds() == [EventKind.FILE_OPENED]

    @pytest.mark.parametrize("actor", ["supervisor", "employee"])
    async def test_its_outcome_is_kept(self, opened, actor):
        command_id = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9), getattr(opened.cast, actor))
        progress = await opened.ask(command_id=command_id)
        assert await opened.outcome(command_id) == progress.outcome

    async def test_an_unknown_one_is_refused(self, opened):
        progress = await opened.ask(command_id=uuid4())
        assert progress.outcome is not None
        assert progress.outcome.refusal is not None
        assert progress.outcome.refusal.type is ErrorType.NOT_FOUND
        assert progress.agenda.turn == "plan_submission"

    async def test_asking_again_finds_the_first_outcome_and_the_agenda_of_now(self, opened):
        command_id = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9))
        first = await opened.ask(command_id=command_id)
        await opened.act(Act.AGREE_PLAN, wib(3, 2, 10))
        again = await opened.ask(command_id=command_id)
        assert again.outcome == first.outcome
        assert again.agenda.turn == "report_submission"
        assert (await opened.kinds()).count("plan_submitted") == 1

    async def test_a_refusal_stays_one_though_it_would_be_accepted_now(self, opened):
        early = await opened.store(Act.AGREE_PLAN, wib(3, 2, 9), opened.cast.supervisor)
        first = await opened.ask(command_id=early)
        await opened.act(Act.SUBMIT_PLAN, wib(3, 2, 10))
        assert (await opened.ask(command_id=early)).outcome == first.outcome
        assert (await opened.state()).turn == "plan_agreement"

    async def test_what_it_answers_for_a_closed_file(self, opened):
        await opened.act(Act.WITHDRAW, wib(3, 2, 9), opened.cast.hr)
        progress = await opened.act(Act.SUBMIT_PLAN, wib(3, 2, 10), opened.cast.employee)
        assert progress.agenda.end is End.WITHDRAWN
        assert progress.outcome is not None
        assert progress.outcome.refusal is not None
        assert progress.outcome.refusal.type is ErrorType.CLOSED


class TestOrder:
    async def test_earlier_commands_are_decided_before_the_one_asked_about(self, opened):
        agree = await opened.store(Act.AGREE_PLAN, wib(3, 2, 10), opened.cast.supervisor)
        submit = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9))
        progress = await opened.ask(command_id=agree)
        assert progress.outcome is not None
        assert progress.outcome.verdict is Verdict.ACCEPTED
        assert progress.agenda.turn == "report_submission"
        assert await opened.outcome(submit) is not None

    async def test_at_one_instant_the_id_decides(self, opened):
        first, second = sorted([uuid4(), uuid4()])
        at = wib(3, 2, 9)
        await opened.store(Act.SUBMIT_PLAN, at, command_id=second)
        await opened.store(Act.SUBMIT_PLAN, at, command_id=first)
        await opened.ask(command_id=second)
        verdicts = [await opened.outcome(i) for i in (first, second)]
        assert [v.verdict for v in verdicts] == [Verdict.ACCEPTED, Verdict.REFUSED]

    async def test_without_a_command_everything_stored_is_decided(self, opened):
        ids = [
            await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9)),
            await opened.store(Act.AGREE_PLAN, wib(3, 2, 10), opened.cast.supervisor),
        ]
        progress = await opened.ask()
        assert progress.outcome is None
        assert progress.agenda.turn == "report_submission"
        assert [(await opened.outcome(i)).verdict for i in ids] == [Verdict.ACCEPTED] * 2

    async def test_each_has_the_version_that_it_made_itself(self, opened):
        submit = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9))
        agree = await opened.store(Act.AGREE_PLAN, wib(3, 2, 10), opened.cast.supervisor)
        await opened.ask()
        versions = [(await opened.outcome(i)).version for i in (submit, agree)]
        assert versions == [2, 3]

    async def test_a_wake_up_cannot_overtake_an_objection_that_was_stored_in_time(self, opened):
        await in_acceptance(opened)
        wake = (await opened.ask()).agenda.wake.model_copy(update={"at": wib(4, 17, 0)})
        objection = await opened.store(Act.OBJECT, wib(4, 16, 23, 59, 59))
        progress = await opened.ask(wake=wake)
        assert progress.agenda.turn == "objection"
        assert (await opened.outcome(objection)).verdict is Verdict.ACCEPTED

    async def test_one_that_was_stored_a_second_later_has_missed_it(self, opened):
        await in_acceptance(opened)
        objection = await opened.store(Act.OBJECT, wib(4, 17, 0, 0, 1))
        progress = await opened.ask(command_id=objection)
        assert progress.agenda.end is End.DEEMED_ACCEPTED
        assert progress.outcome.refusal.type is ErrorType.DEADLINE_PASSED
        assert progress.outcome.refusal.params["at"] == "2026-04-16T17:00:00.000000Z"


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


class TestWake:
    async def test_the_awaited_one_is_recorded_and_the_next_one_named(self, opened):
        wake = (await opened.ask()).agenda.wake
        progress = await opened.ask(wake=wake)
        assert await opened.kinds() == [EventKind.FILE_OPENED, EventKind.BECAME_OVERDUE]
        assert (await opened.events())[-1].happened_at == wake.at
        assert (progress.agenda.wake.rung, progress.agenda.wake.at) == ("boss", wib(3, 5, 8))
        assert progress.agenda.version == 1

    async def test_a_repeated_one_changes_nothing(self, opened):
        wake = (await opened.ask()).agenda.wake
        first = await opened.ask(wake=wake)
        assert await opened.ask(wake=wake) == first
        assert await opened.rungs() == [(1, "overdue")]

    async def test_an_early_one_changes_nothing(self, opened):
        agenda = (await opened.ask()).agenda
        early = agenda.wake.model_copy(update={"at": agenda.wake.at - TICK})
        assert (await opened.ask(wake=early)).agenda == agenda
        assert await opened.rungs() == []

    async def test_one_of_an_earlier_visit_changes_nothing(self, opened):
        stale = (await opened.ask()).agenda.wake
        await opened.act(Act.SUBMIT_PLAN, wib(3, 2, 9))
        await opened.act(Act.AGREE_PLAN, wib(3, 2, 10))
        agenda = (await opened.ask(wake=stale)).agenda
        assert agenda.turn == "report_submission"
        assert await opened.rungs() == []

    async def test_missed_ones_are_recorded_one_by_one_at_their_own_instants(self, opened):
        wake = (await opened.ask()).agenda.wake.model_copy(update={"at": wib(3, 10, 12)})
        await opened.ask(wake=wake)
        found = [(e.kind, e.happened_at) for e in (await opened.events())[1:]]
        assert found == [
            (EventKind.BECAME_OVERDUE, wib(3, 5, 0)),
            (EventKind.ESCALATED, wib(3, 5, 8)),
            (EventKind.ESCALATED, wib(3, 6, 8)),
            (EventKind.ESCALATED, wib(3, 10, 8)),
        ]
        assert await opened.rungs() == [
            (1, r) for r in ("overdue", "boss", "superior", "unit_head")
        ]

    async def test_a_file_nobody_touches_comes_to_its_end_by_wake_ups_alone(self, opened):
        agenda, last = (await opened.ask()).agenda, wib(3, 1)
        while agenda.wake is not None:
            assert agenda.wake.at > last, "the next wake-up lies after the one that came"
            last = agenda.wake.at
            agenda = (await opened.ask(wake=agenda.wake)).agenda
        assert agenda.end is End.UNRATEABLE
        rungs = await opened.rungs()
        assert len(set(rungs)) == len(rungs)
        assert [r for v, r in rungs if v == 1] == [
            "overdue",
            "boss",
            "superior",
            "unit_head",
            "hr",
            "sekda",
            "expire",
        ]

    async def test_a_closed_file_sleeps_on(self, opened):
        wake = (await opened.ask()).agenda.wake
        await opened.act(Act.WITHDRAW, wib(3, 2, 9), opened.cast.hr)
        agenda = (await opened.ask(wake=wake)).agenda
        assert (agenda.end, agenda.wake) == (End.WITHDRAWN, None)
        assert await opened.rungs() == []

    async def test_the_timer_gets_the_real_instant(self, build):
        """A demonstration's clock: a day of business in a minute and a half."""
        began = datetime(2026, 11, 24, 12, tzinfo=UTC)
        clock = Clock(wib(3, 2, 8), began, 960.0)
        house = await build(clock=clock)
        wake = (await house.open()).wake
        assert wake is not None
        assert wake.real_at == began + timedelta(hours=64) / 960


class TestConcurrency:
    async def test_twenty_deliveries_of_one_command_are_one_act(self, opened):
        command_id = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9))
        answers = await asyncio.gather(*(opened.ask(command_id=command_id) for _ in range(20)))
        assert {repr(a.outcome) for a in answers} == {repr(answers[0].outcome)}
        assert answers[0].outcome.verdict is Verdict.ACCEPTED
        assert await opened.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]

    async def test_of_ten_racing_commands_of_one_version_one_wins(self, opened):
        """Every other one is told that the file has moved on, and to which version."""
        await opened.act(Act.SUBMIT_PLAN, wib(3, 2, 9))
        await opened.act(Act.AGREE_PLAN, wib(3, 2, 10))
        await opened.act(Act.SUBMIT_REPORT, wib(3, 3))
        ids = [
            await opened.store(act, wib(3, 3, 10, n), version=4)
            for n, act in enumerate([Act.SCORE, Act.RETURN_REPORT] * 5)
        ]
        answers = await asyncio.gather(*(opened.ask(command_id=i) for i in ids))
        verdicts = [a.outcome.verdict for a in answers]
        assert verdicts == [Verdict.ACCEPTED] + [Verdict.REFUSED] * 9
        assert (await opened.kinds()).count("scored") == 1
        refusals = [a.outcome.refusal for a in answers if a.outcome.refusal]
        assert {r.type for r in refusals} == {ErrorType.VERSION_CONFLICT}
        assert {r.params["version"] for r in refusals} == {5}

    async def test_of_ten_withdrawals_of_one_version_one_wins_and_the_rest_find_it_closed(
        self, opened
    ):
        ids = [
            await opened.store(Act.WITHDRAW, wib(3, 2, 9, n), opened.cast.hr, version=1)
            for n in range(10)
        ]
        answers = await asyncio.gather(*(opened.ask(command_id=i) for i in ids))
        refusals = [a.outcome.refusal.type for a in answers if a.outcome.refusal]
        assert refusals == [ErrorType.CLOSED] * 9

    async def test_of_ten_forms_of_one_version_the_rest_have_a_version_conflict(self, opened):
        """Where the turn comes again: plan returned, ten old forms arrive."""
        await opened.act(Act.SUBMIT_PLAN, wib(3, 2, 9), version=1)
        await opened.act(Act.RETURN_PLAN, wib(3, 2, 10))
        ids = [await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 11, n), version=1) for n in range(9)]
        ids.append(await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 12), version=3))
        answers = await asyncio.gather(*(opened.ask(command_id=i) for i in ids))
        types = [a.outcome.refusal.type if a.outcome.refusal else None for a in answers]
        assert types == [ErrorType.VERSION_CONFLICT] * 9 + [None]


class TestCrash:
    async def test_before_the_commit_nothing_was_written_and_the_retry_does_it(self, opened):
        command_id = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9))
        await opened.crash(Advance(file=opened.file, command_id=command_id), Fault.BEFORE_COMMIT)
        assert await opened.outcome(command_id) is None
        assert await opened.kinds() == [EventKind.FILE_OPENED]
        again = await opened.ask(command_id=command_id)
        assert again.outcome.verdict is Verdict.ACCEPTED
        assert await opened.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]

    async def test_after_the_commit_the_retry_finds_its_own_outcome(self, opened):
        command_id = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9))
        await opened.crash(Advance(file=opened.file, command_id=command_id), Fault.AFTER_COMMIT)
        written = await opened.outcome(command_id)
        again = await opened.ask(command_id=command_id)
        assert again.outcome == written
        assert again.outcome.verdict is Verdict.ACCEPTED
        assert again.agenda.turn == "plan_agreement"
        assert await opened.kinds() == [EventKind.FILE_OPENED, EventKind.PLAN_SUBMITTED]

    @pytest.mark.parametrize("fault", [Fault.BEFORE_COMMIT, Fault.AFTER_COMMIT])
    async def test_while_opening_there_is_one_file(self, house, fault):
        await house.crash(Advance(file=house.file), fault)
        assert (await house.open()).number == 0
        assert await house.kinds() == [EventKind.FILE_OPENED]

    @pytest.mark.parametrize("fault", [Fault.BEFORE_COMMIT, Fault.AFTER_COMMIT])
    async def test_at_a_wake_up_the_rung_is_climbed_once(self, opened, fault):
        wake = (await opened.ask()).agenda.wake
        await opened.crash(Advance(file=opened.file, wake=wake), fault)
        await opened.ask(wake=wake)
        assert await opened.rungs() == [(1, "overdue")]


class TestDecideCommand:
    async def test_an_act_on_a_closed_file_has_its_refusal(self, opened):
        await opened.act(Act.WITHDRAW, wib(3, 2, 9), opened.cast.hr)
        late = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 10), opened.cast.employee)
        question = StreamAct(stream=opened.file.stream, command_id=late)
        outcome = await opened.ledger.decide_command(question)
        assert outcome.refusal is not None
        assert outcome.refusal.type is ErrorType.CLOSED
        assert await opened.ledger.decide_command(question) == outcome

    async def test_an_act_on_an_open_one_is_decided_just_as_well(self, opened):
        command_id = await opened.store(Act.SUBMIT_PLAN, wib(3, 2, 9))
        question = StreamAct(stream=opened.file.stream, command_id=command_id)
        assert (await opened.ledger.decide_command(question)).verdict is Verdict.ACCEPTED


class TestChain:
    async def test_every_event_names_the_hash_of_the_one_before(self, opened):
        await in_acceptance(opened)
        await opened.act(Act.SIGN, wib(4, 14))
        events = await opened.events()
        assert [e.number for e in events] == list(range(len(events)))
        hashes = [digest(event_bytes(e)) for e in events]
        assert [e.previous for e in events] == [genesis(opened.file.stream), *hashes[:-1]]


class TestSameness:
    """The fake may not drift: one story, told to both, leaves the same record."""

    async def tell(self, house: House, ids: list[UUID]) -> None:
        await house.open()
        wake = (await house.ask()).agenda.wake
        assert wake is not None
        await house.ask(wake=wake.model_copy(update={"at": wib(3, 10, 9)}))
        plan = {"results": [{"id": "a1", "result": "b", "indicator": "c", "target": "d"}]}
        said = {
            Act.SUBMIT_PLAN: plan,
            Act.AGREE_PLAN: {},
            Act.SUBMIT_REPORT: {"results": [{"id": "a1", "realisation": "b", "evidence": "c"}]},
        }
        for n, (act, body) in enumerate(said.items()):
            await house.act(act, wib(3, 11, 9, n), said=body, command_id=ids[n])
        await house.act(Act.SIGN, wib(3, 12), house.cast.stranger, command_id=ids[-1])
        await house.ask(wake=wake.model_copy(update={"at": wib(6, 1)}))

    async def test_the_record_is_the_same(self, database):
        fake = await in_memory()
        real = await on_postgres(database, cast=fake.cast, org=fake.org)
        ids = [uuid4() for _ in range(4)]
        for house in (fake, real):
            await self.tell(house, ids)
        unsalted = {"previous": "", "content_hash": None}
        assert [e.model_copy(update=unsalted) for e in await fake.events()] == [
            e.model_copy(update=unsalted) for e in await real.events()
        ]
        assert await fake.state() == await real.state()
        assert await fake.rungs() == await real.rungs()
        assert await fake.notices() == await real.notices()
        assert (await real.state()).end is End.UNRATEABLE
        for command_id in ids:
            assert await fake.outcome(command_id) == await real.outcome(command_id) is not None
