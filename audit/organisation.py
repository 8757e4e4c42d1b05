"""The organisation's own stream: its chain, its acts decided again, and the rosters they froze."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from audit.chain import ChainCheck, Link
from audit.closing import Periods, check_closings, read_closings
from audit.contact import check_contacts
from audit.history import History
from audit.page import Calendars, Dossier, read_command
from audit.refused_order import refused_again
from audit.report import Invariant, Tallies, Tally
from audit.roster import RosterCheck
from audit.stream import (
    check_event,
    check_own,
    check_refusal,
    check_seat,
    follow_stream,
    made_before,
)
from audit.webhook import WebhookCheck, is_about_webhooks
from domain import webhook
from domain.movement import move
from domain.organisation import Organisation
from domain.organisation_act import PERSONAL
from domain.organisation_file import to_posts_and_holdings
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind
from schemas.order_body import ApplyChanges, GrantMandate, ImportOrganisation
from schemas.organisation import Mandate
from storage.clock import Connection
from storage.organisation import Version
from storage.organisation_ledger import KINDS
from storage.query import queries

_KINDS = KINDS | webhook.KINDS
# The acts that make another version of the organisation.
RAISING = (
    EventKind.ORGANISATION_IMPORTED,
    EventKind.MANDATE_GRANTED,
    EventKind.CHANGES_APPLIED,
)


class OrganisationCheck:
    """Judges one organisation's stream and rosters."""

    def __init__(
        self,
        history: History,
        calendar: WorkingCalendar,
        calendars: Calendars,
        tallies: Tallies,
    ) -> None:
        self._history = history
        self._calendar = calendar
        self._tallies = tallies
        self._chain = ChainCheck(calendars, tallies[Invariant.CHAIN])

    async def check(self, connection: Connection, org: str, dossier: Dossier) -> None:
        """The chain, its commands, every version of the rows, and every roster."""
        links = follow_stream(dossier, self._chain, self._tallies)
        webhooks = WebhookCheck(self._calendar, self._tallies)
        known, versions = Organisation.of((), ()), list(self._history.versions)
        known_before: dict[int, Organisation] = {}
        known_after: list[tuple[Link, Organisation]] = []
        for link in links:
            known_before[link.number] = known
            self._check_event(dossier, link, known)
            webhooks.follow(dossier, link, known)
            if link.event is not None and link.event.kind in RAISING and versions:
                known = await self._check_version(connection, org, link, versions.pop(0), known)
                known_after.append((link, known))
        for version in versions:
            what = "no event says where this version of the organisation comes from"
            self._tallies[Invariant.AUTHORITY].problem(what, f"version {version.number}")
        periods = await read_closings(connection, org, dossier.commands)
        await self._check_refusals(connection, org, dossier, known_after, periods)
        await check_closings(connection, org, periods, links, self._tallies[Invariant.CLOSED])
        webhooks.check_refusals(dossier, known_after)
        rows = await queries("webhook").audit_webhooks(connection, org=org)
        webhooks.check_rows(rows, dossier.stream)
        rosters = RosterCheck(known_before, known, self._history, self._tallies[Invariant.ROSTER])
        await rosters.check(connection, org, links, dossier.read_at)
        await check_contacts(connection, org, links, self._tallies)
        for row in await queries("audit").read_repeated_files(connection, org=org):
            what = f"{row['files']} files of {row['period']}/{row['kind']}"
            self._tallies[Invariant.ONCE].problem(what, f"person {row['person']}")

    def _check_event(self, dossier: Dossier, link: Link, known: Organisation) -> None:
        event = check_event(dossier, link, _KINDS, self._tallies)
        if event is None or event.actor is None:
            return
        if event.act in PERSONAL:
            check_own(event, link, self._tallies)
            return
        seat = known.hr_seat(event.actor, self._calendar.local_date(event.happened_at))
        said = "did not act from a post of the HR office"
        check_seat(event, seat, said, link, self._tallies)

    async def _check_refusals(
        self,
        connection: Connection,
        org: str,
        dossier: Dossier,
        versions: Sequence[tuple[Link, Organisation]],
        periods: Periods,
    ) -> None:
        """Refused orders are refused again, by what was known of the organisation before them."""
        people = await queries("audit").read_people(connection, org=org)
        for row in dossier.commands:
            if is_about_webhooks(row):
                continue
            rules = self._history.rules.at(row["received_at"])
            again = (
                refusal
                for before in made_before(row, dossier, versions)
                for refusal in refused_again(
                    read_command(row),
                    (before[-1] if before else Organisation.of((), ())).under(rules),
                    people,
                    periods,
                    self._history.calendars.at(row["received_at"]).everyones(),
                )
            )
            check_refusal(row, again, self._tallies)

    async def _check_version(
        self,
        connection: Connection,
        org: str,
        link: Link,
        version: Version,
        before: Organisation,
    ) -> Organisation:
        """What a version says must follow from the one before it and the act that made it."""
        assert link.event is not None, "asked about events that can be read"  # noqa: S101
        tally, found = self._tallies[Invariant.AUTHORITY], self._history.snapshots[version.number]
        if version.since != link.event.happened_at:
            tally.problem("its version holds from another instant than the act", link.where)
        body = await queries("audit").read_content(
            connection, stream=link.row["stream"], number=link.number
        )
        if body is None:
            tally.notes.append(f"what made version {version.number} is not kept")
            return found
        try:
            today = self._calendar.local_date(link.event.happened_at)
            wanted = await _made(connection, org, before, link.event.kind, body, today)
        except ValidationError:
            return found  # its content was changed: the chain (I6) says so
        except KeyError:
            tally.problem("people of this organisation file are not there", link.where)
            return found
        tally.count(len(wanted.posts) + len(wanted.by_post))
        _compare("posts", wanted.posts, found.posts, tally, link)
        _compare("holdings", wanted.by_post, found.by_post, tally, link)
        _compare("mandates", wanted.mandates, found.mandates, tally, link)
        _compare("absences", wanted.absences, found.absences, tally, link)
        return found


async def _made(
    connection: Connection,
    org: str,
    before: Organisation,
    kind: EventKind,
    body: bytes,
    today: date,
) -> Organisation:
    """The organisation that an act made of the one before."""
    if kind is EventKind.CHANGES_APPLIED:
        order = ApplyChanges.model_validate_json(body)
        return move(before, order.changes, today).result()
    absences = [a for found in before.absences.values() for a in found]
    mandates = [m for found in before.mandates.values() for m in found]
    if kind is EventKind.MANDATE_GRANTED:
        mandate = GrantMandate.model_validate_json(body).mandate
        new = Mandate.model_validate(mandate.model_dump())
        key = (new.person, new.post, new.from_on)
        kept = [m for m in mandates if (m.person, m.post, m.from_on) != key]
        posts = [p for found in before.posts.values() for p in found]
        return Organisation.of(posts, before.holdings(), [*kept, new], absences=absences)
    file = ImportOrganisation.model_validate_json(body)
    people = await queries("audit").read_people(connection, org=org)
    ids = {row["identity_number"]: row["id"] for row in people}
    posts, holdings = to_posts_and_holdings(file.rows, ids)
    return Organisation.of(posts, holdings, mandates, absences=absences)


def _compare(
    what: str,
    wanted: Mapping[Any, Sequence[Any]],
    found: Mapping[Any, Sequence[Any]],
    tally: Tally,
    link: Link,
) -> None:
    for post in sorted(wanted.keys() | found.keys()):
        if set(wanted.get(post, ())) != set(found.get(post, ())):
            tally.problem(f"{what} of {str(post)!r} are not what this act made of them", link.where)
