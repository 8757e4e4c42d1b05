"""Who is who to a file on a given day: authority follows the post, not the person.

Sources: PermenPANRB 6/2022 (pejabat penilai kinerja is the direct superior); the tie-breaks
between acting and definitive holders are project decisions.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from domain.calendar_book import CalendarBook, shipped
from domain.rater import raters
from domain.regulation import load
from domain.rulebook import Rulebook
from schemas.code import AbsenceKind, Capacity, Level, Office
from schemas.organisation import Absence, Holding, Mandate, Post, Seat

# An acting official (Pj, Plt) is appointed because the definitive one cannot act, so he goes
# first. Plh is for urgent daily business only and does not stand for a post.
_NOBODY = UUID(int=0)
_HEADING = (Capacity.PJ, Capacity.PLT, Capacity.DEFINITIVE)
# Whoever is on leave keeps his post and what it lets him do; every other absence keeps him from it.
LEAVES = frozenset(
    {
        AbsenceKind.ANNUAL_LEAVE,
        AbsenceKind.LONG_LEAVE,
        AbsenceKind.SICK_LEAVE,
        AbsenceKind.MATERNITY_LEAVE,
        AbsenceKind.URGENT_LEAVE,
    }
)


def _in_force(row: Post | Holding | Mandate | Absence, on: date) -> bool:
    return row.from_on <= on and (row.to_on is None or on <= row.to_on)


_Asked = tuple[str, UUID, date, Rulebook]
_KEPT = 16_384  # answers of one version


@dataclass(frozen=True, slots=True)
class Organisation:
    """All dated rows of one version of an organisation, indexed; immutable, so it may be shared.

    ``rules`` are those by which its people may rate: the packs, and what it has set for itself.
    ``calendars`` are those its units work by: the ones that ship, and its own changes.
    """

    posts: Mapping[str, tuple[Post, ...]]
    by_post: Mapping[str, tuple[Holding, ...]]
    by_person: Mapping[UUID, tuple[Holding, ...]]
    mandates: Mapping[str, tuple[Mandate, ...]]
    offices: Mapping[Office, tuple[str, ...]]
    by_unit: Mapping[str, tuple[Post, ...]]
    version: int
    absences: Mapping[UUID, tuple[Absence, ...]] = field(default_factory=dict)
    rules: Rulebook = field(default_factory=load, compare=False)
    calendars: CalendarBook = field(default_factory=shipped, compare=False)
    _tops: dict[tuple[str, date], Post | None] = field(default_factory=dict, compare=False)
    _days: list[date] = field(default_factory=list, compare=False)
    _appraised: dict[_Asked, tuple[Seat | None]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(
        cls,
        posts: Iterable[Post],
        holdings: Iterable[Holding],
        mandates: Iterable[Mandate] = (),
        version: int = 0,
        absences: Iterable[Absence] = (),
    ) -> "Organisation":
        """Index the rows; their order does not matter."""
        by_id: dict[str, list[Post]] = defaultdict(list)
        by_unit: dict[str, list[Post]] = defaultdict(list)
        offices: dict[Office, list[str]] = defaultdict(list)
        for post in posts:
            by_id[post.id].append(post)
            by_unit[post.unit].append(post)
            if post.office is not None and post.id not in offices[post.office]:
                offices[post.office].append(post.id)
        by_post: dict[str, list[Holding]] = defaultdict(list)
        by_person: dict[UUID, list[Holding]] = defaultdict(list)
        for holding in holdings:
            by_post[holding.post].append(holding)
            by_person[holding.person].append(holding)
        orders: dict[str, list[Mandate]] = defaultdict(list)
        for mandate in mandates:
            orders[mandate.post].append(mandate)
        away: dict[UUID, list[Absence]] = defaultdict(list)
        for absence in absences:
            away[absence.person].append(absence)
        return cls(
            {k: tuple(sorted(v, key=_from)) for k, v in by_id.items()},
            {k: tuple(sorted(v, key=_newest)) for k, v in by_post.items()},
            {k: tuple(sorted(v, key=_newest)) for k, v in by_person.items()},
            {k: tuple(sorted(v, key=_newest)) for k, v in orders.items()},
            {k: tuple(sorted(v)) for k, v in offices.items()},
            {k: tuple(v) for k, v in by_unit.items()},
            version,
            {k: tuple(sorted(v, key=_begun)) for k, v in away.items()},
        )

    def under(self, rules: Rulebook, calendars: CalendarBook | None = None) -> "Organisation":
        """The same rows by other rules, and by other calendars if they are given."""
        calendars = calendars or self.calendars
        if rules is self.rules and calendars is self.calendars:
            return self
        return replace(self, rules=rules, calendars=calendars)

    def holdings(self) -> Iterator[Holding]:
        """Every holding, post by post."""
        return (holding for held in self.by_post.values() for holding in held)

    def absent(self, person: UUID, on: date) -> Iterator[Absence]:
        """Why somebody does not serve on a day; nothing for whoever does."""
        return (a for a in self.absences.get(person, ()) if _in_force(a, on))

    def acts(self, person: UUID, on: date) -> bool:
        """Whether somebody may act for a post on a day: only leave does not keep him from it."""
        return all(absence.kind in LEAVES for absence in self.absent(person, on))

    def leave_until(self, person: UUID, on: date) -> date | None:
        """The last day of the leave somebody is on; None for whoever is on none."""
        ends = [a.to_on for a in self.absent(person, on) if a.kind in LEAVES and a.to_on]
        return max(ends, default=None)

    def died_on(self, person: UUID, on: date) -> date | None:
        """The day of somebody's death, if it is that day or before."""
        deaths = (a.from_on for a in self.absent(person, on) if a.kind is AbsenceKind.DEATH)
        return next(deaths, None)

    def turning_days(self) -> Sequence[date]:
        """Every day on which some row begins to hold or no longer does, in order."""
        if not self._days:
            rows: list[Post | Holding | Mandate | Absence] = [
                row
                for found in (self.posts, self.by_post, self.mandates, self.absences)
                for each in found.values()
                for row in each
            ]
            begin = {row.from_on for row in rows}
            end = {
                row.to_on + timedelta(days=1) for row in rows if row.to_on not in (None, date.max)
            }
            self._days.extend(sorted(begin | end))
        return self._days

    def post(self, post_id: str, on: date) -> Post | None:
        """The post as it is on that day."""
        return next((p for p in self.posts.get(post_id, ()) if _in_force(p, on)), None)

    def _place(self, post_id: str, on: date) -> Post | None:
        """Where a post stands in the tree, also on a day on which it is not filled or in force.

        A gap between two dated rows must not cut off everybody below it.
        """
        rows = self.posts.get(post_id, ())
        begun = [p for p in rows if p.from_on <= on]
        return self.post(post_id, on) or (begun[-1] if begun else next(iter(rows), None))

    def head(self, post_id: str, on: date) -> Seat | None:
        """Who acts for a post on that day: Pj, Plt or the definitive holder, in this order."""
        return self._holder(post_id, _HEADING, on)

    def rater(self, post_id: str, on: date) -> Seat | None:
        """Who may rate from a post on that day, as the rules of that day say."""
        return self._holder(post_id, raters(self.rules, on).capacities, on)

    def is_rating(self, level: Level, on: date) -> bool:
        """Whether a post of that level rates on that day, as the rules of that day say."""
        return level in raters(self.rules, on).levels

    def _holder(self, post_id: str, capacities: tuple[Capacity, ...], on: date) -> Seat | None:
        held = [h for h in self.by_post.get(post_id, ()) if _in_force(h, on)]
        for capacity in capacities:
            for holding in held:
                if holding.capacity is capacity and self.acts(holding.person, on):
                    return _seat(holding)
        return None

    def own_post(self, person: UUID, on: date) -> Holding | None:
        """The holding a person's own plan comes from: the definitive one, else any in force."""
        held = [h for h in self.by_person.get(person, ()) if _in_force(h, on)]
        definitive = [h for h in held if h.capacity is Capacity.DEFINITIVE]
        return next(iter(definitive or held), None)

    def top_post(self, unit: str, on: date) -> Post | None:
        """The post that heads a unit on that day; None for a unit that has no posts then.

        Its superior lies in another unit, or nowhere. Of several such posts (a secretariat with
        its expert staff) the one of the highest level heads the unit, then the first by name.
        """
        key = (unit, on)
        if key not in self._tops:
            posts = [p for p in self.by_unit.get(unit, ()) if _in_force(p, on)]
            inside = {p.id for p in posts}
            tops = [p for p in posts if p.superior not in inside]
            order = list(Level)
            self._tops[key] = min(tops, key=lambda p: (order.index(p.level), p.id), default=None)
        return self._tops[key]

    def unit_above(self, unit: str, on: date) -> str | None:
        """The unit of the post above the one that heads a unit; None at the top."""
        top = self.top_post(unit, on)
        above = self._place(top.superior, on) if top is not None and top.superior else None
        return above.unit if above is not None and above.unit != unit else None

    def above(self, post_id: str, person: UUID | None, on: date) -> Seat | None:
        """Who appraises whoever holds a post, also while nobody does."""
        return self.appraiser(post_id, person or _NOBODY, on)

    def _above(self, post: Post, on: date) -> Iterator[Post]:
        seen = {post.id}
        while post.superior is not None and post.superior not in seen:
            above = self._place(post.superior, on)
            if above is None:
                return
            seen.add(above.id)
            yield above
            post = above

    def appraiser(self, post_id: str, person: UUID, on: date) -> Seat | None:
        """The appraiser of a person in a post: who acts for the nearest post above that can.

        A post below the level that rates (*pengawas*), a vacant one, one that the person acts for himself, and one
        acted for by somebody whose own superior the person is, are passed over: nobody appraises
        himself or his own superior, and no two people appraise each other. Kept, since all who
        are below one post share what is above it.
        """
        key = (post_id, person, on, self.rules)
        found = self._appraised.get(key)
        if found is None:
            found = (self._nearest(post_id, person, on),)
            if len(self._appraised) >= _KEPT:
                self._appraised.clear()
            self._appraised[key] = found
        return found[0]

    def _nearest(self, post_id: str, person: UUID, on: date) -> Seat | None:
        for seat in self._appraisers(post_id, person, on):
            own = self.own_post(seat.person, on)
            back = own and next(self._appraisers(own.post, seat.person, on), None)
            if not back or back.person != person:
                return seat
        return None

    def _appraisers(self, post_id: str, person: UUID, on: date) -> Iterator[Seat]:
        """Who acts for the posts above that may appraise, nearest first."""
        post = self._place(post_id, on)
        for above in self._above(post, on) if post else ():
            seat = self.rater(above.id, on) if self.is_rating(above.level, on) else None
            if seat is not None and seat.person != person and not self._leads(post_id, seat, on):
                yield seat

    def _leads(self, post_id: str, seat: Seat, on: date) -> bool:
        """Whether the holder of ``post_id`` is the definitive superior of whoever sits there."""
        return seat.capacity is not Capacity.DEFINITIVE and self._is_below(seat.person, post_id, on)

    def _is_below(self, person: UUID, post_id: str, on: date) -> bool:
        """Whether a person's own post lies below another."""
        own = self.own_post(person, on)
        own_post = None if own is None else self.post(own.post, on)
        return own_post is not None and any(p.id == post_id for p in self._above(own_post, on))

    def mandated(self, post_id: str, rated: str, on: date) -> tuple[Seat, ...]:
        """Who may act for a post by an order in force that day, towards the holder of ``rated``.

        Nobody does so towards his own superior, whatever the order says.
        """
        return tuple(
            Seat(person=m.person, post=m.post, capacity=Capacity.MANDATE, decree=m.decree)
            for m in self.mandates.get(post_id, ())
            if _in_force(m, on)
            and self.acts(m.person, on)
            and not self._is_below(m.person, rated, on)
        )

    def office_post(self, office: Office, on: date) -> Post | None:
        """The topmost post marked with an office."""
        for post_id in self.offices.get(office, ()):
            post = self.post(post_id, on)
            if post is not None:
                return self.top_post(post.unit, on) if office is Office.HR else post
        return None

    def office_head(self, office: Office, on: date) -> Seat | None:
        """Who heads an office on a day; None while nobody does."""
        post = self.office_post(office, on)
        return None if post is None else self.head(post.id, on)

    def hr_seat(self, person: UUID, on: date) -> Seat | None:
        """The person's seat in the HR office: any post of the unit marked as such."""
        units = {p.unit for i in self.offices.get(Office.HR, ()) for p in (self.post(i, on),) if p}
        for holding in self.by_person.get(person, ()):
            post = self.post(holding.post, on) if _in_force(holding, on) else None
            if post is not None and post.unit in units and self.acts(person, on):
                return _seat(holding)
        return None


def _from(row: Post) -> date:
    return row.from_on


def _begun(row: Absence) -> tuple[date, str]:
    return row.from_on, row.kind


def _newest(row: Holding | Mandate) -> tuple[int, UUID]:
    """The newest first; equal dates by person, so that no order of rows decides."""
    return -row.from_on.toordinal(), row.person


def _seat(holding: Holding) -> Seat:
    return Seat(
        person=holding.person,
        post=holding.post,
        capacity=holding.capacity,
        decree=holding.decree,
    )
