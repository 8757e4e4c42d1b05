"""Events of the record as other systems are told of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from schemas.cloud_event import (
    CATALOGUE,
    PING,
    AnyData,
    CloudEvent,
    FileData,
    OrganisationData,
    PeriodData,
    PingData,
    RuleData,
    UnitData,
    event_id,
    source_of,
)
from schemas.event import Event
from schemas.identifier import FileKey, UnitKey
from storage.query import queries
from storage.read.row import Database


async def take_news(database: Database, page: int) -> int:
    """Make deliveries of the next events that nobody has looked at; how many events there were."""
    types = {kind.value: each.name for kind, each in CATALOGUE.items()}
    return int(
        await queries("webhook").take_news(
            database, kinds=list(types), types=list(types.values()), page=page
        )
    )


async def read_cloud_event(database: Database, stream: str, number: int) -> CloudEvent:
    """One event of the record for others; the same one always gives the same bytes.

    What a file's event says of the file is what its chain says up to there, not what it is now.

    Raises:
        LookupError: if there is no such event, or its kind is not in the catalogue.
    """
    rows = await queries("webhook").read_event(database, stream=stream, number=number)
    events = [Event.model_validate_json(row["canonical"]) for row in rows]
    if not events or events[-1].number != number or events[-1].kind not in CATALOGUE:
        raise LookupError(f"event {number} is not one that others are told of")
    event, type_ = events[-1], CATALOGUE[events[-1].kind]
    file = FileKey.of_stream(stream)
    return CloudEvent(
        id=event_id(stream, number),
        source=source_of(event.org),
        type=type_.name,
        subject=None if file is None else file.file_id,
        time=event.happened_at,
        dataschema=type_.schema_name,
        data=_data(events, file),
    )


def ping(org: str, id: UUID, at: datetime) -> CloudEvent:
    """A trial event."""
    return CloudEvent(
        id=id,
        source=source_of(org),
        type=PING.name,
        time=at,
        dataschema=PING.schema_name,
        data=PingData(organisation=org),
    )


def _data(events: list[Event], file: FileKey | None) -> AnyData:
    event = events[-1]
    base: dict[str, Any] = {"organisation": event.org, "number": event.number}
    if file is not None:
        return _file_data(events, file, base)
    unit, wanted = UnitKey.of_stream(event.stream), CATALOGUE[event.kind].data
    if unit is not None:
        return UnitData(**base, period=unit.period, unit=unit.unit)
    if wanted is PeriodData:
        return PeriodData(**base, period=str(event.data["period"]), kind=str(event.data["kind"]))
    if wanted is RuleData:
        return RuleData(**base, rule=str(event.data["rule"]))
    return OrganisationData(**base)


def _file_data(events: list[Event], file: FileKey, base: dict[str, Any]) -> FileData:
    event, state = events[-1], dict[str, Any]()
    for each in events:
        changed = each.data.get("set")
        state |= changed if isinstance(changed, dict) else {}
    return FileData(
        **base,
        period=file.period,
        kind=file.kind,
        unit=state["unit"],
        version=state["version"],
        stage_from=event.stage_from,
        stage=state["stage"],
        awaits=state["awaits"],
        due_at=state["due_at"],
        act=event.act,
    )
