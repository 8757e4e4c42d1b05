"""Rosters: everybody of an opened period has a file or a reason, as the posts of that day say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from audit.chain import Link
from audit.history import History
from audit.page import Row
from audit.report import Tally
from audit.timing import OVERSLEPT
from domain.definition import definition
from domain.organisation import Organisation
from domain.process import Cadence, InvalidProcess, Process
from domain.roster import RosterRow, roster_row
from domain.rulebook import Rulebook
from schemas.code import EventKind, PersonKind
from schemas.identifier import FileKey
from schemas.period import Period
from storage.clock import Connection
from storage.ledger import parse_process
from storage.query import queries


class RosterCheck:
    """Judges the rosters of one organisation."""

    def __init__(
        self,
        known: Mapping[int, Organisation],
        newest: Organisation,
        history: History,
        tally: Tally,
    ) -> None:
        """``known`` is what was known of the organisation before each event of its stream."""
        self._history = history
        self._known = known
        self._newest = newest
        self._tally = tally

    async def check(
        self, connection: Connection, org: str, links: Sequence[Link], read_at: datetime
    ) -> None:
        """Every roster, and every file that is in none."""
        tally, q = self._tally, queries("audit")
        openings = _openings(links)
        periods = await q.read_periods(connection, org=org)
        for row in periods:
            opening = openings.pop((row["period"], row["kind"]), None)
            await self._check_roster(connection, org, row, opening, read_at)
        for link in openings.values():
            tally.problem("the period that it opened is not there", link.where)
        for row in await q.read_unlisted_files(connection, org=org):
            tally.problem("its period was never opened", row["stream"])

    async def _check_roster(
        self,
        connection: Connection,
        org: str,
        period: Row,
        opening: Link | None,
        read_at: datetime,
    ) -> None:
        tally, name = self._tally, f"roster {period['period']}/{period['kind']}"
        tally.count(period["included"] + period["excluded"])
        if opening is None or opening.event is None:
            tally.problem("no event says that it was opened", name)
            return
        said = opening.event.data
        counts = (period["included"], period["excluded"])
        if (said.get("included"), said.get("excluded")) != counts:
            what = f"{counts[0]} + {counts[1]} people, {said.get('included')} + {said.get('excluded')} when opened"
            tally.problem(what, name)
        if period["opened_at"] != opening.event.happened_at:
            tally.problem("opened at another instant than its event says", name)
        key = {"org": org, "period": period["period"], "kind": period["kind"]}
        if read_at - opening.row["recorded_at"] > OVERSLEPT or period["is_complete"]:
            await _check_files(connection, key, tally)
        process = _process(period["process"], period["period"], self._history.rules)
        if process is None or process.id != period["kind"]:
            tally.problem(f"opened with the unknown process {period['process']}", name)
            return
        at, recorded_at = period["opened_at"], opening.row["recorded_at"]
        possible = self._history.rules_in_force(at, recorded_at)
        if process.rules not in {rules.version for rules in possible}:
            tally.problem(f"opened with rules version {process.rules}, not in force", name)
        await self._check_people(connection, key, self._known[opening.number], process.cadence)

    async def _check_people(
        self,
        connection: Connection,
        key: dict[str, Any],
        known: Organisation,
        cadence: Cadence,
    ) -> None:
        """Freeze the roster again, by what was known then.

        Of an older version, posts and units alone are compared, of those who held one: who else
        was there, and of what kind, is not kept by version.
        """
        q, period = queries("audit"), Period.parse(key["period"])
        is_newest = known.version == self._newest.version
        rows = await q.read_roster(connection, **key)
        frozen = {row["person"]: RosterRow.model_validate(dict(row)) for row in rows}
        again = {
            p["id"]: roster_row(p["id"], PersonKind(p["kind"]), known, period, cadence)
            for p in await q.read_people(connection, org=key["org"])
            if is_newest or p["id"] in frozen or p["id"] in known.by_person
        }
        for person in sorted(again.keys() | frozen.keys()):
            now, then = again.get(person), frozen.get(person)
            is_same = now == then if is_newest else _place(now) == _place(then)
            if not is_same:
                what = f"the roster row of {person} is not what the posts say"
                self._tally.problem(what, f"roster {key['period']}/{key['kind']}")


def _process(text: str, period: str, rules: Rulebook) -> Process | None:
    try:
        return definition(parse_process(text), period, rules)
    except (InvalidProcess, ValueError):
        return None


def _place(row: RosterRow | None) -> tuple[str, str] | None:
    return None if row is None else (row.unit, row.post)


async def _check_files(connection: Connection, key: dict[str, Any], tally: Tally) -> None:
    for row in await queries("audit").read_roster_mismatches(connection, **key):
        file = FileKey(**key, person=row["person"])
        if row["file"] is None:
            tally.problem("in the roster, and without a file", file.stream)
        elif row["is_listed"]:
            tally.problem(f"left out ({row['excluded_because']}), and has a file", file.stream)
        else:
            tally.problem("not in the roster, and has a file", file.stream)


def _openings(links: Sequence[Link]) -> dict[tuple[Any, Any], Link]:
    """The event that froze each roster; a repeated order found it frozen."""
    found: dict[tuple[Any, Any], Link] = {}
    for link in links:
        if link.event is not None and link.event.kind is EventKind.PERIOD_OPENED:
            data = link.event.data
            found.setdefault((data.get("period"), data.get("kind")), link)
    return found
