"""The questions that the HR office has to answer before the assumed rules can be relied on."""

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from domain.rulebook import Text


class Question(BaseModel):
    """One question in both languages; ``topics`` are the first words of the rules it touches."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1)
    topics: tuple[str, ...]
    id: Text
    en: Text


@cache
def load() -> tuple[Question, ...]:
    """All questions in the order of their numbers.

    Raises:
        ValueError: the file is broken, or its numbers are not 1, 2, 3 and so on.
    """
    text = (files("domain") / "questions" / "bkpsdmd.toml").read_text(encoding="utf-8")
    found = tuple(Question.model_validate(each) for each in tomllib.loads(text)["question"])
    if [q.number for q in found] != list(range(1, len(found) + 1)):
        raise ValueError("the questions are not numbered 1, 2, 3 and so on")
    return found
