"""Authority follows the post on the day: who appraises whom, and who sits in which office."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.organisation import Organisation
from schemas.code import Capacity, Level, Office
from schemas.organisation import Holding, Mandate, Post

START = date(2020, 1, 1)
DAY = date(2026, 3, 2)
DEFINITIVE, PLT, PLH, PJ = Capacity.DEFINITIVE, Capacity.PLT, Capacity.PLH, Capacity.PJ

MAYOR, SEKDA, HEAD, CHIEF, BOSS, STAFF, OTHER, HR = (UUID(int=n) for n in range(1, 9))

# A department: head > chief > boss > staff, under the Sekda, under the mayor.
POSTS = [
    Post(id="mayor", unit="city", superior=None, level=Level.REGIONAL_HEAD, office=None, from_on=START),
    Post(id="sekda", unit="setda", superior="mayor", level=Level.JPT, office=Office.SEKDA, from_on=START),
    Post(id="head", unit="dinas", superior="sekda", level=Level.JPT, office=None, from_on=START),
    Post(id="chief", unit="dinas", superior="head", level=Level.ADMINISTRATOR, office=None, from_on=START),
    Post(id="boss", unit="dinas", superior="chief", level=Level.SUPERVISOR, office=None, from_on=START),
    Post(id="staff", unit="dinas", superior="boss", level=Level.STAFF, office=None, from_on=START),
    Post(id="hr", unit="bkpsdmd", superior="sekda", level=Level.JPT, office=None, from_on=START),
    Post(id="hr clerk", unit="bkpsdmd", superior="hr", level=Level.STAFF, office=Office.HR, from_on=START),
]  # fmt: skip


def holding(
    person: UUID,
    post: str,
    capacity: Capacity = DEFINITIVE,
    from_on: date = START,
    to_on: date | None = None,
) -> Holding:
    decree = None if capacity is DEFINITIVE else "SK 1"
    return Holding(
        person=person, post=post, capacity=capacity, decree=decree, from_on=from_on, to_on=to_on
    )


HOLDINGS = [
    holding(MAYOR, "mayor"),
    holding(SEKDA, "sekda"),
    holding(HEAD, "head"),
    holding(CHIEF, "chief"),
    holding(BOSS, "boss"),
    holding(STAFF, "staff"),
    holding(HR, "hr clerk"),
]


def city(*more: Holding, vacant: tuple[str, ...] = (), mandates: tuple[Mandate, ...] = ()):
    kept = [h for h in HOLDINGS if h.post not in vacant]
    return Organisation.of(POSTS, [*kept, *more], mandates)


def without_post(post_id: str, *instead: Post) -> Organisation:
    return Organisation.of([*(p for p in POSTS if p.id != post_id), *instead], HOLDINGS)


def changed(post_id: str, **fields) -> Post:
    return next(p for p in POSTS if p.id == post_id).model_copy(update=fields)


def appraiser_of(organisation: Organisation, post: str, person: UUID, on: date = DAY):
    seat = organisation.appraiser(post, person, on)
    return None if seat is None else (seat.person, seat.post, seat.capacity)


class TestAppraiser:
    @pytest.mark.parametrize(
        ("post", "person", "expected"),
        [
            ("staff", STAFF, (BOSS, "boss", DEFINITIVE)),
            ("boss", BOSS, (CHIEF, "chief", DEFINITIVE)),
            ("head", HEAD, (SEKDA, "sekda", DEFINITIVE)),
            ("sekda", SEKDA, (MAYOR, "mayor", DEFINITIVE)),
        ],
    )
    def test_it_is_the_holder_of_the_post_above(self, post, person, expected):
        assert appraiser_of(city(), post, person) == expected

    def test_nobody_is_above_the_highest_post(self):
        assert appraiser_of(city(), "mayor", MAYOR) is None

    def test_a_post_that_is_not_there_has_none(self):
        assert appraiser_of(city(), "moon", STAFF) is None

    def test_a_post_below_pengawas_is_passed_over(self):
        for level in (Level.FUNCTIONAL, Level.STAFF):
            organisation = without_post("boss", changed("boss", level=level))
            assert appraiser_of(organisation, "staff", STAFF) == (CHIEF, "chief", DEFINITIVE)

    def test_answers_are_the_same_however_few_are_kept(self, monkeypatch):
        monkeypatch.setattr("domain.organisation._KEPT", 1)
        org = city()
        asked = [("staff", STAFF), ("boss", BOSS), ("mayor", MAYOR), ("staff", STAFF)]
        seats = [org.appraiser(post, person, DAY) for post, person in asked]
        assert [seat and seat.person for seat in seats] == [BOSS, CHIEF, None, BOSS]
        assert len(org._appraised) == 1

    def test_a_vacancy_goes_up_as_far_as_needed(self):
        organisation = city(vacant=("boss", "chief"))
        assert appraiser_of(organisation, "staff", STAFF) == (HEAD, "head", DEFINITIVE)

    def test_an_acting_holder_goes_before_the_definitive_one(self):
        for capacity in (PLT, PJ):
            organisation = city(holding(OTHER, "boss", capacity))
            assert appraiser_of(organisation, "staff", STAFF) == (OTHER, "boss", capacity)

    def test_the_order_of_the_rows_does_not_matter(self):
        rows = [holding(OTHER, "boss", PLT), *HOLDINGS, holding(HR, "boss", PJ)]
        for ordered in (rows, rows[::-1]):
            organisation = Organisation.of(POSTS, ordered)
            assert appraiser_of(organisation, "staff", STAFF) == (HR, "boss", PJ)

    def test_the_seat_names_the_decree_behind_it(self):
        seat = city(holding(OTHER, "boss", PLT)).appraiser("staff", STAFF, DAY)
        assert seat is not None
        assert seat.decree == "SK 1"

    def test_a_plh_never_appraises(self):
        beside = city(holding(OTHER, "boss", PLH))
        assert appraiser_of(beside, "staff", STAFF) == (BOSS, "boss", DEFINITIVE)
        alone = city(holding(OTHER, "boss", PLH), vacant=("boss",))
        assert appraiser_of(alone, "staff", STAFF) == (CHIEF, "chief", DEFINITIVE)

    def test_who_acts_for_his_own_superior_is_appraised_one_higher(self):
        organisation = city(holding(CHIEF, "head", PLT), vacant=("head",))
        assert appraiser_of(organisation, "boss", BOSS) == (CHIEF, "chief", DEFINITIVE)
        assert appraiser_of(organisation, "chief", CHIEF) == (SEKDA, "sekda", DEFINITIVE)

    def test_nobody_is_appraised_by_a_subordinate_acting_above_him(self):
        for subordinate in (BOSS, STAFF):
            organisation = city(holding(subordinate, "head", PLT), vacant=("head",))
            assert appraiser_of(organisation, "chief", CHIEF) == (SEKDA, "sekda", DEFINITIVE)

    def test_somebody_from_elsewhere_acting_above_does_appraise(self):
        organisation = city(holding(HR, "head", PLT), vacant=("head",))
        assert appraiser_of(organisation, "chief", CHIEF) == (HR, "head", PLT)

    def test_no_two_people_appraise_each_other(self):
        # OTHER, below the head, acts as the boss; STAFF, below the boss, acts as the head.
        posts = [*POSTS, changed("chief", id="desk", superior="head", level=Level.STAFF)]
        held = [h for h in HOLDINGS if h.post not in ("head", "boss", "chief")]
        held += [holding(OTHER, "desk"), holding(OTHER, "boss", PLT), holding(STAFF, "head", PLT)]
        organisation = Organisation.of(posts, held)
        assert appraiser_of(organisation, "desk", OTHER) == (SEKDA, "sekda", DEFINITIVE)
        assert appraiser_of(organisation, "staff", STAFF) == (SEKDA, "sekda", DEFINITIVE)

    def test_a_gap_between_two_dated_rows_does_not_cut_the_chain(self):
        before = changed("chief", to_on=DAY - timedelta(days=9))
        after = changed("chief", from_on=DAY + timedelta(days=9))
        organisation = without_post("chief", before, after)
        assert appraiser_of(organisation, "boss", BOSS) == (CHIEF, "chief", DEFINITIVE)

    def test_posts_that_lead_to_each_other_end_the_search(self):
        organisation = Organisation.of(
            [changed("chief", superior="boss"), changed("boss", level=Level.STAFF)], HOLDINGS
        )
        assert appraiser_of(organisation, "boss", BOSS) == (CHIEF, "chief", DEFINITIVE)
        assert appraiser_of(organisation, "chief", CHIEF) is None


class TestDates:
    def test_a_holding_counts_on_its_first_and_last_day(self):
        organisation = city(holding(OTHER, "boss", PLT, DAY, DAY + timedelta(days=2)))
        people = [
            appraiser_of(organisation, "staff", STAFF, DAY + timedelta(days=n))[0]
            for n in range(-1, 4)
        ]
        assert people == [BOSS, OTHER, OTHER, OTHER, BOSS]

    def test_authority_passes_with_the_post(self):
        last = DAY - timedelta(days=1)
        organisation = city(
            holding(BOSS, "boss", to_on=last), holding(OTHER, "boss", from_on=DAY), vacant=("boss",)
        )
        assert appraiser_of(organisation, "staff", STAFF, last)[0] == BOSS
        assert appraiser_of(organisation, "staff", STAFF, DAY)[0] == OTHER

    def test_a_post_may_get_another_superior(self):
        before = changed("staff", to_on=DAY - timedelta(days=1))
        after = changed("staff", superior="hr", unit="bkpsdmd", from_on=DAY)
        organisation = Organisation.of(
            [*(p for p in POSTS if p.id != "staff"), after, before],
            [*HOLDINGS, holding(OTHER, "hr")],
        )
        assert appraiser_of(organisation, "staff", STAFF, DAY - timedelta(days=1))[0] == BOSS
        assert appraiser_of(organisation, "staff", STAFF, DAY)[0] == OTHER
        here = organisation.post("staff", DAY)
        assert here is not None
        assert here.unit == "bkpsdmd"


class TestOwnPost:
    def test_the_definitive_post_goes_before_an_acting_one(self):
        rows = [holding(OTHER, "head", PLT), holding(OTHER, "boss")]
        for ordered in (rows, rows[::-1]):
            own = Organisation.of(POSTS, ordered).own_post(OTHER, DAY)
            assert own is not None
            assert own.post == "boss"

    def test_an_acting_one_is_better_than_none(self):
        own = city(holding(OTHER, "head", PLT)).own_post(OTHER, DAY)
        assert own is not None
        assert (own.post, own.capacity) == ("head", PLT)

    def test_whose_holding_is_over_has_none(self):
        over = holding(OTHER, "boss", to_on=DAY - timedelta(days=1))
        assert city(over).own_post(OTHER, DAY) is None
        assert city().own_post(OTHER, DAY) is None


class TestMandates:
    def mandate(self, **fields) -> Mandate:
        return Mandate(person=OTHER, post="boss", decree="SP 7", from_on=DAY).model_copy(
            update=fields
        )

    def test_an_order_in_force_gives_a_seat(self):
        (seat,) = city(mandates=(self.mandate(),)).mandated("boss", "staff", DAY)
        assert (seat.person, seat.capacity, seat.decree) == (OTHER, Capacity.MANDATE, "SP 7")

    def test_it_ends_with_its_last_day_and_covers_its_post_only(self):
        organisation = city(mandates=(self.mandate(to_on=DAY),))
        assert organisation.mandated("boss", "staff", DAY - timedelta(days=1)) == ()
        assert organisation.mandated("boss", "staff", DAY + timedelta(days=1)) == ()
        assert organisation.mandated("chief", "staff", DAY) == ()

    def test_nobody_acts_by_it_towards_his_own_superior(self):
        below = self.mandate(person=STAFF, post="chief")
        assert city(mandates=(below,)).mandated("chief", "boss", DAY) == ()
        above = self.mandate(person=OTHER, post="chief")
        assert [s.person for s in city(mandates=(above,)).mandated("chief", "boss", DAY)] == [OTHER]

    def test_it_does_not_make_its_holder_the_appraiser(self):
        organisation = city(mandates=(self.mandate(),))
        assert appraiser_of(organisation, "staff", STAFF) == (BOSS, "boss", DEFINITIVE)


class TestUnitHead:
    @pytest.mark.parametrize(
        ("post", "expected"),
        [("staff", "head"), ("head", "head"), ("hr clerk", "hr"), ("mayor", "mayor")],
    )
    def test_it_is_the_topmost_post_of_the_unit(self, post, expected):
        organisation = city()
        here = organisation.post(post, DAY)
        assert here is not None
        top = organisation.top_post(here.unit, DAY)
        assert top is not None
        assert top.id == expected


class TestOffices:
    def test_the_hr_office_is_headed_by_the_top_of_the_marked_unit(self):
        post = city().office_post(Office.HR, DAY)
        assert post is not None
        assert post.id == "hr"

    def test_the_sekda_is_the_marked_post(self):
        post = city().office_post(Office.SEKDA, DAY)
        assert post is not None
        assert post.id == "sekda"
        seat = city().head(post.id, DAY)
        assert seat is not None
        assert seat.person == SEKDA

    def test_an_office_that_nobody_marked_has_no_post(self):
        assert without_post("sekda").office_post(Office.SEKDA, DAY) is None

    def test_everybody_of_the_hr_unit_sits_in_it(self):
        organisation = city(holding(OTHER, "hr", PLT))
        clerk, head = organisation.hr_seat(HR, DAY), organisation.hr_seat(OTHER, DAY)
        assert clerk is not None
        assert clerk.post == "hr clerk"
        assert head is not None
        assert (head.post, head.capacity) == ("hr", PLT)

    def test_nobody_else_does(self):
        organisation = city(holding(OTHER, "hr", PLT, to_on=DAY - timedelta(days=1)))
        assert organisation.hr_seat(STAFF, DAY) is None
        assert organisation.hr_seat(SEKDA, DAY) is None
        assert organisation.hr_seat(OTHER, DAY) is None
        assert organisation.hr_seat(OTHER, DAY - timedelta(days=1)) is not None


@st.composite
def organisations(draw: st.DrawFn) -> tuple[Organisation, int]:
    """Any tree of up to 12 posts, each with any holders in any capacity; people may hold many."""
    size = draw(st.integers(1, 12))
    posts, holdings = [], []
    for n in range(size):
        superior = None if n == 0 else f"p{draw(st.integers(0, n - 1))}"
        level = draw(st.sampled_from(Level))
        posts.append(
            Post(id=f"p{n}", unit="u", superior=superior, level=level, office=None, from_on=START)
        )
        for capacity in draw(st.sets(st.sampled_from([DEFINITIVE, PLT, PLH, PJ]), max_size=2)):
            person = n if capacity is DEFINITIVE else draw(st.integers(0, size - 1))
            holdings.append(holding(UUID(int=person), f"p{n}", capacity))
    return Organisation.of(posts, holdings), size


class TestLaws:
    @given(organisations())
    def test_an_appraiser_is_somebody_else_above_who_may(self, drawn):
        organisation, size = drawn
        for n in range(size):
            own = organisation.own_post(UUID(int=n), DAY)
            seat = own and organisation.appraiser(own.post, UUID(int=n), DAY)
            if own is None or seat is None:
                continue
            above = organisation.post(seat.post, DAY)
            assert seat.person != UUID(int=n)
            assert seat.capacity in (DEFINITIVE, PLT, PJ)
            assert above is not None
            assert above.level in (
                Level.REGIONAL_HEAD,
                Level.JPT,
                Level.ADMINISTRATOR,
                Level.SUPERVISOR,
            )
            assert seat.post in self.posts_above(organisation, own.post)

    @given(organisations())
    def test_nobody_is_appraised_by_who_has_his_own_post_below(self, drawn):
        organisation, size = drawn
        for n in range(size):
            own = organisation.own_post(UUID(int=n), DAY)
            seat = own and organisation.appraiser(own.post, UUID(int=n), DAY)
            if own is None or seat is None:
                continue
            theirs = organisation.own_post(seat.person, DAY)
            if theirs is not None and seat.capacity is not DEFINITIVE:
                assert own.post not in self.posts_above(organisation, theirs.post)

    def posts_above(self, organisation: Organisation, post_id: str) -> list[str]:
        found: list[str] = []
        post = organisation.post(post_id, DAY)
        while post is not None and post.superior is not None:
            found.append(post.superior)
            post = organisation.post(post.superior, DAY)
        return found
