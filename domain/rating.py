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


def predicate(work_result: Rating, behaviour: Rating) -> Predicate:
    """The predicate that follows from the two ratings."""
    return _MATRIX[work_result, behaviour]
