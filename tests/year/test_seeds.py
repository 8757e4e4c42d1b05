"""Plans that failed are played again, ever after."""

from datetime import date

from tests.year import seeds
from tests.year.play import Plan

PLAN = Plan(seed=7, people=16, part_time=2, opens_until=date(2026, 4, 1), ends=date(2026, 6, 10))


def test_a_plan_that_failed_is_read_again_and_kept_once(tmp_path):
    path = tmp_path / "seeds.json"
    path.write_text("[]")
    for _ in range(2):
        seeds.keep(PLAN, path)
    assert seeds.read(path) == [PLAN]


def test_those_that_are_kept_can_be_read():
    assert all(plan.people > 0 for plan in seeds.read())
