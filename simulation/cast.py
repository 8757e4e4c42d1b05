"""Who is who in a simulation: read once, for the temperaments."""

from collections.abc import Mapping
from uuid import UUID

import asyncpg

from domain.authority import resolve_chain
from domain.organisation import Organisation
from domain.working_calendar import WorkingCalendar
from schemas.identifier import FileKey
from schemas.organisation import Seat
from schemas.period import BULANAN, Period
from simulation.behaviour import Behaviour, Bond
from storage.organisation import read_organisation
from storage.query import queries


async def read_behaviour(
    pool: "asyncpg.Pool[asyncpg.Record]",
    org: str,
    periods: list[str],
    seed: int,
    calendar: WorkingCalendar,
) -> Behaviour:
    """The behaviour of everybody who has a file in these periods, or a say in one."""
    q = queries("simulation")
    people = await q.read_people(pool, org=org)
    posts = await q.read_posts_of_roster(pool, org=org, periods=periods)
    async with pool.acquire() as connection:
        organisation = await read_organisation(connection, org)
    bonds = read_bonds(organisation, org, periods[0], {r["person"]: r["post"] for r in posts})
    keys = {r["id"]: r["identity_number"] for r in people}
    return Behaviour(seed, keys, bonds, calendar)


def read_bonds(
    organisation: Organisation, org: str, period: str, posts: Mapping[UUID, str]
) -> list[Bond]:
    """Who appraises whom at the beginning of a period; ``posts`` holds everybody with a file."""
    on = Period.parse(period).starts_on
    found = []
    for person, post in posts.items():
        file = FileKey(org=org, period=period, kind=BULANAN, person=person)
        chain = resolve_chain(organisation, file, post, on)
        found.append(Bond(person, _person(chain.supervisor), _person(chain.superior)))
    return found


def _person(seat: Seat | None) -> UUID | None:
    return None if seat is None else seat.person
