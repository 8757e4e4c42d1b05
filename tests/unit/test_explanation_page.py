"""Explanations as they are read from a record and shown: names, pages, JSON."""

import json
from dataclasses import asdict
from uuid import UUID

import pytest

from cli.why_view import show_why, why_json
from domain.cited import refused_by
from domain.decide import decide
from domain.explain.case import Case, Tried, decided, told
from domain.explain.file import explain_file
from domain.fold import dump
from domain.plan import PlanVersion
from domain.regulation import load as load_rules
from schemas import text
from schemas.code import Act
from schemas.cycle import Outcome, Verdict
from schemas.error import Refusal
from schemas.event import Event
from schemas.explanation import Explanation
from storage.read.explanation import ExplainedFile, read_explanation
from storage.record import file_event
from tests.builders import RULES, Cast, command, wib
from tests.stories import Story, story_at
from tests.unit.test_explanation import explained, said

PLAN = PlanVersion(1, 2, wib(1, 20), ("r1",))


def recorded(story: Story) -> list[Event]:
    """The events a ledger would make of a story, but for their hashes."""
    return [
        file_event(f, story.resolve(f.happened_at, None), "", None).model_copy(
            update={"number": number}
        )
        for number, f in enumerate(story.facts)
    ]


class OneFile:
    """As much of a database as the questions after one file need."""

    def __init__(self, story: Story) -> None:
        self.story = story

    async def fetchrow(self, query, *args):
        file = self.story.state.file
        return {
            "id": file.file_id,
            "name": "Pegawai Contoh",
            "unit": "dinas",
            "period": file.period,
            "stream": file.stream,
            "state": dump(self.story.state),
            "last_at": self.story.facts[-1].happened_at,
        }

    async def fetch(self, query, *args):
        if "FROM person" in query:
            return [{"id": id, "name": f"Orang {str(id)[:4]}"} for id in args[0]]
        if "FROM plan_version" in query:
            return [asdict(PLAN)]
        if "FROM command" in query:
            return [self.refused()]
        return [{"canonical": e.model_dump_json()} for e in recorded(self.story)]

    def refused(self):
        """Somebody else's score, as a ledger keeps it."""
        story = self.story
        other = story.cast.stranger
        made = command(story.state, Act.SCORE, other, story.at)
        context = story.resolve(story.at, other)
        refusal = decide(story.state, made, context, story.rules)
        assert isinstance(refusal, Refusal)
        rules = refused_by(refusal, story.state, made, context, story.rules)
        outcome = Outcome(verdict=Verdict.REFUSED, version=1, refusal=refusal, rules=rules)
        told = {"act": made.act, "actor": other, "received_at": story.at, "name": "Orang Lain"}
        return {"id": made.id, "outcome": outcome.model_dump(mode="json"), **told}


async def asked(story: Story, person: UUID | None = None) -> ExplainedFile:
    """The explanation as it is read from a database."""
    assert story.city is not None
    file = story.state.file.file_id
    return await read_explanation(OneFile(story), story.city, file, story.at, person)


class TestRecord:
    def test_events_tell_the_story_that_facts_do(self) -> None:
        story = story_at("objection").wait(wib(5, 30))
        assert story.state.is_closed
        for fact, event in zip(decided(story.facts), told(recorded(story)), strict=True):
            assert (fact.before, fact.after, fact.seat) == (event.before, event.after, event.seat)
            assert fact.data == {k: v for k, v in event.data.items() if k != "set"}

    def test_an_explanation_is_plain_data_and_comes_back_equal(self) -> None:
        found = explained(story_at("objection"), None)
        assert Explanation.model_validate_json(found.model_dump_json()) == found

    async def test_is_read_with_everybodys_name(self) -> None:
        story = story_at("objection").wait(wib(5, 30))
        read = await asked(story)
        assert read.explanation.people() == set(read.names)
        assert story.cast.supervisor in read.names
        by_hand = explain_file(
            Case(
                state=story.state,
                history=decided(story.facts),
                context=story.resolve(story.at, None).model_copy(update={"unit_predicate": None}),
                rules=RULES,
                rulebook=load_rules(),
                at=story.at,
                organisation=story.city,
                plan=PLAN,
                tried=(tried(OneFile(story).refused()),),
            )
        )
        assert read.explanation == by_hand
        assert read.explanation.result[0].code == "result.plan"
        assert [c.rule for c in read.explanation.result[0].rules] == ["skp.versi_mengikat"]

    async def test_a_refused_act_names_the_rules_that_are_recorded_with_it(self) -> None:
        story = story_at("scoring")
        [attempt] = (await asked(story)).explanation.attempts
        assert (attempt.act, attempt.person) == (Act.SCORE, story.cast.stranger)
        assert [(c.rule, c.version) for c in attempt.rules] == [("penilai.level_min", 1)]


def tried(row) -> Tried:
    """A refused act as an explanation takes it."""
    outcome = Outcome.model_validate(row["outcome"])
    assert outcome.refusal is not None
    at = row["received_at"]
    return Tried(row["act"], row["actor"], at, outcome.refusal, outcome.rules)


class TestView:
    async def read(self):
        story = story_at("objection").wait(wib(4, 1))
        return await asked(story, story.cast.stranger)

    @pytest.mark.parametrize("language", ["id", "en"])
    async def test_a_page_has_every_part_in_one_language(self, language, capsys) -> None:
        file = await self.read()
        show_why(file, language, history=True)
        page = " ".join(capsys.readouterr().out.split())
        for part in ("result", "deadline", "holder", "offered", "refused", "attempts", "history"):
            assert text.heading(part, language) in page
        for reason in file.explanation.result:
            assert text.because(reason, language, file.names) in page
        cited = {"id": "keputusan proyek, asumsi", "en": "project decision, assumed"}
        assert f"keberatan.putusan v1: {cited[language]}" in page

    async def test_the_story_is_told_only_if_asked_for(self, capsys) -> None:
        show_why(await self.read(), "en", history=False)
        assert text.heading("history", "en") not in capsys.readouterr().out

    async def test_json_has_both_languages_beside_the_codes(self) -> None:
        file = await self.read()
        page = json.loads(json.dumps(why_json(file)))
        spoken = [
            *page["result"],
            *page["deadline"],
            *page["holder"],
            *page["refused"],
            *page["attempts"],
        ]
        spoken += [r for event in page["history"] for r in event["reasons"]]
        assert spoken
        assert all(set(each["said"]) == {"id", "en"} for each in spoken)
        assert page["deadline"][0]["rules"][0]["version"] == 1
        assert len(page["offered"]) + len(page["refused"]) == len(Act)

    async def test_a_person_without_a_name_is_the_beginning_of_an_id(self) -> None:
        cast = Cast()
        story = story_at("scoring", cast=cast)
        assert str(cast.supervisor)[:8] in said(explained(story).holder[-1])
