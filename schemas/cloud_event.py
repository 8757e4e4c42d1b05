"""What other systems are told: CloudEvents 1.0, and the catalogue of their types.

Only what stands here leaves the house. An event for others says that something happened, to which
file and where it stands now; never a name, an identity number, a text, a rating or a predicate.
Whoever may see more asks for it. A type never changes its meaning: another one is ``.v2``.
"""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

from schemas.code import AnyAct, EventKind, Role, Stage
from schemas.instant import Instant

PREFIX = "id.go.pangkalpinang.siklus."
MEDIA_TYPE = "application/cloudevents+json"
_EVENTS = UUID("0f8f0a55-6a3c-4c0e-8a1f-6b1b8d1f3c52")

Organisation = Annotated[str, Field(description="the organisation (SIKLUS_ORG)")]
Number = Annotated[int, Field(ge=0, description="the event's place in its stream, without gaps")]
PeriodText = Annotated[str, Field(description="the period, as in 2026-03, 2026-TW1, 2026")]
Unit = Annotated[str, Field(description="the unit (perangkat daerah or its part)")]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    organisation: Organisation
    number: Number


class FileData(_Data):
    """Where a file stands after the event. A key that does not apply is left out."""

    period: PeriodText
    kind: Annotated[str, Field(description="the kind of file: bulanan, triwulanan, tahunan, …")]
    unit: Unit
    version: Annotated[int, Field(description="rises when stage, awaited role or content changes")]
    stage_from: Annotated[Stage | None, Field(description="the stage before")] = None
    stage: Annotated[Stage, Field(description="the stage now")]
    awaits: Annotated[Role | None, Field(description="the role that is awaited")] = None
    due_at: Annotated[Instant | None, Field(description="until when")] = None
    act: Annotated[AnyAct | None, Field(description="the act; none for what time did")] = None


class UnitData(_Data):
    """A step on the way to a unit's predicate, without the predicate."""

    period: PeriodText
    unit: Unit


class PeriodData(_Data):
    """A period whose files are opened."""

    period: PeriodText
    kind: Annotated[str, Field(description="the kind of file")]


class OrganisationData(_Data):
    """Something about the organisation as a whole."""


class RuleData(_Data):
    """A rule of which the organisation has set something."""

    rule: Annotated[str, Field(description="the id of the rule")]


class PingData(BaseModel):
    """A trial; it comes from no stream."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    organisation: Organisation


AnyData = FileData | UnitData | PeriodData | OrganisationData | RuleData | PingData


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of the catalogue: its name without what all have in common, its data, its meaning."""

    short: str
    data: type[BaseModel]
    meaning: str

    @property
    def name(self) -> str:
        """The name as it is sent, and as an order names it."""
        return f"{PREFIX}{self.short}.v1"

    @property
    def schema_name(self) -> str:
        """The name of its data's JSON schema in docs/events.md."""
        return f"urn:siklus:schema:{self.short}:v1"


def _file(short: str, meaning: str) -> EventType:
    return EventType(f"file.{short}", FileData, meaning)


CATALOGUE: dict[EventKind, EventType] = {
    EventKind.FILE_OPENED: _file("opened", "a file was opened for somebody of the roster"),
    EventKind.PLAN_SUBMITTED: _file("plan_submitted", "the employee submitted the plan"),
    EventKind.PLAN_RETURNED: _file("plan_returned", "the plan went back to the employee"),
    EventKind.PLAN_AGREED: _file("plan_agreed", "the plan was agreed"),
    EventKind.REVISION_PROPOSED: _file("revision_proposed", "a new wording of the plan waits"),
    EventKind.REPORT_SUBMITTED: _file("report_submitted", "the employee reported"),
    EventKind.REPORT_RETURNED: _file("report_returned", "the report went back"),
    EventKind.SCORED: _file("scored", "the supervisor rated"),
    EventKind.FEEDBACK_GIVEN: _file("feedback_given", "the supervisor gave feedback"),
    EventKind.FEEDBACK_ANSWERED: _file("feedback_answered", "the employee answered the feedback"),
    EventKind.MEETING_RECORDED: _file("meeting_recorded", "the meeting was recorded"),
    EventKind.SIGNED: _file("signed", "somebody signed, see stage and awaits"),
    EventKind.DELIVERED: _file("delivered", "the result reached the employee"),
    EventKind.OBJECTED: _file("objected", "the employee objected"),
    EventKind.OBJECTION_DECIDED: _file("objection_decided", "the objection was decided"),
    EventKind.WITHDRAWN: _file("withdrawn", "the HR office took the file out of the cycle"),
    EventKind.BECAME_OVERDUE: _file("overdue", "a due date has passed"),
    EventKind.ESCALATED: _file("escalated", "somebody above was told of the delay"),
    EventKind.DELEGATED: _file("delegated", "the task passed to the superior"),
    EventKind.TURN_EXPIRED: _file("turn_expired", "a turn ran out of time"),
    EventKind.FILE_EXPIRED: _file("expired", "the file passed its horizon"),
    EventKind.GATE_OPENED: _file("gate_opened", "what the file waited for elsewhere is there"),
    EventKind.UNIT_PREDICATE_PROPOSED: EventType(
        "unit.predicate_proposed", UnitData, "the head of the unit proposed its predicate"
    ),
    EventKind.UNIT_PREDICATE_SET: EventType(
        "unit.predicate_set", UnitData, "the unit has a predicate"
    ),
    EventKind.UNIT_PREDICATE_CORRECTED: EventType(
        "unit.predicate_corrected", UnitData, "the unit's predicate was corrected"
    ),
    EventKind.ORGANISATION_IMPORTED: EventType(
        "organisation.imported", OrganisationData, "people, posts and holdings were imported"
    ),
    EventKind.PERIOD_OPENED: EventType("period.opened", PeriodData, "a period was opened"),
    EventKind.MANDATE_GRANTED: EventType(
        "mandate.granted", OrganisationData, "a mandate to appraise was granted or changed"
    ),
    EventKind.RULE_SET: EventType("rule.set", RuleData, "a rule was set for the organisation"),
}
PING = EventType("webhook.ping", PingData, "a trial sent by siklus webhook test")
TYPE_NAMES = frozenset(each.name for each in CATALOGUE.values())


class CloudEvent(BaseModel):
    """One event in the structured JSON mode of CloudEvents 1.0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: UUID | None = None
    time: Instant
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str
    data: AnyData

    def body(self) -> bytes:
        """The bytes that are signed and sent; the same event always has the same."""
        return self.model_dump_json(exclude_none=True).encode()


def event_id(stream: str, number: int) -> UUID:
    """The id of an event for others: the same however often and to whomever it is sent."""
    return uuid5(_EVENTS, f"{stream}#{number}")


def source_of(org: str) -> str:
    """Who says it: this organisation's Siklus."""
    return f"urn:siklus:{org}"
