"""The arithmetic of ``make mutation``; that it runs at all is what ``make mutation`` shows."""

import json

import pytest

from benchmarks.mutation import Figures, at_least, drawn, only, only_drawn, read


def verdicts(*codes: int | None) -> dict[str, int | None]:
    return {f"domain.a.x_f__mutmut_{number}": code for number, code in enumerate(codes)}


class TestFigures:
    def test_a_mutant_dies_by_a_failing_or_an_endless_test(self) -> None:
        found = Figures.of(verdicts(1, 1, -24, 0, 33))
        assert found.as_json() == {
            "mutants": 5,
            "killed": 2,
            "timeout": 1,
            "survived": 1,
            "no_tests": 1,
            "undecided": 0,
            "score": 60.0,
        }

    @pytest.mark.parametrize(
        ("codes", "enough"),
        [
            ([1] * 17 + [0] * 3, True),
            ([1] * 16 + [0] * 4, False),
            ([1] * 16 + [33] * 4, False),
            ([1] * 99 + [None], False),
            ([1] * 99 + [35], False),
        ],
    )
    def test_eighty_five_percent_of_all_are_enough_once_all_were_tried(self, codes, enough) -> None:
        assert Figures.of(verdicts(*codes)).is_enough() is enough

    def test_the_score_is_that_of_the_mutants_that_were_tried(self) -> None:
        assert Figures.of(verdicts(1, 0, None, 35)).as_json()["score"] == 50.0
        assert Figures.of(verdicts(1, 0, None, 35)).as_json()["undecided"] == 2
        assert Figures.of(verdicts(None)).row() == ["1", "0", "0", "0", "0", "1", "-"]
        assert not Figures.of({}).is_enough()

    def test_modules_add_up_by_their_mutants(self) -> None:
        both = Figures.of(verdicts(1, 1, 1)) + Figures.of(verdicts(0))
        assert (both.total, both.score) == (4, 75.0)


FOUND: dict[str, dict[str, int | None]] = {
    "domain/a.py": verdicts(*[1] * 40),
    "domain/b.py": {"domain.b.x_g__mutmut_1": 0},
}


class TestSample:
    def test_is_drawn_by_its_seed_from_all_modules_alike(self) -> None:
        assert drawn(FOUND, 10, 1) == drawn(FOUND, 10, 1) != drawn(FOUND, 10, 2)
        assert len(set(drawn(FOUND, 100, 1))) == 41
        seen = {name for seed in range(300) for name in drawn(FOUND, 10, seed)}
        assert seen == {*FOUND["domain/a.py"], *FOUND["domain/b.py"]}

    def test_what_was_not_drawn_does_not_count(self) -> None:
        assert only_drawn(FOUND, ["domain.b.x_g__mutmut_1"]) == {
            "domain/b.py": FOUND["domain/b.py"]
        }

    def test_says_less_of_all_the_fewer_it_tried(self) -> None:
        """Against the published table of Wilson's interval: 81 of 263 (0.2553 to 0.3662)."""
        assert at_least(81, 263) == pytest.approx(25.53, abs=0.01)
        assert at_least(9, 10) < at_least(90, 100) < at_least(900, 1000) < 90


class TestRead:
    @pytest.fixture
    def found(self, tmp_path) -> dict[str, dict[str, int | None]]:
        rules = tmp_path / "domain" / "rules"
        rules.mkdir(parents=True)
        for name, codes in {
            "fold": verdicts(1, None),
            "rules/credit": verdicts(0),
            "a": {},
        }.items():
            text = json.dumps({"exit_code_by_key": codes})
            (tmp_path / "domain" / f"{name}.py.meta").write_text(text)
        return read(tmp_path)

    def test_finds_the_modules_that_have_mutants(self, found) -> None:
        assert found == {
            "domain/fold.py": verdicts(1, None),
            "domain/rules/credit.py": verdicts(0),
        }

    def test_one_module_can_be_chosen(self, found) -> None:
        assert list(only(found, "domain/fold.py")) == ["domain/fold.py"]
        assert only(found, None) == found

    def test_a_module_without_mutants_is_an_error(self, found) -> None:
        with pytest.raises(SystemExit, match="no mutants of domain/folds"):
            only(found, "domain/folds.py")
