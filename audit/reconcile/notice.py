"""Notices that events should have left and did not: found by deciding again, and written again."""

from collections.abc import Sequence

import asyncpg

from audit.authority import ContextCheck
from audit.chain import ChainCheck
from audit.fold import fold
from audit.history import History
from audit.once import wanted_notices
from audit.page import Calendars, Dossier, read_dossiers
from audit.plan import Plans
from audit.recompute import RecomputeCheck
from audit.report import Invariant, Tally, place
from audit.unit import UnitPredicates
from domain.decision import Fact
from schemas.upkeep import Disagreement, Finding
from storage.clock import Connection
from storage.query import queries

PAGE = 50
DONE = "written again, and delivered to the inbox"


async def find_notices(
    pool: "asyncpg.Pool[asyncpg.Record]", org: str, *, is_dry_run: bool
) -> list[Finding]:
    """Every notice that is missing, or in no inbox; written again unless nothing is to change.

    Events that usually leave a notice and have none are decided again; what that tells is right.
    A notice that is there is never written twice: its once-key is unique.
    """
    found: list[Finding] = []
    after, judge = "", _Judge(org)
    while True:
        async with pool.acquire() as connection:
            rows = await queries("reconcile").read_untold(
                connection, org=org, after=after, page=PAGE
            )
            if not rows:
                break
            streams = [row["stream"] for row in rows]
            for dossier in await judge.load(connection, streams):
                found += await _missing(connection, org, dossier, judge, is_dry_run=is_dry_run)
        after = streams[-1]
    for row in await queries("reconcile").read_undelivered(pool, org=org):
        if not is_dry_run:
            await queries("reconcile").deliver(pool, id=row["id"])
        what = f"notice {row['topic']} is in no inbox"
        done = None if is_dry_run else "delivered to the inbox"
        found.append(_finding(row["stream"], row["number"], what, done))
    return found


def _finding(stream: str, number: int, what: str, done: str | None) -> Finding:
    where = place(stream, number)
    return Finding(kind=Disagreement.MISSING_NOTICE, where=where, what=what, done=done)


async def _missing(
    connection: Connection, org: str, dossier: Dossier, judge: "_Judge", *, is_dry_run: bool
) -> list[Finding]:
    known, found = {row["once_key"] for row in dossier.notices}, []
    for fact, number in judge.facts(dossier):
        for topic, recipient, once_key, at in wanted_notices(fact, number):
            if once_key in known:
                continue
            done = None
            if not is_dry_run:
                await queries("reconcile").write_notice(
                    connection,
                    org=org,
                    stream=dossier.stream,
                    number=number,
                    topic=topic,
                    recipient=recipient,
                    once_key=once_key,
                    created_at=at,
                )
                done = DONE
            what = f"notice {topic} was never written"
            found.append(_finding(dossier.stream, number, what, done))
    return found


class _Judge:
    """Decides files again for the sake of their notices."""

    def __init__(self, org: str) -> None:
        self._org = org
        self._calendars, self._history = Calendars(), History()
        self._predicates, self._plans = UnitPredicates(), Plans()
        self._chain = ChainCheck(self._calendars, Tally(Invariant.CHAIN))
        contexts = ContextCheck(
            self._history,
            self._predicates,
            self._plans,
            self._calendars,
            Tally(Invariant.AUTHORITY),
        )
        tally = Tally(Invariant.RECOMPUTED)
        self._again = RecomputeCheck(self._calendars, contexts, tally)

    async def load(self, connection: Connection, streams: Sequence[str]) -> list[Dossier]:
        """Everything about these streams, as of one moment, and what they were decided by."""
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await self._calendars.load(connection)
            await self._history.load(connection, self._org)
            await self._predicates.load(connection, self._org)
            dossiers = await read_dossiers(connection, streams)
            contexts = dossiers[0].contexts.values()
            await self._plans.load(connection, self._org, streams, contexts)
        return dossiers

    def facts(self, dossier: Dossier) -> list[tuple[Fact, int]]:
        """The facts of a file whose events come out the same, each with its event's number."""
        links = self._chain.follow(dossier.stream, dossier.events, dossier.contexts)
        moments, _ = fold(links, Tally(Invariant.CHAIN))
        told = _Told()
        self._again.check(dossier, moments, told)
        return told.facts


class _Told:
    """Collects what deciding again has shown to be right."""

    def __init__(self) -> None:
        self.facts: list[tuple[Fact, int]] = []

    def due(self, fact: Fact, number: int) -> None:
        """Keep one fact."""
        self.facts.append((fact, number))
