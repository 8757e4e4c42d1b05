"""One file and the answer to every why, with the names of the people in it."""

from datetime import datetime
from uuid import UUID

from domain.decision import Rules
from domain.definition import process_of
from domain.explain.case import Case, Tried, told
from domain.explain.file import explain_file
from domain.fold import evolve
from domain.organisation import Organisation
from schemas.code import Act
from schemas.event import Event
from schemas.explanation import Explanation
from storage.ledger import context_at
from storage.query import queries
from storage.read.file import read_attempts
from storage.read.plan import read_binding, read_link
from storage.read.row import Database, Row


class ExplainedFile(Row):
    """A file's explanation; ``names`` has everybody whom a reason names."""

    id: UUID
    name: str
    unit: str
    period: str
    explanation: Explanation
    names: dict[UUID, str]


async def read_explanation(
    database: Database,
    organisation: Organisation,
    file_id: UUID,
    at: datetime,
    person: UUID | None = None,
) -> ExplainedFile:
    """Why a file is as it is at an instant, never before its last event.

    With a person also what he may do with it, and why not everything else.
    """
    q = queries("read")
    row = await q.read_file(database, id=file_id)
    events = await q.read_timeline(database, stream=row["stream"])
    state, at = evolve(None, row["state"]), max(at, row["last_at"])
    calendar = organisation.calendars.of(state.unit)
    rules = Rules(process_of(state, organisation.rules), calendar, organisation.rules)
    explanation = explain_file(
        Case(
            state=state,
            history=told(Event.model_validate_json(e["canonical"]) for e in events),
            context=context_at(organisation, calendar, state.file, state.post, at, person),
            rules=rules,
            rulebook=organisation.rules,
            at=at,
            person=person,
            organisation=organisation,
            plan=await read_binding(database, state, at, calendar),
            linked=await read_link(database, state),
            tried=await _tried(database, row["stream"]),
        )
    )
    named = await q.names(database, ids=list(explanation.people()))
    return ExplainedFile(
        id=row["id"],
        name=row["name"],
        unit=row["unit"],
        period=row["period"],
        explanation=explanation,
        names={each["id"]: each["name"] for each in named},
    )


async def _tried(database: Database, stream: str) -> tuple[Tried, ...]:
    return tuple(
        Tried(
            act=Act(each.act),
            person=each.actor,
            at=each.received_at,
            refusal=each.outcome.refusal,
            rules=each.outcome.rules,
        )
        for each in await read_attempts(database, stream)
        if each.outcome is not None and each.outcome.refusal is not None
    )
