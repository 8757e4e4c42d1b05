"""The synthetic city: right numbers, its own checks passed, nobody without an appraiser."""

from collections import Counter
from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from domain.identity_number import parse
from domain.organisation import Organisation
from domain.organisation_file import read_rows, to_posts_and_holdings, write_rows
from schemas.code import Capacity, Level, Office, PersonKind
from schemas.organisation import HoldingRow
from simulation.city import ROOT, generate

DAY = date(2026, 1, 1)
SIZES = [1, 2, 3, 4, 5, 6, 11, 12, 17, 18, 19, 59, 60, 107, 108, 150, 800]


def organisation_of(rows: list[HoldingRow]) -> tuple[Organisation, dict[str, UUID]]:
    ids = {row.identity_number: uuid4() for row in rows}
    return Organisation.of(*to_posts_and_holdings(rows, ids)), ids


def people_of(rows: list[HoldingRow]) -> Counter[PersonKind]:
    return Counter({row.identity_number: row.kind for row in rows}.values())


def acting(rows: list[HoldingRow]) -> list[HoldingRow]:
    return [row for row in rows if row.capacity is Capacity.PLT]


class TestGenerate:
    @given(st.integers(1, 300), st.integers(), st.integers(0, 60))
    @hypothesis_settings(max_examples=40, deadline=None)
    def test_any_city_passes_its_own_checks(self, people, seed, part_time):
        rows = generate(people, seed, part_time)
        assert read_rows(write_rows(rows)) == (rows, [])
        kinds = people_of(rows)
        assert kinds[PersonKind.PNS] + kinds[PersonKind.PPPK] == people
        assert kinds[PersonKind.PPPK_PART_TIME] == part_time
        assert kinds[PersonKind.STATE_OFFICIAL] == 1

    @pytest.mark.parametrize("people", SIZES)
    def test_everybody_but_the_mayor_has_an_appraiser_who_is_somebody_else(self, people):
        rows = generate(people, 7, people // 3)
        organisation, ids = organisation_of(rows)
        mayor = next(r.identity_number for r in rows if r.post == ROOT)
        for number, person in ids.items():
            own = organisation.own_post(person, DAY)
            assert own is not None
            seat = organisation.appraiser(own.post, person, DAY)
            assert (seat is None) == (number == mayor)
            assert seat is None or seat.person != person

    def test_the_same_seed_gives_the_same_city_and_another_seed_another(self):
        assert generate(150, 1, 20) == generate(150, 1, 20)
        assert generate(150, 1, 20) != generate(150, 2, 20)

    def test_a_city_has_somebody(self):
        for people, part_time in ((0, 0), (-1, 5), (3, -1)):
            with pytest.raises(ValueError, match="at least one"):
                generate(people, 1, part_time)


class TestShape:
    def test_a_fifth_are_pppk_and_none_of_them_leads(self):
        rows = generate(3_648, 1, 2_778)
        kinds = people_of(rows)
        assert kinds[PersonKind.PPPK] == 730
        leading = {row.superior_post for row in rows}
        contracted = (PersonKind.PPPK, PersonKind.PPPK_PART_TIME)
        assert not [r for r in rows if r.kind in contracted and r.post in leading]

    def test_eight_of_eighteen_heads_are_acting_in_a_full_city(self):
        rows = generate(3_648, 1)
        units = {row.unit for row in rows} - {"Kepala Daerah"}
        assert (len(units), len(acting(rows))) == (18, 8)

    @pytest.mark.parametrize(("people", "least"), [(60, 1), (150, 1), (600, 8)])
    def test_a_smaller_city_has_some_acting_heads(self, people, least):
        assert len(acting(generate(people, 3))) >= least

    def test_an_acting_head_has_a_definitive_post_elsewhere_and_a_decree(self):
        rows = generate(3_648, 4)
        definitive = {r.identity_number: r for r in rows if r.capacity is Capacity.DEFINITIVE}
        held = {r.post for r in definitive.values()}
        for row in acting(rows):
            assert row.decree
            assert row.post not in held
            assert definitive[row.identity_number].post != row.post
        assert any(definitive[r.identity_number].unit != r.unit for r in acting(rows))
        assert any(definitive[r.identity_number].unit == r.unit for r in acting(rows))

    def test_the_education_department_is_the_biggest(self):
        units = Counter(row.unit for row in generate(3_648, 1))
        assert units.most_common(1)[0][0] == "Dinas Pendidikan dan Kebudayaan"
        assert min(units[u] for u in units if u != "Kepala Daerah") < 100

    @pytest.mark.parametrize("people", [2, 3, 4, 17, 150])
    def test_sekda_and_hr_office_are_held(self, people):
        organisation, _ = organisation_of(generate(people, 2))
        for office in Office:
            post = organisation.office_post(office, DAY)
            assert post is not None
            assert organisation.head(post.id, DAY) is not None

    def test_heads_report_to_the_sekda_and_the_sekda_to_the_mayor(self):
        superiors = {r.post: r.superior_post for r in generate(150, 1) if r.level is Level.JPT}
        sekda = superiors.pop("Sekretaris Daerah")
        assert sekda == ROOT
        assert set(superiors.values()) == {"Sekretaris Daerah"}

    def test_spans_of_control_stay_human(self):
        rows = generate(3_648, 1)
        spans = Counter(r.superior_post for r in rows if r.capacity is Capacity.DEFINITIVE)
        assert max(spans.values()) <= 25
        assert 4 <= sum(spans.values()) / len(spans) <= 15

    def test_all_levels_occur_in_a_demo_city(self):
        assert {row.level for row in generate(150, 1)} == set(Level)


class TestPeople:
    def test_identity_numbers_are_valid_unique_and_visibly_synthetic(self):
        rows = [r for r in generate(3_648, 9, 2_778) if r.capacity is Capacity.DEFINITIVE]
        numbers = [parse(row.identity_number) for row in rows]
        assert len({number.normalised for number in numbers}) == len(rows)
        assert {number.born_on.month for number in numbers} == {1}
        assert all(number.has_usual_age for number in numbers)

    def test_names_are_visibly_synthetic(self):
        assert all("Contoh" in row.name for row in generate(150, 1, 10))

    def test_everybody_is_in_office_before_2026(self):
        assert all(row.held_from < DAY and row.held_to is None for row in generate(150, 1, 10))
