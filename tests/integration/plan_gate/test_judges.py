"""What check and recompute find of plans that waited for others."""

from datetime import datetime, timedelta

import pytest

from schemas.code import Act
from schemas.cycle import Advance
from schemas.file import Context, PlanInForce, SuperiorPlan
from schemas.instant import stamp
from tests.support.deciding_again import again as again_of
from tests.support.deciding_again import differences
from tests.support.judging import (
    FakeTemporal,
    Record,
    broken,
    context_hash,
    open_streams,
    tampering,
)
from tests.support.played_year import results
from tests.support.waiting_plans import LATE, hr_withdraws, pair, pairs, wib

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def played(year):
    """One is let through by an agreement, one by an end, and the rest by time."""
    low, high = pair(year)
    year.low, year.high = low, high
    year.refused = await year.act(year.key(low), Act.SUBMIT_PLAN, low, results("r0"))
    await year.agree(high, wib(1, 12), "r1")
    await year.advance(Advance(file=year.key(low)))
    await year.agree(low, wib(1, 13), "r2")
    waiting = pairs(year)
    other = next(
        p
        for p, above in waiting
        if above == high and p != low and p in {above for _, above in waiting}
    )
    await hr_withdraws(year, other, wib(1, 14))
    for key in list(year.agendas):
        await year.advance(Advance(file=key))
    year.now = wib(2, 16)
    for key in list(year.agendas):
        await year.let_time_pass(key)
    return year


@pytest.fixture
async def forger(postgres, played):
    """Somebody with all rights over that record."""
    async with tampering(postgres, played.database) as hand:
        yield hand


async def opening(year) -> int:
    """The number of the event that let somebody through."""
    found: int = await year.database.web.fetchval(
        "SELECT number FROM event WHERE stream = $1 AND kind = 'gate_opened'",
        year.key(year.low).stream,
    )
    return found


async def spread(hand) -> None:
    """Let nothing have been recorded about the same time as anything else."""
    await hand.run(
        "UPDATE event SET recorded_at = recorded_at - (SELECT count(*) FROM event AS later"
        " WHERE (later.recorded_at, later.stream) > (event.recorded_at, event.stream))"
        " * interval '1 hour'"
    )


async def judged(year) -> dict[str, list[str]]:
    return await broken(Record(year.database, year.calendar))


async def again(year) -> list[str]:
    return [field for *_, field in await differences(Record(year.database, year.calendar))]


async def forge_context(hand, stream, number, **told) -> None:
    """Make an event's context say something else of the superior's plan, with fitting hashes."""
    name = await context_hash(hand, stream, number)
    value = await hand.value("SELECT value FROM context WHERE hash = $1", name)
    forged = await hand.put_context(Context.model_validate_json(value).model_copy(update=told))
    await hand.rewrite(stream, number, lambda e: e.update(context_hash=forged))


class TestJudges:
    async def test_a_year_in_order_has_no_problems(self, played):
        kinds = {r["kind"] for r in await played.database.web.fetch("SELECT kind FROM event")}
        assert {"gate_opened", "turn_expired", "plan_agreed", "withdrawn"} <= kinds
        assert played.refused.refusal.rule == "gate.superior_plan"
        assert await judged(played) == {}
        assert await again(played) == []

    @pytest.mark.parametrize("told", ["nothing", "another version", "another person"])
    async def test_a_context_that_says_otherwise_of_the_plan_above(self, played, forger, told):
        stream, number = played.key(played.low).stream, await opening(played)
        await spread(forger)
        agreed = PlanInForce(version=1, number=2)
        plans = {
            "nothing": None,
            "another version": SuperiorPlan(
                person=played.high, agreed=agreed.model_copy(update={"version": 2})
            ),
            "another person": SuperiorPlan(person=played.low, agreed=agreed),
        }
        await forge_context(forger, stream, number, superior_plan=plans[told])
        found = await judged(played)
        assert [x for x in found["I4"] if x.startswith(f"{stream} event {number}: ")]
        assert "context.superior_plan" in await again(played)

    async def test_a_file_that_was_opened_as_if_nobody_were_above(self, played, forger):
        stream = played.key(played.low).stream
        await spread(forger)
        await forge_context(forger, stream, 0, superior_plan=None)
        found = await judged(played)
        assert [x for x in found["I4"] if x.startswith(f"{stream} event 0: ")]
        assert [x for x in found["I8"] if x.startswith(f"{stream} event 0: ")]
        assert "context.superior_plan" in await again(played)

    async def test_a_file_that_went_on_waiting_before_an_open_gate(self, played, forger):
        """By the context of a rung the plan above was agreed, and yet the rung was climbed."""
        states = [await played.state(played.key(p)) for p in played.people]
        state = next(s for s in states if "superior_plan" in s.passed_over)
        stream = state.file.stream
        number = await forger.value(
            "SELECT min(number) FROM event WHERE stream = $1 AND kind = 'became_overdue'", stream
        )
        agreed = PlanInForce(version=1, number=2)
        plan = SuperiorPlan(person=state.superior_plan.person, agreed=agreed)
        await forge_context(forger, stream, number, superior_plan=plan)
        found = await judged(played)
        where = f"{stream} event {number}: the gate was open, and yet the file waited before it"
        assert where in found["I8"]

    async def test_a_stretch_of_one_file_knows_of_the_plan_above(self, played):
        """Though the file of the one above lies in another."""
        record = Record(played.database, played.calendar)
        count = await again_of(record, played.key(played.low).stream[:-1])
        assert (count.files, count.differences) == (1, [])

    async def test_a_gate_that_opened_a_second_late(self, played, forger):
        stream, number = played.key(played.low).stream, await opening(played)

        def late(event):
            at = datetime.fromisoformat(event["happened_at"]) + timedelta(seconds=1)
            event["happened_at"] = stamp(at)

        await forger.rewrite(stream, number, late)
        found = await judged(played)
        assert [x for x in found["I5"] if x.startswith(f"{stream} event {number}: ")]

    async def test_an_agreement_above_that_was_taken_away(self, played, forger):
        await forger.run("DELETE FROM plan_version WHERE person = $1", played.high)
        found = await judged(played)
        stream = played.key(played.low).stream
        assert [x for x in found["I5"] if x.startswith(stream)]
        assert [x for x in found["I4"] if x.startswith(stream)]
        assert {"context.superior_plan", "plan_version"} <= set(await again(played))

    async def test_a_file_that_was_left_before_an_open_gate(self, year, postgres):
        low, high = pair(year)
        await year.agree(high, wib(1, 12), "r1")
        async with tampering(postgres, year.database) as hand:
            await hand.run("UPDATE event SET recorded_at = recorded_at - $1::interval", LATE)
        record = Record(year.database, year.calendar)
        streams = await open_streams(record)
        found = await broken(record, client=FakeTemporal(streams))
        assert [x for x in found["I5"] if x.startswith(year.key(low).stream)]
