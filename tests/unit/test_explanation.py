"""There is an answer, in both languages and in full, for everything the engine can decide."""

import re
import string
from copy import copy
from datetime import date, timedelta
from pathlib import Path
from typing import get_args
from uuid import UUID

import pytest

from domain import citation, webhook
from domain.decision import Rules
from domain.explain.case import Case, decided
from domain.explain.file import explain_file
from domain.movement import move
from domain.process import GateFact, Turn
from domain.regulation import load
from domain.succession import decide_succession, is_moved
from domain.wake import decide_wake
from schemas import text
from schemas.code import Act, Capacity, Change, End, EventKind, Role
from schemas.error import Refusal
from schemas.explanation import Explanation, Reason
from schemas.file_body import WithdrawalCause
from schemas.organisation import DatedChange
from storage.read.file import standing
from tests.builders import CALENDAR, organisation, wib
from tests.decrees import free
from tests.stories import Story
from tests.unit.test_exhaustive import delegated, ended, every_turn, overdue, people, story_in
from tests.unit.test_process_definition import PROCESSES

REASONS = text._catalogue("reasons")
LANGUAGES: tuple[text.Language, ...] = ("id", "en")
OTHER_STREAMS = {
    EventKind.UNIT_PREDICATE_PROPOSED,
    EventKind.UNIT_PREDICATE_SET,
    EventKind.UNIT_PREDICATE_CORRECTED,
    EventKind.ORGANISATION_IMPORTED,
    EventKind.PERIOD_OPENED,
    EventKind.PERIOD_CLOSED,
    EventKind.MANDATE_GRANTED,
    EventKind.CONTACTS_IMPORTED,
    EventKind.MAIL_PREFERENCE_SET,
    EventKind.CHANGES_APPLIED,
    EventKind.RULE_SET,
    EventKind.HOLIDAYS_SET,
    EventKind.WEEK_SET,
    *webhook.KINDS.values(),
}
GATES = ("event.gate", "result.gate_ran_out")
RULEBOOK = load()
EXPLAIN = Path(__file__).parents[2] / "domain" / "explain"


def explained(story: Story, person: UUID | None = None, at=None) -> Explanation:
    """The file of a story, as somebody asks about it at an instant.

    What is said of each event goes by rules that are recorded with it.
    """
    at = at or story.at
    explanation = explain_file(
        Case(
            state=story.state,
            history=decided(story.facts),
            context=story.resolve(at, person),
            rules=story.rules,
            rulebook=RULEBOOK,
            at=at,
            person=person,
            organisation=story.city,
        )
    )
    for event, fact in zip(explanation.history, story.facts, strict=True):
        cited = {rule.rule: rule.version for reason in event.reasons for rule in reason.rules}
        kept = fact.data.get("rules", {})
        assert isinstance(kept, dict)
        assert cited.items() <= kept.items()
    return explanation


def said(reason: Reason, language: text.Language = "en") -> str:
    return text.because(reason, language, {})


def assert_in_full(explanation: Explanation) -> None:
    """Every reason has its sentence in both languages, with nothing left open."""
    assert explanation.result
    assert explanation.deadline
    assert explanation.holder
    assert explanation.history
    for reason in explanation.reasons():
        assert reason.code in REASONS
        for language in LANGUAGES:
            sentence = text.because(reason, language, {})
            assert "{" not in sentence, (reason, sentence)
            assert sentence != reason.code
    for event in explanation.history:
        assert event.reasons
    for act in explanation.refused:
        for language in LANGUAGES:
            told = text.explain(act.refusal, language)
            assert told.message
            assert "{" not in told.message + told.remedy


def parts(explanation: Explanation) -> list[str]:
    return [r.code for r in (*explanation.result, *explanation.deadline, *explanation.holder)]


class TestEveryTurn:
    @pytest.mark.parametrize(("rules", "turn"), every_turn())
    @pytest.mark.parametrize("change", [None, overdue, delegated])
    def test_is_explained_to_everybody(self, rules: Rules, turn: Turn, change) -> None:
        story = story_in(rules, turn.name)
        if change is not None:
            change(story)
        for person in people(story.cast).values():
            assert_in_full(explained(story, person))

    @pytest.mark.parametrize(("rules", "turn"), every_turn())
    def test_names_the_rule_behind_its_deadline(self, rules: Rules, turn: Turn) -> None:
        [first, *_] = explained(story_in(rules, turn.name)).deadline
        named = {c.rule for c in first.rules}
        assert set(citation.of_turn(rules.process, turn)) <= named
        assert named - {"kalender.zona"}

    @pytest.mark.parametrize(("rules", "turn"), every_turn())
    @pytest.mark.parametrize("vacant", [("boss",), ("boss", "chief", "head", "sekda")])
    def test_is_explained_where_nobody_holds_the_posts(self, rules, turn: Turn, vacant) -> None:
        story = story_in(rules, turn.name)
        story.city = organisation(story.cast, vacant=vacant)
        assert_in_full(explained(story, story.cast.employee))

    @pytest.mark.parametrize(("rules", "turn"), every_turn())
    def test_every_rung_of_time_is_explained(self, rules: Rules, turn: Turn) -> None:
        story = story_in(rules, turn.name)
        rungs = [r.name for r in rules.process.ladder_of(turn).rungs] + ["horizon"]
        rungs += ["expire"] if turn.expires else []
        rungs += ["delegate"] if turn.delegate_after else []
        for vacant in ((), ("boss",), ("boss", "chief", "head", "sekda", "mayor", "hr head")):
            story.city = organisation(story.cast, vacant=vacant)
            context = story.resolve(story.at, None)
            for rung in rungs:
                facts = decide_wake(story.state, rung, story.at, context, rules)
                assert_in_full(explained(gone_on(story, facts)))

    @pytest.mark.parametrize(("rules", "turn"), every_turn())
    def test_every_act_that_is_taken_is_explained(self, rules: Rules, turn: Turn) -> None:
        story = overdue(story_in(rules, turn.name))
        taken = 0
        for act in Act:
            for person in people(story.cast).values():
                facts = story.decide(act, person)
                if not isinstance(facts, Refusal):
                    taken += 1
                    assert_in_full(explained(gone_on(story, facts), story.cast.employee))
        assert taken


def gone_on(story: Story, facts) -> Story:
    """The file after some facts; the story itself stays where it is."""
    after = copy(story)
    after.facts, after.state = [*story.facts, *facts], facts[-1].after
    return after


class TestEveryEnd:
    @pytest.mark.parametrize("end", End)
    @pytest.mark.parametrize("process", PROCESSES, ids=str)
    def test_is_explained_to_everybody(self, process, end: End) -> None:
        story = ended(Rules(process, CALENDAR), end)
        for person in people(story.cast).values():
            found = explained(story, person)
            assert_in_full(found)
            is_late_work = end is End.UNRATEABLE and person == story.cast.hr
            assert found.offered == ((Act.RECORD_LATE,) if is_late_work else ())
            assert len(found.refused) + len(found.offered) == len(Act)
            if is_late_work:
                story.act(Act.RECORD_LATE, person)
                assert_in_full(explained(story, person))

    @pytest.mark.parametrize("end", End)
    def test_is_said_by_name(self, end: End) -> None:
        story = ended(Rules(PROCESSES[0], CALENDAR), end)
        told = explained(story)
        assert any(said(r) == f"The file ended: {text.word('end', end, 'en')}."
                   for event in told.history for r in event.reasons)  # fmt: skip


class TestEveryEventKind:
    def test_of_a_file_is_met_by_some_story(self) -> None:
        """What the walks above explain is everything: no kind of event is left out."""
        met = set()
        for process in PROCESSES:
            for turn in process.turn:
                story = story_in(Rules(process, CALENDAR), turn.name)
                met |= kinds_after_acts(story)
                met |= kinds_after_changes(story)
                story.unit_set_at = story.at
                assert_in_full(explained(story.wait(story.at + timedelta(days=400))))
                met |= {f.kind for f in story.facts} | kinds_after_acts(story)
        for day in (date(2026, 3, 4), date(2026, 4, 30)):
            story = Story(book=free(day, at=wib(3, 2, 10))).wait(wib(3, 2, 11))
            assert_in_full(explained(story))
            met |= {f.kind for f in story.facts}
        assert met == set(EventKind) - OTHER_STREAMS


def changed(story: Story, *changes: DatedChange) -> Story:
    """The story in a city to which something has happened that day."""
    after, today = copy(story), CALENDAR.local_date(story.at)
    assert story.city is not None
    after.city = move(story.city, changes, today).result()
    return after


def kinds_after_changes(story: Story) -> set[EventKind]:
    """The kinds of event that a change of the organisation makes, each told in full."""
    cast, on, found = story.cast, CALENDAR.local_date(story.at), set()
    office = {"decree": "SK 7", "from_on": on}
    owner = story.state.owner or cast.supervisor
    leave = {"change": Change.SICK_LEAVE, "to_on": on + timedelta(days=9), **office}
    everybody = [DatedChange(person=person, **leave) for person in cast.people()]
    gone = [
        DatedChange(change=Change.RETIREMENT, person=person, **office)
        for person in cast.people()
        if person != cast.employee
    ]
    death = DatedChange(change=Change.DEATH, person=cast.employee, **office)
    for changes in ([DatedChange(change=Change.RETIREMENT, person=owner, **office)], gone, [death]):
        after = changed(story, *changes)
        context = after.resolve(story.at, None)
        if is_moved(story.state, context):
            facts = decide_succession(story.state, story.at, context, story.rules)
            assert_in_full(explained(gone_on(after, facts)))
            found |= {f.kind for f in facts}
        note = after.decide(Act.RECORD_INTERIM, cast.supervisor)
        if not isinstance(note, Refusal):
            assert_in_full(explained(gone_on(after, note)))
            found |= {f.kind for f in note}
    turn = story.rules.process.find(story.state.turn)
    for rung in story.rules.process.ladder_of(turn).rungs:
        after = changed(story, *everybody)
        context = after.resolve(story.at, None)
        facts = decide_wake(story.state, rung.name, story.at, context, story.rules)
        assert_in_full(explained(gone_on(after, facts)))
        found |= {f.kind for f in facts}
    return found


def kinds_after_acts(story: Story) -> set[EventKind]:
    """The kinds of event that any act of anybody would make now."""
    found = set()
    for act in Act:
        for person in people(story.cast).values():
            facts = story.decide(act, person)
            found |= set() if isinstance(facts, Refusal) else {f.kind for f in facts}
    return found


class TestRefused:
    @pytest.mark.parametrize(("rules", "turn"), every_turn())
    @pytest.mark.parametrize("days", [0, 60])
    def test_offered_and_refused_are_what_the_files_page_says(self, rules, turn, days) -> None:
        story = story_in(rules, turn.name)
        at = story.at + timedelta(days=days)
        for person in story.cast.people():
            found = explained(story, person, at)
            page = standing(story.state, person, story.resolve(at, person), rules, at)
            assert found.offered == page.acts
            assert {*found.offered, *(r.act for r in found.refused)} == set(Act)


class TestCitation:
    def test_every_rule_that_is_cited_exists(self) -> None:
        named = {
            rule
            for name, value in vars(citation).items()
            if name.isupper() or name.startswith("_")
            for rule in _strings(value)
        }
        assert named >= {"predikat.matriks", "keberatan.jendela", "plt.boleh_menilai"}
        assert named <= set(RULEBOOK.spans)

    @pytest.mark.parametrize("capacity", [Capacity.PLT, Capacity.PLH])
    def test_an_acting_capacity_has_a_rule(self, capacity: Capacity) -> None:
        [rule] = citation.of_capacity(capacity)
        assert rule.endswith(".boleh_menilai")

    def test_a_rule_is_cited_as_it_was_on_the_day(self) -> None:
        [before] = citation.cite(("periode.jenis",), date(2025, 1, 12), RULEBOOK)
        [after] = citation.cite(("periode.jenis",), date(2025, 1, 13), RULEBOOK)
        assert (before.version, after.version) == (1, 2)
        assert citation.cite(("periode.jenis",), date(2021, 1, 1), RULEBOOK) == ()

    def test_nobody_rates_himself(self) -> None:
        roles = frozenset({Role.SUPERVISOR, Role.SUPERIOR})
        assert citation.of_right(Act.SCORE, roles, is_own=True) == ("penilai.bukan_diri",)


def _strings(value: object) -> set[str]:
    if isinstance(value, tuple):
        return {v for v in value if isinstance(v, str) and "." in v}
    if isinstance(value, dict):
        return set().union(*(_strings(v) for v in value.values()))
    return set()


class TestCatalogue:
    @pytest.mark.parametrize("code", REASONS)
    def test_both_languages_say_the_same(self, code: str) -> None:
        entry = REASONS[code]
        assert set(entry) == {"id", "en"}
        assert all(sentence.strip() for sentence in entry.values())
        assert _placeholders(entry["id"]) == _placeholders(entry["en"])

    @pytest.mark.parametrize("capacity", Capacity)
    def test_every_capacity_has_words(self, capacity: Capacity) -> None:
        assert f"seat.{capacity}" in REASONS

    def test_it_holds_exactly_the_reasons_of_the_code(self) -> None:
        source = "".join(path.read_text(encoding="utf-8") for path in EXPLAIN.glob("*.py"))
        named = set(re.findall(r'"((?:result|deadline|holder|event)\.[a-z_]+)"', source))
        named |= {f"result.withdrawn.{cause}" for cause in WithdrawalCause}
        named |= {f"{code}.{x}" for code in GATES for x in get_args(GateFact)}
        named |= {f"event.skipped.{why}" for why in ("nobody", "already_told")}
        written = {c for c in REASONS if c.partition(".")[0] not in ("heading", "seat")}
        assert written == named


def _placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
