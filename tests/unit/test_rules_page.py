"""The page of rules is what the packs say, and asks what has to be asked."""

import pytest

from cli.rules_document import PATH, render
from domain.question import load as load_questions
from domain.regulation import Status, load
from domain.regulation_file import parse
from domain.rules.objection import ObjectionDecision

PAGE = render(load(), load_questions())
TOPICS = {id.split(".")[0] for id in load().spans}


def test_the_page_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == PAGE, "make docs writes it anew"


@pytest.mark.parametrize("id", load().spans)
def test_names_every_rule_with_its_sentence_source_and_status(id: str) -> None:
    for rule in load().versions(id):
        (line,) = (
            x for x in PAGE.splitlines() if x.startswith(f"**`{id}`** version {rule.version},")
        )
        assert line.endswith(f". {rule.source}. *{rule.status}*")
        assert rule.sentence.id in PAGE
        assert rule.sentence.en in PAGE


def test_counts_each_rule_once() -> None:
    counts = [int(x.split("|")[3]) for x in PAGE.splitlines() if x.startswith("| `")]
    assert len(counts) == len(set(Status) - {Status.OWN})
    assert sum(counts) == len(load().spans)


def test_marks_what_may_be_adjusted() -> None:
    assert "- `calendar_days`* (5..60): 30\n" in PAGE
    assert "- `days`: 14\n" in PAGE


@pytest.mark.parametrize(("number", "question"), list(enumerate(load_questions(), start=1)))
def test_a_question_names_topics_that_exist(number, question) -> None:
    assert set(question.topics) <= TOPICS
    assert f"{number}. {question.id}\n" in PAGE


def test_a_rule_counts_with_the_status_of_its_newest_version() -> None:
    first = """
[[rule]]
id = "keberatan.putusan"
version = 1
effective_from = 2025-01-01
effective_to = 2025-12-31
source = { instrument = "SE 1/2025" }
status = "secondary"
adjustable = []
sentence = { id = "Dua hari.", en = "Two days." }
parameters = { working_days = 2 }
"""
    second = (
        first.replace("version = 1", "version = 2")
        .replace("2025-01-01", "2026-01-01")
        .replace("effective_to = 2025-12-31", "")
        .replace('"secondary"', '"verified"')
    )
    page = render(parse({"keberatan.toml": first + second}, (ObjectionDecision,)), ())
    assert "| `verified` | read in a legal or official text | 1 |" in page
