"""From two ratings to a predicate: the 3x3 matrix, exact."""

from schemas.code import Predicate, Rating

# Rows: work result (hasil kerja); columns: behaviour (perilaku kerja). PermenPANRB 6/2022 as
# practised (domain.md 5.4, oracle O-1). Bad behaviour outweighs good results.
_MATRIX: dict[tuple[Rating, Rating], Predicate] = {
    (Rating.ABOVE, Rating.BELOW): Predicate.POOR,
    (Rating.ABOVE, Rating.MEETS): Predicate.GOOD,
    (Rating.ABOVE, Rating.ABOVE): Predicate.VERY_GOOD,
    (Rating.MEETS, Rating.BELOW): Predicate.POOR,
    (Rating.MEETS, Rating.MEETS): Predicate.GOOD,
    (Rating.MEETS, Rating.ABOVE): Predicate.GOOD,
    (Rating.BELOW, Rating.BELOW): Predicate.VERY_POOR,
    (Rating.BELOW, Rating.MEETS): Predicate.NEEDS_IMPROVEMENT,
    (Rating.BELOW, Rating.ABOVE): Predicate.NEEDS_IMPROVEMENT,
}

RULES = "predikat-1"
"""The version of the packs and of the matrix; it changes when a decision would come out otherwise."""


def rules_text(version: int) -> str:
    """The rules that a decision goes by: those of the packs, and so many overrides."""
    return f"{RULES}/{version}"


def rules_version(text: str) -> int | None:
    """How many overrides a decision went by; None if its packs were other ones."""
    packs, _, version = text.partition("/")
    return int(version) if packs == RULES and version.isdecimal() else None


def predicate(work_result: Rating, behaviour: Rating) -> Predicate:
    """The predicate that follows from the two ratings."""
    return _MATRIX[work_result, behaviour]
