"""What decrees make of holdings and absences, and what they cannot make."""

from datetime import date, timedelta

import pytest

from domain.movement import NEEDS_POST, absence_of, move
from domain.organisation import LEAVES, Organisation
from domain.organisation_problem import PROBLEMS
from schemas.code import AbsenceKind, Capacity, Change
from schemas.organisation import Absence
from tests.builders import POSTS, START, Cast, change, holding, organisation

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


class TestWhatIsCut:
    """One person's holdings before and after: what a change ends, and what it leaves."""

    WHO = Cast().stranger
    PLT, MINE = Capacity.PLT, Capacity.DEFINITIVE

    def after(self, kind: Change, *held, post: str | None = None):
        city = Organisation.of(POSTS, [holding(self.WHO, *each) for each in held])
        found = made(city, change(kind, self.WHO, DAY, post=post)).by_person.get(self.WHO, ())
        return {(h.post, h.capacity, h.from_on, h.to_on) for h in found}

    @pytest.mark.parametrize(
        ("held", "left"),
        [
            (("other", MINE, START, None), ("other", MINE, START, BEFORE)),
            (("other", MINE, START, AFTER), ("other", MINE, START, BEFORE)),
            (("other", MINE, START, DAY), ("other", MINE, START, BEFORE)),
            (("other", MINE, START, BEFORE), ("other", MINE, START, BEFORE)),
            (("other", MINE, BEFORE, None), ("other", MINE, BEFORE, BEFORE)),
            (("other", MINE, DAY, None), None),
            (("other", PLT, START, None), ("other", PLT, START, None)),
            (("other", PLT, DAY, None), ("other", PLT, DAY, None)),
            (("other", PLT, AFTER, None), ("other", PLT, AFTER, None)),
        ],
    )
    def test_a_mutation_ends_the_definitive_holding_of_its_day(self, held, left) -> None:
        new = ("boss", self.MINE, DAY, None)
        expected = {new} | ({left} if left else set())
        assert self.after(Change.MUTATION, held, post="boss") == expected

    @pytest.mark.parametrize("kind", [Change.RETIREMENT, Change.DEATH])
    @pytest.mark.parametrize(
        ("held", "left"),
        [
            (("other", MINE, START, None), ("other", MINE, START, BEFORE)),
            (("other", PLT, START, DAY), ("other", PLT, START, BEFORE)),
            (("other", PLT, START, BEFORE), ("other", PLT, START, BEFORE)),
            (("other", PLT, BEFORE, AFTER), ("other", PLT, BEFORE, BEFORE)),
            (("other", MINE, DAY, None), None),
            (("other", PLT, AFTER, None), None),
        ],
    )
    def test_a_departure_ends_them_all_and_takes_later_ones_away(self, kind, held, left) -> None:
        assert self.after(kind, held) == ({left} if left else set())

    def test_other_people_keep_theirs(self, cast) -> None:
        before = organisation(cast)
        after = made(before, change(Change.RETIREMENT, cast.stranger, DAY))
        for person in set(cast.people()) - {cast.stranger}:
            assert after.by_person[person] == before.by_person[person]


class TestWhatIsAdded:
    """One person's absences after changes that are made one after the other."""

    @staticmethod
    def absences(cast, *changes):
        found = made(organisation(cast), *changes).absences
        return found.get(cast.stranger, ())

    def test_an_absence_is_kept_as_it_was_ordered(self, cast) -> None:
        ill = change(Change.SICK_LEAVE, cast.stranger, DAY, AFTER, decree="SK 5")
        assert self.absences(cast, ill) == (
            Absence(
                person=cast.stranger,
                kind=AbsenceKind.SICK_LEAVE,
                decree="SK 5",
                from_on=DAY,
                to_on=AFTER,
            ),
        )

    def test_one_of_the_same_kind_and_first_day_takes_its_place(self, cast) -> None:
        first = change(Change.SICK_LEAVE, cast.stranger, DAY, DAY)
        longer = change(Change.SICK_LEAVE, cast.stranger, DAY, AFTER, decree="SK 6")
        earlier = change(Change.SICK_LEAVE, cast.stranger, BEFORE, BEFORE)
        other = change(Change.LONG_LEAVE, cast.stranger, DAY, AFTER)
        found = self.absences(cast, first, earlier, other, longer)
        assert {(a.kind, a.from_on, a.to_on, a.decree) for a in found} == {
            (AbsenceKind.SICK_LEAVE, BEFORE, BEFORE, "SK 77"),
            (AbsenceKind.SICK_LEAVE, DAY, AFTER, "SK 6"),
            (AbsenceKind.LONG_LEAVE, DAY, AFTER, "SK 77"),
        }

    @pytest.mark.parametrize(
        ("first", "second", "on", "is_taken"),
        [
            (Change.RETIREMENT, Change.STUDY, BEFORE, True),
            (Change.RETIREMENT, Change.STUDY, DAY, False),
            (Change.RETIREMENT, Change.DEATH, DAY, True),
            (Change.RETIREMENT, Change.RETIREMENT, AFTER, True),
            (Change.DEATH, Change.RETIREMENT, DAY, False),
            (Change.DEATH, Change.RETIREMENT, BEFORE, True),
            (Change.STUDY, Change.SUSPENSION, DAY, True),
        ],
    )
    def test_after_a_departure_there_is_none_but_death(
        self, cast, first, second, on, is_taken
    ) -> None:
        orders = [change(first, cast.stranger, DAY), change(second, cast.stranger, on)]
        expected = [] if is_taken else [(1, "person", "change.left")]
        assert wrong(organisation(cast), *orders) == expected

    @pytest.mark.parametrize(("on", "is_taken"), [(BEFORE, True), (DAY, False), (AFTER, False)])
    def test_nor_is_there_a_post(self, cast, on, is_taken) -> None:
        orders = [
            change(Change.RETIREMENT, cast.stranger, DAY),
            change(Change.PLT, cast.stranger, on, on, post="boss"),
        ]
        expected = [] if is_taken else [(1, "person", "change.left")]
        assert wrong(organisation(cast), *orders) == expected


class TestClashes:
    """What two holdings exclude; each change is named once, in the order of changes."""

    def test_what_a_later_change_took_back_is_in_nobodys_way(self, cast) -> None:
        orders = [
            change(Change.PLT, cast.hr, DAY, post="boss"),
            change(Change.END, cast.hr, DAY, post="boss"),
            change(Change.MUTATION, cast.stranger, DAY, post="chief"),
        ]
        found = wrong(organisation(cast), *orders)
        assert found == [(2, "from_on", "change.post_taken")]

    def test_each_change_is_named_once(self, cast) -> None:
        city = organisation(
            cast,
            holding(cast.stranger, "chief", from_on=AFTER),
            holding(cast.hr_head, "boss", from_on=AFTER),
        )
        orders = [
            change(Change.MUTATION, cast.hr, DAY, post="other"),
            change(Change.MUTATION, cast.stranger, DAY, post="boss"),
        ]
        found = wrong(city, *orders)
        assert [index for index, *_ in found] == [1]

    def test_those_before_and_among_others_are_in_the_order_of_changes(self, cast) -> None:
        orders = [
            change(Change.MUTATION, cast.stranger, DAY, post="boss"),
            change(Change.RETURN, cast.hr, DAY),
            change(Change.MUTATION, cast.hr, DAY, post="chief"),
        ]
        assert wrong(organisation(cast), *orders) == [
            (0, "from_on", "change.post_taken"),
            (1, "person", "change.not_away"),
            (2, "from_on", "change.post_taken"),
        ]

    @pytest.mark.parametrize(
        ("held", "asked", "code"),
        [
            ((BEFORE, BEFORE), (DAY, AFTER), None),
            ((BEFORE, DAY), (DAY, AFTER), "change.post_taken"),
            ((AFTER, None), (DAY, AFTER), "change.post_taken"),
            ((AFTER + timedelta(days=1), None), (DAY, AFTER), None),
            ((AFTER, None), (DAY, None), "change.post_taken"),
        ],
    )
    def test_days_that_meet_in_one_day_exclude_each_other(self, cast, held, asked, code) -> None:
        first, last = held
        city = organisation(cast, holding(cast.hr, "boss", Capacity.PLT, first, last))
        begin, end = asked
        found = wrong(city, change(Change.PLT, cast.stranger, begin, end, post="boss"))
        assert found == ([] if code is None else [(0, "from_on", code)])

    def test_stand_ins_from_day_to_day_exclude_nobody(self, cast) -> None:
        city = organisation(cast, holding(cast.hr, "boss", Capacity.PLH))
        assert wrong(city, change(Change.PLH, cast.stranger, DAY, post="boss")) == []

    def test_acting_for_two_posts_is_no_clash(self, cast) -> None:
        city = organisation(cast, holding(cast.hr, "boss", Capacity.PLT))
        assert wrong(city, change(Change.PLT, cast.hr, DAY, post="chief")) == []


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
