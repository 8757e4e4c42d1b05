"""The version of the rules that a decision went by, as its context names it."""

from functools import lru_cache

PACKS = "predikat-1"
"""The version of the packs; it changes when a decision would come out otherwise."""


def rules_text(version: int) -> str:
    """The rules that a decision goes by: those of the packs, and so many overrides."""
    return f"{PACKS}/{version}"


@lru_cache(maxsize=1024)  # asked several times in each decision
def rules_version(text: str) -> int | None:
    """How many overrides a decision went by; None if its packs were other ones."""
    packs, _, version = text.partition("/")
    return int(version) if packs == PACKS and version.isdecimal() else None
