"""Every turn, act and role of every shipped definition has a defined answer.

The answers are a reviewed table, ``tests/unit/authority.csv``. After a wanted change write it
anew with ``python -m tests.unit.test_exhaustive`` and read its difference.
"""

import csv
import random
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from domain.decision import Rules, effective_role
from domain.process import Turn
from domain.wake import decide_wake
from schemas.code import Act, End
from schemas.error import ErrorType, Refusal
from schemas.file import FileState
from tests.builders import CALENDAR, Cast, mandate, organisation
from tests.stories import Story
from tests.unit.test_process_definition import PROCESSES

TABLE = Path(__file__).with_name("authority.csv")
ROLES = ("employee", "supervisor", "mandate", "superior", "hr", "unit head", "stranger")
HEADER = ["process", "turn", "situation", "act", *ROLES]


def named(process):
    """A definition without the rules it was filled in from: the acts are the same under all."""
    return f"{process.id}/{process.version}"


def people(cast: Cast) -> dict[str, UUID]:
    return {
        "employee": cast.employee,
        "supervisor": cast.supervisor,
        "mandate": cast.sekda,
        "superior": cast.superior,
        "hr": cast.hr,
        "unit head": cast.unit_head,
        "stranger": cast.stranger,
    }


def city_with_mandate(cast: Cast):
    """Somebody who is nothing else to the file may act for the supervisor."""
    return organisation(cast, mandates=(mandate(cast.sekda),))


def story_in(rules: Rules, turn: str) -> Story:
    cast = Cast()
    return Story(cast=cast, rules=rules, city=city_with_mandate(cast)).until(turn)


def answer(story: Story, act: Act, actor: UUID) -> str:
    decided = story.decide(act, actor)
    if isinstance(decided, Refusal):
        return f"{decided.type}: {decided.rule}"
    return f"> {decided[-1].after.turn}"


def row(story: Story, situation: str, act: Act) -> list[str]:
    answers = [answer(story, act, actor) for actor in people(story.cast).values()]
    return [named(story.rules.process), story.state.turn, situation, act.value, *answers]


def overdue(story: Story) -> Story:
    """The same turn, at the first instant that is too late."""
    assert story.state.due_at is not None
    story.at = story.state.due_at
    return story


def delegated(story: Story) -> Story:
    """The same turn, after the supervisor let an earlier one run out."""
    changed = story.state.model_copy(update={"is_delegated": True})
    assert changed.awaits is not None
    awaits = effective_role(changed.awaits, is_delegated=changed.is_delegated)
    story.state = changed.model_copy(update={"awaits": awaits})
    return story


def ended(rules: Rules, end: End) -> Story:
    """A file that ended so, by itself or by somebody's act."""
    for turn in rules.process.turn:
        story = story_in(rules, turn.name)
        if end.value in turn.acts.values():
            return story.until(end)
        if turn.expires is not None and turn.expires.to == end:
            return story.wait(story.at + timedelta(days=400))
    story = story_in(rules, rules.process.first)
    if end == rules.process.horizon.end:
        return story.wait(story.at + timedelta(days=400))
    story.act(next(a for a, s in rules.process.always.items() if s.to == end), story.cast.hr)
    return story


def rows() -> Iterator[list[str]]:
    """The whole table; of "overdue" and "delegated" only what differs from "in time"."""
    for process in PROCESSES:
        rules = Rules(process, CALENDAR)
        for turn in process.turn:
            usual = [row(story_in(rules, turn.name), "in time", act) for act in Act]
            yield from usual
            for situation, change in (("overdue", overdue), ("delegated", delegated)):
                for act, known in zip(Act, usual, strict=True):
                    found = row(change(story_in(rules, turn.name)), situation, act)
                    if found[4:] != known[4:]:
                        yield found
        for end in End:
            story = ended(rules, end)
            assert story.state.end is end
            yield from (row(story, "closed", act) for act in Act)


@pytest.fixture(scope="module")
def table() -> list[list[str]]:
    return list(rows())


class TestAuthority:
    def test_every_answer_is_the_reviewed_one(self, table):
        with TABLE.open(encoding="utf-8", newline="") as file:
            reviewed = list(csv.reader(file))
        assert reviewed[0] == HEADER
        changed = {tuple(r) for r in table} ^ {tuple(r) for r in reviewed[1:]}
        assert sorted(changed) == []

    def test_every_turn_and_end_is_in_it_with_every_act(self, table):
        seen = {(r[0], r[1], r[3]) for r in table}
        for process in PROCESSES:
            for name in [t.name for t in process.turn] + [e.value for e in End]:
                assert {(named(process), name, a.value) for a in Act} <= seen

    def test_every_refusal_is_of_a_known_type(self, table):
        known = {t.value for t in ErrorType}
        answers = {cell for r in table for cell in r[4:]}
        assert all(a.startswith("> ") or a.partition(":")[0] in known for a in answers)

    def test_only_late_work_is_accepted_once_a_file_is_closed_and_only_without_a_result(
        self, table
    ):
        for cells in table:
            is_late_work = (cells[1], cells[3]) == (End.UNRATEABLE, Act.RECORD_LATE)
            if cells[2] == "closed" and not is_late_work:
                assert not any(c.startswith(">") for c in cells[4:])

    def test_strangers_and_chiefs_without_a_part_are_never_accepted(self, table):
        for cells in table:
            assert set(cells[4 + ROLES.index("unit head") :]) == {"not_authorised: act.role"}

    def test_every_act_is_accepted_from_exactly_one_side(self, table):
        """A supervisor and whoever holds his mandate are one side; so is a superior by delegation."""
        for cells in table:
            if (
                cells[3] == Act.NUDGE
            ):  # everybody with a part in the file may, but whoever is awaited
                continue
            accepting = {r for r, c in zip(ROLES, cells[4:], strict=True) if c.startswith(">")}
            sides = [{"employee"}, {"supervisor", "mandate"}, {"superior"}, {"hr"}]
            if cells[3] == Act.REVISE_PLAN:  # either side may ask for another wording
                sides += [{"employee"} | sides[1], {"employee"} | sides[2]]
            assert not accepting or accepting in sides, cells

    def test_whoever_is_awaited_is_nudged_by_the_others_and_never_by_himself(self, table):
        may = {"employee", "supervisor", "mandate", "superior", "hr"}
        told = 0
        for cells in table:
            if cells[3] != Act.NUDGE or cells[2] == "closed":
                continue
            answers = dict(zip(ROLES, cells[4:], strict=True))
            nudging = {r for r, c in answers.items() if c == f"> {cells[1]}"}
            himself = {r for r, c in answers.items() if c == "not_now: nudge.oneself"}
            assert nudging | himself == may, cells
            assert len(nudging) >= 3, cells
            told += 1
        assert told

    def test_every_open_turn_accepts_something_from_whoever_is_awaited(self, table):
        accepted = {(r[0], r[1]) for r in table if any(c.startswith(">") for c in r[4:])}
        for process in PROCESSES:
            turns = {(named(process), t.name) for t in process.turn if t.acts}
            assert turns <= accepted


def every_turn():
    return [
        pytest.param(Rules(p, CALENDAR), t, id=f"{p.key}:{t.name}")
        for p in PROCESSES
        for t in p.turn
    ]


class TestTime:
    @pytest.mark.parametrize(("rules", "turn"), every_turn())
    @pytest.mark.parametrize(
        "vacant", [(), ("boss",), ("chief",), ("boss", "chief", "head", "sekda")]
    )
    def test_every_rung_of_every_turn_has_an_answer(self, rules: Rules, turn: Turn, vacant):
        story = story_in(rules, turn.name)
        story.city = organisation(story.cast, vacant=vacant)
        rungs = [r.name for r in rules.process.ladder_of(turn).rungs] + ["horizon", "delegate"]
        for rung in rungs + (["expire"] if turn.expires else []):
            facts = decide_wake(story.state, rung, story.at, story.resolve(story.at, None), rules)
            assert facts
            assert all(self.is_sound(f.after) for f in facts)

    def is_sound(self, state: FileState) -> bool:
        """A file is closed and awaits nobody, or open and awaits somebody until some time."""
        if state.is_closed:
            return state.awaits is None and state.due_at is None
        return state.awaits is not None and state.due_at is not None


if __name__ == "__main__":
    random.seed(0)
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADER, *rows()])
    sys.stdout.write(f"wrote {TABLE}\n")
