"""What decrees about people make of posts and absences: mutation, acting, leave, departure, return.

All changes of one order are made in their order, and only then are the rows held against each
other: so two people may change places in one file. Sources: the status events of PNS (SIASN
kedudukan hukum); that a departure ends every holding is a project decision.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from domain.organisation import LEAVES, Organisation
from schemas.code import AbsenceKind, Capacity, Change
from schemas.organisation import Absence, DatedChange, Holding

_DAY = timedelta(days=1)
_POSTS = (Change.MUTATION, Change.PROMOTION)
_ACTING = {Change.PLT: Capacity.PLT, Change.PLH: Capacity.PLH, Change.PJ: Capacity.PJ}
NEEDS_POST = frozenset({*_POSTS, *_ACTING, Change.END})
# Whoever has left neither holds a post nor comes back by any other change than a return.
DEPARTURES = frozenset({AbsenceKind.RETIREMENT, AbsenceKind.DEATH})


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one change: its place, the field at fault, and the problem's code."""

    index: int
    field: str
    code: str


@dataclass(slots=True)
class Moved:
    """The rows of an organisation on their way; ``made`` says which change made a holding."""

    organisation: Organisation
    holdings: dict[UUID, list[Holding]]
    absences: dict[UUID, list[Absence]]
    made: list[tuple[int, Holding]] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)

    def result(self) -> Organisation:
        """The organisation that the changes made, without a version of its own yet."""
        before = self.organisation
        return Organisation.of(
            (post for found in before.posts.values() for post in found),
            (holding for held in self.holdings.values() for holding in held),
            (mandate for found in before.mandates.values() for mandate in found),
            before.version,
            (absence for found in self.absences.values() for absence in found),
        ).under(before.rules)


def move(before: Organisation, changes: Sequence[DatedChange], today: date) -> Moved:
    """Make every change; whatever is wrong is in ``wrong``, and then nothing may be written.

    Args:
        before: the organisation as it is known.
        changes: in the order in which they are to be made.
        today: the day on which they are ordered; nobody dies later than that.
    """
    moved = Moved(
        before,
        {person: list(held) for person, held in before.by_person.items()},
        {person: list(found) for person, found in before.absences.items()},
    )
    for index, change in enumerate(changes):
        problem = shape_problem(change, before, today) or _make(moved, index, change)
        if problem is not None:
            moved.wrong.append(Wrong(index, *problem))
    moved.wrong += _clashes(moved)
    moved.wrong.sort(key=lambda wrong: wrong.index)
    return moved


Problem = tuple[str, str]


def shape_problem(change: DatedChange, before: Organisation, today: date) -> Problem | None:
    """What is wrong with a change by itself."""
    kind = absence_of(change.change)
    if change.to_on is not None and change.to_on < change.from_on:
        return "to_on", "dates.order"
    if change.to_on is not None and (kind in DEPARTURES or change.change in _ENDLESS):
        return "to_on", "change.endless"
    if change.to_on is None and kind in LEAVES:
        return "to_on", "change.leave_open"
    if kind is AbsenceKind.DEATH and change.from_on > today:
        return "from_on", "change.death_ahead"
    if (change.post is None) == (change.change in NEEDS_POST):
        return "post", "change.post_needed" if change.post is None else "change.post_idle"
    if change.post is None or change.change is Change.END:
        return None
    return None if before.post(change.post, change.from_on) else ("post", "change.post_unknown")


_ENDLESS = (Change.END, Change.RETURN)


def absence_of(change: Change) -> AbsenceKind | None:
    """The absence that a change is about; None for one about a post, or a return."""
    return next((kind for kind in AbsenceKind if kind.value == change.value), None)


def _make(moved: Moved, index: int, change: DatedChange) -> Problem | None:
    if change.change is Change.RETURN:
        return _come_back(moved, change)
    if change.change is Change.END:
        return _end(moved, change)
    kind = absence_of(change.change)
    if kind is not None:
        return _leave(moved, change, kind)
    gone = (a for a in moved.absences.get(change.person, ()) if a.kind in DEPARTURES)
    if any(a.from_on <= change.from_on for a in gone):
        return "person", "change.left"
    capacity = _ACTING.get(change.change, Capacity.DEFINITIVE)
    if capacity is Capacity.DEFINITIVE:
        _cut(moved, change.person, change.from_on, definitive_only=True)
    _hold(moved, index, change, capacity)
    return None


def _hold(moved: Moved, index: int, change: DatedChange, capacity: Capacity) -> None:
    """Add a holding; one of the same person, post, capacity and first day it replaces."""
    assert change.post is not None, "its shape was looked at"  # noqa: S101
    new = Holding(
        person=change.person,
        post=change.post,
        capacity=capacity,
        decree=change.decree,
        from_on=change.from_on,
        to_on=change.to_on,
    )
    held = moved.holdings.setdefault(change.person, [])
    key = (new.post, new.capacity, new.from_on)
    held[:] = [h for h in held if (h.post, h.capacity, h.from_on) != key]
    held.append(new)
    moved.made.append((index, new))


def _cut(moved: Moved, person: UUID, on: date, *, definitive_only: bool) -> None:
    """End the holdings in force on a day the day before; of a departure, later ones are gone."""
    kept: list[Holding] = []
    for holding in moved.holdings.get(person, ()):
        is_meant = not definitive_only or holding.capacity is Capacity.DEFINITIVE
        is_over = holding.to_on is not None and holding.to_on < on
        if not is_meant or is_over or (definitive_only and holding.from_on > on):
            kept.append(holding)
        elif holding.from_on < on:
            kept.append(holding.model_copy(update={"to_on": on - _DAY}))
    moved.holdings[person] = kept


def _end(moved: Moved, change: DatedChange) -> Problem | None:
    """End what the person holds of a post: the acting holding, if there is one."""
    held = moved.holdings.get(change.person, [])
    here = [
        h
        for h in held
        if h.post == change.post
        and h.from_on <= change.from_on
        and (h.to_on is None or h.to_on >= change.from_on)
    ]
    acting = [h for h in here if h.capacity is not Capacity.DEFINITIVE]
    ended = (acting or here)[:1]
    if not ended:
        return "post", "change.no_holding"
    held.remove(ended[0])
    if ended[0].from_on < change.from_on:
        held.append(ended[0].model_copy(update={"to_on": change.from_on - _DAY}))
    return None


def _leave(moved: Moved, change: DatedChange, kind: AbsenceKind) -> Problem | None:
    """Add an absence; one of the same person, kind and first day it replaces."""
    found = moved.absences.setdefault(change.person, [])
    gone = [a for a in found if a.kind in DEPARTURES and a.kind is not kind]
    if kind is not AbsenceKind.DEATH and any(a.from_on <= change.from_on for a in gone):
        return "person", "change.left"
    found[:] = [a for a in found if (a.kind, a.from_on) != (kind, change.from_on)]
    found.append(
        Absence(
            person=change.person,
            kind=kind,
            decree=change.decree,
            from_on=change.from_on,
            to_on=change.to_on,
        )
    )
    if kind in DEPARTURES:
        _cut(moved, change.person, change.from_on, definitive_only=False)
    return None


def _come_back(moved: Moved, change: DatedChange) -> Problem | None:
    """End every absence in force on the day of return the day before; one of that day is gone."""
    found, kept = moved.absences.get(change.person, []), []
    is_away = False
    for absence in found:
        is_over = absence.to_on is not None and absence.to_on < change.from_on
        if is_over or absence.from_on > change.from_on:
            kept.append(absence)
            continue
        is_away = True
        if absence.from_on < change.from_on:
            kept.append(absence.model_copy(update={"to_on": change.from_on - _DAY}))
    moved.absences[change.person] = kept
    return None if is_away else ("person", "change.not_away")


def _clashes(moved: Moved) -> Iterator[Wrong]:
    """The new holdings that exclude another one; one finding a change."""
    by_post: dict[str, list[Holding]] = {}
    for held in moved.holdings.values():
        for holding in held:
            by_post.setdefault(holding.post, []).append(holding)
    for index, new in moved.made:
        others = [*moved.holdings[new.person], *by_post.get(new.post, ())]
        if new not in moved.holdings[new.person]:
            continue  # a later change of the same order has ended or replaced it
        found = (_clash(new, other) for other in others if other != new)
        code = next((code for code in found if code is not None), None)
        if code is not None:
            yield Wrong(index, "from_on", code)


def _clash(new: Holding, other: Holding) -> str | None:
    """How two holdings exclude each other, if they do."""
    if not (new.from_on <= _last(other) and other.from_on <= _last(new)):
        return None
    if _is_same(new, other, "person", "post", "capacity"):
        return "change.twice"
    if not _is_same(new, other, "capacity") or new.capacity is Capacity.PLH:
        return None
    if new.post == other.post:
        return "change.post_taken"
    return "change.two_posts" if new.capacity is Capacity.DEFINITIVE else None


def _is_same(one: Holding, other: Holding, *names: str) -> bool:
    values: list[tuple[Hashable, Hashable]] = [(getattr(one, n), getattr(other, n)) for n in names]
    return all(first == second for first, second in values)


def _last(holding: Holding) -> date:
    return holding.to_on or date.max
