"""A file left before an open gate is found, and one that may still wait is not."""

from datetime import timedelta

import pytest

from audit.gate import GateCheck
from audit.report import Invariant, Tally
from domain.decision import Rules
from domain.definition import shape
from domain.regulation import load
from schemas.file import ProcessId
from tests.builders import CALENDAR, RULES, wib
from tests.stories import story_at

NOW = wib(4, 20)
GATES = ("unit_predicate", "superior_plan")
ANNUAL = Rules(shape(ProcessId(id="tahunan", version=1)), CALENDAR)


def found(turn, *first):
    tally = Tally(Invariant.TIME)
    rules = ANNUAL if turn == "superior_plan" else RULES
    state = story_at(turn, rules=rules).state
    GateCheck({turn: lambda _: first or None}, tally).check_waiting(
        {"stream": "file/x"}, state, load(), NOW
    )
    return tally.finding()


@pytest.mark.parametrize("gate", GATES)
def test_an_open_gate_with_a_file_before_it_is_a_problem(gate):
    finding = found(gate, wib(4, 9), NOW - timedelta(seconds=61))
    assert [p.what for p in finding.problems] == [
        "it waits before a gate that has been open for 61 s"
    ]


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("first", [(), (wib(4, 9), NOW - timedelta(seconds=59))])
def test_a_shut_gate_and_one_just_opened_are_none(gate, first):
    finding = found(gate, *first)
    assert (finding.checked, finding.total) == (1, 0)


def test_a_file_before_no_gate_is_not_looked_at():
    assert found("scoring", wib(4, 9), wib(4, 9)).checked == 0
