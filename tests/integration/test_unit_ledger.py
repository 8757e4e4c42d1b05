"""The predicates of units: who proposes and sets them, and the files that wait for them."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from activities.ledger import PostgresLedger
from domain.authority import resolve_chain
from domain.organisation import Organisation
from domain.unit import officials
from schemas.code import Act, Level, UnitAct
from schemas.cycle import Advance, Verdict
from schemas.identifier import UnitKey
from schemas.organisation import Post
from simulation.city import generate
from storage.stream import decide_next
from tests.builders import POSTS, Cast, holdings, organisation
from tests.support.played_record import DAY, ORG, PERIOD, PlayedRecord

PROPOSAL = {"predicate": "baik", "evidence": "capaian"}


@pytest.fixture
async def record(fresh_database):
    made = PlayedRecord(fresh_database)
    await made.begin(generate(14, seed=3))
    return made


async def setting(record):
    key = next(iter(record.agendas))
    name = (await record.state(key)).unit
    head, above = officials(record.city, name, record._today())
    assert head is not None
    assert above is not None
    return UnitKey(org=ORG, period=PERIOD, unit=name), head.person, above.person


def rule_of(outcome):
    assert outcome.refusal is not None
    return outcome.refusal.rule


class TestPredicate:
    async def test_is_proposed_set_and_corrected_and_all_of_it_stays(self, record):
        key, head, above = await setting(record)
        for act, actor, said in (
            (UnitAct.PROPOSE_PREDICATE, head, PROPOSAL),
            (UnitAct.SET_PREDICATE, above, {"predicate": "baik"}),
            (UnitAct.CORRECT_PREDICATE, above, {"predicate": "kurang", "reason": "x"}),
        ):
            assert (await record.unit_act(key, act, actor, said)).verdict is Verdict.ACCEPTED
        rows = await record.database.web.fetch(
            "SELECT step, predicate FROM unit_predicate WHERE stream = $1 ORDER BY number",
            key.stream,
        )
        assert [tuple(r) for r in rows] == [
            ("proposed", "baik"),
            ("set", "baik"),
            ("corrected", "kurang"),
        ]

    async def test_a_decision_that_differs_needs_a_reason(self, record):
        key, head, above = await setting(record)
        await record.unit_act(key, UnitAct.PROPOSE_PREDICATE, head, PROPOSAL)
        differing = {"predicate": "kurang"}
        refused = await record.unit_act(key, UnitAct.SET_PREDICATE, above, differing)
        assert rule_of(refused) == "unit.differs"
        with_reason = {**differing, "reason": "capaian di bawah target"}
        done = await record.unit_act(key, UnitAct.SET_PREDICATE, above, with_reason)
        assert done.verdict is Verdict.ACCEPTED

    async def test_only_its_own_officials_act(self, record):
        key, head, above = await setting(record)
        stranger = next(p for p in record.people if p not in (head, above))
        for act, actor, said in (
            (UnitAct.PROPOSE_PREDICATE, stranger, PROPOSAL),
            (UnitAct.SET_PREDICATE, head, {"predicate": "baik", "reason": "x"}),
        ):
            assert rule_of(await record.unit_act(key, act, actor, said)) == "act.role"

    async def test_order_matters(self, record):
        key, head, above = await setting(record)
        correction = {"predicate": "baik", "reason": "x"}
        early = await record.unit_act(key, UnitAct.CORRECT_PREDICATE, above, correction)
        assert rule_of(early) == "unit.not_set"
        await record.unit_act(key, UnitAct.SET_PREDICATE, above, correction)
        twice = await record.unit_act(key, UnitAct.SET_PREDICATE, above, correction)
        assert rule_of(twice) == "unit.is_set"
        late = await record.unit_act(key, UnitAct.PROPOSE_PREDICATE, head, PROPOSAL)
        assert rule_of(late) == "unit.is_set"
        same = await record.unit_act(key, UnitAct.CORRECT_PREDICATE, above, correction)
        assert rule_of(same) == "unit.nothing_changed"

    async def test_no_unit_no_period_no_predicate(self, record):
        _, head, above = await setting(record)
        nowhere = UnitKey(org=ORG, period=PERIOD, unit="Dinas yang tidak ada")
        missing = await record.unit_act(
            nowhere, UnitAct.SET_PREDICATE, above, {"predicate": "baik"}
        )
        assert rule_of(missing) == "unit.unknown"
        key, _, _ = await setting(record)
        future = key.model_copy(update={"period": "2026-12"})
        early = await record.unit_act(future, UnitAct.PROPOSE_PREDICATE, head, PROPOSAL)
        assert rule_of(early) == "unit.period_not_begun"


def test_a_units_name_survives_its_stream():
    for name in ("Dinas Kesehatan", "Bidang A/B 100%", "Unit é 3", "a/b/c"):
        key = UnitKey(org=ORG, period=PERIOD, unit=name)
        assert UnitKey.of_stream(key.stream) == key
        assert len(key.stream.split("/")) == 4


class TestFileAtTheGate:
    """A predicate that was stored in time opens the gate, however late it is decided."""

    async def stored_in_time(self, record):
        """A file that waits, and a predicate that is stored before its time is up."""
        key = next(iter(record.agendas))
        await record.to_the_gate(key)
        unit, _, above = await setting(record)
        stored = uuid4()
        said = {"predicate": "baik", "reason": "x"}
        await record._store(stored, unit.stream, UnitAct.SET_PREDICATE, above, said, None)
        return key, stored

    @pytest.fixture
    def ledger(self, record):
        return PostgresLedger(record.database.worker, record.calendar, record.clock)

    async def test_its_time_cannot_run_out_before_what_was_stored_is_decided(self, record, ledger):
        key, stored = await self.stored_in_time(record)
        record.now = record.agendas[key].due_at + 30 * DAY
        wake = record.agendas[key].wake
        await ledger.advance_file(
            Advance(file=key, wake=wake.model_copy(update={"at": record.now}))
        )
        state = await record.state(key)
        assert state.unit_predicate is not None
        assert "unit_predicate" not in state.passed_over
        outcome = "SELECT outcome ->> 'verdict' FROM command WHERE id = $1"
        assert await record.database.web.fetchval(outcome, stored) == "accepted"

    async def test_a_signature_after_it_is_taken(self, record, ledger):
        key, _ = await self.stored_in_time(record)
        record.now += timedelta(minutes=1)
        supervisor = resolve_chain(
            record.city, key, (await record.state(key)).post, record._today()
        ).supervisor
        assert supervisor is not None
        signed = uuid4()
        await record._store(signed, key.stream, Act.SIGN, supervisor.person, {}, None)
        progress = await ledger.advance_file(Advance(file=key, command_id=signed))
        assert progress.outcome.verdict is Verdict.ACCEPTED


async def test_a_long_backlog_is_one_transaction_a_command(record):
    key, _, above = await setting(record)
    ids = [uuid4() for _ in range(5)]
    for one in ids:
        said = {"predicate": "baik", "reason": "x"}
        await record._store(one, key.stream, UnitAct.SET_PREDICATE, above, said, None)
    async with record.database.worker.acquire() as connection, connection.transaction():
        outcome, settled = await decide_next(
            connection, key.stream, ids[-1], record.units.carry_out
        )
    assert outcome is None
    assert [command.id for command, _ in settled] == ids[:1]
    last = await record.decide(record.units, key.stream, ids[-1])
    assert rule_of(last) == "unit.is_set"


def test_a_vacant_head_keeps_nobody_above_from_deciding():
    cast = Cast()
    city = organisation(cast, vacant=("head",))
    head, above = officials(city, "dinas", date(2026, 3, 2))
    assert head is None
    assert above is not None
    assert above.person == cast.sekda


def test_of_two_topmost_posts_the_higher_one_heads_the_unit_whatever_the_order():
    cast = Cast()
    expert = Post(
        id="ahli", unit="dinas", superior="sekda", level=Level.ADMINISTRATOR, office=None,
        from_on=date(2020, 1, 1),
    )  # fmt: skip
    for posts in ([*POSTS, expert], [expert, *reversed(POSTS)]):
        city = Organisation.of(posts, holdings(cast))
        top = city.top_post("dinas", date(2026, 3, 2))
        assert top is not None
        assert top.id == "head"
