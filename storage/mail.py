"""Mail in the database: what is composed of a day, frozen once, and claimed for handing over."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid5

from domain.digest import REMEMBERED, UNIT_TURN, Item, Letter, gets_digest_on, letter
from domain.organisation import Organisation
from domain.working_calendar import WorkingCalendar
from runtime.mail.wording import Words, render
from schemas.code import UnitAct
from storage.clock import Connection
from storage.query import queries
from storage.read.inbox import Task, as_notice, tasks_in, tasks_of
from storage.read.row import Database
from storage.read.unit import UnitTask, units_of, units_waiting

PAGE = 500
_MAIL = UUID("b0a6a7f4-6a3c-4d0b-8f0e-5f1d3c2a7e19")
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Edition:
    """One day's mail of one organisation: as things stand at eight o'clock of it."""

    org: str
    at: datetime
    organisation: Organisation
    calendar: WorkingCalendar
    base_url: str

    @classmethod
    def of(cls, org: str, on: date, organisation: Organisation, base_url: str) -> Self:
        """The mail of a day, by the organisation's own calendar."""
        calendar = organisation.calendars.everyones()
        return cls(org, calendar.at_eight(on), organisation, calendar, base_url)

    @property
    def on(self) -> date:
        """The day in WIB."""
        return self.calendar.local_date(self.at)

    def words(self, found: Letter, reader: Mapping[str, Any]) -> Words:
        """A letter in its reader's language."""
        return render(found, reader["name"], self.at, reader["language"], self.base_url)


Waiting = Mapping[UUID, Sequence[Item]]


async def waiting_for_all(database: Database, edition: Edition) -> Waiting:
    """What waits for everybody: units' predicates at once, files in pages."""
    found: dict[UUID, list[Item]] = defaultdict(list)
    units = await units_waiting(database, edition.organisation, edition.org, edition.at)
    for person, unit in units:
        found[person] += unit_items([unit])
    after = _FIRST
    while True:
        rows = await queries("mail").open_files_after(
            database, org=edition.org, after=after, page=PAGE
        )
        for person, task in tasks_in(rows, edition.organisation, edition.at):
            found[person].append(item_of(task))
        if len(rows) < PAGE:
            return found
        after = rows[-1]["id"]


async def waiting_for(database: Database, edition: Edition, person: UUID) -> Waiting:
    """What waits for one person."""
    asked = (database, edition.organisation, edition.org, person, edition.at)
    units, tasks = await units_of(*asked), await tasks_of(*asked)
    return {person: [*unit_items(units), *(item_of(task) for task in tasks)]}


def item_of(task: Task) -> Item:
    """A task as a line."""
    return Item(
        file=task.file,
        name=task.name,
        period=task.period,
        turn=task.turn,
        since=task.since,
        due_at=task.due_at,
    )


def unit_items(tasks: Iterable[UnitTask]) -> list[Item]:
    """The predicates that are owed as lines; one that somebody may but propose is not owed."""
    return [
        Item(
            file=None,
            name=None,
            period=task.period,
            turn=UNIT_TURN,
            since=task.since,
            due_at=task.due_at,
            unit=task.unit,
            waiting=task.files,
        )
        for task in tasks
        if task.act is UnitAct.SET_PREDICATE
    ]


async def letters(
    database: Database, edition: Edition, people: Sequence[UUID], waiting: Waiting
) -> list[tuple[Mapping[str, Any], Letter]]:
    """What these people are to be told, each with how he wants to be written to.

    Whoever has no address, or nothing to be told, or has died, is left out.
    """
    q, key = queries("mail"), {"org": edition.org, "people": list(people)}
    news: dict[UUID, list[Item]] = defaultdict(list)
    since = edition.at - REMEMBERED
    for row in await q.untold_notices(database, **key, after=since, until=edition.at):
        news[row["recipient"]].append(_news(row))
    found = []
    for reader in await q.read_readers(database, **key):
        person = reader["person"]
        if edition.organisation.died_on(person, edition.on) is not None:
            continue
        wants = reader["digest"] and gets_digest_on(edition.organisation, person, edition.on)
        tasks = waiting.get(person, ())
        made = letter(tasks, news.get(person, ()), edition.at, edition.calendar, wants_digest=wants)
        found += [] if made is None else [(reader, made)]
    return found


def _news(row: Any) -> Item:  # noqa: ANN401
    told = as_notice(row)
    return Item(
        file=told.file,
        name=told.name,
        period=told.period,
        turn=told.turn,
        since=told.created_at,
        topic=told.topic,
        end=told.ended,
        outbox=row["id"],
        until=told.until,
        unit=row["unit"],
    )


async def compose_page(
    connection: Connection, edition: Edition, people: Sequence[UUID], waiting: Waiting
) -> int:
    """Freeze the mail of these people, inside the caller's transaction; how many are new.

    Composing a day twice makes each mail once. Digests of earlier days that could not be handed
    over yet are taken back first, and what they told is told by this one.
    """
    q, key = queries("mail"), {"org": edition.org, "people": list(people), "on_day": edition.on}
    done = {row["recipient"] for row in await q.composed(connection, **key)}
    left = [person for person in people if person not in done]
    await q.supersede(connection, **(key | {"people": left}))
    made = 0
    for reader, found in await letters(connection, edition, left, waiting):
        words = edition.words(found, reader)
        kept = await q.freeze(
            connection,
            id=mail_id(edition.org, reader["person"], edition.on, found.kind),
            org=edition.org,
            recipient=reader["person"],
            on_day=edition.on,
            kind=found.kind,
            language=reader["language"],
            nominal_at=edition.at,
            subject=words.subject,
            body_text=words.text,
            body_html=words.html,
            lines=len(found.tasks) + len(found.news),
            notices=list(found.told),
        )
        made += kept is not None
    return made


def mail_id(org: str, person: UUID, on: date, kind: str) -> UUID:
    """The id of somebody's mail of a day; the same wherever and however often it is asked for."""
    return uuid5(_MAIL, f"{org}/{person}/{on}/{kind}")


async def settle(
    connection: Connection, id: UUID, error: str | None, again_in: timedelta | None
) -> None:
    """Keep what became of a try; without an error it was taken, without a time it is parked."""
    if error is None:
        await queries("mail").mark_sent(connection, id=id)
    else:
        await queries("mail").mark_failed(connection, id=id, error=error, again_in=again_in)
