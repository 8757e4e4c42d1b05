"""What each act on the organisation demands and writes: one function an act, for its ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from domain.organisation_check import Numbered, check
from domain.organisation_file import to_posts_and_holdings
from domain.process import Cadence, kinds, load
from domain.roster import RosterRow, has_passed, roster_row
from domain.working_calendar import WorkingCalendar
from schemas.code import PersonKind
from schemas.command import GrantMandate, ImportOrganisation, OpenPeriod
from schemas.error import ErrorType, Refusal
from schemas.organisation import Holding, Post
from schemas.period import Period
from storage.clock import Connection
from storage.organisation import read_organisation
from storage.query import queries
from storage.stream import Data


def _invalid(field: str, rule: str, **params: str | int) -> Refusal:
    return Refusal(type=ErrorType.INVALID, rule=rule, field=field, params=params)


async def import_organisation(
    connection: Connection, org: str, order: ImportOrganisation, at: datetime
) -> Data | Refusal:
    """From ``at`` on posts and holdings are those of the file; people keep their ids.

    Mandates stay, and what was known before stays on record under its version.
    """
    if refusal := _contradiction(order):
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
    await q.replace_holdings(
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


def _contradiction(order: ImportOrganisation) -> Refusal | None:
    """The first rule that the rows break together, whoever sent them and however.

    The command line checks a file before it sends it; the ledger does not rely on that.
    """
    rows = [Numbered(number, row) for number, row in enumerate(order.rows, start=2)]
    problem = next(iter(check(rows, frozenset(), is_whole=True)), None)
    if problem is None:
        return None
    return _invalid("rows", "organisation.contradiction", row=problem.row, column=problem.column)


def _columns(rows: Sequence[Any], **names: str) -> dict[str, list[Any]]:
    return {column: [getattr(r, name) for r in rows] for column, name in names.items()}


async def open_period(
    connection: Connection, org: str, order: OpenPeriod, at: datetime, calendar: WorkingCalendar
) -> Data | Refusal:
    """Freeze the roster of a period, once; a repeated order finds it frozen.

    Nothing is frozen while nobody is to be evaluated: the order can be given again.
    """
    q, period = queries("organisation"), Period.parse(order.period)
    if order.kind not in kinds():
        return _invalid("kind", "period.kind", kinds=", ".join(sorted(kinds())))
    process = load(kinds()[order.kind])
    if period.months != process.cadence.months:
        example = Period.containing(period.starts_on, process.cadence.months)
        return _invalid("period", "period.cadence", kind=order.kind, example=str(example))
    key = {"org": org, "period": order.period, "kind": order.kind}
    if has_passed(process, period, at, calendar):
        return Refusal(
            type=ErrorType.DEADLINE_PASSED,
            rule="period.passed",
            field="period",
            params={"period": order.period},
        )
    counts = await q.count_roster(connection, **key)
    if not counts["included"]:
        rows = await _roster(connection, org, period, process.cadence)
        if not any(r.excluded_because is None for r in rows):
            return _invalid("period", "period.nobody", period=order.period)
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
    connection: Connection, org: str, period: Period, cadence: Cadence
) -> list[RosterRow]:
    organisation = await read_organisation(connection, org)
    people = await queries("organisation").read_people(connection, org=org)
    return [
        roster_row(p["id"], PersonKind(p["kind"]), organisation, period, cadence) for p in people
    ]


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
    connection: Connection, org: str, order: GrantMandate, at: datetime
) -> Data | Refusal:
    """From ``at`` on the mandate is known; it authorises on the days it names."""
    q, mandate = queries("organisation"), order.mandate
    if mandate.to_on is not None and mandate.to_on < mandate.from_on:
        return _invalid("mandate.to_on", "mandate.ends_first")
    if not await q.knows_person(connection, org=org, id=mandate.person):
        return _invalid("mandate.person", "mandate.person")
    organisation = await read_organisation(connection, org)
    if organisation.post(mandate.post, mandate.from_on) is None:
        return _invalid("mandate.post", "mandate.post", on=str(mandate.from_on))
    version = await q.raise_version(connection, org=org, since=at)
    await q.replace_mandate(connection, org=org, version=version, **mandate.model_dump())
    return {"mandates": 1}
