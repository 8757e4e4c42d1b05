"""The ledger of the organisation's own stream: imports of people and posts, and opened periods."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, JsonValue

from domain.organisation_check import Numbered, check
from domain.organisation_file import to_posts_and_holdings
from domain.process import MONTHLY, load
from domain.roster import RosterRow, has_passed, roster_row
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind, OrganisationAct, PersonKind
from schemas.command import StoredCommand
from schemas.cycle import Outcome, Verdict
from schemas.error import ErrorType, Refusal
from schemas.event import Event, EventCapacity
from schemas.organisation import HoldingRow, Seat
from schemas.period import Period, PeriodKind
from storage.chain import genesis
from storage.clock import Connection
from storage.ledger import stored_command
from storage.organisation import OrganisationCache
from storage.query import queries
from storage.record import Head, Record

Counts = dict[str, int | str]


class ImportOrganisation(BaseModel):
    """The whole organisation, as a checked file says it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: tuple[HoldingRow, ...]


class OpenPeriod(BaseModel):
    """The order to freeze a period's roster and open its files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    period: str
    kind: PeriodKind


class OrganisationLedger:
    """Decides the acts on an organisation's stream, one transaction each."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._calendar = calendar
        self._organisations = OrganisationCache()

    async def decide(self, connection: Connection, command_id: UUID) -> Outcome:
        """Carry out one stored command, at most once, and return its outcome.

        Raises:
            LookupError: for a command that nobody stored.
        """
        q = queries("organisation")
        row = await q.read_command(connection, id=command_id)
        if row is None:
            raise LookupError(f"command {command_id} was never stored")
        await queries("ledger").lock_stream(connection, stream=row["stream"])
        row = await q.read_command(connection, id=command_id)
        if row["outcome"] is not None:
            return Outcome.model_validate(row["outcome"])
        command = stored_command(row)
        record = Record()
        outcome = await self._carry_out(connection, command, record)
        record.settle(command.id, outcome)
        await record.write(connection)
        return outcome

    async def _carry_out(
        self, connection: Connection, command: StoredCommand, record: Record
    ) -> Outcome:
        org = command.stream.partition("/")[2]
        seat = await self._seat(connection, org, command)
        if isinstance(seat, Refusal):
            return Outcome(verdict=Verdict.REFUSED, refusal=seat)
        act = OrganisationAct(command.act)
        done: Counts | Refusal
        if act is OrganisationAct.IMPORT_ORGANISATION:
            order = ImportOrganisation.model_validate(command.body)
            done = _contradiction(order) or await _import(connection, org, order)
            kind = EventKind.ORGANISATION_IMPORTED
        else:
            done = await self._open(connection, org, command)
            kind = EventKind.PERIOD_OPENED
        if isinstance(done, Refusal):
            return Outcome(verdict=Verdict.REFUSED, refusal=done)
        await _append_event(connection, org, command, seat, kind, done, record)
        return Outcome(verdict=Verdict.ACCEPTED, data=done)

    async def _seat(
        self, connection: Connection, org: str, command: StoredCommand
    ) -> Seat | Refusal | None:
        """The actor's seat in the HR office; none where the administrator of the machine acts.

        The operating system's user is in the event then. A named actor must sit in the HR office.
        """
        if command.actor is None:
            return None
        organisation = await self._organisations.current(connection, org)
        on = self._calendar.local_date(command.received_at)
        seat = organisation.hr_seat(command.actor, on)
        params: dict[str, str | int] = {"act": str(command.act)}
        return seat or Refusal(type=ErrorType.NOT_AUTHORISED, rule="act.role", params=params)

    async def _open(
        self, connection: Connection, org: str, command: StoredCommand
    ) -> Counts | Refusal:
        """Freeze the roster of a period, once; a repeated order finds it frozen."""
        q, order = queries("organisation"), OpenPeriod.model_validate(command.body)
        period, process = Period.parse(order.period), load(MONTHLY)
        if has_passed(process, period, command.received_at, self._calendar):
            return Refusal(
                type=ErrorType.DEADLINE_PASSED,
                rule="period.passed",
                field="period",
                params={"period": order.period},
            )
        key = {"org": org, "period": order.period, "kind": order.kind.value}
        is_new = await q.insert_period_run(
            connection, **key, process=str(process.key), opened_at=command.received_at
        )
        if is_new:
            rows = await self._roster(connection, org, period)
            if not any(r.excluded_because is None for r in rows):
                return Refusal(
                    type=ErrorType.INVALID,
                    rule="period.nobody",
                    field="period",
                    params={"period": order.period},
                )
            await _insert_roster(connection, key, rows)
        counts = await q.count_roster(connection, **key)
        return {**key, "included": counts["included"], "excluded": counts["excluded"]}

    async def _roster(self, connection: Connection, org: str, period: Period) -> list[RosterRow]:
        organisation = await self._organisations.current(connection, org)
        people = await queries("organisation").read_people(connection, org=org)
        return [roster_row(p["id"], PersonKind(p["kind"]), organisation, period) for p in people]


async def _insert_roster(
    connection: Connection, key: dict[str, str], rows: Sequence[RosterRow]
) -> None:
    await queries("organisation").insert_roster(
        connection,
        **key,
        people=[r.person for r in rows],
        units=[r.unit for r in rows],
        posts=[r.post for r in rows],
        reasons=[r.excluded_because for r in rows],
    )


def _contradiction(order: ImportOrganisation) -> Refusal | None:
    """The first rule that the rows break together, whoever sent them and however.

    The command line checks a file before it sends it; the ledger does not rely on that.
    """
    rows = [Numbered(number, row) for number, row in enumerate(order.rows, start=2)]
    problem = next(iter(check(rows, frozenset(), is_whole=True)), None)
    if problem is None:
        return None
    params: dict[str, str | int] = {"row": problem.row, "column": problem.column}
    return Refusal(
        type=ErrorType.INVALID, rule="organisation.contradiction", field="rows", params=params
    )


async def _import(connection: Connection, org: str, order: ImportOrganisation) -> Counts:
    """Replace posts and holdings by those of the file; people keep their ids, mandates stay."""
    q = queries("organisation")
    people = {r.identity_number: r for r in order.rows}
    kept = await q.upsert_people(
        connection,
        org=org,
        ids=[uuid4() for _ in people],
        numbers=list(people),
        names=[r.name for r in people.values()],
        kinds=[r.kind for r in people.values()],
    )
    ids = {r["identity_number"]: r["id"] for r in kept}
    posts, holdings = to_posts_and_holdings(order.rows, ids)
    await q.clear_holdings(connection, org=org)
    await q.clear_posts(connection, org=org)
    await q.insert_posts(
        connection,
        org=org,
        **_columns(
            posts,
            ids="id",
            units="unit",
            superiors="superior",
            levels="level",
            offices="office",
            froms="from_on",
            tos="to_on",
        ),
    )
    await q.insert_holdings(
        connection,
        org=org,
        **_columns(
            holdings,
            people="person",
            posts="post",
            capacities="capacity",
            decrees="decree",
            froms="from_on",
            tos="to_on",
        ),
    )
    await q.raise_version(connection, org=org)
    return {"people": len(people), "posts": len(posts), "holdings": len(holdings)}


def _columns(rows: Sequence[Any], **names: str) -> dict[str, list[Any]]:
    return {column: [getattr(r, name) for r in rows] for column, name in names.items()}


async def _append_event(
    connection: Connection,
    org: str,
    command: StoredCommand,
    seat: Seat | None,
    kind: EventKind,
    done: Counts,
    record: Record,
) -> None:
    last = await queries("ledger").read_head(connection, stream=command.stream)
    head = Head(last["number"], last["hash"]) if last else Head(-1, genesis(command.stream))
    data: dict[str, JsonValue] = dict(done)
    event = Event(
        org=org,
        stream=command.stream,
        number=0,
        previous="",
        kind=kind,
        act=command.act,
        command_id=command.id,
        actor=command.actor,
        capacity=EventCapacity(post=seat.post, capacity=seat.capacity, decree=seat.decree)
        if seat
        else None,
        via=command.via,
        os_user=command.os_user,
        happened_at=command.received_at,
        cause=f"act:{command.act}",
        data=data,
    )
    record.append(event, command.body, head)
