"""Regulation packs: what ships is whole, and nothing broken is ever loaded."""

from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

import pytest

from domain.regulation import (
    MODELS,
    InvalidRegulation,
    NotInForce,
    Rulebook,
    Status,
    UnknownRule,
    diff,
    load,
)
from domain.regulation_file import parse
from domain.rules.parameters import Parameters
from domain.rules.window import Cadences
from schemas.code import Predicate


class Tea(Parameters):
    RULE: ClassVar[str] = "pantry.tea"

    cups: int
    sugar: Decimal
    guests: frozenset[Predicate] = frozenset()


class Coffee(Parameters):
    RULE: ClassVar[str] = "pantry.coffee"

    allowed: bool


TEA = """
[[rule]]
id = "pantry.tea"
version = 1
effective_from = 2025-01-01
effective_to = 2025-12-31
source = { instrument = "SE 1/2025", article = "huruf A" }
status = "secondary"
adjustable = ["cups"]
limits = { cups = { minimum = 1, maximum = 9 } }
sentence = { id = "Dua cangkir teh.", en = "Two cups of tea." }
parameters = { cups = 2, sugar = 0.1 }
"""
LATER = (
    TEA.replace("version = 1", "version = 2")
    .replace("from = 2025-01-01", "from = 2026-01-01")
    .replace("effective_to = 2025-12-31\n", "")
    .replace("cups = 2,", "cups = 3,")
)
COFFEE = """
[[rule]]
id = "pantry.coffee"
version = 1
effective_from = 2026-01-01
source = { decision = "project decision" }
status = "assumed"
adjustable = []
sentence = { id = "Kopi boleh.", en = "Coffee is allowed." }
parameters = { allowed = true }
"""


def read(*texts: str) -> Rulebook:
    return parse({"pantry.toml": "\n".join(texts)}, (Tea, Coffee))


def refused(*texts: str) -> tuple[str, ...]:
    with pytest.raises(InvalidRegulation) as caught:
        read(*texts)
    return caught.value.problems


class TestParse:
    def test_a_good_pack_is_read_exactly(self) -> None:
        finest = TEA.replace("sugar = 0.1", "sugar = 0.10000000000000000001")
        tea = read(finest, LATER, COFFEE).on(date(2025, 3, 1)).parameters(Tea)
        assert (tea.cups, tea.sugar) == (2, Decimal("0.10000000000000000001"))

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("status =", 'colour = "red"\nstatus =', "field colour: Extra inputs"),
            ("cups = 2,", "cups = 2, milk = 1,", "field parameters.milk: Extra inputs"),
            ("cups = 2,", "", "field parameters.cups: Field required"),
            ("cups = 2,", 'cups = "2",', "field parameters.cups: Input should be a valid int"),
            ("cups = 2,", "cups = 2.5,", "field parameters.cups: Input should be a valid int"),
            ("cups = 2,", "cups = true,", "field parameters.cups: Input should be a valid int"),
            ("sugar = 0.1", "sugar = false", "field parameters.sugar: Decimal input"),
            ("sugar = 0.1", 'sugar = 1, guests = ["luar biasa"]', "field parameters.guests."),
            ('sentence = { id = "Dua cangkir teh.", en = "Two cups of tea." }', "", "sentence: "),
            (', en = "Two cups of tea."', "", "field sentence.en: Field required"),
            ('"Dua cangkir teh."', '" "', "field sentence.id: String should have at least 1"),
            ('"secondary"', '"certain"', "field status: Input should be <Status.VERIFIED"),
            ('["cups"]', '["cup"]', "field adjustable: cup is no parameter; there are: cups, "),
            ('adjustable = ["cups"]', "", "field adjustable: Field required"),
            ('{ instrument = "SE 1/2025", article = "huruf A" }', "{}", "an instrument or a dec"),
            ('article = "huruf A"', 'decision = "ours"', "field source: Value error, name an"),
            ('instrument = "SE 1/2025"', 'decision = "ours"', "an article needs its instrument"),
            ("version = 1", "version = 0", "field version: Input should be greater"),
            ("version = 1", 'version = "1"', "field version: Input should be a valid int"),
            ("2025-01-01", '"soon"', "field effective_from: Input should be a valid date"),
            ("2025-12-31", "2024-12-31", "field effective_to: lies before effective_from"),
        ],
    )
    def test_a_bad_field_is_named_with_file_and_rule(self, old: str, new: str, said: str) -> None:
        assert old in TEA
        (problem,) = refused(TEA.replace(old, new), COFFEE)
        assert problem.startswith("pantry.toml, rule pantry.tea, field ")
        assert said in problem

    def test_a_bad_id_is_named(self) -> None:
        (problem,) = refused(TEA.replace("pantry.tea", "Pantry tea"), COFFEE)
        assert problem.startswith("pantry.toml, rule Pantry tea, field id: String should match")

    def test_a_rule_without_an_id_is_named_by_its_place(self) -> None:
        (problem,) = refused(COFFEE, TEA.replace('id = "pantry.tea"', ""))
        assert problem == "pantry.toml, rule 2, field id: Field required"

    def test_every_problem_is_reported(self) -> None:
        assert len(refused(TEA.replace("cups = 2,", ""), COFFEE.replace("true", "1"))) == 2

    def test_no_problem_repeats_what_was_written(self) -> None:
        (problem,) = refused(TEA.replace("cups = 2,", 'cups = "rahasia",'), COFFEE)
        assert "rahasia" not in problem

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("rule = ", "pantry.toml: not TOML"),
            ("", "pantry.toml: there is no rule"),
            ('rule = "tea"', "pantry.toml: there is no rule"),
            (COFFEE + "[meta]\n", "pantry.toml: field meta"),
        ],
    )
    def test_a_file_that_is_no_pack_is_named(self, text: str, said: str) -> None:
        assert any(problem.startswith(said) for problem in refused(text))

    def test_a_version_left_out_is_named(self) -> None:
        (problem,) = refused(TEA, LATER.replace("version = 2", "version = 3"), COFFEE)
        assert "rule pantry.tea, field version: 3 where 2 is next" in problem

    def test_a_version_given_twice_is_named(self) -> None:
        (problem,) = refused(TEA, LATER.replace("version = 2", "version = 1"), COFFEE)
        assert "rule pantry.tea, field version: 1 where 2 is next" in problem

    @pytest.mark.parametrize(
        "first",
        [
            TEA.replace("2025-12-31", "2026-01-01"),
            TEA.replace("effective_to = 2025-12-31", ""),
            TEA.replace("from = 2025-01-01", "from = 2026-06-01").replace(
                "to = 2025-12-31", "to = 2026-06-30"
            ),
        ],
    )
    def test_overlapping_spans_are_named(self, first: str) -> None:
        (problem,) = refused(first, LATER, COFFEE)
        assert "pantry.toml, rule pantry.tea, field effective_from: version 2" in problem
        assert "let that end on 2025-12-31" in problem

    def test_a_rule_without_a_model_is_named(self) -> None:
        with pytest.raises(InvalidRegulation) as caught:
            parse({"pantry.toml": TEA + COFFEE}, (Tea,))
        assert caught.value.problems == (
            "pantry.toml, rule pantry.coffee, field id: no parameter model stands for this rule",
        )

    def test_a_model_without_a_rule_is_named(self) -> None:
        (problem,) = refused(TEA)
        assert problem == "Coffee: no pack has its rule, field id: pantry.coffee"

    def test_two_models_of_one_rule_are_named(self) -> None:
        with pytest.raises(InvalidRegulation, match=r"Tea: Tea stands for pantry\.tea already"):
            parse({"pantry.toml": TEA + COFFEE}, (Tea, Coffee, Tea))

    def test_versions_may_stand_in_any_order_and_in_several_files(self) -> None:
        book = parse({"b.toml": TEA, "a.toml": LATER + COFFEE}, (Tea, Coffee))
        assert [r.version for r in book.versions("pantry.tea")] == [1, 2]


class TestValues:
    def test_are_plain_and_sets_are_in_order(self) -> None:
        names = sorted(Predicate)
        guests = ", ".join(f'"{n}"' for n in reversed(names))
        book = read(TEA.replace("sugar = 0.1", f"sugar = 0.1, guests = [{guests}]"), COFFEE)
        (tea,) = book.versions("pantry.tea")
        assert tea.values() == {"cups": 2, "sugar": "0.1", "guests": names}


class TestOn:
    BOOK = read(TEA, LATER, COFFEE)

    @pytest.mark.parametrize(
        ("day", "version"),
        [
            (date(2025, 1, 1), 1),
            (date(2025, 12, 31), 1),
            (date(2026, 1, 1), 2),
            (date(2099, 1, 1), 2),
        ],
    )
    def test_picks_the_version_at_both_edges(self, day: date, version: int) -> None:
        assert self.BOOK.on(day).rule("pantry.tea").version == version

    def test_the_last_day_of_a_last_version_counts(self) -> None:
        book = read(TEA, COFFEE)
        assert "pantry.tea" in book.on(date(2025, 12, 31)).rules
        assert "pantry.tea" not in book.on(date(2026, 1, 1)).rules

    def test_before_its_first_day_a_rule_is_not_in_force(self) -> None:
        with pytest.raises(NotInForce, match="not in force on 2024-12-31; it is from 2025-01-01"):
            self.BOOK.on(date(2024, 12, 31)).parameters(Tea)

    def test_an_unknown_id_names_near_ones_and_is_not_repeated(self) -> None:
        with pytest.raises(UnknownRule, match=r"near it: pantry\.tea") as caught:
            self.BOOK.on(date(2026, 1, 1)).rule("pantry.teh")
        assert "teh" not in str(caught.value)

    def test_parameters_of_another_model_are_a_defect(self) -> None:
        class Other(Tea):
            pass

        with pytest.raises(TypeError, match=r"pantry\.tea has the parameters of Tea"):
            self.BOOK.on(date(2026, 1, 1)).parameters(Other)


class TestDiff:
    BOOK = read(TEA, LATER, COFFEE)
    OLD, NEW = date(2025, 6, 1), date(2026, 6, 1)

    def test_names_what_begins_and_what_changes_with_its_parameters(self) -> None:
        coffee, tea = diff(self.BOOK, self.OLD, self.NEW)
        assert (coffee.id, coffee.change, coffee.parameters) == ("pantry.coffee", "begins", ())
        assert (tea.id, tea.change) == ("pantry.tea", "changes")
        assert [(p.name, p.before, p.after) for p in tea.parameters] == [("cups", 2, 3)]

    def test_backwards_a_beginning_is_an_end(self) -> None:
        coffee, tea = diff(self.BOOK, self.NEW, self.OLD)
        assert (coffee.id, coffee.change) == ("pantry.coffee", "ends")
        assert [(p.before, p.after) for p in tea.parameters] == [(3, 2)]

    def test_nothing_differs_within_a_span(self) -> None:
        assert diff(self.BOOK, self.OLD, self.OLD + timedelta(days=1)) == ()

    def test_part_time_pppk_begin_in_the_middle_of_january_2025(self) -> None:
        (cadence,) = (
            c for c in diff(load(), date(2025, 1, 12), date(2025, 1, 13)) if c.id == "periode.jenis"
        )
        assert [(p.name, p.before, p.after) for p in cadence.parameters] == [
            ("pppk_part_time", None, "triwulanan")
        ]


class TestShipped:
    RULES = [rule for versions in load().spans.values() for rule in versions]  # noqa: RUF012

    def test_every_model_has_its_rule_and_every_rule_its_model(self) -> None:
        assert {m.RULE: m for m in MODELS} == {r.id: type(r.parameters) for r in self.RULES}

    @pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{r.id}-{r.version}")
    def test_has_both_sentences_and_a_source(self, rule) -> None:
        assert rule.sentence.id.endswith(".")
        assert rule.sentence.en.endswith(".")
        assert rule.sentence.id != rule.sentence.en
        assert str(rule.source)

    @pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{r.id}-{r.version}")
    def test_a_project_decision_is_never_called_verified(self, rule) -> None:
        assert rule.source.decision is None or rule.status is not Status.VERIFIED

    def test_part_time_pppk_are_evaluated_quarterly_whatever_others_are(self) -> None:
        cadences = load().on(date(2026, 3, 1)).parameters(Cadences)
        assert (cadences.pns, cadences.pppk_part_time) == ("bulanan", "triwulanan")
