"""What a new holder of a post takes over from the plan of the one before him."""

import json
from datetime import date, datetime
from uuid import UUID

from domain.organisation import Organisation
from schemas.code import Capacity
from schemas.file_body import PlannedResult, ResultOrigin, SubmitPlan
from storage.query import queries
from storage.read.person import name_of
from storage.read.row import Database, Row


class Inheritance(Row):
    """The results of the post in the newest agreed plan of its last holder; he proposes them himself.

    ``results`` is empty where no text of that plan is kept, or all of it was his own.
    """

    post: str
    predecessor: UUID
    predecessor_name: str | None
    year: str
    version: int
    agreed_at: datetime
    results: tuple[PlannedResult, ...]


async def read_inheritance(
    database: Database, organisation: Organisation, org: str, person: UUID, on: date
) -> Inheritance | None:
    """What somebody may take over for the post he holds on a day.

    None where nobody held the post before him, or nobody of those had a plan agreed in the year of
    that day or the one before it.
    """
    own = organisation.own_post(person, on)
    if own is None:
        return None
    before = [
        held
        for held in organisation.by_post[own.post]
        if held.person != person
        and held.capacity is Capacity.DEFINITIVE
        and held.from_on < own.from_on
    ]
    for held in before:
        for year in (f"{on.year:04d}", f"{on.year - 1:04d}"):
            row = await queries("plan").read_agreed(
                database, org=org, person=held.person, year=year
            )
            if row is not None:
                return Inheritance(
                    post=own.post,
                    predecessor=held.person,
                    predecessor_name=await name_of(database, held.person),
                    year=year,
                    version=row["version"],
                    agreed_at=row["since"],
                    results=_of_post(row["body"]),
                )
    return None


def _of_post(body: bytes | None) -> tuple[PlannedResult, ...]:
    """The results that stay with the post; a revision has more beside them, which is left."""
    if body is None:
        return ()
    plan = SubmitPlan.model_validate({"results": json.loads(body)["results"]})
    return tuple(result for result in plan.results if result.origin is ResultOrigin.POST)
