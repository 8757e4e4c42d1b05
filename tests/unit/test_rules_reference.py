"""Reference data: ranks, the values of behaviour, and periods by their names."""

from datetime import date

import pytest
from pydantic import ValidationError

from domain.regulation import load
from domain.rules.behaviour import BehaviourValues, FormerRegime, read_value
from domain.rules.period_name import PeriodLength, label, period_of
from domain.rules.rank import Rank, Ranks, next_rank, read_rank
from domain.rules.spelling import UnknownLabel
from schemas.period import Period

RULES = load().on(date(2026, 3, 1))
RANKS = RULES.parameters(Ranks)
VALUES = RULES.parameters(BehaviourValues)


class TestRank:
    @pytest.mark.parametrize("rank", RANKS.ranks, ids=lambda r: r.grade)
    def test_every_spelling_is_read(self, rank) -> None:
        short = rank.name.replace("Tingkat", "Tk.").replace(".", "")
        for written in (rank.grade, rank.grade.replace("/", ""), rank.grade.lower()):
            assert read_rank(written, RANKS) is rank
        for other in (rank.siasn, str(rank.siasn), rank.name, rank.name.upper(), short):
            assert read_rank(other, RANKS) is rank

    @pytest.mark.parametrize("written", ["", "IX", "IV/f", "V/a", "III", 1, 15, True, None, "Muda"])
    def test_anything_else_is_an_error(self, written) -> None:
        with pytest.raises(UnknownLabel, match=r"^this is no rank; a rank is written as in III/a$"):
            read_rank(written, RANKS)

    @pytest.mark.parametrize("name", ["xxxx", "-"])
    def test_a_text_is_no_id_even_if_a_rank_has_its_like(self, name: str) -> None:
        lowest = RANKS.ranks[0]
        odd = Ranks(ranks=(lowest.model_copy(update={"name": name}),))
        for written in ("", None, 3.0, "none"):
            with pytest.raises(UnknownLabel):
                read_rank(written, odd)

    @pytest.mark.parametrize(
        ("written", "grade"),
        [
            ("III/a", "III/a"),
            ("iiia", "III/a"),
            ("III.a", "III/a"),
            ("III a", "III/a"),
            ("III / a", "III/a"),
            (" IV-e ", "IV/e"),
            ("Penata Tk. I", None),
            ("penata tk I", "III/d"),
            ("PENATA  TINGKAT I", "III/d"),
            ("Penata", "III/c"),
            ("31", "III/a"),
            (31, "III/a"),
            (31.0, None),
            ("031", None),
            ("III/a x", None),
            ("x III/a", None),
            ("IIII/a", None),
        ],
    )
    def test_a_grade_a_name_or_an_id_says_which(self, written, grade) -> None:
        if grade is None:
            with pytest.raises(UnknownLabel, match=r"^this is no rank; a rank is written"):
                read_rank(written, RANKS)
        else:
            assert read_rank(written, RANKS).grade == grade

    def test_one_follows_the_other(self) -> None:
        grades: list[str] = []
        rank: Rank | None = read_rank("I/a", RANKS)
        while rank is not None:
            grades.append(rank.grade)
            rank = next_rank(rank, RANKS)
        assert grades == [r.grade for r in RANKS.ranks]
        assert len(grades) == 17

    def test_the_data_are_in_order(self) -> None:
        with pytest.raises(ValidationError, match="order"):
            Ranks(ranks=RANKS.ranks[::-1])


class TestBehaviourValues:
    def test_are_seven_with_three_guides_each(self) -> None:
        assert len(VALUES.values) == 7
        guides = [guide for value in VALUES.values for guide in value.guides]
        assert len(set(guides)) == 21
        assert "".join(value.name[0] for value in VALUES.values) == "BAKHLAK"

    @pytest.mark.parametrize("value", VALUES.values, ids=lambda v: v.code)
    def test_names_read_back(self, value) -> None:
        for written in (value.name, value.name.upper(), value.code, f" {value.name}  "):
            assert read_value(written, VALUES) is value

    @pytest.mark.parametrize(
        "written",
        ["Orientasi Pelayanan", "komitmen", "INISIATIF KERJA", "kerja-sama", "Kepemimpinan"],
    )
    def test_the_former_regime_is_refused(self, written) -> None:
        with pytest.raises(FormerRegime) as caught:
            read_value(written, VALUES)
        assert str(caught.value) == (
            "this is an aspect of PP 30/2019; behaviour is rated by BerAKHLAK"
        )

    def test_anything_else_is_an_error(self) -> None:
        with pytest.raises(UnknownLabel) as caught:
            read_value("Rajin", VALUES)
        assert str(caught.value) == (
            "this is no value of behaviour; known are Berorientasi Pelayanan, Akuntabel, Kompeten, "
            "Harmonis, Loyal, Adaptif, Kolaboratif"
        )
        assert not isinstance(caught.value, FormerRegime)

    def test_a_refused_name_is_no_value(self) -> None:
        with pytest.raises(ValidationError, match="two things"):
            BehaviourValues(values=VALUES.values, refused=("Loyal",))


class TestPeriodName:
    @pytest.mark.parametrize(
        ("day", "kind", "expected"),
        [
            ("2026-03-31", "bulanan", "2026-03 2026-03-01 2026-03-31 Maret 2026"),
            ("2028-02-01", "bulanan", "2028-02 2028-02-01 2028-02-29 Februari 2028"),
            ("2026-12-31", "bulanan", "2026-12 2026-12-01 2026-12-31 Desember 2026"),
            ("2026-03-31", "triwulanan", "2026-TW1 2026-01-01 2026-03-31 Triwulan I 2026"),
            ("2026-04-01", "triwulanan", "2026-TW2 2026-04-01 2026-06-30 Triwulan II 2026"),
            ("2026-12-31", "triwulanan", "2026-TW4 2026-10-01 2026-12-31 Triwulan IV 2026"),
            ("2026-06-30", "semesteran", "2026-S1 2026-01-01 2026-06-30 Semester I 2026"),
            ("2026-07-01", "semesteran", "2026-S2 2026-07-01 2026-12-31 Semester II 2026"),
            ("2026-07-01", "tahunan", "2026 2026-01-01 2026-12-31 Tahun 2026"),
        ],
    )
    def test_of_a_day(self, day, kind, expected) -> None:
        found = period_of(date.fromisoformat(day), PeriodLength(kind))
        assert f"{found} {found.starts_on} {found.ends_on} {label(found)}" == expected

    def test_a_third_of_a_year_has_its_name(self) -> None:
        assert label(Period.parse("2026-C3")) == "Caturwulan III 2026"
