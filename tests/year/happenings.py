"""What happens to the organisation itself in a year: decrees about people, and one about holidays."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from domain.organisation import Organisation
from domain.working_calendar import ZONE, WorkingCalendar
from schemas.code import CalendarAct, Capacity, Change, Level, OrganisationAct
from schemas.organisation import Holding

DAY = timedelta(days=1)
_WORKS = (Level.STAFF, Level.FUNCTIONAL)


@dataclass(frozen=True, slots=True)
class Happening:
    """One order of the HR office, given on the morning of a working day."""

    at: datetime
    act: OrganisationAct | CalendarAct
    said: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cast:
    """The people to whom something happens; nobody is in two parts."""

    leader: Holding
    deputy: Holding
    ill_leader: Holding
    staff: tuple[Holding, ...]


def cast(organisation: Organisation, seed: int, on: date) -> Cast:
    """Two who lead others, another leader as deputy of the first, and six who lead nobody."""
    chance = Random(f"happenings/{seed}")  # noqa: S311 - repeatable, not secret
    held = sorted(
        (h for found in organisation.by_person.values() for h in found), key=lambda h: h.post
    )
    definitive = [h for h in held if h.capacity is Capacity.DEFINITIVE]
    found = ((h, organisation.post(h.post, on)) for h in definitive)
    posts = {h.post: post for h, post in found if post is not None}
    above = {post.superior for post in posts.values()}
    acting = {h.person for h in held if h.capacity is not Capacity.DEFINITIVE}
    plain = [h for h in definitive if h.person not in acting and posts[h.post].office is None]
    leaders = [h for h in plain if h.post in above and posts[h.post].level is Level.SUPERVISOR]
    workers = [h for h in plain if h.post not in above and posts[h.post].level in _WORKS]
    deputies = [h for h in definitive if h.post in above and posts[h.post].level is Level.JPT]
    leader, *others = chance.sample(leaders, len(leaders))
    ill = others[0] if others else deputies[-1]
    deputy = next(h for h in deputies if h not in (leader, ill))
    return Cast(leader, deputy, ill, tuple(chance.sample(workers, 6)))


def happenings(
    people: Cast, begins: date, ends: date, calendar: WorkingCalendar
) -> Iterator[Happening]:
    """Moves, acting officials, leaves, departures, returns and a late decree, over a span of days."""
    span = (ends - begins).days

    def morning(part: float) -> date:
        return calendar.add_working_days(begins + round(span * part) * DAY, 1)

    def orders(part: float, *changes: dict[str, Any]) -> Happening:
        at = calendar.at_eight(morning(part)) + timedelta(hours=2)
        return Happening(at, OrganisationAct.APPLY_CHANGES, {"changes": list(changes)})

    first, second, away, newly, dead, accused = people.staff
    leader, post = people.leader.person, people.leader.post
    day = morning(0.10) + 3 * DAY
    yield orders(
        0.10,
        _change(Change.MUTATION, first.person, day, post=second.post),
        _change(Change.MUTATION, second.person, day, post=first.post),
    )
    day = morning(0.20)
    ill = people.ill_leader.person
    yield orders(
        0.20,
        _change(Change.ANNUAL_LEAVE, away.person, day + DAY, day + 12 * DAY),
        _change(Change.SICK_LEAVE, ill, day - 2 * DAY, day + 14 * DAY),  # ordered late
    )
    day = morning(0.30) + 10 * DAY
    yield orders(
        0.30,
        _change(Change.RETIREMENT, leader, day),
        _change(Change.PLT, people.deputy.person, day, post=post),
    )
    day = morning(0.40)
    yield _decree(calendar, calendar.nth_working_day(day.year, day.month, 1))
    yield orders(0.45, _change(Change.SUSPENSION, accused.person, morning(0.45)))
    yield orders(0.50, _change(Change.DEATH, dead.person, morning(0.50) - DAY))
    day = morning(0.55) + 4 * DAY
    yield orders(
        0.55,
        _change(Change.END, people.deputy.person, day, post=post),
        _change(Change.PROMOTION, newly.person, day, post=post),
    )
    yield orders(0.65, _change(Change.RETURN, accused.person, morning(0.65)))


def _change(
    kind: Change, person: UUID, from_on: date, to_on: date | None = None, post: str | None = None
) -> dict[str, Any]:
    made = {"change": kind.value, "person": str(person), "decree": "SK Contoh 800/1/2026"}
    dates = {"from_on": from_on.isoformat(), "to_on": to_on and to_on.isoformat(), "post": post}
    return made | {key: value for key, value in dates.items() if value is not None}


def decreed(calendar: WorkingCalendar, ordered: date) -> tuple[date, date]:
    """The days that a decree makes free at short notice."""
    return calendar.add_working_days(ordered, 2), calendar.add_working_days(ordered, 6)


def _decree(calendar: WorkingCalendar, on: date) -> Happening:
    days = [
        {"date": day.isoformat(), "kind": "cuti_bersama", "name": "[Simulasi] cuti bersama"}
        for day in decreed(calendar, on)
    ]
    at = calendar.at_eight(on) + timedelta(hours=2)
    said = {"days": days, "source": "SKB 3 Menteri 9/2026"}
    return Happening(at, CalendarAct.SET_HOLIDAYS, said)


def departures(found: list[Happening]) -> dict[UUID, datetime]:
    """Who does not work for the organisation any more, and since when that is so and known."""
    gone = (Change.RETIREMENT.value, Change.DEATH.value)
    return {
        UUID(change["person"]): max(each.at, _beginning(change["from_on"]))
        for each in found
        for change in each.said.get("changes", ())
        if change["change"] in gone
    }


def _beginning(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(0), ZONE)


def made_free(found: list[Happening]) -> dict[date, datetime]:
    """Which days a decree has made free, and since when that is known."""
    return {
        date.fromisoformat(day["date"]): each.at
        for each in found
        for day in each.said.get("days", ())
    }
