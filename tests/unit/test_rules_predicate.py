"""Oracle O-1, cell by cell, and every spelling of a rating and of a predicate."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from domain.regulation import load
from domain.rules.predicate import (
    PREDICATE_CODES,
    PREDICATE_NAMES,
    RATING_CODES,
    RATING_NAMES,
    PredicateMatrix,
    is_at_least,
    join,
    read_predicate,
    read_rating,
)
from domain.rules.spelling import Labels, UnknownLabel
from schemas.code import Predicate, Rating

RULE = load().on(date(2026, 3, 1)).parameters(PredicateMatrix)

O_1 = [
    ("atas", "atas", "Sangat Baik", 1),
    ("atas", "sesuai", "Baik", 2),
    ("atas", "bawah", "Kurang", 4),
    ("sesuai", "atas", "Baik", 2),
    ("sesuai", "sesuai", "Baik", 2),
    ("sesuai", "bawah", "Kurang", 4),
    ("bawah", "atas", "Butuh Perbaikan", 3),
    ("bawah", "sesuai", "Butuh Perbaikan", 3),
    ("bawah", "bawah", "Sangat Kurang", 5),
]


class TestMatrix:
    @pytest.mark.parametrize(("work_result", "behaviour", "name", "code"), O_1)
    def test_every_cell(self, work_result, behaviour, name, code) -> None:
        found = join(read_rating(work_result), read_rating(behaviour), RULE)
        assert (PREDICATE_NAMES[found], PREDICATE_CODES[found]) == (name, code)

    def test_is_no_maximum_of_codes(self) -> None:
        found = join(read_rating(1), read_rating(3), RULE)
        assert PREDICATE_CODES[found] != max(1, 3)

    def test_one_rating_below_is_not_always_needs_improvement(self) -> None:
        """A mistake seen in the wild."""
        for work_result in Rating:
            found = join(work_result, Rating.BELOW, RULE)
            assert found in (Predicate.POOR, Predicate.VERY_POOR)

    def test_another_matrix_gives_another_predicate(self) -> None:
        changed = {**RULE.matrix[Rating.MEETS], Rating.ABOVE: Predicate.VERY_GOOD}
        rule = PredicateMatrix(matrix={**RULE.matrix, Rating.MEETS: changed})
        assert join(Rating.MEETS, Rating.ABOVE, rule) is Predicate.VERY_GOOD
        assert join(Rating.MEETS, Rating.MEETS, rule) is Predicate.GOOD

    @pytest.mark.parametrize("of", [None, *Rating])
    def test_a_pair_without_its_predicate_is_an_error(self, of) -> None:
        matrix = {w: dict(row) for w, row in RULE.matrix.items()}
        del (matrix if of is None else matrix[of])[Rating.BELOW]
        with pytest.raises(ValidationError, match="give every pair of ratings its predicate"):
            PredicateMatrix(matrix=matrix)


class TestRatingLabels:
    @pytest.mark.parametrize(
        ("written", "meaning"),
        [
            ("di atas ekspektasi", Rating.ABOVE),
            ("diatas ekspektasi", Rating.ABOVE),
            ("DIATAS ESPEKTASI", Rating.ABOVE),
            ("Di  Atas   Ekspektasi", Rating.ABOVE),
            (" di_atas-ekspektasi\t", Rating.ABOVE),
            ("Di\u00a0atas\u2011ekspektasi", Rating.ABOVE),
            ("above", Rating.ABOVE),
            ("ABOVE", Rating.ABOVE),
            (1, Rating.ABOVE),
            ("1", Rating.ABOVE),
            ("Sesuai Ekspektasi", Rating.MEETS),
            ("SESUAI ESPEKTASI", Rating.MEETS),
            ("meets", Rating.MEETS),
            (2, Rating.MEETS),
            (" 2 ", Rating.MEETS),
            ("Dibawah Ekspektasi", Rating.BELOW),
            ("DI BAWAH ESPEKTASI", Rating.BELOW),
            ("below", Rating.BELOW),
            (3, Rating.BELOW),
        ],
    )
    def test_are_understood(self, written, meaning) -> None:
        assert read_rating(written) is meaning

    @pytest.mark.parametrize(
        "written",
        [
            *("Luar Biasa", "", " ", "0", "4", "01", "1.0", "ekspektasi", "di ekspektasi"),
            *("atas bawah", "dia tas", "baik", "above\0", "diatas\u200bekspektasi", "x" * 101),
            *("\ud800", 0, 4, -1, 10**50, True, False, 1.0, Decimal(1), None, [], {}, ["above"]),
        ],
    )
    def test_anything_else_is_an_error(self, written) -> None:
        with pytest.raises(UnknownLabel, match="this is no rating"):
            read_rating(written)

    @pytest.mark.parametrize("rating", Rating)
    def test_names_and_codes_read_back(self, rating) -> None:
        assert read_rating(RATING_NAMES[rating]) is rating
        assert read_rating(RATING_CODES[rating]) is rating
        assert read_rating(rating) is rating


class TestPredicateLabels:
    @pytest.mark.parametrize("predicate", Predicate)
    def test_names_and_codes_read_back(self, predicate) -> None:
        name = PREDICATE_NAMES[predicate]
        for written in (name, name.upper(), name.lower().replace(" ", "_"), predicate.value):
            assert read_predicate(written) is predicate
        assert read_predicate(PREDICATE_CODES[predicate]) is predicate
        assert read_predicate(str(PREDICATE_CODES[predicate])) is predicate

    def test_the_quadrant_of_e_kinerja(self) -> None:
        assert read_predicate("Kurang/misconduct") is Predicate.POOR

    @pytest.mark.parametrize("written", ["Cukup", "Buruk", "Istimewa", "6", 0, 6, True, 2.0])
    def test_anything_else_is_an_error(self, written) -> None:
        with pytest.raises(UnknownLabel):
            read_predicate(written)

    def test_an_error_repeats_nothing(self) -> None:
        with pytest.raises(UnknownLabel) as caught:
            read_predicate("199301222020121003")
        assert "1993" not in str(caught.value)

    def test_are_ordered(self) -> None:
        assert is_at_least(Predicate.VERY_GOOD, Predicate.GOOD)
        assert is_at_least(Predicate.GOOD, Predicate.GOOD)
        assert not is_at_least(Predicate.NEEDS_IMPROVEMENT, Predicate.GOOD)


class TestLabels:
    def test_no_spelling_has_two_meanings(self) -> None:
        with pytest.raises(ValueError, match="two meanings"):
            Labels("rating", {Rating.ABOVE: ("ATAS",), Rating.BELOW: ("atas",)}, {})

    def test_no_code_has_two_meanings(self) -> None:
        both = {Rating.ABOVE: 1, Rating.BELOW: 1}
        with pytest.raises(ValueError, match="two meanings"):
            Labels("rating", {Rating.ABOVE: (), Rating.BELOW: ()}, both)
