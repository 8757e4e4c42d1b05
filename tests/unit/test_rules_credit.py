"""Oracle O-3: credit points a year, rounded half up, and what they suffice for."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from domain.regulation import load
from domain.rules.credit import (
    LEVEL_NAMES,
    Coefficients,
    Conversion,
    CumulativeNeed,
    FunctionalLevel,
    credit,
    is_enough,
    read_level,
)
from domain.rules.predicate import read_predicate
from domain.rules.spelling import UnknownLabel
from schemas.code import Predicate

RULES = load().on(date(2026, 3, 1))
COEFFICIENTS = RULES.parameters(Coefficients)
CONVERSION = RULES.parameters(Conversion)
NEED = RULES.parameters(CumulativeNeed)

O_3 = {
    "Pemula": "5.63 3.75 2.81 1.88 0.94",
    "Terampil": "7.50 5.00 3.75 2.50 1.25",
    "Mahir": "18.75 12.50 9.38 6.25 3.13",
    "Ahli Pertama": "18.75 12.50 9.38 6.25 3.13",
    "Ahli Utama": "75.00 50.00 37.50 25.00 12.50",
    "Penyelia": "37.50 25.00 18.75 12.50 6.25",
    "Ahli Muda": "37.50 25.00 18.75 12.50 6.25",
    "Ahli Madya": "56.25 37.50 28.13 18.75 9.38",
}


def points(level: str, predicate: object, months: int = 12) -> str:
    found = credit(read_level(level), read_predicate(predicate), months, COEFFICIENTS, CONVERSION)
    return str(found)


class TestCredit:
    @pytest.mark.parametrize(
        ("level", "code", "expected"),
        [
            (level, code, points)
            for level, row in O_3.items()
            for code, points in enumerate(row.split(), start=1)
        ],
    )
    def test_of_a_year(self, level, code, expected) -> None:
        assert points(level, code) == expected

    @pytest.mark.parametrize(
        ("level", "predicate", "months", "expected"),
        [
            ("Ahli Pertama", "Baik", 6, "6.25"),
            ("Ahli Pertama", "Baik", 1, "1.04"),
            ("Ahli Pertama", "Baik", 7, "7.29"),
            ("Pemula", "Sangat Kurang", 1, "0.08"),
            ("Pemula", "Sangat Baik", 4, "1.88"),
            ("Ahli Madya", "Baik", 11, "34.38"),
        ],
    )
    def test_of_some_months_is_rounded_once(self, level, predicate, months, expected) -> None:
        assert points(level, predicate, months) == expected

    @pytest.mark.parametrize("months", [0, 13, -1])
    def test_months_are_one_to_twelve(self, months) -> None:
        with pytest.raises(ValueError, match=r"^months are 1 to 12$"):
            points("Pemula", "Baik", months)


class TestNeed:
    def test_four_good_years_suffice_for_a_rank(self) -> None:
        need = NEED.needs[FunctionalLevel.FIRST_EXPERT].rank
        yearly = Decimal(points("Ahli Pertama", "Baik"))
        assert not is_enough(3 * yearly, need)
        assert is_enough(4 * yearly, need)
        assert is_enough(3 * Decimal(points("Ahli Pertama", "Sangat Baik")), need)
        muda = NEED.needs[FunctionalLevel.JUNIOR_EXPERT].rank
        assert 4 * Decimal(points("Ahli Muda", "Baik")) == muda

    def test_nothing_is_above_the_highest_level(self) -> None:
        assert not is_enough(Decimal(10_000), NEED.needs[FunctionalLevel.PRINCIPAL_EXPERT].level)


class TestLevels:
    @pytest.mark.parametrize("level", FunctionalLevel)
    def test_names_read_back(self, level) -> None:
        for written in (LEVEL_NAMES[level], LEVEL_NAMES[level].upper(), level.value):
            assert read_level(written) is level

    def test_an_expert_level_may_be_short(self) -> None:
        assert read_level(" MADYA ") is FunctionalLevel.MIDDLE_EXPERT

    @pytest.mark.parametrize("written", ["Ahli", "Ahli Terampil", "", 1, "1", None, True])
    def test_anything_else_is_an_error(self, written) -> None:
        with pytest.raises(UnknownLabel):
            read_level(written)


class TestParameters:
    def test_no_level_is_without_its_coefficient(self) -> None:
        with pytest.raises(ValidationError, match="every level"):
            Coefficients(yearly={FunctionalLevel.SKILLED: Decimal(5)})

    def test_no_predicate_is_without_its_percentage(self) -> None:
        with pytest.raises(ValidationError, match="every predicate"):
            Conversion(percent={Predicate.GOOD: 100})
