"""Floors and ceilings: written in the packs, checked when they are read, kept by what is set."""

import pytest
from pydantic import ValidationError

from domain.limit import Limit, leaves
from domain.regulation import load
from tests.unit.test_override import refused
from tests.unit.test_regulation import COFFEE, TEA
from tests.unit.test_regulation import refused as pack_refused

LIMITS = "limits = { cups = { minimum = 1, maximum = 9 } }"
RULES = [rule for versions in load().spans.values() for rule in versions]


class TestPacks:
    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.id}-{rule.version}")
    def test_everything_that_may_be_set_is_bounded(self, rule) -> None:
        for name in rule.adjustable:
            inside = [leaf for _, _, leaf in leaves(name, rule.values()[name])]
            assert rule.bounds(name) or all(isinstance(leaf, bool) for leaf in inside), name

    @pytest.mark.parametrize(
        ("new", "said"),
        [
            ("", "field limits: cups may be set and has no limit"),
            ("limits = { cups = { minimum = 3 } }", "field parameters.cups: is not within >= 3"),
            ("limits = { cups = { maximum = 1 } }", "field parameters.cups: is not within <= 1"),
            (
                "limits = { cups = { allowed = [3, 4] } }",
                "field parameters.cups: is not within 3, 4",
            ),
            ("limits = { cups = {} }", "field limits.cups: Value error, give a minimum"),
            (
                "limits = { cups = { minimum = 9, maximum = 1 } }",
                "the minimum is above the maximum",
            ),
            ("limits = { cups = { least = 1 } }", "field limits.cups.least: Extra inputs"),
            (
                "limits = { cups = { minimum = 1 }, sugar = { minimum = 0 } }",
                "field limits.sugar: is about nothing that may be set",
            ),
        ],
    )
    def test_a_limit_that_cannot_be_is_named_at_load(self, new, said) -> None:
        (problem,) = pack_refused(TEA.replace(LIMITS, new), COFFEE)
        assert problem.startswith("pantry.toml, rule pantry.tea, field ")
        assert said in problem


class TestSet:
    @pytest.mark.parametrize(
        ("order", "field", "rule"),
        [
            (("keberatan.periodik", {"working_days": 2}), "working_days", "rules.minimum"),
            (("keberatan.periodik", {"working_days": 15}), "working_days", "rules.maximum"),
            (("penilai.level_min", {"lowest": "fungsional"}), "lowest", "rules.allowed"),
            (("tpp.faktor", {"percent": {"baik": 101}}), "percent.baik", "rules.maximum"),
            (
                ("perbaikan.tinjauan", {"calendar_days": [30, 200]}),
                "calendar_days.1",
                "rules.maximum",
            ),
            (("progres_harian.wajib", {"grace_until": "06:00:00"}), "grace_until", "rules.minimum"),
            (("skp.revisi", {"reasons": ["selera"]}), "reasons.0", "rules.allowed"),
            (
                ("eskalasi.tangga", {"rungs": [{"name": "a", "working_days": 31, "to": "boss"}]}),
                "rungs.0.working_days",
                "rules.maximum",
            ),
        ],
    )
    def test_what_a_pack_forbids_is_refused_by_its_bound(self, order, field, rule) -> None:
        assert refused(order) == (f"values.{field}", rule)


class TestLimit:
    @pytest.mark.parametrize(
        ("limit", "said"),
        [
            ({"minimum": 1, "maximum": 9}, "1..9"),
            ({"minimum": "07:30:00"}, ">= 07:30:00"),
            ({"allowed": ("a", "b")}, "a, b"),
        ],
    )
    def test_reads_as_it_is_shown(self, limit, said) -> None:
        assert str(Limit.model_validate(limit)) == said

    def test_bounds_are_of_one_kind(self) -> None:
        with pytest.raises(ValidationError, match="both are texts"):
            Limit.model_validate({"minimum": 1, "maximum": "a"})
