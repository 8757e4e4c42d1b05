"""A signature at a spread of predicates that departs from the guide needs a reason."""

from datetime import date, timedelta

import pytest

from domain.definition import parse, shape
from domain.distribution import Given, is_about_spread, spread_in, spread_of, weigh
from domain.override import with_override
from domain.process import MONTHLY, InvalidProcess
from domain.regulation import load
from domain.rulebook import Override
from schemas.code import Act, OrganisationPredicate, Predicate
from schemas.error import Refusal
from schemas.file import Distribution
from schemas.file_body import Sign
from tests.builders import organisation, unique_cast, wib
from tests.stories import story_at

ON = date(2026, 4, 13)
PACKS = load()
GOOD, VERY_GOOD, POOR = Predicate.GOOD, Predicate.VERY_GOOD, Predicate.POOR
REASON = Sign(distribution_reason="Contoh: hasil tim merata.")


def spread(counts, organisation=OrganisationPredicate.GOOD, units=("DINKES",)):
    whole = {p: counts.get(p, 0) for p in Predicate}
    return Distribution(organisation=organisation, units=units, counts=whole)


def rules(mode):
    """The rules of a city that takes departures in one way or another."""
    own = Override(
        version=1,
        rule="distribusi.mode",
        values={"mode": mode},
        from_on=ON,
        source="SK Contoh 1/2026",
        since=wib(4, 1),
    )
    return with_override(PACKS, own)


class TestWeigh:
    def test_too_many_of_the_dominant_need_a_reason(self):
        refusal = weigh(spread({GOOD: 8, POOR: 2}), Sign(), PACKS, ON)
        assert isinstance(refusal, Refusal)
        assert (refusal.rule, refusal.field) == ("sign.distribution_above", "distribution_reason")
        said = {k: refusal.params[k] for k in ("predicates", "count", "limit", "total", "units")}
        assert said == {
            "predicates": "baik", "count": 8, "limit": 7, "total": 10, "units": "DINKES"
        }  # fmt: skip

    def test_a_missing_lower_predicate_needs_a_reason(self):
        refusal = weigh(spread({GOOD: 7, VERY_GOOD: 3}), Sign(), PACKS, ON)
        assert isinstance(refusal, Refusal)
        assert refusal.rule == "sign.distribution_below"
        assert refusal.params["predicates"] == "butuh_perbaikan,kurang"

    def test_with_a_reason_it_is_signed_and_the_findings_are_kept(self):
        found = weigh(spread({GOOD: 8, VERY_GOOD: 2}), REASON, PACKS, ON)
        assert not isinstance(found, Refusal)
        assert [f.code.value for f in found] == ["above_maximum", "below_minimum"]

    @pytest.mark.parametrize(
        "kept", [None, spread({GOOD: 7, POOR: 1, VERY_GOOD: 2}), spread({GOOD: 1}), spread({})]
    )
    def test_no_departure_needs_none(self, kept):
        assert weigh(kept, Sign(), PACKS, ON) == ()

    @pytest.mark.parametrize(("name", "says"), [("off", 0), ("warn", 2)])
    def test_a_city_may_do_without_reasons(self, name, says):
        found = weigh(spread({GOOD: 10}), Sign(), rules(name), ON)
        assert not isinstance(found, Refusal)
        assert len(found) == says

    def test_a_city_may_forbid_it_whatever_the_reason(self):
        refusal = weigh(spread({GOOD: 10}), REASON, rules("block"), ON)
        assert isinstance(refusal, Refusal)
        assert refusal.rule == "sign.distribution_forbidden"

    def test_a_refusal_tells_the_spread_it_was_given_for(self):
        given = spread({GOOD: 10}, units=("DINKES", "SETDA"))
        refusal = weigh(given, Sign(), PACKS, ON)
        assert isinstance(refusal, Refusal)
        assert spread_in(refusal) == given
        assert is_about_spread(refusal)
        assert spread_in(None) is None
        assert not is_about_spread(None)


class TestSpread:
    def story(self):
        return story_at("signing")

    def test_the_file_itself_is_counted(self):
        state = self.story().state
        known = organisation(unique_cast())
        given = Given({state.unit: {GOOD: 6}}, {state.unit: OrganisationPredicate.GOOD})
        found = spread_of(state, given, known, ON)
        assert found is not None
        assert sum(found.counts.values()) == 7
        assert found.counts[state.predicate] == 1 + (6 if state.predicate is GOOD else 0)

    def test_without_a_predicate_of_the_unit_there_is_nothing_to_compare(self):
        state = self.story().state
        given = Given({state.unit: {GOOD: 6}}, {})
        assert spread_of(state, given, organisation(unique_cast()), ON) is None

    @pytest.mark.parametrize("turn", ["report_submission", "scoring"])
    def test_a_file_without_a_predicate_is_part_of_none(self, turn):
        state = story_at(turn).state
        given = Given({state.unit: {GOOD: 6}}, {state.unit: OrganisationPredicate.GOOD})
        assert spread_of(state, given, organisation(unique_cast()), ON) is None

    def part_of(self, counts, predicates, known=None, on=ON):
        """That of a file with the predicate good in the unit dinas, which is below setda."""
        state = self.story().state.model_copy(update={"predicate": GOOD})
        return spread_of(state, Given(counts, predicates), known or organisation(unique_cast()), on)

    OWN, UPPER = OrganisationPredicate.POOR, OrganisationPredicate.OUTSTANDING
    SMALL = {"dinas": {GOOD: 1}, "setda": {POOR: 4, GOOD: 5}}  # noqa: RUF012
    BOTH = {"dinas": OWN, "setda": UPPER}  # noqa: RUF012

    @pytest.mark.parametrize(
        ("counts", "predicates", "expected"),
        [
            ({"dinas": {GOOD: 6, POOR: 4}}, BOTH, spread({GOOD: 7, POOR: 4}, OWN, ("dinas",))),
            (SMALL, BOTH, spread({GOOD: 7, POOR: 4}, UPPER, ("dinas", "setda"))),
            (SMALL, {"dinas": OWN}, spread({GOOD: 7, POOR: 4}, OWN, ("dinas", "setda"))),
            (SMALL, {"setda": UPPER}, spread({GOOD: 7, POOR: 4}, UPPER, ("dinas", "setda"))),
            (SMALL, {"bkpsdmd": UPPER}, None),
            (
                {"setda": {POOR: 9}},
                BOTH,
                spread({GOOD: 1, POOR: 9}, UPPER, ("dinas", "setda")),
            ),
        ],
        ids=["large", "small", "own predicate", "the upper one", "neither", "alone in its unit"],
    )
    def test_is_that_of_its_unit_or_with_the_one_above(self, counts, predicates, expected):
        assert self.part_of(counts, predicates) == expected

    @pytest.mark.parametrize(("others", "is_small"), [(3, True), (4, False)])
    def test_a_unit_of_five_is_large_enough_and_the_file_is_one_of_them(self, others, is_small):
        found = self.part_of({"dinas": {GOOD: others}, "setda": {POOR: 9}}, self.BOTH)
        assert found is not None
        assert found.units == (("dinas", "setda") if is_small else ("dinas",))

    def test_how_many_that_is_is_the_rule_of_the_day(self):
        order = Override(1, "distribusi.pedoman", {"pool_below": 2}, ON, "SK 1", wib(4, 1))
        known = organisation(unique_cast()).under(with_override(PACKS, order))
        before = self.part_of(self.SMALL, self.BOTH, known, ON - timedelta(days=1))
        after = self.part_of(self.SMALL, self.BOTH, known)
        assert before is not None
        assert after is not None
        assert (before.units, after.units) == (("dinas", "setda"), ("dinas",))

    def test_what_was_given_stays_as_it_is(self):
        counts = {"dinas": {GOOD: 9}}
        first, second = (self.part_of(counts, self.BOTH) for _ in range(2))
        assert first == second
        assert counts == {"dinas": {GOOD: 9}}


class TestDecide:
    def signs(self, story, said):
        resolve = story.resolve
        given = spread({GOOD: 10})
        story.resolve = lambda at, actor: resolve(at, actor).model_copy(
            update={"distribution": given}
        )
        return story.decide(Act.SIGN, said=said)

    def test_the_supervisor_says_why(self):
        refusal = self.signs(story_at("signing"), {})
        assert is_about_spread(refusal)
        fact = self.signs(story_at("signing"), REASON.model_dump())[0]
        assert fact.data["distribution"] == ["above_maximum", "below_minimum"]
        assert fact.has_content
        assert fact.after.turn == "acceptance"

    def test_the_employee_accepts_without(self):
        fact = self.signs(story_at("acceptance"), {})[0]
        assert fact.after.is_closed
        assert "distribution" not in fact.data


def test_a_guard_of_an_act_that_the_turn_does_not_offer_is_refused():
    source = shape(MONTHLY)
    text = (
        'like = "bulanan-1"\n[[turn]]\nname = "plan_submission"\nstage = "plan"\n'
        'awaits = "employee"\nacts = { submit_plan = "accepted" }\n'
        'guards = { sign = "distribusi.mode" }\n'
        'due = { anchor = "period_start", working_days = 3 }\n'
    )
    with pytest.raises(InvalidProcess, match="guards sign, which it does not offer"):
        parse("x.toml", text, PACKS, ON)
    assert source.is_guarded(Act.SIGN)
    assert not source.is_guarded(Act.SCORE)
