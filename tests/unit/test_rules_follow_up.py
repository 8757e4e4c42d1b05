"""What follows a predicate: promotion, talent (oracle O-8) and allowance (oracle O-10)."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from domain.regulation import load
from domain.rules import promotion
from domain.rules.allowance import AllowanceFactor, factor
from domain.rules.promotion import PromotionCondition
from domain.rules.talent import TalentMap, box, performance_score
from schemas.code import Predicate

RULES = load().on(date(2026, 3, 1))
PROMOTION = RULES.parameters(PromotionCondition)
TALENT = RULES.parameters(TalentMap)
ALLOWANCE = RULES.parameters(AllowanceFactor)
SB, B, BP, K, SK = Predicate


class TestPromotion:
    @pytest.mark.parametrize(
        ("annual", "missing", "too_low"),
        [
            ({2024: B, 2025: SB}, (), ()),
            ({2023: SB, 2024: BP, 2025: B}, (), (2024,)),
            ({2023: B, 2025: B}, (2024,), ()),
            ({2026: SB}, (2024, 2025), ()),
            ({2024: K, 2025: SK, 2026: SB}, (), (2024, 2025)),
        ],
    )
    def test_needs_two_good_years_running(self, annual, missing, too_low) -> None:
        found = promotion.check(annual, 2025, PROMOTION)
        assert (found.missing, found.too_low) == (missing, too_low)
        assert found.is_met is (not missing and not too_low)


class TestTalent:
    @pytest.mark.parametrize(
        ("performance", "potential", "expected"),
        [
            ("100", "100", 9),
            ("100", "70", 7),
            ("100", "40", 4),
            ("70", "100", 8),
            ("70", "70", 5),
            ("70", "40", 2),
            ("40", "100", 6),
            ("40", "70", 3),
            ("40", "40", 1),
            ("80", "93.47", 9),
            ("80", "80", 9),
            ("79.99", "60", 5),
            ("60", "59.999999999999999999999999", 2),
            ("0", "0", 1),
        ],
    )
    def test_box(self, performance, potential, expected) -> None:
        assert box(Decimal(performance), Decimal(potential), TALENT) == expected

    @pytest.mark.parametrize("score", ["-0.01", "100.01", "NaN", "Infinity"])
    def test_a_score_is_within_its_scale(self, score) -> None:
        with pytest.raises(ValueError, match=r"^a score is a number from 0 to 100$"):
            box(Decimal(score), Decimal(50), TALENT)
        with pytest.raises(ValueError, match=r"^a score is a number from 0 to 100$"):
            box(Decimal(50), Decimal(score), TALENT)

    def test_a_predicate_has_a_score(self) -> None:
        assert [performance_score(p, TALENT) for p in Predicate] == [100, 80, 60, 40, 20]

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"middle_from": 80}, "above the middle"),
            ({"boxes": ((1, 2, 3), (4, 5, 6), (7, 8, 8))}, "each once"),
            ({"performance": {Predicate.GOOD: 80}}, "every predicate"),
        ],
    )
    def test_a_map_is_whole(self, changed, said) -> None:
        with pytest.raises(ValidationError, match=said):
            TalentMap(**{**dict(TALENT), **changed})


class TestAllowance:
    def test_nothing_follows_by_default(self) -> None:
        assert [factor(p, ALLOWANCE) for p in Predicate] == [None] * 5

    def test_follows_the_table_once_it_applies(self) -> None:
        rule = ALLOWANCE.model_copy(update={"applies": True})
        factors = [str(factor(p, rule)) for p in Predicate]
        assert factors == ["1.00", "1.00", "0.85", "0.60", "0.60"]

    @pytest.mark.parametrize("percent", [-1, 101])
    def test_a_percentage_is_within_its_bounds(self, percent) -> None:
        with pytest.raises(ValidationError, match="0 to 100"):
            AllowanceFactor(applies=True, percent={**ALLOWANCE.percent, Predicate.GOOD: percent})
