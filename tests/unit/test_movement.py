"""What decrees make of holdings and absences, and what they cannot make."""

from datetime import date, timedelta

import pytest

from domain.movement import NEEDS_POST, absence_of, move
from domain.organisation import LEAVES
from domain.organisation_problem import PROBLEMS
from schemas.code import AbsenceKind, Capacity, Change
from tests.builders import Cast, change, holding, organisation

DAY = date(2026, 4, 2)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=30)


@pytest.fixture
def cast():
    return Cast()


def made(city, *changes):
    moved = move(city, changes, DAY)
    assert moved.wrong == []
    return moved.result()


def wrong(city, *changes):
    return [(w.index, w.field, w.code) for w in move(city, changes, DAY).wrong]


def posts_of(city, person, on):
    return {(h.post, h.capacity) for h in city.by_person.get(person, ()) if _holds(h, on)}


def _holds(held, on):
    return held.from_on <= on and (held.to_on is None or on <= held.to_on)


class TestVocabulary:
    def test_every_absence_is_a_change_and_every_change_is_handled(self):
        kinds = {absence_of(each) for each in Change} - {None}
        assert kinds == set(AbsenceKind)
        posts = {each for each in Change if absence_of(each) is None} - {Change.RETURN}
        assert posts == NEEDS_POST
        assert {kind for kind in AbsenceKind if kind.startswith("cuti")} == LEAVES


class TestPosts:
    @pytest.mark.parametrize("kind", [Change.MUTATION, Change.PROMOTION])
    def test_a_mutation_ends_one_holding_and_begins_another(self, cast, kind):
        city = organisation(cast, vacant=("boss",))
        after = made(city, change(kind, cast.stranger, DAY, post="boss"))
        assert posts_of(after, cast.stranger, BEFORE) == {("other", Capacity.DEFINITIVE)}
        assert posts_of(after, cast.stranger, DAY) == {("boss", Capacity.DEFINITIVE)}

    def test_two_people_change_places_in_one_order(self, cast):
        after = made(
            organisation(cast),
            change(Change.MUTATION, cast.stranger, DAY, post="boss"),
            change(Change.MUTATION, cast.supervisor, DAY, post="other"),
        )
        assert posts_of(after, cast.supervisor, DAY) == {("other", Capacity.DEFINITIVE)}
        assert after.head("boss", DAY).person == cast.stranger

    def test_a_post_that_is_held_is_not_taken(self, cast):
        taken = change(Change.MUTATION, cast.stranger, DAY, post="boss")
        assert wrong(organisation(cast), taken) == [(0, "from_on", "change.post_taken")]

    @pytest.mark.parametrize(
        ("kind", "capacity"),
        [
            (Change.PLT, Capacity.PLT),
            (Change.PLH, Capacity.PLH),
            (Change.PJ, Capacity.PJ),
        ],
    )
    def test_an_acting_official_keeps_his_own_post(self, cast, kind, capacity):
        after = made(organisation(cast), change(kind, cast.hr, DAY, AFTER, post="boss"))
        expected = {("hr clerk", Capacity.DEFINITIVE), ("boss", capacity)}
        assert posts_of(after, cast.hr, AFTER) == expected
        assert posts_of(after, cast.hr, AFTER + timedelta(days=1)) == {
            ("hr clerk", Capacity.DEFINITIVE)
        }

    def test_two_plt_of_one_post_exclude_each_other(self, cast):
        city = organisation(cast, holding(cast.hr, "boss", Capacity.PLT))
        second = change(Change.PLT, cast.stranger, DAY, post="boss")
        assert wrong(city, second) == [(0, "from_on", "change.post_taken")]

    def test_an_end_takes_the_acting_holding_first(self, cast):
        city = organisation(cast, holding(cast.hr, "boss", Capacity.PLT))
        after = made(city, change(Change.END, cast.hr, DAY, post="boss"))
        assert ("boss", Capacity.PLT) in posts_of(after, cast.hr, BEFORE)
        assert posts_of(after, cast.hr, DAY) == {("hr clerk", Capacity.DEFINITIVE)}

    def test_the_same_order_again_replaces_it(self, cast):
        first = made(organisation(cast), change(Change.PLT, cast.hr, DAY, post="boss"))
        after = made(first, change(Change.PLT, cast.hr, DAY, AFTER, post="boss", decree="SK 78"))
        [plt] = [h for h in after.by_post["boss"] if h.capacity is Capacity.PLT]
        assert (plt.to_on, plt.decree) == (AFTER, "SK 78")


class TestAbsences:
    def test_leave_keeps_every_right(self, cast):
        after = made(organisation(cast), change(Change.SICK_LEAVE, cast.supervisor, DAY, AFTER))
        assert after.head("boss", DAY).person == cast.supervisor
        assert after.leave_until(cast.supervisor, DAY) == AFTER
        assert after.leave_until(cast.supervisor, AFTER + timedelta(days=1)) is None

    @pytest.mark.parametrize("kind", [k for k in Change if absence_of(k) not in {None, *LEAVES}])
    def test_every_other_absence_keeps_from_acting(self, cast, kind):
        after = made(organisation(cast), change(kind, cast.supervisor, DAY))
        assert after.head("boss", BEFORE).person == cast.supervisor
        assert after.head("boss", DAY) is None
        assert after.hr_seat(cast.hr, DAY) is not None
        assert made(organisation(cast), change(kind, cast.hr, DAY)).hr_seat(cast.hr, DAY) is None

    @pytest.mark.parametrize("kind", [Change.RETIREMENT, Change.DEATH])
    def test_a_departure_ends_every_holding(self, cast, kind):
        later = holding(cast.supervisor, "other", Capacity.PLT, from_on=AFTER)
        city = organisation(cast, holding(cast.supervisor, "chief", Capacity.PLT), later)
        after = made(city, change(kind, cast.supervisor, DAY))
        assert len(posts_of(after, cast.supervisor, BEFORE)) == 2
        assert posts_of(after, cast.supervisor, DAY) == set()
        assert posts_of(after, cast.supervisor, AFTER) == set()

    def test_a_return_ends_the_absence_the_day_before(self, cast):
        city = made(organisation(cast), change(Change.STUDY, cast.supervisor, BEFORE))
        after = made(city, change(Change.RETURN, cast.supervisor, DAY))
        assert not after.acts(cast.supervisor, BEFORE)
        assert after.acts(cast.supervisor, DAY)

    def test_a_return_on_the_first_day_takes_it_back(self, cast):
        city = made(organisation(cast), change(Change.STUDY, cast.supervisor, DAY))
        after = made(city, change(Change.RETURN, cast.supervisor, DAY))
        assert after.absences.get(cast.supervisor, ()) == ()


# Each by itself; those that take two changes, or another city, have a test of their own.
CASES = [
    (Change.MUTATION, {}, "post", "change.post_needed"),
    (Change.SICK_LEAVE, {"to_on": AFTER, "post": "boss"}, "post", "change.post_idle"),
    (Change.MUTATION, {"post": "nowhere"}, "post", "change.post_unknown"),
    (Change.SICK_LEAVE, {}, "to_on", "change.leave_open"),
    (Change.STUDY, {"to_on": BEFORE}, "to_on", "dates.order"),
    (Change.RETIREMENT, {"to_on": AFTER}, "to_on", "change.endless"),
    (Change.RETURN, {"to_on": AFTER}, "to_on", "change.endless"),
    (Change.RETURN, {}, "person", "change.not_away"),
    (Change.END, {"post": "boss"}, "post", "change.no_holding"),
]
OTHERS = {
    *("change.death_ahead", "change.left", "change.two_posts", "change.post_taken"),
    *("change.twice", "change.person_unknown"),
}


class TestWrong:
    def test_every_problem_has_a_case(self):
        ours = {code for code in PROBLEMS if code.startswith("change.")}
        assert {code for *_, code in CASES} - {"dates.order"} | OTHERS == ours

    @pytest.mark.parametrize(("kind", "given", "field", "code"), CASES)
    def test_each_is_named_with_its_field(self, cast, kind, given, field, code):
        found = wrong(organisation(cast), change(kind, cast.stranger, DAY, **given))
        assert found == [(0, field, code)]

    def test_nobody_dies_ahead_of_the_day(self, cast):
        ahead = change(Change.DEATH, cast.stranger, DAY + timedelta(days=1))
        assert wrong(organisation(cast), ahead) == [(0, "from_on", "change.death_ahead")]

    @pytest.mark.parametrize("kind", [Change.PLT, Change.STUDY])
    def test_whoever_has_left_gets_nothing_more(self, cast, kind):
        post = "boss" if kind is Change.PLT else None
        found = wrong(
            organisation(cast),
            change(Change.RETIREMENT, cast.stranger, BEFORE),
            change(kind, cast.stranger, DAY, post=post),
        )
        assert found == [(1, "person", "change.left")]

    def test_a_second_definitive_post_is_named(self, cast):
        city = organisation(
            cast, holding(cast.stranger, "chief", from_on=AFTER), vacant=("chief", "boss")
        )
        found = wrong(city, change(Change.MUTATION, cast.stranger, DAY, post="boss"))
        assert found == [(0, "from_on", "change.two_posts")]

    def test_the_same_capacity_twice_at_a_time_is_named(self, cast):
        city = organisation(cast, holding(cast.hr, "boss", Capacity.PLT, BEFORE))
        found = wrong(city, change(Change.PLT, cast.hr, DAY, post="boss"))
        assert found == [(0, "from_on", "change.twice")]
