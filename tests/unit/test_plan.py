"""Which version of an annual plan is in force, and which one a periodic file stays bound to."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decision import Rules
from domain.definition import shape
from domain.plan import AnnualPlan, PlanVersion, agreed, binding, in_force, superior_of
from domain.regulation import load
from domain.rules.plan import BoundPlan
from schemas.code import EventKind
from schemas.file import ProcessId, SuperiorPlan
from schemas.identifier import FileKey
from tests.builders import CALENDAR, wib
from tests.stories import Story

TICK = timedelta(microseconds=1)
END = wib(4, 1, 0)  # the first instant after March
INSTANTS = st.datetimes(datetime(2026, 1, 2), datetime(2026, 12, 30)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=END.tzinfo)
)


def file(period: str, kind: str = "bulanan") -> FileKey:
    return FileKey(org="kota", period=period, kind=kind, person=uuid4())


def versions(*since: datetime) -> list[PlanVersion]:
    return [PlanVersion(n, 2 * n, at, (f"r{n}",)) for n, at in enumerate(since, start=1)]


def bound(plans, at, period="2026-03"):
    found = binding(plans, file(period), at, CALENDAR)
    return None if found is None else found.version


class TestBinding:
    def test_the_rule_is_the_one_that_is_practised(self):
        rules = load().on(END.date())
        assert rules.parameters(BoundPlan).version_in_force_at == "period_end"

    def test_nothing_binds_before_the_first_agreement(self):
        plans = versions(wib(3, 10))
        assert bound(plans, wib(3, 10) - TICK) is None
        assert bound(plans, wib(3, 10)) == 1

    def test_a_revision_within_the_period_counts_from_its_instant(self):
        plans = versions(wib(1, 20), wib(3, 20))
        assert bound(plans, wib(3, 20) - TICK) == 1
        assert bound(plans, wib(3, 20)) == 2

    def test_the_last_instant_of_the_period_still_counts_and_the_next_does_not(self):
        assert bound(versions(wib(1, 20), END - TICK), wib(4, 9)) == 2
        assert bound(versions(wib(1, 20), END), wib(4, 9)) == 1
        assert bound(versions(wib(1, 20), wib(4, 2)), wib(4, 9)) == 1

    @pytest.mark.parametrize(("period", "version"), [("2026-TW1", 1), ("2026-S1", 2)])
    def test_every_cadence_has_its_own_end(self, period, version):
        assert bound(versions(wib(1, 20), wib(5, 2)), wib(7, 9), period) == version

    def test_an_annual_file_is_bound_to_none(self):
        plans = versions(wib(1, 20))
        assert binding(plans, file("2026", "tahunan"), wib(3, 2), CALENDAR) is None

    @given(st.lists(INSTANTS, unique=True, max_size=6), INSTANTS, INSTANTS)
    def test_what_is_agreed_later_than_the_decision_or_the_period_never_changes_it(
        self, agreements, at, later
    ):
        plans = versions(*sorted(agreements))
        before = [v for v in plans if v.since <= at and v.since < END]
        assert bound(plans, at) == (before[-1].version if before else None)
        assert bound(before, at) == bound(plans, at)
        if at >= END and later >= at:
            assert bound(plans, later) == bound(plans, at)


class TestVersion:
    def test_an_agreement_on_an_annual_file_makes_one(self):
        state = Story().state.model_copy(
            update={"file": file("2026", "tahunan"), "plan_version": 2, "planned": ("r1", "r3")}
        )
        made = agreed(EventKind.PLAN_AGREED, 9, wib(1, 20), state)
        assert made == PlanVersion(2, 9, wib(1, 20), ("r1", "r3"))
        assert made is not None
        assert (made.cited.version, made.cited.number) == (2, 9)
        assert agreed(EventKind.PLAN_RETURNED, 9, wib(1, 20), state) is None

    def test_the_plan_of_a_month_makes_none(self):
        assert agreed(EventKind.PLAN_AGREED, 2, wib(3, 3), Story().state) is None

    def test_the_newest_by_an_instant_is_in_force(self):
        plans = versions(wib(1, 20), wib(7, 6))
        assert in_force([], wib(1, 20)) is None
        assert [in_force(plans, at) for at in (wib(1, 20), wib(7, 6))] == plans


class TestAwaited:
    PERSON = uuid4()

    def stands(self, plan, at):
        return plan.awaited(self.PERSON, at)

    def test_whoever_is_in_no_roster_owes_none(self):
        assert self.stands(AnnualPlan(), wib(1, 20)) is None

    def test_a_plan_is_owed_until_its_first_agreement(self):
        plan = AnnualPlan(True, versions(wib(1, 20), wib(7, 6)))
        assert self.stands(plan, wib(1, 20) - TICK) == SuperiorPlan(person=self.PERSON)
        agreed = [self.stands(plan, at).agreed.version for at in (wib(1, 20), wib(7, 6))]
        assert agreed == [1, 2]
        assert plan.stands_since == wib(1, 20)

    def test_a_file_that_ended_without_one_owes_none_any_more(self):
        plan = AnnualPlan(True, [], wib(1, 15))
        assert self.stands(plan, wib(1, 15) - TICK) is not None
        assert self.stands(plan, wib(1, 15)) is None
        assert plan.stands_since == wib(1, 15)

    def test_what_was_agreed_before_the_file_ended_is_cited_all_the_same(self):
        plan = AnnualPlan(True, versions(wib(1, 10)), wib(1, 15))
        assert self.stands(plan, wib(2, 2)).agreed == plan.versions[0].cited
        assert plan.stands_since == wib(1, 10)
        assert AnnualPlan(True).stands_since is None


class TestSuperior:
    PROCESS = shape(ProcessId(id="tahunan", version=1))

    def above(self, before=None, **chain):
        story = Story()
        made = story.resolve(story.at, None).chain.model_copy(update=chain)
        return superior_of(self.PROCESS, before, made), story.cast

    def test_a_new_file_may_have_to_wait_for_the_supervisor_of_the_day(self):
        found, cast = self.above()
        assert found == cast.supervisor
        assert self.above(supervisor=None)[0] is None

    def test_a_file_that_waits_goes_on_waiting_for_the_same_person(self):
        story = Story(rules=Rules(self.PROCESS, CALENDAR), at=wib(1, 5)).until("superior_plan")
        assert self.above(story.state)[0] == story.cast.supervisor
        assert self.above(story.state, supervisor=None)[0] == story.cast.supervisor

    def test_a_file_past_its_gate_waits_for_nobody(self):
        story = Story(rules=Rules(self.PROCESS, CALENDAR), at=wib(1, 5))
        assert self.above(story.state)[0] is None

    def test_files_of_other_cadences_wait_for_nobody(self):
        story = Story()
        chain = story.resolve(story.at, None).chain
        assert superior_of(story.rules.process, None, chain) is None

    @pytest.mark.parametrize("place", ["superior", "superior_boss"])
    def test_nobody_waits_for_somebody_below_himself(self, place):
        """The supervisor's own superior is the employee, who also acts for a post further up."""
        story = Story()
        me = story.resolve(story.at, None).chain.employee
        assert self.above(employee=me, **{place: me})[0] is None
