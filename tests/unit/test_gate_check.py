"""A file left before an open gate is found, and one that may still wait is not."""

from datetime import timedelta

import pytest

from audit.gate import GateCheck
from audit.report import Invariant, Tally
from domain.regulation import load
from tests.builders import story_at, wib

NOW = wib(4, 20)
GATE = "unit_predicate"


class Known:
    """What is known of one unit's predicate."""

    def __init__(self, *first):
        self.first = first

    def first_set(self, unit, period):
        return self.first or None


def found(turn, *first):
    tally = Tally(Invariant.TIME)
    state = story_at(turn).state
    GateCheck(Known(*first), tally).check_waiting({"stream": "file/x"}, state, load(), NOW)
    return tally.finding()


def test_an_open_gate_with_a_file_before_it_is_a_problem():
    finding = found(GATE, wib(4, 9), NOW - timedelta(seconds=61))
    assert [p.what for p in finding.problems] == [
        "it waits before a gate that has been open for 61 s"
    ]


@pytest.mark.parametrize("first", [(), (wib(4, 9), NOW - timedelta(seconds=59))])
def test_a_shut_gate_and_one_just_opened_are_none(first):
    finding = found(GATE, *first)
    assert (finding.checked, finding.total) == (1, 0)


def test_a_file_before_no_gate_is_not_looked_at():
    assert found("scoring", wib(4, 9), wib(4, 9)).checked == 0
