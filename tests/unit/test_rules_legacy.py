"""Oracle O-5: historical scores, compared and weighted exactly."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from domain.regulation import load
from domain.rules.legacy import LegacyScale, LegacyWeights, Step, legacy_step, weighted
from schemas.code import Predicate

RULES = load().on(date(2026, 3, 1))
SCALE = RULES.parameters(LegacyScale)
WEIGHTS = RULES.parameters(LegacyWeights)


class TestStep:
    @pytest.mark.parametrize(
        ("score", "new_idea", "name", "predicate"),
        [
            ("110", True, "Sangat Baik", Predicate.VERY_GOOD),
            ("110", False, "Baik", Predicate.GOOD),
            ("120", True, "Sangat Baik", Predicate.VERY_GOOD),
            ("120", False, "Baik", Predicate.GOOD),
            ("109.99", True, "Baik", Predicate.GOOD),
            ("109.99999999999999999999999999999999999999", True, "Baik", Predicate.GOOD),
            ("90", False, "Baik", Predicate.GOOD),
            ("89.99", True, "Cukup", Predicate.NEEDS_IMPROVEMENT),
            ("70", False, "Cukup", Predicate.NEEDS_IMPROVEMENT),
            ("69.99", False, "Kurang", Predicate.POOR),
            ("50", True, "Kurang", Predicate.POOR),
            ("49.99", True, "Sangat Kurang", Predicate.VERY_POOR),
            ("0", False, "Sangat Kurang", Predicate.VERY_POOR),
        ],
    )
    def test_of_a_score(self, score, new_idea, name, predicate) -> None:
        found = legacy_step(Decimal(score), new_idea=new_idea, rule=SCALE)
        assert (found.name, found.predicate) == (name, predicate)

    @pytest.mark.parametrize("score", ["-0.01", "120.01", "NaN", "sNaN", "Infinity", "1e999999"])
    def test_a_score_is_within_the_scale(self, score) -> None:
        with pytest.raises(ValueError, match="0 to 120"):
            legacy_step(Decimal(score), new_idea=True, rule=SCALE)


class TestWeighted:
    def test_is_exact(self) -> None:
        hundred, ninety = Decimal(100), Decimal(90)
        assert weighted(hundred, ninety, with_peers=False, rule=WEIGHTS) == Decimal(97)
        assert weighted(hundred, ninety, with_peers=True, rule=WEIGHTS) == Decimal(96)
        part = Decimal("99.99")
        assert weighted(part, part, with_peers=False, rule=WEIGHTS) == part


class TestScale:
    @pytest.mark.parametrize(
        "steps",
        [
            (Step(predicate=Predicate.GOOD, name="Baik", at_least=Decimal(90)),),
            (
                Step(predicate=Predicate.POOR, name="Kurang", at_least=Decimal(0)),
                Step(predicate=Predicate.GOOD, name="Baik", at_least=Decimal(90)),
            ),
            (
                Step(
                    predicate=Predicate.GOOD, name="Baik", at_least=Decimal(0), needs_new_idea=True
                ),
            ),
        ],
    )
    def test_leaves_no_score_out(self, steps) -> None:
        with pytest.raises(ValidationError):
            LegacyScale(highest=Decimal(120), steps=steps)
