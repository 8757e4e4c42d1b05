"""The predicates of units: who proposes and sets them, and the files that wait for them."""

import pytest

from domain.unit import officials
from schemas.code import UnitAct
from schemas.cycle import Verdict
from schemas.identifier import UnitKey
from simulation.city import generate
from tests.support.played_record import ORG, PERIOD, PlayedRecord

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
