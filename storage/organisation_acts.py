"""What each act on the organisation demands and writes: one function an act, for its ledger."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from domain.definition import definition
from domain.movement import move
from domain.organisation import Organisation
from domain.organisation_act import (
    invalid,
    opened_with,
    refuse_changes,
    refuse_import,
    refuse_mandate,
    refuse_opening,
    refuse_unknown,
)
from domain.organisation_file import to_posts_and_holdings
from domain.process import Cadence
from domain.roster import RosterRow, roster_row
from domain.working_calendar import WorkingCalendar
from schemas.code import Change, PersonKind
from schemas.error import Refusal
from schemas.order_body import ApplyChanges, GrantMandate, ImportOrganisation, OpenPeriod
from schemas.organisation import Holding, Post
from schemas.period import Period
from storage.clock import Connection
from storage.query import queries
from storage.stream import Data


async def import_organisation(
    connection: Connection, org: str, order: ImportOrganisation, at: datetime
) -> Data | Refusal:
    """From ``at`` on posts and holdings are those of the file; people keep their ids.

    Mandates stay, and what was known before stays on record under its version.
    """
    if refusal := refuse_import(order):
        return refusal
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
    version = await q.raise_version(connection, org=org, since=at)
    await replace_rows(connection, org, version, posts, holdings)
    return {"people": len(people), "posts": len(posts), "holdings": len(holdings)}


async def apply_changes(
    connection: Connection,
    org: str,
    order: ApplyChanges,
    at: datetime,
    known: Organisation,
    today: date,
) -> Data | Refusal:
    """From ``at`` on holdings and absences are those that the changes make of what is known.

    Mail to whoever has died is taken back.
    """
    q, moved = queries("organisation"), move(known, order.changes, today)
    if refusal := refuse_changes(moved):
        return refusal
    people = {change.person for change in order.changes}
    found = {r["id"] for r in await q.known_of(connection, org=org, ids=list(people))}
    if refusal := refuse_unknown(order, found):
        return refusal
    made = moved.result()
    version = await q.raise_version(connection, org=org, since=at)
    await _replace_holdings(connection, org, version, list(made.holdings()))
    await q.replace_absences(
        connection,
        org=org,
        version=version,
        **_columns(
            [absence for found in made.absences.values() for absence in found],
            people="person",
            kinds="kind",
            decrees="decree",
            froms="from_on",
            tos="to_on",
        ),
    )
    dead = [change.person for change in order.changes if change.change is Change.DEATH]
    if dead:
        await queries("mail").take_back(connection, org=org, people=dead)
    return {"changes": len(order.changes), "people": len(people)}


async def replace_rows(
    connection: Connection,
    org: str,
    version: int,
    posts: Sequence[Post],
    holdings: Sequence[Holding],
) -> None:
    """From this version on these are the posts and holdings of the organisation."""
    q = queries("organisation")
    await q.replace_posts(
        connection,
        org=org,
        version=version,
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
    await _replace_holdings(connection, org, version, holdings)


async def _replace_holdings(
    connection: Connection, org: str, version: int, holdings: Sequence[Holding]
) -> None:
    await queries("organisation").replace_holdings(
        connection,
        org=org,
        version=version,
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


def _columns(rows: Sequence[Any], **names: str) -> dict[str, list[Any]]:
    return {column: [getattr(r, name) for r in rows] for column, name in names.items()}


async def open_period(
    connection: Connection,
    org: str,
    order: OpenPeriod,
    at: datetime,
    known: Organisation,
    calendar: WorkingCalendar,
) -> Data | Refusal:
    """Freeze the roster of a period, once; a repeated order finds it frozen.

    Nothing is frozen while nobody is to be evaluated: the order can be given again. Its files go
    by the rules that are known when it is opened, all of them alike.
    """
    rules = known.rules.at(at)
    if refusal := refuse_opening(order, at, calendar, rules):
        return refusal
    q, period = queries("organisation"), Period.parse(order.period)
    process = definition(opened_with(order, rules), order.period, rules)
    key = {"org": org, "period": order.period, "kind": order.kind}
    counts = await q.count_roster(connection, **key)
    if not counts["included"]:
        rows = await _roster(connection, org, known, period, process.cadence)
        if not any(r.excluded_because is None for r in rows):
            return invalid("period", "period.nobody", period=order.period)
        await q.insert_period_run(connection, **key, process=str(process.key), opened_at=at)
        await _insert_roster(connection, key, rows)
        counts = await q.count_roster(connection, **key)
    provisional = {
        y for y in (period.year, period.month_after(1).year) if calendar.is_provisional(y)
    }
    return {
        **key,
        "included": counts["included"],
        "excluded": counts["excluded"],
        **({"provisional": min(provisional)} if provisional else {}),
    }


async def _roster(
    connection: Connection, org: str, known: Organisation, period: Period, cadence: Cadence
) -> list[RosterRow]:
    people = await queries("organisation").read_people(connection, org=org)
    return [roster_row(p["id"], PersonKind(p["kind"]), known, period, cadence) for p in people]


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


async def grant_mandate(
    connection: Connection, org: str, order: GrantMandate, at: datetime, known: Organisation
) -> Data | Refusal:
    """From ``at`` on the mandate is known; it authorises on the days it names."""
    if refusal := refuse_mandate(order, known):
        return refusal
    q, mandate = queries("organisation"), order.mandate
    if not await q.knows_person(connection, org=org, id=mandate.person):
        return invalid("mandate.person", "mandate.person")
    version = await q.raise_version(connection, org=org, since=at)
    await q.replace_mandate(connection, org=org, version=version, **mandate.model_dump())
    return {"mandates": 1}
