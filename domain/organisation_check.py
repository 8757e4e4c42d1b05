"""What the rows of an organisation file must be to each other: one tree, one truth a post.

Each rule looks at all rows and reports all of its findings. Work grows with the number of rows,
not with its square.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from domain.organisation_problem import RowError, hint, row_error
from domain.rater import raters
from domain.regulation import load
from schemas.code import Capacity, Level, Office
from schemas.organisation import HoldingRow

_POST_COLUMNS = ("unit", "superior_post", "level", "office")
_MAX_GUESSES = 10  # a guess compares with every leading post, so only the first names get one


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row without a problem of its own, and the line it starts on."""

    row: int
    holding: HoldingRow


def check(rows: Sequence[Numbered], bad_posts: frozenset[str], *, is_whole: bool) -> list[RowError]:
    """Every contradiction between rows.

    Args:
        rows: the rows that are in order by themselves.
        bad_posts: the posts of rows that are not; nothing is concluded from their absence.
        is_whole: whether every line could be read. If not, a post that seems to be missing may
            lie in the unread part, so missing posts are not reported.
    """
    posts: dict[str, Numbered] = {}
    for numbered in rows:
        posts.setdefault(numbered.holding.post, numbered)
    errors = [*_people(rows), *_descriptions(rows, posts), *_overlaps(rows), *_offices(posts)]
    if is_whole:
        errors.extend(_unknown_superiors(rows, posts, bad_posts))
    errors.extend(_tree(posts))
    return errors


def _people(rows: Iterable[Numbered]) -> Iterator[RowError]:
    first: dict[str, Numbered] = {}
    for this in rows:
        known = first.setdefault(this.holding.identity_number, this)
        for column in ("name", "kind"):
            if getattr(this.holding, column) != getattr(known.holding, column):
                yield row_error(this.row, column, f"person.{column}", other=known.row)


def _descriptions(rows: Iterable[Numbered], posts: dict[str, Numbered]) -> Iterator[RowError]:
    for this in rows:
        known = posts[this.holding.post]
        for column in _POST_COLUMNS:
            if getattr(this.holding, column) != getattr(known.holding, column):
                yield row_error(this.row, column, "post.differs", what=column, other=known.row)


def _overlaps(rows: Iterable[Numbered]) -> Iterator[RowError]:
    """Holdings that exclude each other; one finding a row and rule."""
    twice: set[int] = set()
    for this, other in _clashes(rows, lambda h: (h.identity_number, h.post, h.capacity)):
        twice.add(this.row)
        yield row_error(this.row, "from", "holding.twice", other=other.row)
    once = [n for n in rows if n.row not in twice]
    definitive = [n for n in once if n.holding.capacity is Capacity.DEFINITIVE]
    for this, other in _clashes(definitive, lambda h: h.post):
        yield row_error(this.row, "from", "post.two_holders", other=other.row)
    for this, other in _clashes(definitive, lambda h: h.identity_number):
        yield row_error(this.row, "from", "person.two_posts", other=other.row)
    acting = [n for n in once if n.holding.capacity in (Capacity.PLT, Capacity.PJ)]
    for this, other in _clashes(acting, lambda h: (h.post, h.capacity)):
        capacity = this.holding.capacity
        yield row_error(this.row, "from", "post.two_acting", capacity=capacity, other=other.row)


def _clashes(
    rows: Iterable[Numbered], key: Callable[[HoldingRow], Hashable]
) -> Iterator[tuple[Numbered, Numbered]]:
    """Each row that begins before an earlier one of its group has ended, with that one."""
    groups: dict[Hashable, list[Numbered]] = defaultdict(list)
    for numbered in rows:
        groups[key(numbered.holding)].append(numbered)
    for group in groups.values():
        group.sort(key=lambda n: (n.holding.held_from, n.row))
        longest = group[0]
        for this in group[1:]:
            if this.holding.held_from <= _end(longest):
                yield this, longest
            if _end(this) > _end(longest):
                longest = this


def _end(numbered: Numbered) -> date:
    return numbered.holding.held_to or date.max


def _rating_levels() -> frozenset[Level]:
    """Whose holders rate by the packs: a file is checked without knowing for whom it is."""
    return raters(load(), date.max).levels


def _offices(posts: dict[str, Numbered]) -> Iterator[RowError]:
    marked = [n for n in posts.values() if n.holding.office is Office.HR]
    for this in marked:
        if this.holding.unit != marked[0].holding.unit:
            yield row_error(this.row, "office", "office.two_hr", other=marked[0].row)
    marked = [n for n in posts.values() if n.holding.office is Office.SEKDA]
    for this in marked[1:]:
        yield row_error(this.row, "office", "office.two_sekda", other=marked[0].row)


def _unknown_superiors(
    rows: Iterable[Numbered], posts: dict[str, Numbered], bad_posts: frozenset[str]
) -> Iterator[RowError]:
    leading = [p for p, n in posts.items() if n.holding.level in _rating_levels()]
    folded = {post.casefold(): post for post in posts}
    guesses: dict[str, str | None] = {}
    for this in rows:
        superior = this.holding.superior_post
        if superior is None or superior in posts or superior in bad_posts:
            continue
        if superior not in guesses:
            guess = folded.get(superior.casefold())
            if guess is None and len(guesses) < _MAX_GUESSES:
                guess = next(iter(get_close_matches(superior, leading, 1, 0.8)), None)
            guesses[superior] = guess
        yield row_error(this.row, "superior_post", "superior.unknown", hint=hint(guesses[superior]))


def _tree(posts: dict[str, Numbered]) -> Iterator[RowError]:
    """One root, no cycles, and for every other post somebody above who may appraise."""
    tops = [n for n in posts.values() if n.holding.superior_post is None]
    heads = [n for n in tops if n.holding.level is Level.REGIONAL_HEAD]
    root = next(iter(heads or tops), None)
    for top in tops:
        if root is not None and top is not root:
            yield row_error(top.row, "superior_post", "superior.second_root", other=root.row)
    appraised: dict[str, bool] = {n.holding.post: False for n in tops}
    for post in posts:
        path = _climb(post, posts, appraised)
        end = posts[path[-1]].holding.superior_post if path else None
        if end in path:
            yield _cycle(path[path.index(end) :], posts)
        for below in reversed(path):
            yield from _appraisal(below, posts, appraised)


def _climb(post: str, posts: dict[str, Numbered], known: dict[str, bool]) -> list[str]:
    """The posts from here upwards that are not judged yet; stops before a post seen twice."""
    path: dict[str, None] = {}
    at: str | None = post
    while at in posts and at not in known and at not in path:
        path[at] = None
        at = posts[at].holding.superior_post
    return list(path)


def _appraisal(
    post: str, posts: dict[str, Numbered], appraised: dict[str, bool]
) -> Iterator[RowError]:
    """Judge one post whose superior is judged; a superior that is not known gets no blame."""
    superior = posts[post].holding.superior_post
    if superior is None or superior not in posts:
        appraised[post] = True
        return
    leads = posts[superior].holding.level in _rating_levels()
    appraised[post] = leads or appraised.get(superior, True)
    if not appraised[post]:
        yield row_error(posts[post].row, "superior_post", "superior.no_appraiser")


def _cycle(posts_in_it: list[str], posts: dict[str, Numbered]) -> RowError:
    rows = [posts[post].row for post in posts_in_it]
    start = rows.index(min(rows))
    ordered = posts_in_it[start:] + posts_in_it[:start]
    path = " > ".join([*ordered, ordered[0]])
    return row_error(min(rows), "superior_post", "superior.cycle", path=path)
