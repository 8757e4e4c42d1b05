"""An explanation as people read it, and as machines do: in both languages, with its codes."""

from collections.abc import Iterable
from typing import Any

from pydantic import JsonValue
from rich.markup import escape

from cli.output import out
from schemas.explanation import Attempt, Citation, Explanation, Reason, RefusedAct
from schemas.text import Language, because, explain, heading, when, word
from storage.read.explanation import ExplainedFile

_LANGUAGES: tuple[Language, ...] = ("id", "en")


def show_why(file: ExplainedFile, language: Language, *, history: bool) -> None:
    """Everything about one file that can be asked why, one answer a line."""
    why = file.explanation
    out.print(escape(f"{file.name} ({file.unit}), {file.period}, {file.id}"), highlight=False)
    for part in ("result", "deadline", "holder"):
        _head(part, language)
        for reason in getattr(why, part):
            _line(because(reason, language, file.names), reason.rules, language)
    if why.person is not None:
        _show_acts(why, language)
    if why.attempts:
        _show_attempts(file, language)
    if history:
        _head("history", language)
        for event in why.history:
            for reason in event.reasons:
                _line(
                    f"{event.number}: {because(reason, language, file.names)}",
                    reason.rules,
                    language,
                )


def _show_acts(why: Explanation, language: Language) -> None:
    _head("offered", language)
    _line(", ".join(why.offered) or heading("nothing", language), (), language)
    _head("refused", language)
    for refused in why.refused:
        sentence = explain(refused.refusal, language).message
        _line(_named(word("act", refused.act, language), sentence), refused.rules, language)


def _show_attempts(file: ExplainedFile, language: Language) -> None:
    """The acts that were refused, with the rules that are recorded with the answers."""
    _head("attempts", language)
    for tried in file.explanation.attempts:
        name = "-" if tried.person is None else file.names.get(tried.person, "-")
        sentence = explain(tried.refusal, language).message
        said = _named(word("act", tried.act, language), sentence)
        _line(f"{when(tried.at, language)}, {name}: {said}", tried.rules, language)


def _named(act: str, sentence: str) -> str:
    """The sentence of a refusal, with the act before it where it does not begin with that."""
    return sentence if sentence.startswith(act) else f"{act}: {sentence}"


def _head(part: str, language: Language) -> None:
    out.print(f"\n[bold]{escape(heading(part, language))}[/]")


def _line(sentence: str, rules: Iterable[Citation], language: Language) -> None:
    cited = "; ".join(
        f"{c.rule} v{c.version}: {word('source', c.source, language)}, "
        f"{word('status', c.status, language)}"
        for c in rules
    )
    out.print(f"  {escape(sentence)}", highlight=False)
    if cited:
        out.print(f"    [dim]{escape(cited)}[/]", highlight=False)


def why_json(file: ExplainedFile) -> dict[str, Any]:
    """The explanation with the sentences of both languages beside its codes."""
    why = file.explanation
    return {
        **why.model_dump(mode="json", include={"file_id", "at", "person", "offered"}),
        "name": file.name,
        "unit": file.unit,
        "period": file.period,
        **{part: _spoken(getattr(why, part), file) for part in ("result", "deadline", "holder")},
        "refused": [_refused(each) for each in why.refused],
        "attempts": [_refused(each) for each in why.attempts],
        "history": [
            {
                **event.model_dump(mode="json", exclude={"reasons"}),
                "reasons": _spoken(event.reasons, file),
            }
            for event in why.history
        ],
    }


def _spoken(reasons: Iterable[Reason], file: ExplainedFile) -> list[JsonValue]:
    return [
        {
            **reason.model_dump(mode="json"),
            "said": {tongue: because(reason, tongue, file.names) for tongue in _LANGUAGES},
        }
        for reason in reasons
    ]


def _refused(act: RefusedAct | Attempt) -> JsonValue:
    said: JsonValue = {t: explain(act.refusal, t).model_dump() for t in _LANGUAGES}
    return {**act.model_dump(mode="json"), "said": said}
