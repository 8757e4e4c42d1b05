"""The organisation's own stream: its chain, its acts decided again, and the rosters they froze."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from audit.authority import Era
from audit.chain import ChainCheck, Link
from audit.once import check_commands
from audit.page import Calendars, Dossier, Row
from audit.recompute import is_as_received
from audit.report import Invariant, Tallies, Tally
from audit.timing import OVERSLEPT
from domain.organisation import Organisation
from domain.organisation_file import to_posts_and_holdings
from domain.process import MONTHLY
from domain.roster import RosterRow, roster_row
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind, PersonKind
from schemas.cycle import Outcome
from schemas.event import Event, EventCapacity
from schemas.identifier import FileKey
from schemas.organisation import Seat
from schemas.period import Period, PeriodKind
from storage.chain import event_bytes
from storage.clock import Connection
from storage.organisation import read_organisation
from storage.organisation_ledger import ImportOrganisation
from storage.query import queries

# How long an act on a file may have been at work when another organisation file came in.
_OVERLAP = timedelta(seconds=30)
_KINDS = {
    "import_organisation": EventKind.ORGANISATION_IMPORTED,
    "open_period": EventKind.PERIOD_OPENED,
}


async def present_era(connection: Connection, org: str, dossier: Dossier) -> Era:
    """The organisation as its rows say now, and since when they have said so."""
    imports = [e for e in dossier.events if e["kind"] == EventKind.ORGANISATION_IMPORTED]
    since = imports[-1]["recorded_at"] if imports else None
    if since is not None and len(imports) > 1:
        since += _OVERLAP
    return Era(await read_organisation(connection, org), since)


class OrganisationCheck:
    """Judges one organisation's stream and rosters."""

    def __init__(
        self,
        era: Era,
        calendar: WorkingCalendar,
        calendars: Calendars,
        tallies: Tallies,
    ) -> None:
        self._era = era
        self._calendar = calendar
        self._tallies = tallies
        self._chain = ChainCheck(calendars, tallies[Invariant.CHAIN])

    async def check(self, connection: Connection, org: str, dossier: Dossier) -> None:
        """The chain, its commands, the rows of the last import, and every roster."""
        links = self._chain.follow(dossier.stream, dossier.events, {})
        check_commands(dossier, links, self._tallies[Invariant.ONCE])
        for row in dossier.commands:
            self._check_command(dossier, row)
        for link in links:
            self._check_event(dossier, link)
        await self._check_rows(connection, org, links)
        await self._check_rosters(connection, org, links, dossier)
        for row in await queries("audit").read_repeated_files(connection, org=org):
            what = f"{row['files']} files of {row['period']}/{row['kind']}"
            self._tallies[Invariant.ONCE].problem(what, f"person {row['person']}")

    def _check_command(self, dossier: Dossier, row: Row) -> None:
        self._tallies[Invariant.KEPT].count()
        self._tallies[Invariant.RECOMPUTED].count()
        where = f"command {row['id']}"
        if not is_as_received(row):
            what = "it is not the request that was received"
            self._tallies[Invariant.RECOMPUTED].problem(what, where)
        if row["outcome"] is None and dossier.read_at - row["stored_at"] > OVERSLEPT:
            what = "it was stored and is still undecided"
            self._tallies[Invariant.KEPT].problem(what, where)

    def _check_event(self, dossier: Dossier, link: Link) -> None:
        """Write the event again from its command and outcome, and authorise its actor again."""
        event = link.event
        command = dossier.command(event.command_id) if event is not None else None
        if event is None or not link.is_intact or command is None or command["outcome"] is None:
            return
        self._tallies[Invariant.RECOMPUTED].count()
        outcome = Outcome.model_validate(command["outcome"])
        again = event.model_dump() | {
            "kind": _KINDS.get(command["act"]),
            "act": command["act"],
            "actor": command["actor"],
            "via": command["via"],
            "os_user": command["os_user"],
            "happened_at": command["received_at"],
            "cause": f"act:{command['act']}",
            "data": dict(outcome.data),
        }
        if not _is_same(again, link):
            what = "written again from its command and outcome it differs"
            self._tallies[Invariant.RECOMPUTED].problem(what, link.where)
        if event.actor is not None and self._era.covers(link.row["recorded_at"]):
            self._check_seat(event, link)

    def _check_seat(self, event: Event, link: Link) -> None:
        assert event.actor is not None, "asked about events with an actor"  # noqa: S101
        self._tallies[Invariant.AUTHORITY].count()
        on = self._calendar.local_date(event.happened_at)
        seat = self._era.organisation.hr_seat(event.actor, on)
        if seat is None or _capacity(seat) != event.capacity:
            what = f"{event.actor} did not act from a post of the HR office"
            self._tallies[Invariant.AUTHORITY].problem(what, link.where)

    async def _check_rows(self, connection: Connection, org: str, links: Sequence[Link]) -> None:
        """Posts and holdings must be those of the last organisation file, as long as it is kept."""
        tally = self._tallies[Invariant.AUTHORITY]
        last = next((x for x in reversed(links) if _is(x, EventKind.ORGANISATION_IMPORTED)), None)
        if last is None:
            return
        body = await queries("audit").read_import_body(
            connection, stream=last.row["stream"], number=last.number
        )
        if body is None:
            tally.notes.append("the last organisation file is not kept")
            return
        try:
            order = ImportOrganisation.model_validate_json(body)
        except ValidationError:
            return  # its content was changed: the chain (I6) says so
        people = await queries("audit").read_people(connection, org=org)
        ids = {row["identity_number"]: row["id"] for row in people}
        tally.count(len(order.rows))
        if any(row.identity_number not in ids for row in order.rows):
            tally.problem("people of the last organisation file are not there", last.where)
            return
        posts, holdings = to_posts_and_holdings(order.rows, ids)
        _compare(
            "posts", Organisation.of(posts, ()).posts, self._era.organisation.posts, tally, last
        )
        by_post = Organisation.of((), holdings).by_post
        _compare("holdings", by_post, self._era.organisation.by_post, tally, last)

    async def _check_rosters(
        self, connection: Connection, org: str, links: Sequence[Link], dossier: Dossier
    ) -> None:
        tally, q = self._tallies[Invariant.ROSTER], queries("audit")
        openings = _openings(links)
        periods = await q.read_periods(connection, org=org)
        for row in periods:
            opening = openings.pop((row["period"], row["kind"]), None)
            await self._check_roster(connection, org, row, opening, dossier)
        for link in openings.values():
            tally.problem("the period that it opened is not there", link.where)
        for row in await q.read_unlisted_files(connection, org=org):
            tally.problem("its period was never opened", row["stream"])

    async def _check_roster(
        self, connection: Connection, org: str, period: Row, opening: Link | None, dossier: Dossier
    ) -> None:
        tally, name = self._tallies[Invariant.ROSTER], f"roster {period['period']}/{period['kind']}"
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
        if period["process"] != str(MONTHLY):
            tally.problem(f"opened with the unknown process {period['process']}", name)
        key = {"org": org, "period": period["period"], "kind": period["kind"]}
        if dossier.read_at - opening.row["recorded_at"] > OVERSLEPT or period["is_complete"]:
            await _check_files(connection, key, tally)
        if self._era.covers(opening.row["recorded_at"]):
            await self._check_people(connection, key, tally)

    async def _check_people(
        self, connection: Connection, key: dict[str, Any], tally: Tally
    ) -> None:
        """Freeze the roster again: the organisation has not been changed since."""
        q, period = queries("audit"), Period.parse(key["period"])
        people = await q.read_people(connection, org=key["org"])
        again = {
            p["id"]: roster_row(p["id"], PersonKind(p["kind"]), self._era.organisation, period)
            for p in people
        }
        rows = await q.read_roster(connection, **key)
        frozen = {row["person"]: RosterRow.model_validate(dict(row)) for row in rows}
        for person in sorted(again.keys() | frozen.keys()):
            if again.get(person) != frozen.get(person):
                what = f"the roster row of {person} is not what the posts say"
                tally.problem(what, f"roster {key['period']}/{key['kind']}")


async def _check_files(connection: Connection, key: dict[str, Any], tally: Tally) -> None:
    for row in await queries("audit").read_roster_mismatches(connection, **key):
        kind = PeriodKind(key["kind"])
        file = FileKey(org=key["org"], period=key["period"], kind=kind, person=row["person"])
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
        if link.event is not None and _is(link, EventKind.PERIOD_OPENED):
            data = link.event.data
            found.setdefault((data.get("period"), data.get("kind")), link)
    return found


def _is(link: Link, kind: EventKind) -> bool:
    return link.event is not None and link.event.kind is kind


def _capacity(seat: Seat) -> EventCapacity:
    return EventCapacity(post=seat.post, capacity=seat.capacity, decree=seat.decree)


def _is_same(again: dict[str, Any], link: Link) -> bool:
    try:
        written = event_bytes(Event.model_validate(again))
    except ValidationError:
        return False
    return written == bytes(link.row["canonical"])


def _compare(
    what: str,
    wanted: Mapping[str, Sequence[Any]],
    found: Mapping[str, Sequence[Any]],
    tally: Tally,
    last: Link,
) -> None:
    for post in sorted(wanted.keys() | found.keys()):
        if set(wanted.get(post, ())) != set(found.get(post, ())):
            problem = f"{what} of {post!r} are not those of the last organisation file"
            tally.problem(problem, last.where)
