"""The one judge of the whole record: what ``siklus check`` runs, and every test that needs a verdict.

It reads with the web's rights, a page of files at a time and each page as of one moment, so it can
run beside a working system and needs little memory however many files there are. It relies on the
domain (the same decider that made the record, which is what I8 is about) but on nothing that the
ledger believes.

What it cannot see: a record rewritten as a whole, from its first event on and with all its
commands, is consistent. Only what lies outside the database can contradict it, such as the log of
acknowledgements.
"""

import asyncio
from collections.abc import Callable, Iterable

import asyncpg
from temporalio.client import Client
from temporalio.service import RPCError

from audit.acknowledged import Acknowledged, check_acknowledged
from audit.calendar import CalendarCheck
from audit.file import FileCheck
from audit.history import History
from audit.organisation import OrganisationCheck
from audit.page import Calendars, Dossier, read_dossiers, read_pages
from audit.plan import Plans
from audit.report import Invariant, Report, Tallies, place
from audit.rules import RulesCheck
from audit.schedule import check_occurrences
from audit.unit import UnitCheck, UnitPredicates
from audit.workflow import check_workflows
from domain.working_calendar import WorkingCalendar
from schemas.identifier import (
    FileKey,
    UnitKey,
    calendar_stream,
    organisation_stream,
    rules_stream,
)
from storage.clock import load_clock
from storage.query import queries

OnProgress = Callable[[int, int], None]
_UNREACHABLE = "not checked: Temporal was not reachable"


def _silent(done: int, total: int) -> None:
    """Nobody watches."""


async def check(
    pool: "asyncpg.Pool[asyncpg.Record]",
    client: Client | None,
    org: str,
    calendar: WorkingCalendar,
    acknowledged: Iterable[Acknowledged] | None = None,
    on_progress: OnProgress = _silent,
) -> Report:
    """Check every invariant over the whole record of one organisation; writes nothing.

    Args:
        pool: the web's rights suffice; one connection is used at a time.
        client: None if Temporal is not reachable: the report says what was not checked then.
        org: the organisation.
        calendar: the calendar in force, to decide refused commands again.
        acknowledged: what people were told, from outside the database; see ``read_log``.
        on_progress: told how many of how many files have been checked.
    """
    tallies, calendars = Tallies(), Calendars()
    if acknowledged is None:
        tallies[Invariant.KEPT].notes.append("no log of acknowledgements was given")
    else:
        async with pool.acquire() as connection:
            await check_acknowledged(connection, acknowledged, tallies[Invariant.KEPT])
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        # Whoever is here knows that it is a demonstration: its clock is read, not set.
        clock = await load_clock(connection, is_demo=True)
        await calendars.load(connection)
        own_streams = [organisation_stream(org), rules_stream(org), calendar_stream(org)]
        [own, of_rules, of_calendar] = await read_dossiers(connection, own_streams)
        history, predicates, plans = History(), UnitPredicates(), Plans()
        await history.load(connection, org)
        total = await queries("audit").count_files(connection, org=org)
        for row in await queries("audit").read_stray_plans(connection, org=org):
            what = "a version of a plan without an agreement on that annual file"
            tallies[Invariant.FOLD].problem(what, place(row["stream"], row["number"]))
        await OrganisationCheck(history, calendar, calendars, tallies).check(connection, org, own)
        await check_occurrences(connection, org, own.read_at, tallies[Invariant.SCHEDULES])
        RulesCheck(history, calendar, calendars, tallies).check(of_rules)
        CalendarCheck(history, calendars, tallies).check(of_calendar)
    units = UnitCheck(history, predicates, calendar, calendars, tallies)
    files = FileCheck(history, predicates, plans, clock, calendar, calendars, tallies)
    done = 0
    async for page in read_pages(pool, org, calendars):
        async with pool.acquire() as connection:  # a page may speak of what came since the start
            await history.load(connection, org)
            await predicates.load(connection, org)
            streams = [dossier.stream for dossier in page]
            await plans.load(connection, org, streams, page[0].contexts.values())
        for dossier in page:
            if dossier.stream in own_streams:
                continue
            unit = UnitKey.of_stream(dossier.stream)
            if _is_file_of(dossier, org):
                files.check(dossier, is_running=client is not None)
            elif unit is not None and unit.org == org:
                units.check(dossier, unit)
            else:
                tallies[Invariant.CHAIN].problem("there is no such stream", dossier.stream)
            done += 1
            await asyncio.sleep(0)  # whoever runs beside this gets a turn after each file
        on_progress(done, max(total, done))
    files.finish(own.read_at, is_running=client is not None)
    await _check_workflows(pool, client, org, tallies)
    return Report(org=org, findings=tuple(tallies.findings()))


def _is_file_of(dossier: Dossier, org: str) -> bool:
    try:
        key = FileKey.of_stream(dossier.stream)
    except ValueError:
        return False
    return key is not None and key.org == org


async def _check_workflows(
    pool: "asyncpg.Pool[asyncpg.Record]", client: Client | None, org: str, tallies: Tallies
) -> None:
    tally = tallies[Invariant.WORKFLOWS]
    if client is None:
        tally.notes.append(_UNREACHABLE)
        return
    try:
        await check_workflows(pool, client, org, tally)
    except (RPCError, RuntimeError) as error:
        # A client that has never been connected raises the latter.
        why = error.status.name.lower() if isinstance(error, RPCError) else "it cannot be reached"
        tally.problem(f"Temporal does not answer: {why}", "Temporal")
