"""``docs/domain-rules.md``, written from the packs: ``make docs``, or ``python -m cli.rules_document``."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from pydantic import JsonValue

from cli.rules_view import span_text, value_text
from domain.question import Question
from domain.question import load as load_questions
from domain.regulation import Rule, Rulebook, Status, load

PATH = Path(__file__).parents[1] / "docs" / "domain-rules.md"

_HEAD = """\
# The rules

Written by `make docs` from the regulation packs (`domain/regulations/*.toml`); change those, not
this page. `siklus rules` shows the same for any day, and what changed between two.

Each rule has the days on which it holds, a source, and a status that says how well it is known:

| status | means | rules today |
|---|---|---|
{counts}

A parameter marked * may be set by an organisation for itself (`siklus rules set`), within the bounds
in brackets; every other change needs a new version of the rule, so results of past periods keep the rule they were made
under. Two names are easily confused: *SE MenPANRB 3/2023* guides predicates and their distribution,
*PerBKN 3/2023* turns predicates into credit points (angka kredit).

## Terms

The legal terms, their words in the code and what they mean stand in the [glossary](glossary.md).
"""
_MEANINGS = {
    Status.VERIFIED: "read in a legal or official text",
    Status.SECONDARY: "read in one secondary source, or in software that practises it",
    Status.ASSUMED: "general knowledge or a project decision; the HR office has to confirm it",
}


def render(rulebook: Rulebook, questions: tuple[Question, ...]) -> str:
    """The whole page; equal packs give equal bytes."""
    return "\n".join([_head(rulebook), *_rules(rulebook), *_questions(questions)]) + "\n"


def _head(rulebook: Rulebook) -> str:
    """Counted by the newest version of each rule, so the page does not change with the day."""
    newest = [versions[-1].status for versions in rulebook.spans.values()]
    rows = [f"| `{s}` | {_MEANINGS[s]} | {newest.count(s)} |" for s in _MEANINGS]
    return _HEAD.format(counts="\n".join(rows))


def _rules(rulebook: Rulebook) -> Iterator[str]:
    yield "## Rules\n"
    for topic, ids in groupby(sorted(rulebook.spans), key=_topic):
        yield f"### {topic}\n"
        for id in ids:
            for rule in rulebook.spans[id]:
                yield from _rule(rule)


def _topic(id: str) -> str:
    return id.split(".", 1)[0]


def _rule(rule: Rule) -> Iterator[str]:
    span = span_text(rule.effective_from, rule.effective_to)
    yield f"**`{rule.id}`** version {rule.version}, {span}. {rule.source}. *{rule.status}*"
    yield f"<br>{rule.sentence.id}"
    yield f"<br>*{rule.sentence.en}*\n"
    for name, value in rule.values().items():
        mark = "*" if name in rule.adjustable else ""
        bounds = rule.bounds(name) if mark else ""
        yield from _parameter(f"`{name}`{mark}" + (f" ({bounds})" if bounds else ""), value)
    yield ""


def _parameter(name: str, value: JsonValue) -> Iterator[str]:
    lines = value_text(value).split("\n")
    if len(lines) == 1:
        yield f"- {name}: {lines[0]}"
        return
    yield f"- {name}:"
    yield from (f"  - {line}" for line in lines)


def _questions(questions: tuple[Question, ...]) -> Iterator[str]:
    yield "## Questions for the HR office (BKPSDMD)\n"
    yield "What has to be confirmed, with the rules that an answer may change.\n"
    for number, question in enumerate(questions, start=1):
        touched = ", ".join(f"`{topic}`" for topic in question.topics)
        yield f"{number}. {question.id}"
        indent = " " * len(f"{number}. ")
        yield f"{indent}<br>*{question.en}*" + (f" Rules: {touched}." if touched else "")


def main() -> None:
    """Write the page."""
    PATH.write_text(render(load(), load_questions()), encoding="utf-8")


if __name__ == "__main__":
    main()
