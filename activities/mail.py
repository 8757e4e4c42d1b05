"""Mail as activities, and the loop that delivers what waits between two days."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import TypeVar

import asyncpg
import structlog
from temporalio import activity
from typing_extensions import override

from activities.contracts import Mailing
from domain.working_calendar import ZONE
from runtime.addresses import MailAccess
from runtime.mail.message import Envelope, build
from runtime.mail.smtp import Connection, Never, NotNow, ServerAway, connection
from schemas.mail_day import MailDay
from storage.mail import Edition, compose_page, settle, waiting_for_all
from storage.organisation import read_organisation
from storage.pool import DATABASE_AWAY
from storage.query import queries

# After the first try, the second, and so on; the try after the last of them parks a mail.
BACK_OFF = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 120, 240))
PAGE = 200
NO_ADDRESS = "no address"
_LONGEST_PAUSE = 60.0
_LAST_SECONDS = 5.0

Done = TypeVar("Done")

_log = structlog.get_logger(__name__)


class Outgoing:
    """Hands over what waits, one at a time, each exactly as it was frozen.

    A mail is held by its row's lock while it is handed over: nobody else takes it, and a process
    that dies holds nothing up. One that dies between the hand-over and the mark has it handed over
    again, under the same Message-ID. Where the server is away nothing is claimed, so no mail loses
    a try by that.
    """

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        access: MailAccess,
        sender: str,
        base_url: str,
        back_off: Sequence[timedelta] = BACK_OFF,
    ) -> None:
        self._pool = pool
        self._access = access
        self._sender = sender
        self._base_url = base_url
        self._back_off = back_off

    async def deliver(self, org: str, beat: Callable[[], None] = lambda: None) -> int:
        """Hand over everything whose time has come; how many the server took.

        Raises:
            ServerAway: if the server cannot be reached; what waits goes on waiting.
        """
        taken = 0
        while await queries("mail").is_waiting(self._pool, org=org):
            async with connection(self._access) as server:
                while (
                    server.is_open
                    and (done := await _to_its_end(self._one(org, server))) is not None
                ):
                    taken += done
                    beat()
        return taken

    async def _one(self, org: str, server: Connection) -> bool | None:
        """Whether the next mail was taken; None if none waits."""
        async with self._pool.acquire() as database, database.transaction():
            row = await queries("mail").claim(database, org=org)
            if row is None:
                return None
            error, again_in = await self._hand_over(row, server)
            await settle(database, row["id"], error, again_in)
        _log.info(
            "mail", id=str(row["id"]), taken=error is None, parked=bool(error and not again_in)
        )
        return error is None

    async def _hand_over(
        self, row: asyncpg.Record, server: Connection
    ) -> tuple[str | None, timedelta | None]:
        """What is wrong, and after which time it is tried again."""
        if row["address"] is None:
            return NO_ADDRESS, None
        try:
            await server.hand_over(build(_envelope(row), self._sender, self._base_url))
        except Never as error:
            return str(error), None
        except NotNow as error:
            tries = row["attempts"]
            return str(error), self._back_off[tries] if tries < len(self._back_off) else None
        return None, None

    async def run(self, org: str, pause: float) -> None:
        """Deliver for ever, at shorter or longer intervals; trouble never ends it."""
        wait = pause
        while True:
            try:
                await self.deliver(org)
                wait = pause
            except ServerAway as error:
                _log.warning("mail_server_away", problem=str(error))
                wait = min(wait * 2, max(pause, _LONGEST_PAUSE))
            except DATABASE_AWAY:
                _log.debug("mail_database_away")
            await asyncio.sleep(wait)


async def _to_its_end(one: Coroutine[None, None, Done]) -> Done:
    """What is handed over is marked as well, also where the process is asked to end meanwhile."""
    task = asyncio.create_task(one)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=_LAST_SECONDS)
        task.cancel()
        raise


def _envelope(row: asyncpg.Record) -> Envelope:
    return Envelope(
        id=row["id"],
        org=row["org"],
        address=row["address"],
        kind=row["kind"],
        language=row["language"],
        nominal_at=row["nominal_at"],
        subject=row["subject"],
        text=row["body_text"],
        html=row["body_html"],
    )


class PostgresMailing(Mailing):
    """Composes from Postgres and delivers by SMTP; without a mail server nothing is composed."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        outgoing: Outgoing | None,
        base_url: str,
    ) -> None:
        self._pool = pool
        self._outgoing = outgoing
        self._base_url = base_url

    @override
    @activity.defn(name="compose_mail")
    async def compose_mail(self, request: MailDay) -> int:
        """See the contract."""
        on = request.nominal.astimezone(ZONE).date()
        async with self._pool.acquire() as database:
            organisation = await read_organisation(database, request.org)
            edition = Edition.of(request.org, on, organisation, self._base_url)
            if self._outgoing is None or not edition.calendar.is_working_day(on):
                return 0
            waiting = await waiting_for_all(database, edition)
            rows = await queries("mail").everybody_reached(database, org=request.org)
        activity.heartbeat()
        made = 0
        for first in range(0, len(rows), PAGE):
            people = [row["person"] for row in rows[first : first + PAGE]]
            async with self._pool.acquire() as database, database.transaction():
                made += await compose_page(database, edition, people, waiting)
            activity.heartbeat()
        _log.info("mail_composed", day=str(on), mails=made)
        return made

    @override
    @activity.defn(name="deliver_mail")
    async def deliver_mail(self, request: MailDay) -> int:
        """See the contract."""
        if self._outgoing is None:
            return 0
        try:
            return await self._outgoing.deliver(request.org, activity.heartbeat)
        except ServerAway as error:
            _log.warning("mail_server_away", problem=str(error))
            return 0
