"""The questions that the HR office has to answer before the assumed rules can be relied on."""

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from domain.rulebook import Text


class Question(BaseModel):
    """One question in both languages; ``topics`` are the first words of the rules it touches."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topics: tuple[str, ...]
    id: Text
    en: Text


@cache
def load() -> tuple[Question, ...]:
    """All questions, in the order in which they are numbered from 1."""
    text = (files("domain") / "questions" / "bkpsdmd.toml").read_text(encoding="utf-8")
    return tuple(Question.model_validate(each) for each in tomllib.loads(text)["question"])
